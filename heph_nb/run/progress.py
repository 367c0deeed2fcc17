"""Progress in a terminal: a line per event above one line of bars, one bar per phase. Silent where nobody looks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from heph_nb import settings
from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.run.reprs import bar
from heph_nb.run.summary import NOT_COUNTED
from heph_nb.run.waiting import Standstill, last_seq, to_stderr

if TYPE_CHECKING:
    from heph_nb.domain.logs import Event
    from heph_nb.run.handle import Run

_CLEAR = "\r\x1b[K"


def follow(run: Run, *, quiet: bool = False, tell: Callable[[str], None] = to_stderr) -> None:
    """Show a run on stdout until it has ended.

    Parameters
    ----------
    run : Run
        The run.
    quiet : bool
        Show nothing. Neither is anything shown with ``HEPH_PLAIN``, or where stdout is no terminal.
    tell : callable
        Takes the sentences that say why the run stands still.

    Raises
    ------
    RunFailedError
        The run failed or was stopped.
    """
    if not quiet and not settings.load().plain and sys.stdout.isatty():
        _show(run, sys.stdout, tell)
    run.wait(tell=tell)


def _show(run: Run, out: TextIO, tell: Callable[[str], None]) -> None:
    after = last_seq(run.client)
    display = Display(run, out)  # it reads the tasks now; what changes from here on comes with the events
    if run.status in RUN_ENDED:
        return
    standstill = Standstill(run.client, run.id, lambda why: display.interrupt(tell, why))
    standstill.look()
    try:
        for event in run.client.stream(after, run.id):
            display.take(event)
            standstill.hear(event)
            if event.kind == "run.status" and event.data.get("to") in RUN_ENDED:
                break
    finally:
        display.close()


class Display:
    """The lines and the bars of one run.

    Parameters
    ----------
    run : Run
        Where tasks and titles are looked up.
    out : file
        A terminal.
    """

    def __init__(self, run: Run, out: TextIO) -> None:
        self._run = run
        self._out = out
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        phases = run.client.get("phases", run_id=run.id)["phases"]
        self._phases = {phase["number"]: phase["name"] for phase in phases}
        tasks = run.client.get("tasks", run_id=run.id, limit=10_000)["tasks"]
        self._tasks = {task["id"]: (task["phase"], task["status"]) for task in tasks}
        self._draw()

    def take(self, event: Event) -> None:
        """Show one event."""
        id, to = str(event.data.get("id")), str(event.data.get("to") or event.data.get("status"))
        if event.kind in ("task.created", "task.status"):
            phase = self._tasks[id][0] if id in self._tasks else self._record("tasks", id)["phase"]
            self._tasks[id] = (phase, to)
        line = self._line(event, id, to)
        self._out.write(f"{_CLEAR}{line}\n" if line else _CLEAR)
        self._draw()

    def interrupt(self, tell: Callable[[str], None], why: str) -> None:
        """Let something else be said above the bars."""
        self._out.write(_CLEAR)
        self._out.flush()
        tell(why)
        self._draw()

    def close(self) -> None:
        """Leave the bars where they are and go to the next line."""
        self._out.write("\n")
        self._out.flush()

    def _line(self, event: Event, id: str, to: str) -> str:
        kind = event.kind
        if kind == "ticket.created":
            return f"  ticket    {self._title('tickets', id)}"
        if kind == "task.created":
            return f"  task      {self._title('tasks', id)}"
        if kind == "task.status" and to in ("running", "done", "failed", "needs_work"):
            return f"  {to.replace('_', ' '):<9} {self._title('tasks', id)}"
        if kind == "check.created":
            check = self._record("checks", id)
            return f"  check     {'passed' if check['exit_code'] == 0 else 'failed'}: {check['command']}"
        if kind == "merge.status":
            return f"  {to:<9} {self._title('tasks', str(event.task_id))}"
        if kind == "question.created":
            return f"  question  {self._record('questions', id)['text']}"
        if kind == "permission.created":
            return f"  asks      {self._title('permissions', id)}"
        if kind == "phase.status":
            return f"  phase     {self._record('phases', id)['name']} is {to}"
        return f"  run       is {to}" if kind == "run.status" else ""

    def _draw(self) -> None:
        parts = []
        for number, name in self._phases.items():
            mine = [status for phase, status in self._tasks.values() if phase == number and status not in NOT_COUNTED]
            done = mine.count("done")
            parts.append(f"{name} {bar(done, len(mine), cells=8)} {done}/{len(mine)}")
        width = shutil.get_terminal_size().columns - 1
        self._out.write("  ".join(parts)[:width])
        self._out.flush()

    def _title(self, table: str, id: str) -> str:
        width = shutil.get_terminal_size().columns - 14
        return str(self._record(table, id)["title"])[:width]

    def _record(self, table: str, id: str) -> dict[str, Any]:
        if (table, id) not in self._records:
            (record,) = [
                value
                for value in self._run.client.get(table, id, run_id=self._run.id).values()
                if isinstance(value, dict)
            ]
            self._records[table, id] = record
        return self._records[table, id]
