"""The handle of a run: what it shows, and how it waits and steers."""

import asyncio
import re
import warnings
from datetime import UTC, datetime, timedelta

import pytest

import heph_nb
from heph_nb.errors import (
    InvalidError,
    NotFoundError,
    RefusedError,
    RunFailedError,
    SqlRefusedError,
    WaitTimeoutError,
    WrongStateError,
)
from heph_nb.run.columns import columns
from heph_nb.run.frames import Frames
from heph_nb.run.starting import connect, start

NOT_FRAMES = {"sql", "at"}
METHODS = sorted(name for name in vars(Frames) if not name.startswith("_") and name not in NOT_FRAMES)


@pytest.fixture
def manual(project, state):
    """Start a run that waits for phase 2 to be started by hand."""
    return start(project / "PRD.md", project, state=state, manual=True).run


@pytest.mark.parametrize("name", METHODS)
def test_every_frame_has_its_documented_types_now_then_and_before_anything_was(finished, name):
    now = getattr(finished, name)()
    before = getattr(finished.at("2001-01-01"), name)()
    assert now.dtypes.equals(before.dtypes)
    assert len(before) == 0
    assert getattr(finished.at(datetime.now(UTC)), name)().equals(now)


@pytest.mark.parametrize("name", METHODS)
def test_every_column_of_a_frame_is_documented_in_its_order(finished, name):
    doc = re.search(r"Columns: (.*?)\.\n", f"{getattr(Frames, name).__doc__}\n", re.DOTALL)[1]
    assert re.sub(r"\s*\([^)]*\)", "", doc).replace(",", " ").split() == list(getattr(finished, name)().columns)


def test_the_frames_of_a_finished_run_fit_together(finished):
    tickets, tasks, merges = finished.tickets(), finished.tasks(), finished.merges()
    assert set(tasks["status"]) == {"done"}
    assert set(merges["status"]) == {"merged"}
    assert set(tasks["ticket_id"].dropna()) <= set(tickets["id"])
    assert tickets["requirement_ids"].explode().dropna().isin(finished.requirements()["id"]).all()
    assert finished.coverage()["files"].map(len).gt(0).all()
    assert (finished.agents()["status"] == "terminated").all()
    assert list(finished.phases()["number"]) == [1, 2, 3]


def test_values_and_columns_of_frames_are_taken_where_values_are(manual):
    manual.wait(timeout=60, phase=1)
    second = manual.phases()["number"].iloc[1]
    first = manual.create_ticket("First", requirement_ids=manual.requirements()["id"].to_numpy()[:1])
    last = manual.create_ticket("Last", blocked_by=manual.tickets()["id"])
    assert manual.tickets().set_index("id").loc[last, "blocked_by"][-1] == first
    kept = manual.tickets().set_index("id").loc[last]
    ticket = manual.update_ticket(last, "Later", priority="high", blocked_by=[]).tickets().set_index("id").loc[last]
    assert (ticket["title"], ticket["priority"], list(ticket["blocked_by"])) == ("Later", "high", [])
    assert (ticket["description"], ticket["ticket_type"]) == (kept["description"], kept["ticket_type"])
    manual.update_ticket(last, blocked_by=manual.tickets()["id"].head(1), requirement_ids=["R-001"])
    with pytest.raises(RefusedError, match="would close a cycle"):
        manual.update_ticket(manual.tickets()["id"].iloc[0], blocked_by=[last])
    manual.create_task("Look", phase=second, ticket=first)
    assert manual.start_phase(second).phases()["status"].iloc[1] != "pending"
    for wrong in (
        lambda: manual.answer(manual.questions, "x"), lambda: manual.start_phase(2.0),
        lambda: manual.wait(timeout="5"), lambda: manual.retry({"id": manual}),
    ):  # fmt: skip
        with pytest.raises(InvalidError):
            wrong()


def test_events_come_in_order_with_their_data_and_by_kind(finished):
    events = finished.events()
    assert events["seq"].is_monotonic_increasing
    assert events["ts"].is_monotonic_increasing
    only = finished.events("run.*")
    assert set(only["kind"].str.split(".").str[0]) == {"run"}
    assert only["data"].iloc[-1]["to"] == "completed"


def test_the_past_shows_statuses_as_they_were(finished):
    started = finished.events("task.status")
    moment = started["ts"].iloc[0]
    then = finished.at(moment).tasks()
    assert set(then["status"]) - {"done"}
    assert finished.at(moment - timedelta(days=1)).tasks().empty
    assert len(finished.at(moment).events()) < len(finished.events())


def test_sql_reads_everything_and_changes_nothing(finished):
    found = finished.sql("select status, count(*) as n from tasks group by status")
    assert found.to_dict("records") == [{"status": "done", "n": len(finished.tasks())}]
    with pytest.raises(SqlRefusedError):
        finished.sql("delete from task_versions")


def test_a_run_shows_itself_the_same_every_time_without_ids(finished):
    bundle = finished._repr_mimebundle_()
    assert bundle == connect(finished.state)._repr_mimebundle_()
    assert bundle["text/plain"] == repr(finished)
    ids = [finished.id, *finished.tasks()["id"], *finished.tickets()["id"]]
    for shown in bundle.values():
        assert "completed" in shown
        assert not any(id in shown for id in ids)


def test_a_summary_counts_what_happened_since_a_moment(finished):
    everything = finished.summary()
    assert everything.changes["tasks done"] == len(finished.tasks())
    assert everything.used["agents"] == len(finished.attempts())
    assert finished.summary(datetime.now(UTC)).changes == {}
    assert everything.needs == ()
    assert everything.standing is None
    outcome = "Specified, not implemented: 2 requirements wait for an agent that writes code, or for you."
    assert everything.outcome == outcome
    assert outcome in repr(finished)
    assert len(finished.permissions())
    assert "permissions asked for" not in everything.changes, "nobody is asked where the policy is to allow"


def test_checks_that_tasks_share_are_counted_once(finished):
    checks = finished.checks()
    runs = checks.groupby(["commit_sha", "command"])
    assert (runs["shared"].first() == runs["attempt_id"].nunique()).all()
    assert (checks["seconds"] / checks["shared"]).sum() == pytest.approx(runs["seconds"].first().sum())


def test_waiting_for_what_has_ended_returns_at_once(finished):
    assert finished.wait(timeout=5) is finished
    assert asyncio.run(finished.finished()) is finished


def test_a_frame_makes_no_warnings_when_it_is_grouped_and_filtered(finished):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tasks = finished.tasks()
        assert tasks.groupby("phase")["id"].count().sum() == len(tasks)
        assert tasks[tasks["reason"] == "x"].empty
        tasks["created_at"].dt.floor("s")


def test_a_run_that_waits_for_its_phase_times_out_with_the_reason_and_the_way_out(manual):
    with pytest.raises(WaitTimeoutError, match=r"start_phase\(2\)"):
        _until_waiting(manual).wait(timeout=0.3)


def test_a_run_that_stands_still_says_why_once_and_is_waited_for(manual):
    told = []

    def tell(why):
        told.append(why)
        if "start_phase(2)" in why:
            manual.pause()
        elif "run.resume()" in why:
            manual.resume().start_phase(2).start_phase(3)

    assert manual.wait(timeout=120, tell=tell).status == "completed"
    assert [why.split(" (")[0] for why in told] == ["Phase 2", "The run is paused"]


def test_the_loop_breathes_while_a_run_is_awaited_and_giving_up_ends_the_wait(manual):
    async def watch():
        ticks = 0
        waiting = asyncio.ensure_future(manual.finished())
        while ticks < 50:
            await asyncio.sleep(0.01)
            ticks += 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return ticks

    assert asyncio.run(watch()) == 50


def test_phases_are_started_by_hand_until_the_run_is_completed(manual):
    _until_waiting(manual)
    assert list(manual.phases()["status"]) == ["complete", "pending", "pending"]
    with pytest.raises(NotFoundError, match=r"no phase 'design'; there are 1 \(analysis\), 2 \(implementation\)"):
        manual.start_phase("design")
    manual.start_phase("implementation").start_phase("3")
    asyncio.run(manual.finished())
    assert manual.status == "completed"


def test_a_person_steers_a_run_and_its_board(manual, capsys):
    assert manual.pause().status == "paused"
    assert "paused" in repr(manual)
    first = manual.create_ticket("Parser", requirement_ids=["R-001"])
    second = manual.create_ticket("Printer", blocked_by=[first], priority="high")
    manual.comment(first, "Mind the spaces.").resolve_ticket(first).move_ticket(second, "building")
    tickets = manual.tickets().set_index("id")
    assert tickets.loc[second, "status"] == "building"
    assert bool(tickets.loc[first, "resolved"])
    assert manual.comments()["text"].tolist() == ["Mind the spaces."]
    task = manual.create_task("Look at it", phase=3)
    manual.cancel(task, "not needed")
    assert manual.tasks().set_index("id").loc[task, "status"] == "cancelled"
    capsys.readouterr()
    manual.mark("R-002", "accepted", "seen it work")
    assert "R-002" in capsys.readouterr().out
    assert manual.requirements()["mark"].tolist()[1] == "accepted"
    manual.mark("R-002", None)
    assert manual.requirements()["mark"].isna().all()
    manual.broadcast("Hello")
    assert manual.messages()["text"].tolist() == ["Hello"]


def test_a_stopped_run_says_so_to_whoever_waits_and_stays_stopped(manual):
    manual.stop("enough")
    with pytest.raises(RunFailedError, match=r"was stopped: enough"):
        manual.wait(timeout=5)
    with pytest.raises(WrongStateError):
        manual.resume()


def test_unknown_ids_are_not_found(finished):
    for call in (finished.approve, finished.retry, finished.terminate, finished.resolve_ticket):
        with pytest.raises(NotFoundError):
            call("nothing-like-this")
    with pytest.raises(NotFoundError):
        connect(finished.state, run="../runs")


def test_every_public_name_is_there_and_documented():
    for name in heph_nb.__all__:
        value = getattr(heph_nb, name)
        assert name in dir(heph_nb)
        assert isinstance(value, str) or value.__doc__
    with pytest.raises(AttributeError, match="nothing"):
        heph_nb.nothing  # noqa: B018


def test_the_columns_of_the_file_are_those_of_the_frames(finished):
    for name in ("tickets", "tasks", "agents", "requirements", "checks", "merges", "events"):
        described = finished.client.sql(f"DESCRIBE {name}").column("column_name").to_pylist()
        assert set(columns(name)) == set(described), name


def _until_waiting(run):
    """Return the run once its first phase is complete."""
    with run.client.stream(0, run.id) as events:
        for event in events:
            if event.kind == "phase.status" and event.data["to"] == "complete":
                return run
    raise AssertionError
