"""Evidence: which requirements a test report proves, and why it does not prove the others that it names.

A requirement is *verified* by a test that names it, passed, asserts something real, and was not expected to fail. That
cannot be seen in a report alone, so the source of the test is looked at. A report of another language than Python says
that a test passed and nothing more; such a test is a claim, not a proof, and is listed as refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.repo.assertions import proves_something
from heph_nb.repo.constants import is_known
from heph_nb.repo.junit import UnreadableReportError, read_report
from heph_nb.repo.testsource import Found, Scope, Sources, ids_in_name

if TYPE_CHECKING:
    from heph_nb.repo.junit import Case

EVIDENCE_KINDS = ("person", "prd-example", "agent-test")
"""Where a proof may come from, the most telling first."""

_VETO = {"failed": "it failed", "error": "it ended with an error", "xfailed": "it failed, as it was expected to"}


@dataclass(frozen=True, slots=True)
class Proof:
    """A test that verifies a requirement.

    Attributes
    ----------
    requirement_id : str
    kind : str
        ``person`` (the test is the person's), ``prd-example`` (an example of the PRD), or ``agent-test``.
    test : str
        The id by which pytest runs it.
    path : str
        The file it is in.
    line : int
        Where, counted from 1.
    """

    requirement_id: str
    kind: str
    test: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A test that names a requirement and does not verify it, with the reason."""

    requirement_id: str
    test: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a report says about requirements.

    Attributes
    ----------
    proofs : tuple of Proof
        The best for each requirement that is verified, by requirement.
    refusals : tuple of Refusal
        Tests that name a requirement, but prove nothing.
    problem : str
        Why the whole report counts for nothing; empty otherwise.
    """

    proofs: tuple[Proof, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    problem: str = ""

    @property
    def verified(self) -> frozenset[str]:
        """The ids of the requirements that are verified."""
        return frozenset(proof.requirement_id for proof in self.proofs)


def read_evidence(
    report: str | bytes,
    sources: Mapping[str, str],
    *,
    known: Collection[str] | None = None,
    persons: Collection[str] = (),
    examples: Mapping[str, Sequence[str]] | None = None,
) -> Evidence:
    r"""Judge a JUnit XML report.

    A test names a requirement by its function's name (``test_r_001_…``, ``test_R001``), its docstring, a mark
    (``@pytest.mark.requirement("R-001")``, also on its class or module) or a property in the report. All variants of a
    test have to pass, and one test that fails, or is expected to, speaks against every requirement it names; a test
    that is skipped says nothing.

    Parameters
    ----------
    report : str or bytes
        JUnit XML.
    sources : mapping of str to str
        The Python test sources (helpers and ``conftest.py`` too) of the same commit, by path.
    known : collection of str, optional
        The ids that exist; others are ignored. None: every id counts.
    persons : collection of str
        Paths of test files that a person wrote and no agent changed.
    examples : mapping of str to sequence of str, optional
        The text of the PRD's examples by requirement. A test counts as ``prd-example`` only if one of them is in it.
        None: the test's own word is taken.

    Returns
    -------
    Evidence

    Example
    -------
    >>> source = "def test_r_001_adds():\n    assert add(1, 2) == 3\n"
    >>> xml = '<testsuite><testcase classname="test_add" name="test_r_001_adds"/></testsuite>'
    >>> sorted(read_evidence(xml, {"test_add.py": source}).verified)
    ['R-001']
    """
    try:
        cases = read_report(report)
    except UnreadableReportError as error:
        return Evidence(problem=str(error))
    index = Sources(sources)
    proofs: dict[str, list[Proof]] = {}
    refusals: list[Refusal] = []
    vetoed: set[str] = set()
    for variants in _grouped(cases).values():
        found = index.find(variants[0])
        named = {*(found.requirements() if found else ids_in_name(variants[0].function))}
        named |= {requirement for case in variants for requirement in case.requirements}
        relevant = sorted(named if known is None else named.intersection(known))
        reason, veto = _objection(index, found, variants)
        test = found.node_id if found else f"{variants[0].classname}::{variants[0].function}"
        for requirement in relevant:
            if reason or found is None:
                refusals.append(Refusal(requirement, test, reason))
                vetoed |= {requirement} if veto else set()
            else:
                kind = _kind(found, requirement, persons, examples)
                proof = Proof(requirement, kind, test, found.module.path, found.function.lineno)
                proofs.setdefault(requirement, []).append(proof)
    for requirement in vetoed & proofs.keys():
        refusals += [Refusal(requirement, p.test, "another test of it does not pass") for p in proofs.pop(requirement)]
    best = [min(found, key=lambda proof: EVIDENCE_KINDS.index(proof.kind)) for _, found in sorted(proofs.items())]
    return Evidence(tuple(best), tuple(sorted(refusals, key=lambda refusal: refusal.requirement_id)))


def _grouped(cases: Sequence[Case]) -> dict[tuple[str, str, str], list[Case]]:
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.file, case.classname, case.function), []).append(case)
    return groups


def _objection(index: Sources, found: Found | None, variants: Sequence[Case]) -> tuple[str, bool]:
    """Return why a test proves nothing, and whether that speaks against its requirements."""
    for case in variants:
        if case.outcome in _VETO:
            return _VETO[case.outcome], True
    if all(case.outcome == "skipped" for case in variants):
        return "it was skipped", False
    if found is None:
        return "it passed, but there is no Python source that shows what it asserts", False
    expected = index.expects_failure(found)
    if expected:
        return f"it passed, but {expected}", False
    scope = Scope(index, found.module, found.classes)
    if not proves_something(found.function, scope, _parameters(found)):
        return "it passed, but asserts nothing that could fail", False
    return "", False


def _parameters(found: Found) -> set[str]:
    """Return the parameters of a test whose values are literals beside it: comparing those proves nothing."""
    names: set[str] = set()
    for decoration in found.decorations():
        for node in ast.walk(decoration):
            match node:
                case ast.Call(func=ast.Attribute(attr="parametrize"), args=[first, values], keywords=[]):
                    texts = [part.value for part in ast.walk(first) if isinstance(part, ast.Constant)]
                    if is_known(values, {"pytest", *found.module.constants}):
                        names |= {name.strip() for text in texts for name in str(text).split(",")}
    return names


def _kind(
    found: Found, requirement: str, persons: Collection[str], examples: Mapping[str, Sequence[str]] | None
) -> str:
    if found.module.path in persons:
        return "person"
    if not found.is_prd_example():
        return "agent-test"
    if examples is None:
        return "prd-example"
    source = _squeezed(ast.unparse(found.function))
    shown = any(_squeezed(text) in source for text in examples.get(requirement, ()) if text.strip())
    return "prd-example" if shown else "agent-test"


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace('"', "'")
