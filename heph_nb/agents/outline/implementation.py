"""Implementation, as far as a planner goes: a specification and acceptance tests for one ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from heph_nb.agents.outline.acting.desk import DeniedError
from heph_nb.agents.outline.acting.writing import Step, commit_and_check, undo, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import acceptance, javascript, layout, md
from heph_nb.agents.outline.documents.gherkin import feature
from heph_nb.agents.outline.documents.spec import Component, specification
from heph_nb.agents.outline.language.briefs import clip
from heph_nb.agents.outline.planning import tickets
from heph_nb.agents.outline.result import Result
from heph_nb.agents.outline.understanding.decisions import component_for, decided_in
from heph_nb.agents.outline.understanding.examples import known
from heph_nb.agents.outline.understanding.questions import untestable, why_untestable
from heph_nb.agents.outline.understanding.tracing import names

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.survey import Survey
    from heph_nb.domain.prd import Statement

STEPS = ("Read the ticket and look at the repository", "Write the specification and the acceptance tests",
         "Commit and run the checks", "Link, report and hand on to validation")  # fmt: skip


async def implement(brief: Brief) -> Result:
    """Write down what a ticket asks for, and the tests that will show it. Nothing is claimed to be implemented."""
    await brief.desk.plan(STEPS)
    seen = brief.survey()
    statements = brief.read.of(brief.requirement_ids)
    component = await component_of(brief, seen, statements)
    if brief.feedback:
        await brief.desk.say(
            f"An attempt before this one was sent back: {brief.feedback.strip().splitlines()[0][:300]}"
        )
    await brief.desk.say(
        f"{component.title}: {md.count(len(statements), 'requirement')}; specification in {component.path}."
    )

    await brief.desk.reach(1)
    texts = {**specification_of(brief, component), **tests_of(brief, seen, component)}
    new = any(text != brief.text_of(path) for path, text in texts.items())
    await write(brief, f"Write the specification and tests of {component.title}", texts)

    await brief.desk.reach(2)
    tests = [path for path in texts if path != component.path and path.endswith(".py")]
    step = await commit_and_check(brief, f"Specify {component.title}", list(texts), tests)
    held = [id for id, name in acceptance.test_names(statements).items() if name in step.held]
    if held and component.tests in texts:
        step = await _unmark(brief, seen, component, step, held)

    await brief.desk.reach(3)
    ids = [s.id for s in statements]
    if ids:
        await brief.call("link_requirements", requirement_ids=ids, file=component.path, test=component.tests)
    for path in set(texts) - {component.path, component.tests}:
        more = [id for id in ids if names(texts[path], id)]
        await brief.call(
            "link_requirements", requirement_ids=more, **{"file" if path.endswith(".md") else "test": path}
        )
    await hand_on(brief, ids)
    vague = [s for s in statements if untestable(s)]
    unmet = _unmet(brief, new=new)
    if unmet and not new:
        return Result(title=f"Not followed: {brief.task.get('title')}"[:200], markdown=unmet, summary=unmet)
    return Result(
        title=f"Specified: {component.title}",
        markdown=md.document([_report(component, statements, vague, held), unmet]),
        summary=f"{_summary(component, ids, held)} {unmet}".rstrip(),
        learned=[f"{s.id}: {why_untestable(s)}" for s in vague],
        commit=step.commit,
        checks=step.checks,
    )


async def _unmark(brief: Brief, seen: Survey, component: Component, step: Step, held: Sequence[str]) -> Step:
    """Take the mark off tests that pass as things stand: an example of the PRD is a proof where it holds already."""
    title = f"Expect {', '.join(held)} to pass: it does already"
    path = component.tests or ""
    where = known(brief.read, seen)
    text = acceptance.module(component, brief.read, where, unittest=seen.unittest, held=step.held)
    try:
        await write(brief, title, {path: text})
        again = await commit_and_check(brief, title, [path], [path])
    except DeniedError as denied:
        undo(brief)
        await brief.desk.say(f"{denied} The marks stay.")
        return step
    return replace(again, commit=again.commit or step.commit)


def _unmet(brief: Brief, *, new: bool) -> str:
    """Say plainly that what somebody asks for in words of their own was not done; empty where nobody does."""
    asked = tickets.asked_by_others(brief.task)
    if not brief.task.get("description") and not new:
        asked = str(brief.task.get("title") or "")
    if not asked:
        return ""
    done = "beyond that nothing was done" if new else "nothing was changed"
    return (
        f"outline cannot follow instructions: “{clip(asked, 200)}” was read, and {done}; a coding agent or you can "
        'take it: create the task again and give it to one before it begins, run.retry(task, agent="codex").'
    )


def _summary(component: Component, ids: Sequence[str], held: Sequence[str]) -> str:
    text = f"{component.title}: {md.count(len(ids), 'requirement')} specified in {component.path}"
    text += f", with {component.waiting}, in {component.tests}." if component.tests and ids else "."
    if held:
        return f"{text} What the PRD's examples say of {', '.join(held)} holds already."
    return f"{text} Nothing is implemented."


async def hand_on(brief: Brief, ids: Sequence[str]) -> None:
    """Create the task of the phase that comes next: one that implements too, or the one that validates."""
    following = brief.following("implementation")
    if brief.ticket is not None and following is not None:
        await brief.attempt(
            "create_task",
            title=f"{str(following['name']).capitalize()}: {brief.ticket['title']}",
            description=brief.task.get("description", ""),
            phase=int(following["number"]),
            ticket_id=brief.ticket["id"],
            priority=brief.ticket.get("priority", "medium"),
            idempotency_key=f"run:implement:{following['number']}:{brief.ticket['id']}",
        )
        return
    phase = brief.phase_of("validation", int(brief.phase["number"]) + 1)
    if brief.ticket is None or phase is None:
        return
    title = str(brief.ticket["title"])
    await brief.attempt(
        "create_task",
        title=tickets.validation_title(title),
        description=tickets.validation_description(title, ids),
        phase=phase,
        ticket_id=brief.ticket["id"],
        priority=brief.ticket.get("priority", "medium"),
        idempotency_key=f"run:validate:{brief.ticket['id']}",
    )


async def component_of(brief: Brief, seen: Survey, statements: Sequence[Statement]) -> Component:
    """Return what a ticket's files are about, and where they go."""
    ticket, key = brief.ticket or {}, brief.key()
    before = set(ticket.get("blocked_by") or ())
    board = await brief.rows_of("list_tickets") if ticket else []
    blockers = [t for t in board if t["id"] in before]
    decided = decided_in(brief.text_of(layout.checklist(brief.run_id))) if board else ()
    infrastructure = ticket.get("ticket_type") == "infrastructure"
    why = str(ticket.get("description") or brief.task.get("description") or "").split("\n\n")[0]
    return Component(
        title=str(ticket.get("title") or brief.task.get("title") or key),
        ticket_id=str(ticket.get("id") or brief.task["id"]),
        run_name=str(brief.run.get("name") or brief.run_id),
        statements=statements,
        path=layout.specification(brief.run_id, key),
        tests=tests_path(brief, seen, key) if statements else None,
        depends_on=[
            (str(t["title"]), layout.specification(brief.run_id, layout.key_of(t, brief.run_id))) for t in blockers
        ],
        purpose=why if infrastructure or not statements else "",
        gates=brief.read.gates if infrastructure else (),
        needed_by=[str(t["title"]) for t in board if ticket.get("id") in (t.get("blocked_by") or ())],
        today=_today(seen) if infrastructure else "",
        decided=[line for line in decided if component_for(line, brief.read, board) == ticket.get("id")],
    )


def _today(seen: Survey) -> str:
    """Say what the repository has of a set-up so far."""
    if seen.empty:
        return "The repository holds no code yet."
    if not seen.python:
        return "The repository holds code in another language than Python."
    framework = "unittest" if seen.unittest else "pytest"
    return f"The repository is a Python project; its tests are in `{seen.test_dir}` ({framework})."


def tests_path(brief: Brief, seen: Survey, key: str) -> str:
    """Return where a component's acceptance tests go: a Python module, or scenarios."""
    if seen.python or (seen.empty and brief.read.python):
        return layout.test_module(seen, brief.run_id, key)
    return layout.script(seen, brief.run_id, key) or layout.feature(seen, brief.run_id, key)


def specification_of(brief: Brief, component: Component) -> dict[str, str]:
    """Return the specification by its path; where somebody has begun one, only what it lacks, in a file beside it."""
    known, missing = _missing(brief, component.path, component.statements)
    if not known:
        return {component.path: specification(component, brief.read)}
    path = layout.more(component.path)
    return {path: specification(replace(component, statements=missing, path=path), brief.read)} if missing else {}


def tests_of(brief: Brief, seen: Survey, component: Component) -> dict[str, str]:
    """Return the acceptance tests by their path; where somebody has begun them, only what they lack."""
    if not component.tests or not component.statements:
        return {}
    path, statements = component.tests, component.statements
    begun, missing = _missing(brief, path, statements)
    if begun:
        path, statements = layout.more(path), missing
    if not statements:
        return {}
    part = replace(component, statements=statements, tests=path)
    if not path.endswith(".py"):
        scripted = seen.runner if seen.runner and path.endswith(seen.runner.suffix) else None
        return {path: javascript.module(part, brief.read, scripted) if scripted else feature(part, brief.read)}
    where = known(brief.read, seen)
    # Sent back with this module in the complaint: an example of the PRD was not what it seemed to be.
    bold = path.rsplit("/", 1)[-1] not in (brief.feedback or "")
    return {path: acceptance.module(part, brief.read, where, unittest=seen.unittest, bold=bold)}


def _missing(brief: Brief, path: str, statements: Sequence[Statement]) -> tuple[bool, list[Statement]]:
    """Return whether a file has been begun, and the requirements that it does not name. What is there stays."""
    text = brief.text_of(path)
    return bool(text), [s for s in statements if not names(text, s.id)]


def _report(
    component: Component, statements: Sequence[Statement], vague: Sequence[Statement], held: Sequence[str]
) -> str:
    files = [f"- Specification: `{component.path}`"] + (
        [f"- {component.waiting.capitalize()}: `{component.tests}`"] if component.tests else []
    )
    rows = [[s.id, md.cell(s.text), md.places(s.lines)] for s in statements]
    blocks: list[str | list[str]] = [files]
    if rows:
        blocks.append(md.table(["Requirement", "What the PRD says", "PRD"], rows))
    if vague:
        blocks += ["Open points:", [f"- {s.id}: {md.inline(why_untestable(s))}" for s in vague]]
    if held:
        blocks.append(f"Tests with examples of the PRD pass as things stand, and are expected to: {', '.join(held)}.")
    return md.document([*blocks, "outline implements nothing: here a developer, or an agent with a model, goes on."])
