"""Follow-up: what the person decided goes into what was written before; what others have changed since stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from heph_nb.agents.outline.acting.writing import commit_and_check, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import decided, layout, md
from heph_nb.agents.outline.documents.decided import Decision
from heph_nb.agents.outline.documents.rewriting import rewritten, specifications, tests
from heph_nb.agents.outline.implementation import component_of, specification_of, tests_of
from heph_nb.agents.outline.language.briefs import clip
from heph_nb.agents.outline.result import Result
from heph_nb.agents.outline.understanding.decisions import component_for
from heph_nb.agents.outline.understanding.reading import Reading, reading
from heph_nb.agents.outline.understanding.tracing import names

STEPS = ("Read what was decided", "Rewrite what it changes", "Commit and run the checks", "Report")
TESTS = re.compile(r"^- \*\*Acceptance tests:\*\* `(.+)`$", re.MULTILINE)
SAID = re.compile(r"^- (?:(R-\d+): )?(.+?)(?: \(instead of (dropped|\".*\")\))?$", re.MULTILINE)
ASKED = re.compile(r"(?:“[^”]*” )*")
UNDOES = {"dropped": "not dropped any more", "not dropped any more": "dropped"}
SHORT, LONGEST_DESCRIPTION = 300, 100_000
"""How many characters of a decision are told in passing (the files have all of it), and how many a ticket takes."""


async def take_up(brief: Brief) -> Result:
    """Bring the specification, the tests, the checklist and the ticket into line with what the person decided."""
    await brief.desk.plan(STEPS)
    whole = reading(brief.run["prd_text"], [{**row, "mark": None} for row in brief.rows], brief.read.name)
    decisions = _decisions(brief, whole)
    told = "; ".join(clip(decision.told, SHORT).rstrip(".") for decision in decisions)
    await brief.desk.say(f"The person decided: {told}.")

    await brief.desk.reach(1)
    texts, kept = await _texts(brief, whole, decisions) if brief.ticket else ({}, [])
    checklist, validation = layout.checklist(brief.run_id), layout.validation(brief.run_id, brief.key())
    texts |= await _touched(brief, decisions) if brief.ticket is None else {}
    texts[checklist] = decided.decided(decided.noted(brief.text_of(checklist), decisions), decisions)
    if found := brief.text_of(validation):
        texts[validation] = decided.noted(found, decisions)
    texts = {path: text for path, text in texts.items() if (text or "") != brief.text_of(path)}
    new = {path: text for path, text in texts.items() if text and not brief.text_of(path)}
    await write(brief, "Write down what was decided", texts)

    await brief.desk.reach(2)
    modules = [path for path, text in texts.items() if text and path.endswith(".py")]
    title = str((brief.ticket or {}).get("title") or "the checklist")
    step = await commit_and_check(brief, f"Take up the person's answer: {title}"[:120], list(texts), modules)
    if brief.ticket and (said := brief.ticket.get("description")):
        described = clip(decided.described(str(said), decisions), LONGEST_DESCRIPTION)
        if described != said:
            await brief.attempt("update_ticket", ticket_id=brief.ticket["id"], description=described)

    await brief.desk.reach(3)
    for path, text in new.items():
        kind = "file" if path.endswith(".md") else "test"
        if ids := [d.id for d in decisions if d.statement and names(text, d.id)]:
            await brief.call("link_requirements", requirement_ids=ids, **{kind: path})
    left = [f"`{path}` stays as it is for {', '.join(ids)}: somebody has changed that part." for path, ids in kept]
    summary = f"Taken up: {told}."
    summary += f" Written: {', '.join(texts)}." if texts else " Nothing had to be rewritten."
    return Result(
        title=f"Taken up: {title}"[:200],
        markdown=md.document([[f"- {md.inline(d.told)}" for d in decisions], [f"- `{path}`" for path in texts], *left]),
        summary=" ".join([summary, *left]),
        learned=left,
        commit=step.commit,
        checks=step.checks,
    )


async def _touched(brief: Brief, decisions: Sequence[Decision]) -> dict[str, str | None]:
    """Return the specifications that what the PRD itself left open touches, with what was decided of it."""
    board = {str(ticket["id"]): ticket for ticket in await brief.rows_of("list_tickets")}
    texts: dict[str, str | None] = {}
    for decision in decisions:
        if ticket := board.get(component_for(decision.told, brief.read, board.values())):
            path = layout.specification(brief.run_id, layout.key_of(ticket, brief.run_id))
            if text := texts.get(path) or brief.text_of(path):
                texts[path] = decided.decided(text, [decision])
    return texts


def _decisions(brief: Brief, whole: Reading) -> list[Decision]:
    """Return what the task says that was decided, without what a later line replaces.

    Whether a requirement is dropped is what counts now, whatever its line says.
    """
    marks = {row["id"]: row.get("mark") for row in brief.rows}
    statements = {s.id: s for s in whole.statements}
    found: dict[tuple[str, str], Decision] = {}
    for id, text, instead in SAID.findall(str(brief.task.get("description") or "")):
        old = instead or (UNDOES.get(text, "") if id else "")
        if old and not id:
            old = f"{''.join(ASKED.findall(text)[:1])}{decided.bare(old)}"
        before = found.pop((id, old), None)
        earlier = (*(before.earlier if before else ()), *([old] if old else []))
        found[id, text] = Decision(statements.get(id), text, dropped=marks.get(id) == "dropped", earlier=earlier)
    return list(found.values())


async def _texts(
    brief: Brief, whole: Reading, decisions: Sequence[Decision]
) -> tuple[dict[str, str | None], list[tuple[str, list[str]]]]:
    """Return the files that change (None: nothing is left of it), and which parts somebody has changed before."""
    seen = brief.survey()
    component = await component_of(brief, seen, whole.of((brief.ticket or {}).get("requirement_ids") or ()))
    if said := TESTS.search(brief.text_of(component.path)):
        component = replace(component, tests=said[1])  # where they went then: what is in the repository has grown since
    versions = [(component.path, specifications(component, whole, decisions))]
    versions += [(component.tests, tests(component, whole, seen, decisions))] if component.tests else []
    texts: dict[str, str | None] = {}
    kept: list[tuple[str, list[str]]] = []
    for main, forms in versions:
        for path in (main, layout.more(main)):
            text = brief.text_of(path)
            touched = []
            for decision in decisions:
                if not decision.id or not names(text, decision.id):
                    continue
                found = rewritten(text, decision.id, forms, dropped=decision.dropped)
                touched += [decision.id] if found is None and decision.id not in touched else []
                text = text if found is None else found
            if path == component.path and text:
                text = decided.noted(text, decisions)
            if text:
                texts[path] = text if any(names(text, s.id) for s in component.statements) else None
            kept += [(path, touched)] if touched else []
    live = replace(component, statements=brief.read.of(s.id for s in component.statements))
    known = "".join(text or "" for text in texts.values())
    if any(d.statement and not d.dropped and not names(known, d.id) for d in decisions):
        texts |= {**specification_of(brief, live), **tests_of(brief, seen, live)}
    return texts, kept
