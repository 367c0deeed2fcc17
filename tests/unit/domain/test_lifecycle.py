"""Random commands on a run: whatever happens, no illegal step is taken and the invariants hold."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from heph_nb.domain import runs, tasks, tickets, work
from heph_nb.domain.lifecycle import ALLOWED, TASK_ENDED
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Agent, Attempt, Task, Ticket
from heph_nb.errors import HephError
from tests.unit.domain.conftest import World

pick = st.integers(0, 10_000)


class AnyRun(RuleBasedStateMachine):
    ticket_ids = Bundle("ticket_ids")

    @initialize(manual=st.booleans())
    def begin(self, manual):
        self.world = World(manual=manual)
        self.seen = 0

    def one_of(self, cls, n, **wanted):
        found = [r for r in self.world.state.all(cls, "run-1") if all(getattr(r, k) in v for k, v in wanted.items())]
        return found[n % len(found)] if found else None

    @contextlib.contextmanager
    def command(self, actor="person"):
        with contextlib.suppress(HephError), self.world.command(actor) as draft:
            yield draft

    @rule(target=ticket_ids, blockers=st.lists(ticket_ids, max_size=3))
    def create_ticket(self, blockers):
        with self.world.command() as draft:
            return tickets.create(draft, self.world.run, title="t", blocked_by=blockers).id

    @rule(id=ticket_ids, blockers=st.lists(ticket_ids, max_size=3))
    def block(self, id, blockers):
        with self.command() as draft:
            tickets.update(draft, draft.get(Ticket, id), blocked_by=blockers)

    @rule(id=ticket_ids)
    def resolve(self, id):
        with self.command() as draft:
            tickets.resolve(draft, draft.get(Ticket, id))

    @rule(id=st.none() | ticket_ids, phase=st.integers(1, 3), n=pick)
    def create_task(self, id, phase, n):
        with self.command() as draft:
            tasks.create(draft, self.world.run, title=f"task {n}", phase=phase, ticket_id=id)

    @rule(number=st.integers(1, 3))
    def start_phase(self, number):
        with self.command() as draft:
            runs.start_phase(draft, self.world.run, number)

    @rule(n=pick)
    def claim(self, n):
        task = self.one_of(Task, n)
        with self.command("scheduler") as draft:
            _, agent = work.claim(draft, task, preset="p", label="", token_hash="", worktrees="/w")
            draft.change(agent, status="working")

    @rule(n=pick, word=st.sampled_from(["done", "failed"]))
    def finish(self, n, word):
        agent = self.one_of(Agent, n)
        if agent is not None:
            with self.command(agent.id) as draft:
                work.finish(draft, agent, status=word, summary="", learned=[])

    @rule(n=pick)
    def lose(self, n):
        attempt = self.one_of(Attempt, n, outcome=("running",))
        if attempt is not None:
            with self.command("monitor") as draft:
                work.lose(draft, attempt, "died")

    @rule(n=pick)
    def stall(self, n):
        attempt = self.one_of(Attempt, n, outcome=("running",))
        if attempt is not None:
            with self.command("monitor") as draft:
                work.stall(draft, attempt, "silent")

    @rule(n=pick, good=st.booleans())
    def verify(self, n, good):
        task = self.one_of(Task, n, status=("checking",))
        if task is not None:
            attempt = work.current_attempt(self.world.state, task)
            with self.command("verifier") as draft:
                work.queue_merge(draft, attempt, "b")
                if good:
                    work.accept(draft, attempt, merge_commit="c", findings=[])
                else:
                    work.send_back(draft, attempt, merge_status="conflict", feedback="f")

    @rule(n=pick)
    def retry(self, n):
        task = self.one_of(Task, n, status=("failed", "cancelled"))
        if task is not None:
            with self.command() as draft:
                tasks.retry(draft, task)

    @rule(n=pick)
    def cancel(self, n):
        task = self.one_of(Task, n)
        with self.command() as draft:
            tasks.cancel(draft, task)

    @rule(verb=st.sampled_from([runs.pause, runs.resume]))
    def pause_or_resume(self, verb):
        with self.command() as draft:
            verb(draft, self.world.run)

    @invariant()
    def every_step_was_allowed(self):
        for cls, values in self.world.logs[self.seen :]:
            if cls is Event and values["kind"].endswith(".status"):
                entity, data = values["kind"].split(".")[0], values["data"]
                if entity in ALLOWED and entity != "agent":
                    assert data["to"] in ALLOWED[entity][data["from"]], values
        self.seen = len(self.world.logs)

    @invariant()
    def at_most_one_attempt_runs_for_a_task(self):
        running = [a.task_id for a in self.world.state.all(Attempt, "run-1") if a.outcome == "running"]
        assert len(running) == len(set(running))

    @invariant()
    def every_agent_of_an_ended_attempt_has_ended_or_said_it_failed(self):
        for attempt in self.world.state.all(Attempt, "run-1"):
            agent = self.world.state.get(Agent, attempt.agent_id)
            if attempt.outcome in ("merged", "superseded", "cancelled"):
                assert agent.status == "terminated"

    @invariant()
    def waiting_tasks_are_where_they_belong(self):
        for task in self.world.state.all(Task, "run-1"):
            if task.status in tasks.WAITING:
                assert task.status == tasks.place(self.world.state, task)

    @invariant()
    def a_completed_run_has_no_open_task(self):
        if self.world.run.status == "completed":
            assert all(t.status in TASK_ENDED for t in self.world.state.all(Task, "run-1"))

    @invariant()
    def nobody_waits_for_themselves(self):
        for ticket in self.world.state.all(Ticket, "run-1"):
            seen, todo = set(), list(ticket.blocked_by)
            while todo:
                id = todo.pop()
                assert id != ticket.id
                if id not in seen:
                    seen.add(id)
                    todo += self.world.state.get(Ticket, id).blocked_by


AnyRun.TestCase.settings = settings(
    max_examples=250, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyRun = AnyRun.TestCase
