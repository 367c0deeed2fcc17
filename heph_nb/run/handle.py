"""The handle of a run: what people hold in a notebook to steer it and to look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from heph_nb.errors import InvalidError, NotFoundError, RepositoryError, RunFailedError, WaitTimeoutError
from heph_nb.run.diffs import Diff, read_diff
from heph_nb.run.frames import Frames
from heph_nb.run.reprs import shown
from heph_nb.run.snapshots import export_run
from heph_nb.run.summary import Summary, beginning, read_summary
from heph_nb.run.views import Views
from heph_nb.run.waiting import Watch, ended, to_stderr

if TYPE_CHECKING:
    import pyarrow as pa

    from heph_nb.client.client import Client


class Run(Frames, Views):
    """A run in the state file of a backend. Get one from ``heph.bootstrap`` or ``heph.connect``.

    Every call returns at once; only :meth:`wait` waits. A run shows itself when it is the last line of a cell.

    Attributes
    ----------
    id : str
        Its id in the state file.
    client : Client
        The connection to the backend.
    tell : callable
        Takes the sentences that answers come with; by default they are printed.

    Examples
    --------
    >>> run = heph.bootstrap("PRD.md")  # doctest: +SKIP
    >>> run.wait(timeout=600)  # doctest: +SKIP
    >>> run.tickets()[["title", "status"]]  # doctest: +SKIP
    """

    def __init__(self, client: Client, id: str, tell: Callable[[str], None] = print) -> None:
        self.id = id
        self.client = client
        self.tell = tell

    # what it is

    @property
    def record(self) -> dict[str, Any]:
        """The run as it is now: name, status, reason, prd_path, working_dir, worktrees, branch, ..."""
        return self.client.get("runs", self.id)["run"]

    @property
    def name(self) -> str:
        """The title of its PRD."""
        return self.record["name"]

    @property
    def status(self) -> str:
        """active, paused, completed, failed or stopped."""
        return self.record["status"]

    @property
    def branch(self) -> str:
        """The git branch that its work is merged into."""
        return self.record["branch"]

    @property
    def state(self) -> Path:
        """The absolute path of the state file."""
        return self.client.state

    def summary(self, since: str | datetime | None = None) -> Summary:
        """Say what changed, what waits for you, and what it used.

        Parameters
        ----------
        since : str or datetime, optional
            ``"1 hour ago"``, an ISO text or a datetime, or ``"last look"``: since you last called :meth:`look`; from
            the beginning by default.
        """
        return read_summary(self.client, self.id, beginning(self._query, self.id, since))

    def look(self) -> datetime | None:
        """Note that you look at the run now, and return when you did so before: ``run.summary(since=run.look())``."""
        since = self._call("runs/look")["since"]
        return datetime.fromisoformat(since) if since else None

    def diff(self, ticket: str | None = None, *, task: str | None = None, commit: str | None = None) -> Diff:
        """Show what was changed for a ticket, for a task or by a commit, as a unified diff.

        Of a ticket it is everything that was merged for it and the commits that were linked with it; while nothing is
        merged, what its newest attempts have committed so far. A merge is compared with its first parent.

        Raises
        ------
        InvalidError
            Not exactly one of them is named.
        NotFoundError
            There is none.
        """
        return read_diff(self.client, self.id, ticket=ticket, task=task, commit=commit)

    # steering it

    def start_phase(self, phase: int | str, agent: str | None = None, max_agents: int | None = None) -> Self:
        """Open a phase, by its number or its name, so that its tasks begin; opening an open one changes nothing."""
        return self._do("phases/start", number=self._number(phase), agent=agent, max_agents=max_agents)

    def pause(self) -> Self:
        """Start no more agents; those at work go on."""
        return self._do("runs/pause")

    def resume(self) -> Self:
        """Go on after a pause."""
        return self._do("runs/resume")

    def set_budget(self, tokens: int | None) -> Self:
        """Set how many tokens its agents may use (None: as many as they like), and print how many are used.

        A run that paused because its budget was used up goes on with :meth:`resume`.
        """
        return self._tell(self.client.call("runs/set-budget", {"run_id": self.id, "tokens": tokens}))

    def stop(self, reason: str | None = None) -> Self:
        """End the run for good: agents end, open tasks are cancelled, what is merged stays."""
        return self._do("runs/stop", reason=reason)

    def wait(
        self, timeout: float | None = None, *, phase: int | None = None, tell: Callable[[str], None] = to_stderr
    ) -> Self:
        """Wait until the run is completed, or only until a phase of it is complete.

        Where it stands still and waits for you, it says so once, with the ways out, and waits on.

        Parameters
        ----------
        timeout : float, optional
            At most so many seconds; without end by default.
        phase : int, optional
            The number of the phase; in a manual run the later ones wait for :meth:`start_phase`.
        tell : callable, optional
            Takes the sentence that says why it stands still; by default it is printed to stderr.

        Raises
        ------
        RunFailedError
            It failed or was stopped.
        WaitTimeoutError
            It did not end in that time; the message says why nothing happens, if so.
        """
        try:
            return self._completed(Watch(self.client, self.id, phase, tell).until_ended(timeout))
        except WaitTimeoutError as error:
            why = self.summary().standing
            raise WaitTimeoutError(f"{error.detail} {why}" if why else error.detail, run_id=self.id) from None

    async def finished(self) -> Self:
        """Like :meth:`wait`, for ``await`` in a cell: widgets and other tasks of the kernel go on meanwhile."""
        return self._completed(await ended(Watch(self.client, self.id)))

    # the board and the tasks

    def create_ticket(
        self,
        title: str,
        description: str = "",
        *,
        ticket_type: str = "component",
        priority: str = "medium",
        blocked_by: list[str] | None = None,
        requirement_ids: list[str] | None = None,
    ) -> str:
        """Put a ticket on the board and return its id. It creates no task by itself."""
        answer = self._call(
            "tickets/create",
            title=title,
            description=description,
            ticket_type=ticket_type,
            priority=priority,
            blocked_by=blocked_by,
            requirement_ids=requirement_ids,
        )
        return answer["ticket_id"]

    def update_ticket(
        self,
        ticket: str,
        title: str | None = None,
        description: str | None = None,
        ticket_type: str | None = None,
        priority: str | None = None,
        blocked_by: list[str] | None = None,
        requirement_ids: list[str] | None = None,
    ) -> Self:
        """Change what a ticket says; what is left out stays. An empty list takes all of its entries away."""
        return self._do(
            "tickets/update",
            ticket_id=ticket,
            title=title,
            description=description,
            ticket_type=ticket_type,
            priority=priority,
            blocked_by=blocked_by,
            requirement_ids=requirement_ids,
        )

    def move_ticket(self, ticket: str, status: str, comment: str | None = None) -> Self:
        """Move a ticket to another column of the board."""
        return self._do("tickets/change-status", ticket_id=ticket, status=status, comment=comment)

    def resolve_ticket(self, ticket: str, comment: str | None = None) -> Self:
        """Settle a ticket, which unblocks what waits for it."""
        return self._do("tickets/resolve", ticket_id=ticket, comment=comment)

    def comment(self, ticket: str, text: str) -> Self:
        """Add a remark to a ticket."""
        return self._do("tickets/comment", ticket_id=ticket, text=text)

    def create_task(
        self, title: str, description: str = "", *, phase: int, ticket: str | None = None, priority: str = "medium"
    ) -> str:
        """Add a task in any phase and return its id; an agent is put on it as soon as it is ready."""
        fields = {"title": title, "description": description, "phase": phase, "ticket_id": ticket, "priority": priority}
        return self._call("tasks/create", **fields)["task_id"]

    def retry(self, task: str, agent: str | None = None) -> Self:
        """Queue a failed or cancelled task again, for another agent if one is named."""
        return self._do("tasks/retry", task_id=task, agent=agent)

    def restart(self, task: str, reason: str | None = None) -> Self:
        """End the agent at work on a task and put a new one on it, which reads the reason."""
        return self._do("tasks/restart", task_id=task, reason=reason)

    def cancel(self, task: str, reason: str | None = None) -> Self:
        """Give a task up; the agent that works on it ends."""
        return self._do("tasks/cancel", task_id=task, reason=reason)

    # agents and what they ask

    def message(self, agent: str, text: str) -> Self:
        """Send a line to an agent."""
        return self._do("messages/send", recipient=agent, text=text)

    def broadcast(self, text: str) -> Self:
        """Send a line to every agent of the run."""
        return self._do("messages/broadcast", text=text)

    def approve(self, permission: str, reason: str | None = None, *, always: bool = False) -> Self:
        """Let an agent do what it asks for.

        With ``always`` exactly this (the command line, the file) is allowed from now on in the whole run; what was
        made of it is printed, ``run.rules()`` lists it, and :meth:`revoke` takes it back.
        """
        answer = self._call("permissions/approve", permission_id=permission, reason=reason, always=always)
        return self._tell(answer) if always else self

    def revoke(self, rule: str) -> Self:
        """Take back what was allowed for the whole run: from now on agents ask again."""
        return self._do("rules/revoke", rule_id=rule)

    def deny(self, permission: str, reason: str | None = None) -> Self:
        """Do not let an agent do what it asks for, and tell it why."""
        return self._do("permissions/deny", permission_id=permission, reason=reason)

    def answer(self, question: str, text: str) -> Self:
        """Answer a question, and print how the answer was understood.

        It becomes part of the question's requirements, a memory for later agents, and a task that brings what was
        written before into line with it. One text may answer for several requirements:
        ``"R-006: at most 32 characters; R-009: as proposed; R-011: drop it"``. Answering again corrects what it names.
        """
        return self._tell(self.client.call("questions/answer", {"question_id": question, "text": text}))

    def mark(self, requirement: str, mark: str | None, reason: str | None = None) -> Self:
        """Put your word beside a requirement, and print what follows from it.

        The words are unclear, accepted, disputed and dropped; None takes the word away.
        """
        fields = {"requirement_id": requirement, "mark": mark, "reason": reason, "run_id": self.id}
        return self._tell(self.client.call("requirements/mark", fields))

    def terminate(self, agent: str, reason: str | None = None) -> Self:
        """End an agent; its task is queued again."""
        return self._do("agents/terminate", agent_id=agent, reason=reason)

    def export(self, path: str | Path) -> Path:
        """Write the run into a DuckDB file of its own, for any tool and ``heph.open``; returns its absolute path."""
        return export_run(self.client, self.id, path)

    def _tell(self, answer: dict[str, Any]) -> Self:
        self.tell(answer["message"])
        return self

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return shown(lambda: replace(self.summary(), changes={}))

    def _number(self, phase: int | str) -> int:
        """Return the number of a phase that may be given by name."""
        if not isinstance(phase, str):
            try:
                return index(phase)
            except TypeError:
                raise InvalidError(f"A phase is a whole number or a name, not {phase!r:.80}.") from None
        phases = {p["name"]: p["number"] for p in self.client.get("phases", run_id=self.id)["phases"]}
        if phase in phases:
            return phases[phase]
        if phase.isdecimal():
            return int(phase)
        named = ", ".join(f"{number} ({name})" for name, number in phases.items())
        raise NotFoundError(f"There is no phase {phase!r}; there are {named}.")

    def _amounts(self) -> dict[str, dict[str, int]] | None:
        try:
            return self.client.get("runs", self.id, "amounts")["amounts"]
        except RepositoryError:  # it was moved, perhaps; everything else can be told all the same
            return None

    def _query(self, query: str) -> pa.Table:
        return self.client.sql(query)

    def _call(self, operation: str, **fields: Any) -> dict[str, Any]:
        given = {name: value for name, value in fields.items() if value is not None}
        return self.client.call(operation, given | {"run_id": self.id})

    def _do(self, operation: str, **fields: Any) -> Self:
        self._call(operation, **fields)
        return self

    def _completed(self, status: str) -> Self:
        if status not in ("completed", "complete"):
            word = "failed" if status == "failed" else "was stopped"
            raise RunFailedError(
                f"The run {word}: {self.record.get('reason') or 'no reason was given'}.", run_id=self.id
            )
        return self
