"""Answers: what a person says is taken for what it says, requirement by requirement, and for nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heph_nb.domain import questions
from heph_nb.domain.answers import read_answer
from heph_nb.domain.records import Memory, Question, Requirement
from heph_nb.errors import RefusedError
from tests.unit.domain.conftest import World

IDS = ["R-001", "R-002", "R-003"]
ASKED = """What decides whether these requirements are met?

R-001 (line 1): “It is fast.”
  Missing: how long it may take.
  Proposal: it is done within 200 ms.
  Or: it is done within 2 s.

R-002 (line 2): “It looks nice.”
  Proposal: 2 people have accepted it.

R-003 (line 3): “It is up.”
  Proposal: 99 of 100 requests are answered.

Your answer becomes the criterion. Answer with a line for each, like “R-001: as proposed”, or “drop R-001”."""
FIRST, SECOND, THIRD = (
    "it is done within 200 ms.", "2 people have accepted it.", "99 of 100 requests are answered.",
)  # fmt: skip
OTHER = "it is done within 2 s."


def read(answer: str, ids: list[str] = IDS, question: str = ASKED) -> list[str | None]:
    rulings = read_answer(question, ids, answer)
    assert [ruling.requirement_id for ruling in rulings] == ids
    return ["dropped" if ruling.dropped else ruling.criterion for ruling in rulings]


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ("R-001: as proposed, R-002 drop it please", [FIRST, "dropped", None]),
        ("R-001 as proposed; R-002: below 3 clicks; drop R-003", [FIRST, "below 3 clicks", "dropped"]),
        ("R-001 as proposed and R-002 not needed and R-003: 90 of 100", [FIRST, "dropped", "90 of 100"]),
        ("R-001 and R-003: as proposed.\nR-002: not needed any more", [FIRST, "dropped", THIRD]),
        ("R-001, R-002 and R-003 as proposed", [FIRST, SECOND, THIRD]),
        ("as proposed", [FIRST, SECOND, THIRD]),
        ("R-001..R-003: dropped", ["dropped"] * 3),
        ("R-002 to R-003: as proposed; R-001: won't do", ["dropped", SECOND, THIRD]),
        ("R-001-R-002: below 2 s; R-003: postponed", ["below 2 s", "below 2 s", None]),
        ("all as proposed, thanks", [FIRST, SECOND, THIRD]),
        ("R-002: three people like it, the rest as proposed", [FIRST, "three people like it", THIRD]),
        ("as proposed\nR-002: below 2 s\ndrop R-003", [FIRST, "below 2 s", "dropped"]),
        ("as proposed for R-001 and R-002; R-003 can be dropped", [FIRST, SECOND, "dropped"]),
        ("R-001: as proposed (second)", [OTHER, None, None]),
        ("R-001: the second proposal, please. R-002: as proposed", [OTHER, SECOND, None]),
        ("R-001: as proposed (second), R-002: as proposed (second)", [OTHER, None, None]),
        ("R-001: as proposed, but within 100 ms", ["it is done within 200 ms, but within 100 ms", None, None]),
        ("R-1: below 1 s, r-2: five people", ["below 1 s", "five people", None]),
        ("drop R-001, R-002 and R-003: 80 of 100", ["dropped", "dropped", "80 of 100"]),
        ("drop R-001: it is silly", ["dropped", None, None]),
        ("drop them all", ["dropped"] * 3),
        ("- R-001: drop\n- R-002: whatever\n- R-003: your call", ["dropped", None, None]),
        ("R-001: same as R-002 and R-003", ["same as R-002 and R-003", None, None]),
        ("Thanks for asking! R-001: below 2 s", ["below 2 s", None, None]),
        ("I think R-001 should be below 2 s", ["should be below 2 s", None, None]),
        ("It answers within 2 s, or says why.", ["It answers within 2 s, or says why."] * 3),
        ("R-001: yes, R-002: ok", [FIRST, SECOND, None]),
        ("Drop R-001 please and R-002 too", ["dropped", "dropped", None]),
        ("Yes to R-001, drop the rest", [FIRST, "dropped", "dropped"]),
        ("drop R-003 and take the rest as proposed", [FIRST, SECOND, "dropped"]),
        ("R-003: drop it, nobody needs it; R-001: drop it if it is slow", [None, None, "dropped"]),
        ("R-001 is fine as proposed; R-002: take the second", [FIRST, None, None]),
        ("for R-001 take the first, for R-002 the proposal, R-003 no longer needed", [FIRST, SECOND, "dropped"]),
        ("R-001 - as proposed\nR-002 - drop\nR-003 - 5 of 10", [FIRST, "dropped", "5 of 10"]),
        ("R-001: it answers within 2 s, the rest in 5 s", ["it answers within 2 s, the rest in 5 s", None, None]),
        ("R-001: it logs, and answers; then it ends", ["it logs, and answers; then it ends", None, None]),
        ("R-001: 5 s R-002: drop R-003: as proposed", ["5 s", "dropped", THIRD]),
        ("R-001 as proposed R-002 drop R-003 5 s", [FIRST, "dropped", "5 s"]),
        ("R-001: the other proposal please", [OTHER, None, None]),
        ("R-001: the other proposal, the others as proposed", [OTHER, SECOND, THIRD]),
        ("drop R-001 and R-002, nobody needs them; R-003: 5 s", ["dropped", "dropped", "5 s"]),
        ("as proposed for R-001, but within 100 ms", ["it is done within 200 ms, but within 100 ms", None, None]),
        ("R-001 and R-002: within 2 s of load, or it says why", ["within 2 s of load, or it says why"] * 2 + [None]),
        ("R-001: remove it unless it is fast; R-002: as proposed", [None, SECOND, None]),
        ("R-001: why? R-002: as proposed", [None, SECOND, None]),
        ("R-001: no. R-002: never, R-003: as proposed", [None, None, THIRD]),
        ("R-001: shows “Really?” before it deletes", ["shows “Really?” before it deletes", None, None]),
    ],
)  # fmt: skip
def test_an_answer_is_split_at_the_requirements_that_it_names(answer, taken):
    assert read(answer) == taken


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ("**R-001**: as proposed\n**R-002:** below 3 clicks\n`R-003` drop", [FIRST, "below 3 clicks", "dropped"]),
        ("1. R-001: below 1 s\n2. R-002: **drop**\n3. R-003: `below 2 s`", ["below 1 s", "dropped", "below 2 s"]),
        ("- [x] R-001: 5 s\n- [x] R-002: as proposed", ["5 s", SECOND, None]),
        ("### R-001\nas proposed\n\n### R-002\nbelow *3* clicks", [FIRST, "below *3* clicks", None]),
        ("| R-001 | as proposed |\n| **R-002** | `drop` |\n| R-003 | below 2 s |", [FIRST, "dropped", "below 2 s"]),
        ("| id | answer |\n|----|--------|\n| R-001 | 5 s |\n| R-002 | nice | 6 s |", ["5 s", None, None]),
        ("R-001 | as proposed\nR-002 | 5 of 10", [FIRST, "5 of 10", None]),
        ('{"R-001": "as proposed", "R-002": "drop", "R-003": "below 2 s"}', [FIRST, "dropped", "below 2 s"]),
        ('```json\n{"R-001": "as proposed",\n "R-002": null}\n```', [FIRST, None, None]),
        ('"R-001": "as proposed",\n"R-002": "below 2 s"', [FIRST, "below 2 s", None]),
        ("“R-001: below 2 s”\n“R-002: as proposed”", ["below 2 s", SECOND, None]),
        ("> R-001 (line 1): “It is fast.”\n5 s\nR-002: 3 clicks", [None, "3 clicks", None]),
        ("R-001: matches `*.csv` or `*.tsv`", ["matches `*.csv` or `*.tsv`", None, None]),
        (f"R-{'1' * 5000}: drop; R-001: 5 s", ["5 s", None, None]),
    ],
)  # fmt: skip
def test_markup_around_ids_and_words_is_no_part_of_them(answer, taken):
    assert read(answer) == taken


@pytest.mark.parametrize("answer", ["drop it", "drop", "not needed, thanks", "We do not need this."])
def test_one_requirement_is_dropped_without_naming_it(answer):
    assert read(answer, ["R-002"]) == ["dropped"]


@pytest.mark.parametrize(
    "answer",
    ["not dropped", "R-001: open again",
     "whatever, just use your judgement", "your call", "I don't know", "Use your best judgement.", "no idea, sorry",
     "?", "...", "skip", "R-001: whatever", "it depends", "do not drop R-001", "up to you", "R-001", "idk", "drop it",
     "drop all but R-001", "not as proposed", "no", "Nope.", "never", "R-001: no", "what do you mean?", "R-001: why?",
     "as proposed?", "R-001, R-002, R-003: dropped, dropped, 5 s", "R-001, R-002: 5 s, 10 s", "R-001/R-002: drop/5 s",
     "drop R-001 unless it is fast", "drop R-001, but only if it is slow", "drop R-001 (except on mobile)",
     "drop all of them until it is fast", "If it is slow, drop R-001.", "remove R-001 from the landing page",
     "> R-001: 5 s", "{}", "| R-001 | fast | 5 s |", "R-001: drop it only when nobody needs it"],
)  # fmt: skip
def test_what_answers_nothing_is_refused_with_what_would(world, answer):
    question = ask(world)
    with world.command() as draft, pytest.raises(RefusedError) as refused:
        questions.answer(draft, draft.get(Question, question.id), answer)
    assert "R-001: as proposed" in refused.value.detail
    assert "drop R-001" in refused.value.detail
    assert outcomes(world, question) == ["open"] * 3


def test_a_requirement_that_the_question_is_not_about_is_refused(world):
    question = ask(world, ids=["R-001", "R-002"])
    with world.command() as draft, pytest.raises(RefusedError, match=r"not about R-003"):
        questions.answer(draft, draft.get(Question, question.id), "R-001: as proposed; R-003: drop it")


def test_what_is_not_answered_stays_open_and_the_message_says_so(world):
    question = ask(world)
    first = answer(world, question, "R-001: as proposed, R-002 drop it please")
    assert first == f'R-001: "{FIRST}"; R-002: dropped; R-003: still open.'
    left = world.state.get(Question, question.id)
    assert (left.status, left.requirement_ids) == ("open", ("R-003",))
    asked, _, aside = left.text.partition(questions.ASIDE)
    assert (FIRST in asked, THIRD in asked) == (False, True)
    assert (FIRST in aside, SECOND in aside, THIRD in aside) == (True, True, False)
    assert world.state.get(Requirement, "R-003", "run-1").mark == "unclear"
    assert answer(world, question, "as proposed") == f'R-003: "{THIRD}".'
    closed = world.state.get(Question, question.id)
    assert closed.status == "answered"
    assert closed.answer == "R-001: as proposed, R-002 drop it please\nas proposed"
    assert closed.decided == (f'R-001: "{FIRST}"', "R-002: dropped", f'R-003: "{THIRD}"')
    assert closed.requirement_ids == tuple(IDS)


def test_an_answer_to_a_question_of_the_prd_itself_stays_a_sentence(world):
    text = "PRD.md leaves this open. What is decided?\n\n(line 7) “Should links expire?”"
    question = ask(world, text, ["R-001"])
    assert answer(world, question, "yes") == 'R-001: "Should links expire? yes".'
    assert answer(world, question, "no") == 'R-001: "Should links expire? no" (instead of "Should links expire? yes").'
    general = ask(world, text, [])
    assert answer(world, general, "After 30 days.") == "Kept as a decision of the run."
    assert any("After 30 days." in memory.text for memory in world.state.all(Memory, "run-1"))
    for nothing in ("dunno", "what do you mean?"):
        with world.command() as draft, pytest.raises(RefusedError, match="decides nothing"):
            questions.answer(draft, draft.get(Question, ask(world, text, []).id), nothing)
    assert answer(world, ask(world, text, []), "no") == "Kept as a decision of the run."


def test_answering_again_replaces_what_was_decided(world):
    question = ask(world)
    answer(world, question, "R-001: below 2 s; R-002: drop; R-003: as proposed")
    told = answer(world, question, "R-001: below 3 s, R-002: five people")
    assert told == 'R-001: "below 3 s" (instead of "below 2 s"); R-002: "five people" (instead of dropped).'
    assert [criteria(world, id) for id in IDS] == ["below 3 s", "five people", THIRD]
    assert outcomes(world, question) == ["criteria"] * 3
    assert answer(world, question, "drop R-003") == f'R-003: dropped (instead of "{THIRD}").'
    assert outcomes(world, question) == ["criteria", "criteria", "dropped"]
    asked = world.state.get(Question, question.id)
    assert asked.decided == ('R-001: "below 3 s"', 'R-002: "five people"', "R-003: dropped")
    assert asked.answer.endswith("R-001: below 3 s, R-002: five people\ndrop R-003")
    memories = [memory.text for memory in world.state.all(Memory, "run-1")]
    assert 'This replaces an earlier decision: R-001: "below 3 s" (instead of "below 2 s")' in memories[-2]
    assert answer(world, question, "as proposed") == (
        f'R-001: "{FIRST}" (instead of "below 3 s"); R-002: "{SECOND}" (instead of "five people"); '
        f'R-003: "{THIRD}" (instead of dropped).'
    )
    before = len(world.state.get(Question, question.id).answer)
    assert answer(world, question, "R-001: as proposed") == f'R-001: "{FIRST}" (as before). Nothing is changed by that.'
    assert len(world.state.get(Question, question.id).answer) == before
    for nothing in ("drop it", "whatever", "R-001: why?"):
        with world.command() as draft, pytest.raises(RefusedError, match="What was decided before stays"):
            questions.answer(draft, draft.get(Question, question.id), nothing)


def test_what_was_decided_in_a_question_that_is_still_open_can_be_named_again(world):
    question = ask(world)
    answer(world, question, "R-001: below 2 s, R-002: drop it")
    with world.command() as draft, pytest.raises(RefusedError):
        questions.answer(draft, draft.get(Question, question.id), "as proposed (second)")  # R-003 has no second one
    told = answer(world, question, "R-001: as proposed (second)")
    assert told == f'R-003: still open; R-001: "{OTHER}" (instead of "below 2 s").'
    assert answer(world, question, "drop it") == "R-003: dropped."
    assert outcomes(world, question) == ["criteria", "dropped", "dropped"]
    assert criteria(world, "R-001") == OTHER
    assert answer(world, question, "R-002: as proposed").startswith(f'R-002: "{SECOND}" (instead of dropped).')


def test_a_criterion_of_another_question_stays_when_an_answer_is_corrected(world):
    first, second = ask(world), ask(world, "And how often?", ["R-001"])
    answer(world, first, "R-001: below 2 s")
    answer(world, second, "95 of 100 times")
    answer(world, first, "R-001: below 3 s")
    assert world.state.get(Requirement, "R-001", "run-1").criteria == ("below 3 s", "95 of 100 times")


def test_a_decision_of_the_run_is_replaced_too(world):
    question = ask(world, "“Should links expire?”", [])
    answer(world, question, "After 30 days.")
    assert answer(world, question, "Never.") == "Kept as a decision of the run instead of what was decided before."
    assert world.state.get(Question, question.id).decided == ("Never.",)
    assert answer(world, question, "Never.") == "Decided just so before. Nothing is changed by that."
    assert any('(instead of "After 30 days.")' in memory.text for memory in world.state.all(Memory, "run-1"))


def test_an_answer_of_a_file_that_kept_only_its_words_is_replaced(world):
    question = ask(world)
    answer(world, question, "R-001: below 2 s; R-002: drop; R-003: as proposed")
    with world.command() as draft:
        draft.change(draft.get(Question, question.id), decided=())
    assert answer(world, question, "R-001: below 3 s") == 'R-001: "below 3 s" (instead of "below 2 s").'
    assert criteria(world, "R-001") == "below 3 s"


PIECES = st.lists(
    st.sampled_from(
        [*IDS, "R-9", "r-2", ":", " ", " ", ", ", "; ", "\n", " and ", ". ", "as proposed", "as proposed (second)",
         "drop ", "drop it", "not needed", "whatever", "don't know", "the rest", "all", "below 2 s", "(", ")", "yes"]
    ),
    max_size=14,
)  # fmt: skip


@given(first=PIECES, second=PIECES)
def test_after_any_two_answers_each_requirement_has_one_criterion_or_is_dropped_or_open(first, second):
    world = World()
    question = ask(world)
    for pieces in (first, second):
        with contextlib.suppress(RefusedError):
            answer(world, question, "".join(pieces))
    for id, which in zip(IDS, outcomes(world, question), strict=True):
        decided = [text for text in world.state.get(Question, question.id).decided if text.startswith(id)]
        told = {"dropped": [f"{id}: dropped"], "open": []}
        assert decided == (told[which] if which in told else [f'{id}: "{criteria(world, id)}"'])


@given(pieces=PIECES)
def test_each_requirement_gets_criteria_or_is_dropped_or_stays_open_and_the_message_says_which(pieces):
    world = World()
    question = ask(world)
    try:
        message = answer(world, question, "".join(pieces))
    except RefusedError:
        assert outcomes(world, question) == ["open"] * 3
        return
    found = outcomes(world, question)
    assert set(found) != {"open"}
    words = {"dropped": "dropped", "open": "still open"}
    told = [words.get(which) or f'"{criteria(world, id)}"' for id, which in zip(IDS, found, strict=True)]
    assert message == "; ".join(f"{id}: {text}" for id, text in zip(IDS, told, strict=True)) + "."


def criteria(world, id) -> str:
    [text] = world.state.get(Requirement, id, "run-1").criteria
    assert any(c.isalpha() for c in text)
    return text


def ask(world, text=ASKED, ids=IDS) -> Question:
    with world.command() as draft:
        return questions.ask(draft, world.run, None, text=text, requirement_ids=ids)


def answer(world, question, text) -> str:
    with world.command() as draft:
        return questions.answer(draft, draft.get(Question, question.id), text)


def outcomes(world, question) -> list[str]:
    """Return what became of each requirement; exactly one of three things did."""
    asked, found = world.state.get(Question, question.id), []
    for id in IDS:
        requirement = world.state.get(Requirement, id, "run-1")
        still = asked.status == "open" and id in asked.requirement_ids
        which = {"criteria": bool(requirement.criteria), "dropped": requirement.mark == "dropped", "open": still}
        assert list(which.values()).count(True) == 1, (id, which)
        assert still == (requirement.mark == "unclear")
        found.append(next(name for name, yes in which.items() if yes))
    return found
