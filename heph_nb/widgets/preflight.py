"""Preflight: what is wrong with a run that somebody is about to start, and what it would be. Nothing is created."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from heph_nb.agents.catalog import find_preset
from heph_nb.backend.intake import load_workflow, open_place, read_document, sha256_of, slug
from heph_nb.backend.operations.runs import CreateRun
from heph_nb.backend.parsing import parse
from heph_nb.client.client import Client
from heph_nb.client.discovery import find_state, refuse_foreign, usable_path
from heph_nb.client.launch import running_backend
from heph_nb.domain.prd import Prd
from heph_nb.domain.words import count
from heph_nb.errors import HephError, InvalidError
from heph_nb.repo.repository import Repository
from heph_nb.repo.status import read_status
from heph_nb.run.starting import bootstrap, find_prd, is_path
from heph_nb.widgets.code import line

T = TypeVar("T")
Values = Mapping[str, Any]

_FIRST = 8
"""Requirements that the preview shows."""

_RUNS = "SELECT id, name, status, prd_sha256, prd_path, working_dir, branch FROM runs ORDER BY created_at"


_DIGITS = 18
"""A longer number is none that anybody means; what stands there is refused as it is."""


def arguments(values: Values) -> dict[str, Any]:
    """Return what a form says as the arguments of ``heph.bootstrap``: blanks left out, whole numbers as such."""
    given = {name: v.strip() if isinstance(v, str) else v for name, v in values.items()}
    for name in ("max_agents", "budget_tokens"):
        number = given.get(name)
        if isinstance(number, str) and number.removeprefix("-").isdecimal() and len(number) <= _DIGITS:
            given[name] = int(number)
    return {name: value for name, value in given.items() if value not in ("", None)}


def code_of(values: Values) -> str:
    """Return the line of Python that starts what a form says.

    Examples
    --------
    >>> code_of({"prd": "PRD.md", "working_dir": ".", "max_agents": "2", "state": ""})
    'run = heph.bootstrap("PRD.md", max_agents=2)'
    """
    return f"run = {line(bootstrap, 'heph.bootstrap', arguments(values))}"


class Preflight:
    """Looks at what a run would start from, as ``heph.bootstrap`` does, one field at a time.

    What was read of a file is kept until the file changes. One thread at a time may ask.
    """

    def __init__(self) -> None:
        self._read: dict[tuple[Any, ...], Any] = {}

    def check(self, values: Values) -> dict[str, Any]:
        """Return what is wrong, and what would come of it.

        Parameters
        ----------
        values : mapping
            The fields of the form, by the names that ``heph.bootstrap`` has for them; numbers may be texts.

        Returns
        -------
        dict
            ``wrong``, a sentence by field; ``notes``, each with ``kind`` (info, warning, attach) and ``text``;
            ``preview`` of the PRD or None; ``places``, the absolute path by field; ``code``.
        """
        given = {"working_dir": ".", "agent": "outline", "workflow": "prd_to_software"} | arguments(values)
        wrong: dict[str, str] = {}
        notes: list[dict[str, str]] = []

        def of(field: str, look: Callable[[], T]) -> T | None:
            try:
                return look()
            except HephError as error:
                wrong[field] = error.detail
            except OSError as error:
                wrong[field] = f"{error.filename or given.get(field)} cannot be used: {error.strerror or error}."
            return None

        for field in ("max_agents", "budget_tokens", "policy"):
            of(field, lambda field=field: _fits(field, given))
        of("agent", lambda: find_preset(given["agent"]))
        of("workflow", lambda: _check_workflow(given["workflow"]))
        place = of("working_dir", lambda: usable_path(given["working_dir"], "working directory"))
        repository = of("working_dir", lambda: open_place(str(place), given.get("worktrees"))[0]) if place else None
        state = of("state", lambda: self._state(given.get("state")))
        found = of("prd", lambda: self._find(given.get("prd"), place))
        document = of("prd", lambda: self._kept(read_document, found[0])) if found else None
        if found and found[1]:
            notes.append(_note("info", found[1]))
        if repository is not None:
            notes += _of_repository(repository, document[1] if document else None)
        runs = (of("state", lambda: self._kept(known_runs, state)) if state else None) or []
        if found and document and repository is not None:
            notes += _of_runs(runs, sha256_of(document[0]), str(found[0]), str(repository.root), bool(given.get("new")))
        places = {"prd": found[0] if found else None, "working_dir": repository and repository.root, "state": state}
        return {
            "wrong": wrong,
            "notes": notes,
            "preview": _preview(document[1]) if document else None,
            "places": {name: str(path) for name, path in places.items() if path is not None},
            "fresh": state is not None and not state.exists(),
            "code": code_of(values),
        }

    def _find(self, prd: str | None, place: Path | None) -> tuple[Path, str | None]:
        if not prd:
            raise InvalidError("Name the PRD: the Markdown or text file that says what is wanted.")
        return find_prd(prd, place or Path.cwd())

    def _state(self, named: str | None) -> Path:
        state = find_state(named)
        self._kept(refuse_foreign, state)
        return state

    def _kept(self, read: Callable[[Path], T], path: Path) -> T:
        """Return what is read of a file, read again when the file has changed."""
        at = path.stat() if path.exists() else None
        key = (read, path, at and (at.st_mtime_ns, at.st_size, at.st_ino))
        if key not in self._read:
            self._read = {k: v for k, v in self._read.items() if k[0] is not read} | {key: read(path)}
        return self._read[key]


def known_runs(state: Path) -> list[dict[str, Any]]:
    """Return the runs of a state file, oldest first; no backend is started for it."""
    if not state.exists():
        return []
    if running_backend(state) is not None:
        with Client(state) as client:
            return client.sql(_RUNS).to_pylist()
    from heph_nb.store.snapshot import open_snapshot

    with open_snapshot(state) as snapshot:
        return snapshot.query(_RUNS).to_pylist()


def _fits(field: str, given: Values) -> None:
    if field in given:
        parse(CreateRun, json.dumps({"prd": "/", "working_dir": "/", field: given[field]}).encode())


def _check_workflow(name: str) -> None:
    workflow = load_workflow(str(usable_path(name, "workflow")) if is_path(name) else name)
    for phase in workflow.phases:
        if phase.agent:
            find_preset(phase.agent)


def _note(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}


def _of_repository(repository: Repository, prd: Prd | None) -> list[dict[str, str]]:
    name = slug(prd.title) if prd and prd.title else "run"
    own = f"heph/{name}-… is its branch, and yours stays as it is; agents work in {repository.default_worktrees()}."
    if repository.bare:
        return [_note("info", f"The run starts from {repository.head()[:8]}; {own}")]
    status = read_status(repository.git)
    where = f"{status.branch} " if status.branch else ""
    notes = [_note("info", f"The run starts from {where}({(status.head or '')[:8]}); {own}")]
    if not status.clean:
        what = status.describe(3)
        notes.append(_note("warning", f"{what[0].upper()}{what[1:]}. The run starts from the commit, without this."))
    return notes


def _of_runs(runs: list[dict[str, Any]], sha256: str, prd: str, root: str, new: bool) -> list[dict[str, str]]:
    here = [run for run in runs if run["working_dir"] == root]
    same = [run for run in here if run["prd_sha256"] == sha256]
    earlier = [run for run in here if run["prd_path"] == prd and run["prd_sha256"] != sha256]
    if same:
        known = f"This PRD has a run here already, {same[-1]['id']} ({same[-1]['status']})"
        what = "another one is started beside it" if new else "starting attaches to it, with its own settings"
        return [_note("attach", f"{known}: {what}.")]
    if earlier:
        text = (
            f"The run {earlier[-1]['id']} has an earlier text of this PRD: its answers and marks are not carried over."
        )
        return [_note("warning", text)]
    return []


def _preview(prd: Prd) -> dict[str, Any]:
    kinds = Counter(s.kind for s in prd.statements) | Counter(s.level for s in prd.statements)
    return {
        "title": prd.title,
        "total": count(len(prd.statements), "requirement"),
        "kinds": [{"name": name, "n": n} for name, n in kinds.items()],
        "first": [
            {"id": s.id, "text": s.text, "level": s.level, "line": s.lines[0][0]} for s in prd.statements[:_FIRST]
        ],
        "more": max(0, len(prd.statements) - _FIRST),
        "questions": [{"text": q.text, "line": q.lines[0]} for q in prd.questions],
    }
