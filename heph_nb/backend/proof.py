"""Proof: what a merge shows of its requirements, read from the merged tree and from the reports of the checks.

``specified``: a file that the attempt linked is in the tree and names the requirement. ``implemented``: the agent says
so, and its work passed the checks. ``verified``: a test that names the requirement passed, with a real assertion.
"""

from __future__ import annotations

from collections.abc import Sequence

from heph_nb.domain.prd import read_prd
from heph_nb.domain.records import Requirement, Run, Trace
from heph_nb.domain.work import Finding
from heph_nb.repo.contents import changed_files, list_files, read_files, requirements_in
from heph_nb.repo.evidence import read_evidence
from heph_nb.repo.repository import Repository


def findings_of(
    repository: Repository,
    run: Run,
    requirements: Sequence[Requirement],
    *,
    commit: str,
    traces: Sequence[Trace],
    reports: Sequence[str],
) -> list[Finding]:
    """Return what a merged commit proves, the lowest step first. Runs git: call it in a worker thread.

    Parameters
    ----------
    repository : Repository
        Where the commit is.
    run : Run
        Its PRD says which examples count as ``prd-example``, its base commit which tests are the person's.
    requirements : sequence of Requirement
        The requirements that exist.
    commit : str
        The merged commit.
    traces : sequence of Trace
        What the attempt says it linked.
    reports : sequence of str
        JUnit XML of the checks that passed on this very tree.
    """
    linked = [t for t in traces if t.kind in ("file", "test")]
    named = requirements_in(repository, commit, sorted({t.target for t in linked}))
    found = [
        Finding(requirement_id=t.requirement_id, status="specified", evidence="file", ref=t.target)
        for t in linked
        if t.requirement_id in named.get(t.target, ())
    ]
    found += [
        Finding(requirement_id=t.requirement_id, status="implemented", evidence="agent", ref=commit)
        for t in traces
        if t.kind == "implementation"
    ]
    return found + _verified(repository, run, requirements, commit, reports)


def _verified(
    repository: Repository, run: Run, requirements: Sequence[Requirement], commit: str, reports: Sequence[str]
) -> list[Finding]:
    if not reports:
        return []
    modules = [path for path in list_files(repository, commit, ending=".py") if "test" in path]
    sources = {path: data.decode("utf-8", "replace") for path, data in read_files(repository, commit, modules).items()}
    untouched = set(modules) - set(changed_files(repository, run.base_commit, commit))
    examples: dict[str, list[str]] = {}
    for example in read_prd(run.prd_text).examples:
        if example.statement_id:
            examples.setdefault(example.statement_id, []).append(example.call)
    known = {r.id for r in requirements}
    proofs = [
        proof
        for report in reports
        for proof in read_evidence(report, sources, known=known, persons=untouched, examples=examples).proofs
    ]
    return [Finding(requirement_id=p.requirement_id, status="verified", evidence=p.kind, ref=p.test) for p in proofs]
