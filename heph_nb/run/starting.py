"""Starting runs and finding them again."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from heph_nb.client.client import Client
from heph_nb.client.discovery import usable_path
from heph_nb.client.ending import move_aside
from heph_nb.client.refusing import refuse_early
from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.run.columns import columns, to_frame
from heph_nb.run.frames import quote
from heph_nb.run.handle import Run
from heph_nb.run.waiting import last_seq

if TYPE_CHECKING:
    import pandas as pd

_FIRST_AGENT = 10.0
"""Seconds in which the first agent is expected to work; a run without it is handed out all the same."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started, or attached to, with the first things that a script asks for."""

    run: Run
    attached: bool
    owner_id: str
    agent_id: str | None
    task_id: str
    moved_aside: Path | None = None
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str | int | None]:
        """Return what ``heph bootstrap --json`` prints."""
        info = self.run.client.info
        return {
            "run_id": self.run.id,
            "state": str(self.run.state),
            "url": info.url,
            "backend_pid": info.pid,
            "owner_id": self.owner_id,
            "agent_id": self.agent_id,
            "task_id": self.task_id,
            "status": self.run.status,
        }


def bootstrap(
    prd: str | Path,
    working_dir: str | Path = ".",
    worktrees: str | Path | None = None,
    state: str | Path | None = None,
    *,
    drop_db: bool = False,
    agent: str = "outline",
    workflow: str = "prd_to_software",
    max_agents: int = 4,
    manual: bool = False,
    new: bool = False,
    policy: str = "allow",
    budget_tokens: int | None = None,
) -> Run:
    """Start a run: a PRD on its way to checked, merged work in a git repository.

    It returns at once, with the first agent at work. Called again, it attaches to the run that the same PRD has in the
    same repository, and says so.

    Parameters
    ----------
    prd : str or Path
        The requirements document, Markdown or text.
    working_dir : str or Path
        The git repository, or a directory in it. Your checkout is never touched.
    worktrees : str or Path, optional
        Where agents work; beside the repository by default (``../.<name>-heph/``).
    state : str or Path, optional
        The state file; by default ``HEPH_STATE``, or the nearest ``hephaestus.duckdb``, or a new one.
    drop_db : bool
        Begin with a new state file; the old one is moved aside, not deleted.
    agent : str
        The agent of every phase whose workflow names none.
    workflow : str
        The name of a shipped workflow, or the path of a YAML file.
    max_agents : int
        How many agents may work at a time.
    manual : bool
        Only the first phase starts by itself; the others wait for ``run.start_phase(n)``.
    new : bool
        Start another run even if this PRD has one in this repository.
    policy : str
        What becomes of agents' permission requests: ``allow`` them, or ``ask`` you.
    budget_tokens : int, optional
        How many tokens its agents may use, as they report them when they end. Then no other is launched, and the run
        pauses until ``run.set_budget`` raises it; those at work go on.

    Raises
    ------
    InvalidError
        The PRD or the workflow cannot be read, or states nothing.
    RepositoryError
        The working directory cannot be used; the message says what to do.

    Examples
    --------
    >>> run = heph.bootstrap("PRD.md", working_dir=".")  # doctest: +SKIP
    """
    started = start(
        prd,
        working_dir,
        worktrees,
        state,
        drop_db=drop_db,
        agent=agent,
        workflow=workflow,
        max_agents=max_agents,
        manual=manual,
        new=new,
        policy=policy,
        budget_tokens=budget_tokens,
    )
    for note in started.notes:
        print(note)
    return started.run


class Choices(TypedDict, total=False):
    """How a run shall go, as :func:`bootstrap` explains; what is left out is as the backend has it."""

    agent: str
    workflow: str
    max_agents: int
    manual: bool
    new: bool
    policy: str
    budget_tokens: int | None


def start(
    prd: str | Path,
    working_dir: str | Path = ".",
    worktrees: str | Path | None = None,
    state: str | Path | None = None,
    *,
    drop_db: bool = False,
    **choices: Unpack[Choices],
) -> Started:
    """Do what :func:`bootstrap` does, and return what a script needs; nothing is printed."""
    client = Client(state, create=True)
    place = usable_path(working_dir, "working directory")
    document, note = find_prd(prd, place)
    if "workflow" in choices and is_path(choices["workflow"]):
        choices["workflow"] = str(usable_path(choices["workflow"], "workflow"))
    fields = {
        "prd": str(document),
        "working_dir": str(place),
        "worktrees": str(usable_path(worktrees, "worktrees")) if worktrees is not None else None,
        **choices,
    }
    if fields.get("budget_tokens") is None:
        fields.pop("budget_tokens", None)
    if drop_db or not client.state.exists():
        refuse_early(fields)
    moved = move_aside(client.state) if drop_db else None
    before = last_seq(client)
    answer = client.call("runs/create", fields)
    run_id, attached = answer["id"], answer["attached"]
    agent_id = _newest_agent(client, run_id) if attached else _first_agent(client, run_id, before)
    run = Run(client, run_id)
    notes = [note] if note else []
    if attached or answer["earlier_run_id"]:
        notes.append(f"{answer['message']}.")
    return Started(run, attached, answer["owner_id"], agent_id, answer["task_id"], moved, tuple(notes))


def connect(state: str | Path | None = None, run: str | None = None) -> Run:
    """Return the handle of a run, by default the newest of the state file.

    Parameters
    ----------
    state : str or Path, optional
        The state file; by default ``HEPH_STATE`` or the nearest ``hephaestus.duckdb``.
    run : str, optional
        The run's id.

    Raises
    ------
    NotFoundError
        There is no state file, or no such run in it.
    """
    client = Client(state)
    if run is not None:
        return Run(client, client.get("runs", run)["run"]["id"])
    newest = client.sql("SELECT id FROM runs ORDER BY created_at DESC LIMIT 1")
    if not newest.num_rows:
        raise NotFoundError(f"There is no run in {client.state} yet; `heph bootstrap` starts one.")
    return Run(client, newest.column("id")[0].as_py())


def runs(state: str | Path | None = None) -> pd.DataFrame:
    """Return every run of a state file, oldest first.

    Returns
    -------
    DataFrame
        One row per run: id, name, status, reason, prd_path, branch, agent, max_agents, budget_tokens, manual, policy,
        workflow, created_at, ended_at, prd_sha256, working_dir, worktrees, base_commit, updated_at, run_id.
    """
    shown = {name: kind for name, kind in columns("runs").items() if name != "prd_text"}
    with Client(state) as client:
        return to_frame(client.sql(f"SELECT {', '.join(shown)} FROM runs ORDER BY created_at, id"), shown)


def _first_agent(client: Client, run_id: str, after: int) -> str | None:
    """Wait until the first agent works, and return its id; None when that takes long or the run has ended before."""
    stream = client.stream(after, run_id)
    alarm = threading.Timer(_FIRST_AGENT, stream.close)
    alarm.daemon = True
    alarm.start()
    try:
        for event in stream:
            if event.kind == "agent.status" and event.data.get("to") == "working":
                return str(event.data["id"])
            if event.kind == "run.status" and event.data.get("to") in RUN_ENDED:
                break
    finally:
        alarm.cancel()
    return _newest_agent(client, run_id)


def _newest_agent(client: Client, run_id: str) -> str | None:
    newest = f"SELECT id FROM agents WHERE run_id = {quote(run_id)} ORDER BY status = 'working' DESC, started_at DESC"
    found = client.sql(newest, limit=1)
    return found.column("id")[0].as_py() if found.num_rows else None


def find_prd(prd: str | Path, working_dir: Path) -> tuple[Path, str | None]:
    """Return where the PRD is, from here or else in the working directory, with a sentence if it is the latter.

    Raises
    ------
    InvalidError
        It is in neither, or the path cannot be used.
    """
    here = usable_path(prd, "PRD")
    there = usable_path(prd, "PRD", working_dir)
    if here.exists() or here == there:
        return here, None
    if not there.exists():
        raise InvalidError(f"There is no PRD at {here}, nor at {there}: check the path.")
    return there, f"The PRD is {there}; there is none at {here}."


def is_path(workflow: str) -> bool:
    """Say whether a workflow is named by the path of a file."""
    return "/" in workflow or workflow.endswith((".yaml", ".yml"))
