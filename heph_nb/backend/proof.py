"""Proof: what a merge shows of its requirements, read from the merged tree and from the reports of the checks.

``specified``: a file that the attempt linked is in the tree and names the requirement. ``implemented``: the agent says
so, and its work passed the checks. ``verified``: a test that names the requirement passed, with a real assertion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

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
    traces: Mapping[str, Sequence[Trace]],
    reports: Sequence[str],
) -> dict[str, list[Finding]]:
    """Return what a merged commit proves, by attempt, the lowest step first. Runs git: call it in a worker thread.

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
    traces : mapping of str to sequence of Trace
        What each of the merged attempts says it linked.
    reports : sequence of str
        JUnit XML of the checks that passed on this very tree.
    """
    linked = {t.target for said in traces.values() for t in said if t.kind in ("file", "test")}
    named = requirements_in(repository, commit, sorted(linked))
    verified = _verified(repository, run, requirements, commit, reports)
    return {attempt: [*_claimed(said, named, commit), *verified] for attempt, said in traces.items()}


def _claimed(traces: Sequence[Trace], named: Mapping[str, set[str]], commit: str) -> list[Finding]:
    """Return what an attempt linked, as far as the tree bears it out."""
    found = [
        Finding(requirement_id=t.requirement_id, status="specified", evidence="file", ref=t.target)
        for t in traces
        if t.kind in ("file", "test") and t.requirement_id in named.get(t.target, ())
    ]
    found += [
        Finding(requirement_id=t.requirement_id, status="implemented", evidence="agent", ref=commit)
        for t in traces
        if t.kind == "implementation"
    ]
    return found


def _verified(
    repository: Repository, run: Run, requirements: Sequence[Requirement], commit: str, reports: Sequence[str]
) -> list[Finding]:
    if not reports:
        return []
    modules = [path for path in list_files(repository, commit, ending=".py") if "test" in path]
    sources = {path: data.decode("utf-8", "replace") for path, data in read_files(repository, commit, modules).items()}
    untouched = set(modules) - set(changed_files(repository, run.base_commit, commit))
    examples = _examples(run.prd_text)
    known = {r.id for r in requirements}
    proofs = [
        proof
        for report in reports
        for proof in read_evidence(report, sources, known=known, persons=untouched, examples=examples).proofs
    ]
    return [Finding(requirement_id=p.requirement_id, status="verified", evidence=p.kind, ref=p.test) for p in proofs]


@lru_cache(maxsize=8)
def _examples(prd_text: str) -> dict[str, list[str]]:
    """Return the calls of the PRD's examples by requirement."""
    examples: dict[str, list[str]] = {}
    for example in read_prd(prd_text).examples:
        if example.statement_id:
            examples.setdefault(example.statement_id, []).append(example.call)
    return examples
