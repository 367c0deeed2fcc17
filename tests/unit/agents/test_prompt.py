"""The prompt of a task."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from heph_nb.agents.prompt import TOOLS, task_prompt
from heph_nb.domain.records import Phase, Requirement, Run, Task, Ticket

NOW = datetime(2026, 11, 23, tzinfo=UTC)
AGENT_TOOLS = {
    "create_ticket", "update_ticket", "change_ticket_status", "comment_on_ticket", "resolve_ticket", "link_commit",
    "search_tickets", "create_task", "finish_task", "list_ready_tasks", "save_memory", "search_memories",
    "send_message", "broadcast_message", "read_messages", "ask_question", "report_result", "link_requirements",
    "get_run", "get_ticket", "list_tickets", "get_task", "list_tasks", "list_requirements", "list_memories",
}  # fmt: skip
"""What an agent may call, from the table of operations."""

RUN = Run(
    id="run-1", run_id="run-1", name="shop", prd_path="/repo/PRD.md", prd_text="", prd_sha256="", working_dir="/repo",
    worktrees="/w", branch="heph/run-1", base_commit="abc", workflow="prd_to_software", agent="outline", max_agents=2,
    created_at=NOW,
)  # fmt: skip
PHASES = [
    Phase(
        id=f"phase-{n}", run_id="run-1", number=n, name=name, status="open", description=f"What {name} is.",
        instructions=f"How {name} is done.\n", done_definitions=("It is done.",), outputs=("A file.",),
        next_steps=("Somebody looks.",), checks=("pytest -q",), created_at=NOW,
    )
    for n, name in enumerate(["analysis", "implementation", "validation"], 1)
]  # fmt: skip
TASK = Task(
    id="task-7", run_id="run-1", phase=2, title="Build the cart", description="All of it.", created_by="agent-0",
    created_at=NOW,
)  # fmt: skip
TICKET = Ticket(
    id="ticket-3", run_id="run-1", title="Cart", description="Holds items.", ticket_type="component", priority="high",
    status="building", blocked_by=("ticket-1",), requirement_ids=("R-004",), created_by="agent-0", created_at=NOW,
)  # fmt: skip
REQUIREMENT = Requirement(
    id="R-004", run_id="run-1", label="FR-2", text="Items can be removed.", section="Cart", line_start=12, line_end=14,
    lines=((12, 14), (30, 30)), level="must", kind="functional", criteria=("The total changes.",),
    depends_on=("R-001",), created_at=NOW,
)  # fmt: skip


def prompt(**changes):
    given = {
        "run": RUN, "phase": PHASES[1], "task": TASK, "ticket": TICKET, "requirements": [REQUIREMENT], "feedback": None,
        "agent_id": "agent-9", "state_path": "/repo/hephaestus.duckdb", "phases": PHASES,
    }  # fmt: skip
    return task_prompt(**(given | changes))


def test_every_tool_it_names_exists_and_none_is_left_out():
    assert {name for name, _ in TOOLS} == AGENT_TOOLS
    for text in (prompt(), prompt(task=replace(TASK, kind="clarification"))):
        named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text)) - {"blocked_by", "ticket_id"}
        assert named <= AGENT_TOOLS


def test_it_says_who_where_what_and_how_to_finish():
    text = prompt()

    for needed in (
        "agent `agent-9`", "run `run-1` (shop)", "task-7", "Build the cart", "All of it.", "ticket-3",
        "blocked by: ticket-1",
        "R-004, in the PRD FR-2", "PRD lines 12-14, 30", "Items can be removed.", "accepted when: The total changes.",
        "needs: R-001", "/repo/PRD.md", "How implementation is done.", "It is done.", "A file.", "Somebody looks.",
        "`pytest -q`", "`heph/run-1`", "/repo/hephaestus.duckdb", "1, analysis (open): What analysis is.",
        "3, validation (open)", "finish_task",
    ):  # fmt: skip
        assert needed in text, needed
    assert "2, implementation (open)" not in text
    assert "What happened before you" not in text


def test_what_happened_before_comes_before_the_task_and_is_quoted():
    text = prompt(feedback="Your work conflicts.\n\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs")

    assert text.index("What happened before you") < text.index("## Your task")
    assert "> <<<<<<< ours\n> a\n> =======\n> b" in text
    assert not re.search(r"^(<<<<<<<|=======|>>>>>>>)", text, re.MULTILINE)


def test_a_clarification_ends_with_a_question():
    text = prompt(task=replace(TASK, kind="clarification"))

    assert "`ask_question` with one question" in text
    assert "Run the checks yourself" not in text


def test_it_can_do_without_ticket_requirements_and_other_phases():
    text = prompt(ticket=None, requirements=[], phases=[])

    assert "Its ticket" not in text
    assert "The other phases" not in text
    assert "get_run" in text


def test_the_same_task_gives_the_same_prompt_with_its_parts_in_order():
    text = prompt()

    assert prompt() == text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Your task",
        "Its ticket",
        "The requirements it is about",
        "Phase 2, implementation: how this kind of work is done",
        "Where you work",
        "What you discover on the way",
        "Your tools",
        "How you finish",
    ]
    assert "\n\n\n" not in text
    assert len(text) < 8000
    assert max(len(line) for line in text.splitlines()) < 400
