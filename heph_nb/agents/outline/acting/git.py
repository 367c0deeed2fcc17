"""What the agent does with git in its own worktree: look, and commit exactly the files that it wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heph_nb.agents.outline.acting.commands import Outcome, run
from heph_nb.errors import AgentError

GIT = (
    "git",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "gc.auto=0",
    "-c",
    "commit.gpgSign=false",
)
"""No hook, no monitor, no collection and no signing key of the person's takes part in what an agent commits."""

FALLBACK = ("-c", "user.name=outline", "-c", "user.email=outline@heph.invalid")
"""Who commits where nobody has told git who they are."""


async def git(cwd: str, *arguments: str, options: Sequence[str] = ()) -> Outcome:
    """Run git in ``cwd``."""
    return await run([*GIT, *options, *arguments], cwd)


async def files(cwd: str) -> list[str]:
    """Return the tracked files, with ``/`` between the parts of a path."""
    listed = await _must(await git(cwd, "ls-files", "-z"))
    return [name for name in listed.output.split("\0") if name]


async def grep(cwd: str, words: Sequence[str]) -> list[str]:
    """Return the tracked files that hold one of some words; a test's name may hold ``R-001`` as ``r_001``."""
    if not words:
        return []
    patterns = [option for word in words for option in ("-e", word.replace("-", "[-_]?"))]
    found = await git(cwd, "grep", "-I", "-l", "-z", "-i", "-E", *patterns)
    if found.exit_code not in (0, 1):
        raise AgentError(f"{found.command} failed with {found.exit_code}: {found.tail}")
    return [name for name in found.output.split("\0") if name]


async def head(cwd: str) -> str:
    """Return the commit that is checked out."""
    return (await _must(await git(cwd, "rev-parse", "HEAD"))).output.strip()


@dataclass(frozen=True)
class Place:
    """What is checked out: the branch (empty when on none), the commit, and whether every file is as in that commit."""

    branch: str
    commit: str
    clean: bool


async def place(cwd: str) -> Place:
    """Return what is checked out."""
    told = (await _must(await git(cwd, "status", "--porcelain=v2", "--branch"))).output.splitlines()
    facts = dict(line.split(" ", 2)[1:] for line in told if line.startswith("# branch."))
    branch = facts["branch.head"]
    clean = all(line.startswith("#") for line in told)
    return Place("" if branch == "(detached)" else branch, facts["branch.oid"], clean)


async def put_back(cwd: str, before: Place) -> bool:
    """Check out a place again if somebody left it, with its files as they were; commits that were added to it are kept.

    Returns
    -------
    bool
        Whether that was needed.

    Raises
    ------
    AgentError
        The place cannot be checked out any more.
    """
    now = await place(cwd)
    if now == before:
        return False
    if now.branch != before.branch or not (await git(cwd, "merge-base", "--is-ancestor", before.commit, "HEAD")).ok:
        target = ("-B", before.branch, before.commit) if before.branch else ("--detach", before.commit)
        await _must(await git(cwd, "checkout", "--quiet", "--force", *target))
    if before.clean:
        await _must(await git(cwd, "reset", "--quiet", "--hard"))
        await _must(await git(cwd, "clean", "--quiet", "--force", "-d"))
    return True


async def commit(cwd: str, paths: Sequence[str], message: str) -> bool:
    """Commit these files and nothing else.

    Returns
    -------
    bool
        False when the files stand in the last commit as they are.

    Raises
    ------
    AgentError
        git refused; the message is git's.
    """
    await _must(await git(cwd, "add", "--force", "--", *paths))
    if (await git(cwd, "diff", "--cached", "--quiet", "--", *paths)).ok:
        return False
    arguments = ("commit", "--quiet", "--no-verify", "-m", message, "--", *paths)
    done = await git(cwd, *arguments)
    if not done.ok and not (await git(cwd, "var", "GIT_COMMITTER_IDENT")).ok:
        done = await git(cwd, *arguments, options=FALLBACK)
    await _must(done)
    return True


def message(subject: str, body: str, trailers: Mapping[str, str | None]) -> str:
    r"""Return a commit message; trailers without a value are left out.

    Examples
    --------
    >>> message("Specify import", "", {"Heph-Run": "r1", "Heph-Ticket": None})
    'Specify import\n\nHeph-Run: r1'
    """
    subject = " ".join(subject.split())
    lines = [f"{name}: {value}" for name, value in trailers.items() if value]
    return "\n\n".join(part for part in (subject, body, "\n".join(lines)) if part)


async def _must(outcome: Outcome) -> Outcome:
    if not outcome.ok:
        raise AgentError(f"{outcome.command} failed with {outcome.exit_code}: {outcome.tail}")
    return outcome
