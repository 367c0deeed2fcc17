"""Questions: what only a person can say, and what becomes of the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from heph_nb.domain import followups, people, work
from heph_nb.domain.answers import Ruling, decides, mentioned, proposals, read_answer, set_aside, strangers
from heph_nb.domain.lifecycle import move
from heph_nb.domain.records import Agent, Question, Requirement, Run
from heph_nb.domain.state import Draft
from heph_nb.errors import RefusedError

ASIDE = "Decided already; what you say of it now counts instead:"
"""What stands in a question above the requirements that have been decided, while others are still asked about."""


def ask(draft: Draft, run: Run, agent: Agent | None, *, text: str, requirement_ids: Sequence[str]) -> Question:
    """File a question for the person; the requirements that it is about are marked ``unclear`` until it is answered.

    Raises
    ------
    RefusedError
        The person dropped everything that it is about.
    """
    about = [draft.get(Requirement, id, run.id) for id in dict.fromkeys(requirement_ids)]
    open_ones = [r for r in about if r.mark != "dropped"]
    if about and not open_ones:
        raise RefusedError(f"Nothing is to be asked about {', '.join(r.id for r in about)}: the person dropped it.")
    for requirement in open_ones:
        if requirement.mark is None:
            draft.change(requirement, mark="unclear")
    return draft.put(
        Question(
            id=draft.id("question"),
            run_id=run.id,
            text=text,
            requirement_ids=tuple(r.id for r in open_ones),
            agent_id=agent.id if agent else None,
            task_id=agent.task_id if agent else None,
            created_at=draft.now,
        )
    )


def leave_out(draft: Draft, requirement: Requirement) -> None:
    """Take a requirement out of the questions that are open; one that is about nothing any more is closed."""
    dropped = Ruling(requirement.id, dropped=True)
    for question in list(draft.all(Question, requirement.run_id)):
        if question.status == "open" and requirement.id in question.requirement_ids:
            note = f"No answer is needed: {requirement.id} was dropped."
            _settle(draft, question, [dropped], note if len(question.requirement_ids) == 1 else "")


def answer(draft: Draft, question: Question, text: str) -> str:
    """Answer a question: what it says becomes criteria of its requirements and a memory for every later agent.

    What it decides nothing about stays asked: the question is open for that until somebody says it. What was decided
    before and is said otherwise now is replaced. Where a ticket had been specified before, a task takes the answer up.

    Returns
    -------
    str
        How the answer was understood, requirement by requirement, and which task takes it up.

    Raises
    ------
    RefusedError
        It decides nothing, or speaks of requirements that the question is not about.
    """
    run = draft.get(Run, question.run_id or "")
    before = {ruling.requirement_id: ruling for ruling in _decided(question)}
    rulings = _rulings(question, before, text)
    fresh = [r for r in rulings if not r.open and not _holds(draft, r, before.get(r.requirement_id), run.id)]
    if rulings and not fresh:
        return f"{_told(rulings, before)}. Nothing is changed by that."
    if not rulings and question.decided == (" ".join(text.split()),):
        return "Decided just so before. Nothing is changed by that."
    lines = [_line(ruling, before.get(ruling.requirement_id)) for ruling in fresh] or [_quoted(question, text)]
    _settle(draft, question, fresh, text)
    for ruling in fresh:
        _decide(draft, ruling, before.get(ruling.requirement_id), run.id)
    about = f" ({', '.join(question.requirement_ids)})" if question.requirement_ids else ""
    instead = [line for line in lines if " (instead of " in line]
    more = f"\n\nThis replaces an earlier decision: {'; '.join(instead)}." if instead else ""
    people.save_memory(
        draft, run.id, None, text=f"{question.text}{about}: {text}{more}", kind="decision", tags=("answer",)
    )
    asker = draft.find(Agent, question.agent_id) if question.agent_id else None
    if asker is not None and asker.status != "terminated":
        people.send(draft, run.id, asker.id, text)
    again = " instead of what was decided before" if instead else ""
    understood = f"{_told(rulings, before)}." if rulings else f"Kept as a decision of the run{again}."
    return f"{understood} {followups.take_up(draft, run, lines)}".strip()


def _quoted(question: Question, text: str) -> str:
    """Return an answer with the questions that it answers, as short as they can be told, and what it replaces."""
    asked = re.findall(r"“[^”]+”", question.text) or [f"“{question.text.split(chr(10))[0]}”"]
    before = question.decided or ((question.answer,) if question.answer else ())
    return f"{' '.join(asked)} {text}" + "".join(f' (instead of "{" ".join(was.split())}")' for was in before)


def _line(ruling: Ruling, before: Ruling | None) -> str:
    """Return what was decided, and what it replaces."""
    return str(ruling) if before in (None, ruling) else f"{ruling} (instead of {before.said})"


def _told(rulings: Sequence[Ruling], before: Mapping[str, Ruling]) -> str:
    """Say how an answer was understood; what was decided before and is not spoken of now is left out."""
    said = []
    for ruling in rulings:
        was = before.get(ruling.requirement_id)
        if not (ruling.open and was):
            said.append(f"{ruling} (as before)" if ruling == was else _line(ruling, was))
    return "; ".join(said)


def _decided(question: Question) -> list[Ruling]:
    """Return what was decided of a question's requirements."""
    if question.status == "open" or question.decided:
        return [Ruling.parse(text) for text in question.decided if question.requirement_ids]
    # It was answered when only the words were kept.
    found = read_answer(question.text, question.requirement_ids, question.answer or "")
    return [ruling for ruling in found if not ruling.open]


def _rulings(question: Question, before: Mapping[str, Ruling], text: str) -> list[Ruling]:
    """Return what an answer decides. Without naming them it speaks of what is open, or of everything if nothing is.

    Raises
    ------
    RefusedError
        That is nothing, or it speaks of requirements that the question is not about.
    """
    ids = tuple(dict.fromkeys((*question.requirement_ids, *before)))
    if not ids:
        if not decides(text):
            raise RefusedError(
                f"“{text.strip()}” decides nothing: say in a sentence what is to be done. {_stays(question)}",
                id=question.id,
            )
        return []
    if others := strangers(text, ids):
        raise RefusedError(
            f"The question is not about {', '.join(others)}: it is about {', '.join(ids)}. Nothing was changed.",
            id=question.id,
        )
    named = mentioned(text, ids)
    about = [id for id in ids if question.status != "open" or id in question.requirement_ids or id in named]
    rulings = read_answer(question.text, about, text)
    if all(ruling.open for ruling in rulings):
        raise RefusedError(f"“{text.strip()}” decides nothing: {_ways(question)}", id=question.id)
    return rulings


def _stays(question: Question) -> str:
    return "The question stays open." if question.status == "open" else "What was decided before stays."


def _ways(question: Question) -> str:
    """Say what would be an answer to a question, in its own words."""
    id = question.requirement_ids[0]
    offered = proposals(question.text, id)
    ways = [f"“{id}: as proposed” takes the proposal ({offered[0].rstrip('.')})"] if offered else []
    ways += [f"“{id}: as proposed (second)” the other one ({offered[1].rstrip('.')})"] if len(offered) > 1 else []
    ways += [f"“{id}: …” says in your words what has to be seen", f"“drop {id}” drops it"]
    more = "; so for each of " + ", ".join(question.requirement_ids) if len(question.requirement_ids) > 1 else ""
    return f"{', '.join(ways)}{more}. {_stays(question)}"


def _settle(draft: Draft, question: Question, rulings: Sequence[Ruling], text: str) -> None:
    """Note on a question what was said and what that decided; it is answered once nothing of it is open."""
    decided = {ruling.requirement_id: ruling for ruling in (*_decided(question), *rulings)}
    said = "\n".join(part for part in (question.answer, text) if part) or None
    every = tuple(dict.fromkeys((*question.requirement_ids, *decided)))
    left = tuple(id for id in question.requirement_ids if id not in decided)
    results = tuple(map(str, decided.values())) if every else (" ".join(text.split()),)
    noted = replace(question, answer=said, decided=results)
    if question.status == "open" and left:
        aside = set_aside(question.text, list(decided), ASIDE)
        draft.put(replace(noted, requirement_ids=left, text=aside))
        return
    noted = replace(noted, requirement_ids=tuple(sorted(every)), answered_by=draft.actor, answered_at=draft.now)
    if question.status == "open":
        move(draft, noted, "answered")
    else:
        draft.put(noted)


def _decide(draft: Draft, ruling: Ruling, before: Ruling | None, run_id: str) -> None:
    """Give a requirement its criterion in the place of the one before, or drop it."""
    requirement = draft.get(Requirement, ruling.requirement_id, run_id)
    criteria = list(requirement.criteria)
    old = before.criterion if before is not None else None
    at = len(criteria) - 1 - criteria[::-1].index(old) if old in criteria else len(criteria)
    criteria[at : at + 1] = [] if ruling.criterion is None else [ruling.criterion]
    if ruling.dropped:
        leave_out(draft, draft.change(requirement, mark="dropped", criteria=tuple(criteria)))
        return
    mark = None if requirement.mark in ("unclear", "dropped") else requirement.mark
    work.unprove(draft, draft.change(requirement, mark=mark, criteria=tuple(criteria)))


def _holds(draft: Draft, ruling: Ruling, before: Ruling | None, run_id: str) -> bool:
    """Whether a ruling says what was decided before, and that still stands."""
    requirement = draft.get(Requirement, ruling.requirement_id, run_id)
    stands = ruling.dropped or ruling.criterion in requirement.criteria
    return ruling == before and stands and (requirement.mark == "dropped") == ruling.dropped
