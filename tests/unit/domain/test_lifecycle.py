"""Random commands on a run: whatever happens, no illegal step is taken and the invariants hold."""

from __future__ import annotations

import contextlib
import re

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from heph_nb.domain import people, questions, requirements, rules, runs, standing, tasks, tickets, work
from heph_nb.domain.lifecycle import ALLOWED, AT_WORK, MARKS, TASK_ENDED
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Agent, Attempt, Permission, Phase, Question, Requirement, Rule, Run, Task, Ticket
from heph_nb.errors import HephError
from tests.unit.domain.conftest import World

pick = st.integers(0, 10_000)
AGENTS = ("outline",)
WAY = r"run\.\w+\([^()]*\)"


class Handle:
    """The run handle of a notebook, on the domain: it does what a way out says."""

    def __init__(self, draft, run):
        self.draft, self.run = draft, run

    def do(self, way):
        eval(way.replace("(id", '("id"').replace("reason)", '"no")'), {"run": self})

    def approve(self, id, reason=None, always=False):
        self._decide(id, "allowed")

    def deny(self, id, reason=None):
        self._decide(id, "denied")

    def _decide(self, id, word):
        asked = (p for p in self.draft.all(Permission, "run-1") if p.status == "pending" and id in ("id", p.id))
        people.decide_permission(self.draft, next(asked), word)

    def answer(self, id, text):
        questions.answer(self.draft, self.draft.get(Question, id), text)

    def retry(self, id, agent=None):
        tasks.retry(self.draft, self.draft.get(Task, id), agent)

    def cancel(self, id):
        tasks.cancel(self.draft, self.draft.get(Task, id))

    def terminate(self, id):
        work.terminate(self.draft, self.draft.get(Agent, id), "by a person")

    def start_phase(self, number, agent=None):
        runs.start_phase(self.draft, self.run, number, agent)

    def set_budget(self, tokens):
        runs.set_budget(self.draft, self.run, tokens, 0)

    def resume(self):
        runs.resume(self.draft, self.run)

    def resolve_ticket(self, id):
        tickets.resolve(self.draft, self.draft.get(Ticket, id))

    def create_task(self, title, phase, ticket):
        tasks.create(self.draft, self.run, title=title, phase=phase, ticket_id=ticket)

    def create_ticket(self, title, requirement_ids):
        tickets.create(self.draft, self.run, title=title, requirement_ids=requirement_ids)

    def mark(self, id, word, reason=None):
        requirements.mark(self.draft, self.draft.get(Requirement, id, "run-1"), word, reason)


class AnyRun(RuleBasedStateMachine):
    ticket_ids = Bundle("ticket_ids")

    @initialize(manual=st.booleans(), policy=st.sampled_from(["allow", "ask"]))
    def begin(self, manual, policy):
        self.world = World(manual=manual, policy=policy)
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

    @rule(number=st.integers(1, 3), agent=st.sampled_from([None, "outline", "nobody"]))
    def start_phase(self, number, agent):
        with self.command() as draft:
            runs.start_phase(draft, self.world.run, number, agent)

    @rule(n=pick)
    def claim(self, n):
        task = self.one_of(Task, n)
        if task is not None and self.world.run.status == "active" and tasks.agent_of(self.world.state, task) in AGENTS:
            with self.command("scheduler") as draft:
                _, agent = work.claim(draft, task, preset="p", label="", token_hash="", worktrees="/w")
                draft.change(agent, status="working")

    @rule(n=pick)
    def ask_permission(self, n):
        agent = self.one_of(Agent, n, status=("working",))
        if agent is not None:
            with self.command(agent.id) as draft:
                asked = {"tool_kind": "k", "title": "t", "detail": "", "options": [], "subject": f"{n % 3}"}
                people.ask_permission(draft, self.world.run, agent, **asked)

    @rule(n=pick, word=st.sampled_from(["allowed", "denied"]))
    def decide(self, n, word):
        permission = self.one_of(Permission, n)
        if permission is not None:
            with self.command() as draft:
                people.decide_permission(draft, permission, word)

    @rule(n=pick)
    def restart(self, n):
        task = self.one_of(Task, n)
        if task is not None:
            with self.command() as draft:
                assert tasks.restart(draft, task).status == "queued"

    @rule(n=pick)
    def spend_everything(self, n):
        with self.command("scheduler") as draft:
            runs.set_budget(draft, self.world.run, n + 1, 0)
            runs.run_out(draft, draft.get(Run, "run-1"), n + 1)

    @rule(n=pick)
    def always_allow(self, n):
        permission = self.one_of(Permission, n)
        if permission is not None:
            with self.command() as draft:
                people.always_allow(draft, permission)

    @rule(n=pick)
    def revoke(self, n):
        known = self.one_of(Rule, n)
        if known is not None:
            with self.command() as draft:
                rules.revoke(draft, known)

    @rule(n=pick, text=st.sampled_from(["yes", "drop R-001", "R-002: x"]))
    def ask_and_answer(self, n, text):
        with self.command() as draft:
            questions.ask(draft, self.world.run, None, text="?", requirement_ids=["R-001", "R-002"])
        question = self.one_of(Question, n)
        if question is not None:
            with self.command() as draft:
                questions.answer(draft, question, text)

    @rule(id=st.sampled_from(["R-001", "R-002", "R-003"]), word=st.none() | st.sampled_from(sorted(MARKS)))
    def mark(self, id, word):
        with self.command() as draft:
            requirements.mark(draft, draft.get(Requirement, id, "run-1"), word)

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

    @rule(n=pick, agent=st.sampled_from([None, "outline", "nobody"]))
    def retry(self, n, agent):
        task = self.one_of(Task, n)
        with self.command() as draft:
            tasks.retry(draft, task, agent)

    @rule(n=pick)
    def cancel(self, n):
        task = self.one_of(Task, n)
        with self.command() as draft:
            tasks.cancel(draft, task)

    @rule(n=pick)
    def interrupt(self, n):
        attempt = self.one_of(Attempt, n, outcome=("running",))
        if attempt is not None:
            with self.command("recovery") as draft:
                work.interrupt(draft, attempt, "the backend ended")

    @rule()
    def do_what_is_proposed(self):
        """Every way out that is named is accepted, whether for what waits or for why nothing happens."""
        state, run = self.world.state, self.world.run
        ways = [way for need in standing.needs(state, run, AGENTS) for way in need.ways_out]
        ways += re.findall(WAY, standing.explain(state, run, AGENTS) or "")
        for way in ways:
            draft = self.world.draft("person")
            Handle(draft, run).do(way)
        if ways:
            with self.world.command() as draft:
                Handle(draft, run).do(ways[0])

    @rule(verb=st.sampled_from([runs.pause, runs.resume]))
    def pause_or_resume(self, verb):
        with self.command() as draft:
            verb(draft, self.world.run)

    def teardown(self):
        """Whatever happened, agents that do their work and a person who does as proposed bring a run to its end."""
        if hasattr(self, "world"):
            for _ in range(300):
                if self.world.run.status == "completed":
                    return
                self.go_on()
            raise AssertionError(standing.explain(self.world.state, self.world.run, AGENTS))

    def go_on(self):
        state, run = self.world.state, self.world.run
        for task in state.all(Task, "run-1"):
            attempt = work.current_attempt(state, task)
            if task.status in ("checking", "merging"):
                with self.world.command("verifier") as draft:
                    work.accept(draft, attempt, merge_commit="c", findings=[])
                return
            if task.status == "running":
                agent = state.get(Agent, attempt.agent_id)
                if agent.status in ("working", "waiting", "stuck"):
                    with self.world.command(agent.id) as draft:
                        work.finish(draft, agent, status="done", summary="", learned=[])
                    return
            if task.status == "queued" and run.status == "active" and tasks.agent_of(state, task) in AGENTS:
                with self.world.command("scheduler") as draft:
                    _, agent = work.claim(draft, task, preset="p", label="", token_hash="", worktrees="/w")
                    draft.change(agent, status="working")
                return
        said = standing.explain(state, run, AGENTS)
        way = re.search(WAY, said)[0]
        with self.world.command() as draft:
            Handle(draft, run).do(way)

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
    def a_task_at_work_has_a_running_attempt(self):
        for task in self.world.state.all(Task, "run-1"):
            if task.status in AT_WORK:
                attempt = work.current_attempt(self.world.state, task)
                assert attempt is not None
                assert attempt.outcome == "running"

    @invariant()
    def nobody_waits_for_a_permission_of_an_agent_that_has_ended(self):
        for permission in self.world.state.all(Permission, "run-1"):
            if permission.status == "pending":
                assert self.world.state.get(Agent, permission.agent_id).status != "terminated"

    @invariant()
    def nobody_waits_for_what_a_rule_allows(self):
        for permission in self.world.state.all(Permission, "run-1"):
            if permission.status == "pending":
                assert rules.matching(self.world.state, permission) is None

    @invariant()
    def an_open_question_is_about_nothing_that_was_dropped(self):
        for question in self.world.state.all(Question, "run-1"):
            marks = [self.world.state.get(Requirement, id, "run-1").mark for id in question.requirement_ids]
            assert question.status == "answered" or "dropped" not in marks

    @invariant()
    def a_run_with_nothing_left_to_do_has_ended(self):
        everything = list(self.world.state.all(Task, "run-1"))
        opened = all(p.status != "pending" for p in self.world.state.all(Phase, "run-1"))
        if self.world.run.status == "active" and opened:
            assert any(t.status not in TASK_ENDED for t in everything)
            assert any(t.status not in (*TASK_ENDED, "failed", "blocked") for t in everything) or not any(
                t.status == "failed" for t in everything
            )

    @invariant()
    def a_run_that_has_failed_cannot_proceed(self):
        if self.world.run.status == "failed":
            found = {t.status for t in self.world.state.all(Task, "run-1")}
            assert "failed" in found
            assert found <= {"failed", "blocked", *TASK_ENDED}

    @invariant()
    def a_run_that_stands_still_says_why(self):
        run, state = self.world.run, self.world.state
        asking = {p.agent_id for p in state.all(Permission, "run-1") if p.status == "pending"}
        moving = [
            t
            for t in state.all(Task, "run-1")
            if (t.status in AT_WORK and work.current_attempt(state, t).agent_id not in asking)
            or (t.status == "queued" and tasks.agent_of(state, t) in AGENTS)
        ]
        if run.status != "completed" and not (run.status == "active" and moving):
            assert standing.explain(state, run, AGENTS)

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
