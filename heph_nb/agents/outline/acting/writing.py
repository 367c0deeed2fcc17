"""Side effects: files are written and commands run only after the client has allowed it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree  # the reports are those of our own check commands

import acp

from heph_nb import settings
from heph_nb.agents.checks import CheckResult, fill, run_check
from heph_nb.agents.outline.acting import git
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from heph_nb.agents.outline.brief import Brief


async def write(brief: Brief, title: str, texts: Mapping[str, str | None]) -> None:
    """Write files of the worktree after asking; what is there as it should be is left alone.

    Parameters
    ----------
    title : str
        What is written, for the person who is asked.
    texts : mapping
        For each path, relative to the worktree, the whole text; None removes the file.

    Raises
    ------
    DeniedError
        Nothing was written.
    """
    old = {path: brief.text_of(path) if inside(brief, path).exists() else None for path in texts}
    new = {path: text for path, text in texts.items() if text != old[path]}
    if not new:
        return
    diffs = [acp.tool_diff_content(str(brief.root / path), text or "", old[path]) for path, text in new.items()]
    paths = [str(brief.root / path) for path in new]
    async with brief.desk.asked(title, kind="edit", content=diffs, paths=paths, given={"paths": list(new)}) as call:
        for path, text in new.items():
            target = inside(brief, path)
            brief.uncommitted.setdefault(path, old[path])
            _put(target, text)
        call.output = {"written": list(new)}


@dataclass(frozen=True)
class Step:
    """What came of committing and checking.

    Attributes
    ----------
    commit : str or None
        The commit; None when there was nothing to commit.
    checks : tuple of CheckResult
        How each check of the phase ended, in order.
    held : frozenset of str
        The names of the tests that passed although they are expected to fail.
    """

    commit: str | None
    checks: tuple[CheckResult, ...]
    held: frozenset[str] = frozenset()


async def commit_and_check(brief: Brief, subject: str, paths: Sequence[str], tests: Sequence[str] = ()) -> Step:
    """Commit the files that were written, then run the phase's checks on the result.

    Parameters
    ----------
    subject : str
        The first line of the commit message.
    paths, tests : sequence of str
        The files to commit, and the test modules among them.

    Raises
    ------
    DeniedError
        No command was run.
    AgentError
        git refused, or what a check did to the worktree could not be mended.
    """
    with tempfile.TemporaryDirectory(prefix="outline-") as folder:
        filled = [
            fill(str(check), base=brief.base, tests=tests, report=f"{folder}/{i}.xml")
            for i, check in enumerate(brief.phase.get("checks") or ())
        ]
        checks = [line for line in filled if line is not None]
        adding = [f"git add {shlex.join(paths)}", f"git commit -m {shlex.quote(subject)}"] if paths else []
        commands = [*adding, *checks]
        if not commands:
            return Step(None, ())
        shown = [acp.tool_content(acp.text_block("\n".join(commands)))]
        where = [str(brief.root / path) for path in paths]
        given = {"command": " && ".join(commands)}
        title = f"Commit and run the checks: {subject}" if adding and checks else f"Commit: {subject}"
        async with brief.desk.asked(title, kind="execute", content=shown, paths=where, given=given) as call:
            message = git.message(subject, "", brief.trailers())
            changed = bool(paths) and await git.commit(brief.cwd, paths, message)
            brief.uncommitted.clear()
            place = await git.place(brief.cwd)
            sha = place.commit if changed else None
            async with brief.desk.living(call):
                ended = await _run(brief, checks, place)
            figures = [{"command": o.command, "exit_code": o.exit_code, "seconds": round(o.seconds, 3)} for o in ended]
            call.output = {"commit": sha, "checks": figures}
            call.content = [
                acp.tool_content(acp.text_block(f"$ {o.command}\n{o.tail}\nexit code {o.exit_code}")) for o in ended
            ]
            return Step(sha, ended, held_in(Path(folder)))


async def _run(brief: Brief, checks: Sequence[str], handed: git.Place) -> tuple[CheckResult, ...]:
    """Run checks as the backend will: with the same runner, the same limit, and up to the first that fails.

    A check may do anything to the worktree, and leaves behind what tests write. The commit that was handed to it is
    checked out again at the end, without that.
    """
    limit = settings.load().check_seconds
    ended: list[CheckResult] = []
    for line in checks:
        ended.append(await run_check(line, brief.cwd, timeout=limit))
        if not ended[-1].passed:
            break
    if ended and await git.put_back(brief.cwd, handed):
        await brief.desk.say("The checks had changed files or checked out something else; that was undone.")
    return tuple(ended)


def held_in(folder: Path) -> frozenset[str]:
    """Return the names of the tests that passed according to the JUnit XML reports in a folder.

    A unittest case that is expected to fail and does not is told as a failure of its own kind.
    """
    names: set[str] = set()
    for report in folder.glob("*.xml"):
        with suppress(ElementTree.ParseError):
            for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314  expat limits what entities expand to
                against = [child for child in case if child.tag in ("failure", "error", "skipped")]
                if all("Unexpected success" in child.get("message", "") + (child.text or "") for child in against):
                    names.add(case.get("name", ""))
    return frozenset(names)


def inside(brief: Brief, path: str) -> Path:
    """Return the place of a file of the worktree.

    Raises
    ------
    AgentError
        It is somewhere else: a folder of the repository is a link that leads out of it.
    """
    target = brief.root / path
    if not target.resolve().is_relative_to(brief.root.resolve()):
        raise AgentError(f"{path} is outside of the worktree: a folder on the way is a link that leads out of it.")
    return target


def undo(brief: Brief) -> None:
    """Put the files that were written and not committed back to what they were: they must not lie about."""
    for path, text in brief.uncommitted.items():
        _put(inside(brief, path), text)
    brief.uncommitted.clear()


def _put(target: Path, text: str | None) -> None:
    if text is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8", newline="\n")
