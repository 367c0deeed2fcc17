"""Side effects: files are written and commands run only after the client has allowed it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import acp

from heph_nb.agents.outline import git
from heph_nb.agents.outline.commands import Outcome, expand, run
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from heph_nb.agents.outline.brief import Brief


async def write(brief: Brief, title: str, texts: Mapping[str, str]) -> None:
    """Write files of the worktree after asking; what is there as it should be is left alone.

    Parameters
    ----------
    title : str
        What is written, for the person who is asked.
    texts : mapping
        For each path, relative to the worktree, the whole text.

    Raises
    ------
    DeniedError
        Nothing was written.
    """
    old = {path: brief.text_of(path) if inside(brief, path).exists() else None for path in texts}
    new = {path: text for path, text in texts.items() if text != old[path]}
    if not new:
        return
    diffs = [acp.tool_diff_content(str(brief.root / path), text, old[path]) for path, text in new.items()]
    paths = [str(brief.root / path) for path in new]
    async with brief.desk.asked(title, kind="edit", content=diffs, paths=paths, given={"paths": list(new)}) as call:
        for path, text in new.items():
            target = inside(brief, path)
            brief.uncommitted.setdefault(path, old[path])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
        call.output = {"written": list(new)}


async def commit_and_check(
    brief: Brief, subject: str, paths: Sequence[str], tests: Sequence[str] = (), body: str = ""
) -> tuple[str | None, list[Outcome]]:
    """Commit the files that were written, then run the phase's checks on the result.

    Returns
    -------
    (str or None, list of Outcome)
        The commit (None when there was nothing to commit), and how each check ended.

    Raises
    ------
    DeniedError
        No command was run.
    """
    with tempfile.TemporaryDirectory(prefix="outline-") as folder:
        filled = [
            expand(str(check), base=brief.base, tests=tests, report=f"{folder}/{i}.xml")
            for i, check in enumerate(brief.phase.get("checks") or ())
        ]
        checks = [line for line in filled if line is not None]
        commands = [f"git add {shlex.join(paths)}", f"git commit -m {shlex.quote(subject)}", *checks]
        title = f"Commit and run the checks: {subject}" if checks else f"Commit: {subject}"
        shown = [acp.tool_content(acp.text_block("\n".join(commands)))]
        where = [str(brief.root / path) for path in paths]
        given = {"command": " && ".join(commands), "commands": commands}
        async with brief.desk.asked(title, kind="execute", content=shown, paths=where, given=given) as call:
            sha = await git.commit(brief.cwd, paths, git.message(subject, body, brief.trailers()))
            brief.uncommitted.clear()
            ended = [await run(line, brief.cwd) for line in checks]
            figures = [{"command": o.command, "exit_code": o.exit_code, "seconds": round(o.seconds, 3)} for o in ended]
            call.output = {"commit": sha, "checks": figures}
            call.content = [
                acp.tool_content(acp.text_block(f"$ {o.command}\n{o.tail}\nexit code {o.exit_code}")) for o in ended
            ]
    return sha, ended


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
        target = inside(brief, path)
        if text is None:
            target.unlink(missing_ok=True)
        else:
            target.write_text(text, "utf-8", newline="\n")
    brief.uncommitted.clear()
