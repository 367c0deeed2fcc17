"""Where files go: no two tickets and no two runs share one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from heph_nb.agents.outline.documents.survey import blocked
from heph_nb.agents.outline.language.words import slug

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.survey import Survey


_USUAL, _OTHER = "docs/heph", "heph-docs"
_documents: ContextVar[str] = ContextVar("documents", default=_USUAL)
"""Where the session under way puts documents. A session is a task of the event loop, and has a value of its own."""


def settle(files: Collection[str]) -> None:
    """Choose the folder for the documents of this session: another one where ``docs`` is a file, a link or a submodule.

    Every session of a run begins with the tracked files of the run branch, so that all choose the same.
    """
    _documents.set(_OTHER if blocked(_USUAL, files) else _USUAL)


def folder(run_id: str) -> str:
    """Return the folder that holds what is written for a run."""
    return f"{_documents.get()}/{run_id}"


def checklist(run_id: str) -> str:
    """Return the path of a run's checklist."""
    return f"{folder(run_id)}/checklist.md"


def specification(run_id: str, key: str) -> str:
    """Return the path of a component's specification."""
    return f"{folder(run_id)}/specs/{key}.md"


def more(path: str) -> str:
    """Return the path of what is added to a document or a module that somebody else has begun.

    Examples
    --------
    >>> more("docs/a.md"), more("tests/test_a.py"), more("tests/a_test.py"), more("tests/a.test.ts")
    ('docs/a-more.md', 'tests/test_a_more.py', 'tests/a_more_test.py', 'tests/a-more.test.ts')
    """
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.partition(".")
    if ending != "py":
        return f"{folder}{slash}{stem}-more{dot}{ending}"
    tested = "_test" if stem.endswith("_test") else ""
    return f"{folder}{slash}{stem.removesuffix('_test')}_more{tested}{dot}{ending}"


def validation(run_id: str, key: str) -> str:
    """Return the path of what validation found for a component."""
    return f"{folder(run_id)}/validation/{key}.md"


def note(run_id: str, key: str) -> str:
    """Return the path of what was written for a task that has no ticket."""
    return f"{folder(run_id)}/notes/{key}.md"


def tag(run_id: str) -> str:
    """Return a short name of a run for file names: the end of its id, where ids of one kind differ.

    Examples
    --------
    >>> tag("textkit-prd-ae048a"), tag("run-0193a1b2-5c6d-7e8f-9012-3456789abcde"), tag("run-7")
    ('ae048a', '56789abcde', 'run7')
    """
    parts = re.findall(r"[a-z0-9]+", run_id.casefold())
    last = parts[-1] if parts and len(parts[-1]) > 3 else "".join(parts)
    return last[-10:] or "run"


def test_module(survey: Survey, run_id: str, key: str) -> str:
    """Return the path of a component's acceptance tests; no other module that pytest imports has its name."""
    name = f"{key.replace('-', '_')}_{tag(run_id)}"
    name = name if survey.prefix or not name[:1].isdigit() else f"part_{name}"
    path = f"{survey.prefix}{name}{survey.suffix}"
    return path if survey.test_dir == "." else f"{survey.test_dir}/{path}"


def script(survey: Survey, run_id: str, key: str) -> str | None:
    """Return the path of a component's JavaScript or TypeScript tests; None where no runner is known."""
    if survey.runner is None:
        return None
    return f"{survey.runner.folder}/{key}-{tag(run_id)}{survey.runner.suffix}".removeprefix("./")


def feature(survey: Survey, run_id: str, key: str) -> str:
    """Return the path of a component's Given/When/Then file: where such files are, else beside the specifications."""
    if survey.feature_dir is None:
        return f"{folder(run_id)}/features/{key}.feature"
    return f"{survey.feature_dir}/{key}-{tag(run_id)}.feature"


def key_of(ticket: Mapping[str, Any], run_id: str) -> str:
    """Return the file name of a ticket's component.

    Its description says it since the plan was made, whatever the ticket is called by now. A ticket that somebody else
    wrote is named after its title, with the end of its id so that no two are the same.
    """
    prefix = re.escape(specification(run_id, "\0")).replace(re.escape("\0"), r"([a-z0-9][a-z0-9-]*)")
    found = re.search(prefix, str(ticket.get("description", "")))
    return found.group(1) if found else named(str(ticket.get("title", "")), str(ticket["id"]))


def speaks_of(path: str, text: str, run_id: str) -> bool:
    """Whether a file that names requirements may mean those of this run: ids such as ``R-001`` exist in every run.

    Examples
    --------
    >>> speaks_of("tests/test_a.py", "Specification: docs/heph/run-1/specs/a.md", "run-2")
    False
    >>> speaks_of("src/a.py", "# R-001", "run-2")
    True
    """
    runs = set(re.findall(rf"(?:{_USUAL}|{_OTHER})/([\w.-]+)/", f"{path}\n{text}"))
    return not runs or run_id in runs


def named(title: str, id: str) -> str:
    """Return a file name for something that the plan does not know: its title and the end of its id."""
    tail = re.sub(r"[^a-z0-9]", "", id.casefold())[-6:]
    return "-".join(part for part in (slug(title, 40), tail) if part)
