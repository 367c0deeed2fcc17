"""JUnit XML, the format in which test runners of every language report; read without trusting it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

LARGEST = 50_000_000
"""Characters; a larger report is not read."""

_NAMED = re.compile(r"(?<![A-Za-z0-9])R-\d{3,}(?!\d)")
_PROPERTIES = {"requirement", "requirements", "requirement_id", "requirement_ids"}
_NOT_RUN = {"disabled", "ignored", "notrun", "skipped", "suppressed"}


@dataclass(slots=True)
class Case:
    """One test of a report.

    Attributes
    ----------
    classname, name, file : str
        As the report has them; empty where it does not.
    outcome : str
        ``passed``, ``failed``, ``error``, ``skipped`` or ``xfailed`` (it failed, and was expected to).
    requirements : list of str
        The requirement ids that its properties name.
    """

    classname: str
    name: str
    file: str = ""
    outcome: str = "passed"
    requirements: list[str] = field(default_factory=list)

    @property
    def function(self) -> str:
        """The name without the parameters."""
        return self.name.partition("[")[0]


class UnreadableReportError(ValueError):
    """The report is no evidence of anything; the text says why."""


def read_report(report: str | bytes) -> list[Case]:
    """Return the tests of a JUnit XML report.

    Parameters
    ----------
    report : str or bytes

    Raises
    ------
    UnreadableReportError
        It is not well-formed XML, has a document type (which entity bombs need), or has no tests in it.
    """
    if len(report) > LARGEST:
        raise UnreadableReportError(f"the report has more than {LARGEST:,} characters")
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(report, True)
    except expat.ExpatError as error:
        raise UnreadableReportError(f"the report is not well-formed XML: {error}") from error
    if not reading.is_junit:
        raise UnreadableReportError("the report is XML, but not in the JUnit format")
    return reading.cases


def _refuse_doctype(*_: object) -> None:
    raise UnreadableReportError("the report declares a document type, which JUnit reports do not have")


class _Reading:
    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.is_junit = False
        self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag in {"testsuite", "testsuites"}:
            self.is_junit = True
        elif tag == "testcase":
            self._inside = True
            get = attributes.get
            case = Case(get("classname", ""), get("name", ""), get("file", ""))
            if _NOT_RUN & {get("status", "").lower(), get("result", "").lower()}:
                case.outcome = "skipped"
            self.cases.append(case)
        elif self._inside:
            self._detail(tag, attributes)

    def _detail(self, tag: str, attributes: dict[str, str]) -> None:
        case = self.cases[-1]
        if tag == "failure":
            case.outcome = "failed"
        elif tag == "error" and case.outcome != "failed":
            case.outcome = "error"
        elif tag == "skipped" and case.outcome == "passed":
            case.outcome = "xfailed" if attributes.get("type") == "pytest.xfail" else "skipped"
        elif tag == "property" and attributes.get("name", "").lower() in _PROPERTIES:
            case.requirements += _NAMED.findall(attributes.get("value", ""))

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "testcase":
            self._inside = False
