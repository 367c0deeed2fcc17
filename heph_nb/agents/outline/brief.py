"""What a session is about: its task with everything that belongs to it, read once at the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from heph_nb.agents.outline.acting.desk import Desk
from heph_nb.agents.outline.acting.git import files, head
from heph_nb.agents.outline.acting.tools import ToolError, Tools
from heph_nb.agents.outline.documents import layout
from heph_nb.agents.outline.documents.survey import Survey, survey
from heph_nb.agents.outline.understanding.reading import Reading, reading


@dataclass
class Brief:
    """A session's task.

    Attributes
    ----------
    tools, desk : Tools, Desk
        How the session reaches the run, and its client.
    cwd : str
        Its worktree.
    task, phase, run : dict
        As the backend has them; ``ticket`` is None when the task has none.
    requirement_ids : tuple of str
        What the task is about.
    feedback : str or None
        Why an attempt before this one was sent back.
    base : str
        The commit that the worktree began with.
    rows : list of dict
        The run's requirements as the backend has them.
    tracked : list of str
        The files that the worktree began with, as git lists them.
    read : Reading
        The PRD with the run's requirements, without those that a person dropped.
    uncommitted : dict
        What the files held that the session wrote and has not committed; None for those that did not exist.
    """

    tools: Tools
    desk: Desk
    cwd: str
    task: dict[str, Any]
    phase: dict[str, Any]
    run: dict[str, Any]
    ticket: dict[str, Any] | None
    requirement_ids: tuple[str, ...]
    feedback: str | None
    base: str
    rows: list[dict[str, Any]]
    tracked: list[str]
    read: Reading
    uncommitted: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    async def fetch(cls, tools: Tools, desk: Desk, cwd: str) -> Brief:
        """Read the session's task and run."""
        async with desk.calling("get_task", {}, kind="read"):
            own = await tools.call("get_task")
        async with desk.calling("get_run", {}, kind="read"):
            whole = (await tools.call("get_run"))["run"]
        rows = await _read(tools, desk, "list_requirements")
        run = {**(own.get("run") or {}), **whole}
        ticket = own.get("ticket") or None
        path, text = (
            within(str(run.get("prd_path") or "PRD.md"), run.get("working_dir")),
            str(run.get("prd_text") or ""),
        )
        base, tracked = await head(cwd), await files(cwd)
        layout.settle(tracked)
        ids = tuple(row["id"] for row in own.get("requirements") or ()) or tuple(
            (ticket or {}).get("requirement_ids") or ()
        )
        return cls(
            tools=tools,
            desk=desk,
            cwd=cwd,
            task=own["task"],
            phase=own.get("phase") or {"number": own["task"].get("phase", 1)},
            run=run,
            ticket=ticket,
            requirement_ids=ids,
            feedback=own.get("feedback"),
            base=base,
            rows=rows,
            tracked=tracked,
            read=reading(text, rows, path),
        )

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.run["id"])

    @property
    def role(self) -> str:
        """What kind of work the task's phase is: ``analysis``, ``implementation``, ``validation`` or empty."""
        return str(self.phase.get("role") or "")

    @cached_property
    def root(self) -> Path:
        """The worktree."""
        return Path(self.cwd)

    def survey(self) -> Survey:
        """Look at what kind of repository the worktree holds."""
        return survey(self.tracked, self.text_of)

    def text_of(self, path: str) -> str:
        """Return the text of a file in the worktree; empty when there is none."""
        try:
            return (self.root / path).read_text("utf-8", "replace")
        except OSError:
            return ""

    def phase_of(self, wanted: str, otherwise: int) -> int | None:
        """Return the number of the run's phase for a kind of work, as far as the backend says what phases there are."""
        phases = self.run.get("phases") or ()
        for phase in phases:
            if phase.get("role") == wanted:
                return int(phase["number"])
        numbers = [int(phase["number"]) for phase in phases]
        return otherwise if not numbers or otherwise in numbers else None

    def following(self, wanted: str) -> dict[str, Any] | None:
        """Return the phase that comes next, if it is for a kind of work."""
        number = int(self.phase["number"]) + 1
        phases = self.run.get("phases") or ()
        return next((p for p in phases if int(p["number"]) == number and p.get("role") == wanted), None)

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and report the call to the client."""
        said = {name: value for name, value in arguments.items() if value is not None}
        async with self.desk.calling(tool, said) as call:
            answer = await self.tools.call(tool, **said)
            call.output = {name: value for name, value in answer.items() if not isinstance(value, list | dict)}
        return answer

    async def rows_of(self, tool: str) -> list[dict[str, Any]]:
        """Read the records of a list tool and report that they were read."""
        return await _read(self.tools, self.desk, tool)

    async def attempt(self, tool: str, **arguments: Any) -> dict[str, Any] | None:
        """Call a tool whose refusal is no reason to give up; a refusal is told to the client."""
        try:
            return await self.call(tool, **arguments)
        except ToolError as error:
            await self.desk.say(f"Not done: {error.detail}")
            return None

    def trailers(self) -> dict[str, str | None]:
        """Return what a commit says about where it comes from."""
        return {
            "Heph-Run": self.run_id,
            "Heph-Task": str(self.task["id"]),
            "Heph-Ticket": (self.ticket or {}).get("id"),
        }

    def key(self) -> str:
        """Return the file name of the task's component."""
        if self.ticket is not None:
            return layout.key_of(self.ticket, self.run_id)
        return layout.named(str(self.task.get("title", "")), str(self.task["id"]))


def within(path: str, folder: object) -> str:
    """Return a path as it is called from a folder that it is in; of a file elsewhere only the name.

    Examples
    --------
    >>> within("/home/me/shop/docs/PRD.md", "/home/me/shop"), within("/tmp/PRD.md", "/home/me/shop")
    ('docs/PRD.md', 'PRD.md')
    """
    whole = PurePosixPath(path.replace("\\", "/"))
    inside = folder and whole.is_relative_to(str(folder))
    return str(whole.relative_to(str(folder))) if inside else whole.name if whole.is_absolute() else str(whole)


async def _read(tools: Tools, desk: Desk, tool: str) -> list[dict[str, Any]]:
    async with desk.calling(tool, {}, kind="read") as call:
        rows = await tools.list(tool)
        call.output = {"rows": len(rows)}
    return rows
