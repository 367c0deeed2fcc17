"""Prompt: everything an agent needs to know to do one task well, in one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from heph_nb.domain.records import Phase, Requirement, Run, Task, Ticket

TOOLS = (
    ("get_task", "your task with its phase, ticket, requirements and feedback, as it is now"),
    ("get_run", "your run, with the whole text of the PRD"),
    ("get_ticket", "a ticket with its comments, commits and what it blocks"),
    ("list_tickets", "the board"),
    ("search_tickets", "look here before you create a ticket"),
    ("list_tasks", "the tasks of the run and their states"),
    ("list_ready_tasks", "the tasks that wait for an agent"),
    ("list_requirements", "the requirements of the PRD with their lines and status"),
    ("search_memories", "what agents before you found out; search before you explore"),
    ("list_memories", "the latest of it"),
    ("create_ticket", "a new piece of the product, a bug, a design question"),
    ("create_task", "work in any phase, usually for a ticket"),
    ("update_ticket", "correct a ticket's title, description, priority, blockers or requirements"),
    ("change_ticket_status", "move a ticket on the board"),
    ("comment_on_ticket", "say something that belongs to a ticket"),
    ("resolve_ticket", "close a ticket that needs no work any more"),
    ("link_commit", "connect a commit with a ticket"),
    ("link_requirements", "say which file or test a requirement went into"),
    ("save_memory", "something that others need to know"),
    ("read_messages", "messages for you"),
    ("send_message", "write to one agent"),
    ("broadcast_message", "write to every agent of the run"),
    ("ask_question", "ask the person something that only they can say"),
    ("report_result", "a longer report in Markdown"),
    ("finish_task", "the last thing you do"),
)
"""The tools that the prompt names, in its order, and what each is for."""


def task_prompt(
    *,
    run: Run,
    phase: Phase,
    task: Task,
    ticket: Ticket | None,
    requirements: Sequence[Requirement],
    feedback: str | None,
    agent_id: str,
    state_path: str | Path,
    phases: Sequence[Phase] = (),
) -> str:
    """Return the prompt for one attempt at a task.

    Parameters
    ----------
    run, phase, task, ticket
        What the work belongs to; a task need not have a ticket.
    requirements : sequence of Requirement
        The statements of the PRD that it is about.
    feedback : str or None
        What became of the attempt before: a conflict with both sides, a red check with its output.
    agent_id : str
        Who the agent is.
    state_path : str or Path
        The state file, which the agent must leave alone.
    phases : sequence of Phase
        All phases of the run, for the work that it may hand on.

    Returns
    -------
    str
        Markdown. The same arguments give the same text.
    """
    parts = [
        _who(run, task, agent_id),
        _feedback(feedback),
        _what(task),
        _ticket(ticket),
        _requirements(run, requirements),
        _phase(phase),
        _place(run, state_path),
        _handing_on(phase, phases),
        _tools(),
        _finish(task),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _who(run: Run, task: Task, agent_id: str) -> str:
    return (
        f"You are agent `{agent_id}` in the run `{run.id}` ({run.name}). Several agents turn one product requirements "
        f"document (PRD) into checked, merged work, each with a task of its own. Yours is `{task.id}`. Work on it "
        "to the end without waiting for anybody, then call `finish_task`."
    )


def _what(task: Task) -> str:
    return _section("Your task", f"**{task.title}** (priority: {task.priority})", task.description)


def _feedback(feedback: str | None) -> str:
    if not feedback:
        return ""
    return _section(
        "What happened before you: start here",
        "This task was tried before, and the result could not be taken over. Deal with this first:",
        _quoted(feedback),
        "If it is a conflict, both sides are right until you have understood them: keep the intent of each, and leave "
        "no conflict marker. If a check is red, make it green by correcting the work, never by weakening the check.",
    )


def _ticket(ticket: Ticket | None) -> str:
    if ticket is None:
        return ""
    facts = f"`{ticket.id}`: **{ticket.title}** ({ticket.ticket_type}, priority {ticket.priority}, now {ticket.status})"
    blocked = f"It was blocked by: {', '.join(ticket.blocked_by)}." if ticket.blocked_by else ""
    return _section("Its ticket", facts, ticket.description, blocked)


def _requirements(run: Run, requirements: Sequence[Requirement]) -> str:
    where = (
        f"The PRD is `{run.prd_path}`; `get_run` gives its whole text. Where the PRD and anything else differ, the PRD "
        "is right. Lines count from 1."
    )
    title = "The requirements it is about" if requirements else "The PRD"
    return _section(title, *(_requirement(r) for r in requirements), where)


def _requirement(requirement: Requirement) -> str:
    lines = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in requirement.lines)
    name = requirement.id if requirement.label is None else f"{requirement.id}, in the PRD {requirement.label}"
    facts = [requirement.level, requirement.kind, f"PRD lines {lines}", f"status {requirement.status}"]
    if requirement.mark:
        facts.append(f"the person says: {requirement.mark}")
    text = [f"- **{name}** ({'; '.join(facts)}): {requirement.text}"]
    text += [f"  - accepted when: {criterion}" for criterion in requirement.criteria]
    if requirement.depends_on:
        text.append(f"  - needs: {', '.join(requirement.depends_on)}")
    return "\n".join(text)


def _phase(phase: Phase) -> str:
    checks = ""
    if phase.checks:
        checks = "The backend decides with these checks, on your work merged into the run's branch:\n" + _list(
            f"`{check}`" for check in phase.checks
        )
    return _section(
        f"Phase {phase.number}, {phase.name}: how this kind of work is done",
        phase.description,
        phase.instructions.strip(),
        _titled("It is done when:", phase.done_definitions),
        _titled("It leaves behind:", phase.outputs),
        _titled("What comes next:", phase.next_steps),
        checks,
    )


def _place(run: Run, state_path: str | Path) -> str:
    return f"""\
## Where you work

- The current directory is a git worktree of your own, on a branch of your own, cut from the run's branch
  `{run.branch}`. Work only in it.
- Commit there, in steps that make sense, with messages that say why. What you leave uncommitted is committed for you.
- Do not push, switch branches, rebase, stash (the person's stash is the same one), or change another branch: when you
  finish, the backend checks your commits and merges them.
- Do not touch other worktrees, or the person's own checkout in `{run.working_dir}`.
- Do not open, copy or change the state file `{state_path}`: the tools give you what is in it.
- Where a file or a test covers a requirement, write its id into it, like `R-001` (in a test: into its docstring), so
  that it can be traced, and say so with `link_requirements`."""


def _handing_on(phase: Phase, phases: Sequence[Phase]) -> str:
    others = [f"{p.number}, {p.name} ({p.status}): {p.description}" for p in phases if p.number != phase.number]
    return _section("What you discover on the way", _DISCOVERIES, _titled("The other phases:", others))


_DISCOVERIES = """\
- Work that does not belong to your task: do not do it. Look with `search_tickets` whether it is known; if not,
  `create_ticket` (with `blocked_by` if it must wait), then `create_task` with that `ticket_id` and the `phase` that
  the work belongs to. You may create tasks in any phase; each is given to another agent.
- Something that others will need (a decision, a trap, where something is): `save_memory`, one fact each.
- A contradiction or a gap in the PRD that only a person can settle: `ask_question`, with the requirement ids. You get
  no answer in this session: go on with the most sensible assumption, and write it down.
- Something that concerns an agent at work now: `send_message`."""


def _tools() -> str:
    return _section(
        "Your tools",
        "They come from the MCP server `heph` (some programs show them as `mcp__heph__<name>`, or only after a search "
        "for them). They act as you; there is nothing to log in to.",
        _list(f"`{name}`: {purpose}" for name, purpose in TOOLS),
    )


def _finish(task: Task) -> str:
    return _section("How you finish", _FINISH_CLARIFICATION if task.kind == "clarification" else _FINISH_WORK)


_FINISH_WORK = """\
1. Run the checks yourself and commit everything.
2. Call `finish_task` once, with `status` "done", a `summary` of what you did, `learned` (what the next agent should
   know), and `implemented` (the ids of the requirements that your work really fulfils, and no others).
3. If you cannot do it: `finish_task` with `status` "failed", and in the `summary` what stands in the way.
4. Then end your turn. Saying that it is done is not enough: what counts is that the checks pass and your commits can
   be merged."""

_FINISH_CLARIFICATION = """\
1. This is a clarification: call `ask_question` with one question that the person can answer in a sentence or two, and
   the ids of the requirements it is about. Change no files.
2. Then call `finish_task` with `status` "done" and a one-line `summary`, and end your turn."""


def _section(title: str, *paragraphs: str) -> str:
    return "\n\n".join([f"## {title}", *(p.strip() for p in paragraphs if p.strip())])


def _titled(title: str, items: Sequence[str]) -> str:
    return f"{title}\n{_list(items)}" if items else ""


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
