"""Questions: at most ten, the same for everybody who derives them, and answerable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heph_nb.agents.outline.documents.checklist import checklist
from heph_nb.agents.outline.planning.plan import plan
from heph_nb.agents.outline.understanding import questions
from heph_nb.agents.outline.understanding.decisions import component_for, concerned
from heph_nb.agents.outline.understanding.gaps import gaps
from heph_nb.agents.outline.understanding.kinds import KINDS
from heph_nb.domain.answers import read_answer
from heph_nb.domain.prd import Prd, read_prd
from tests.unit.outline.support import read, statement, statements

VAGUE = [
    "The page must be fast.",
    "The page must be easy to use.",
    "The page must look modern.",
    "The page must be secure.",
    "The code must be maintainable.",
    "Various formats are supported.",
]
OPEN = """# Links

- The service should be fast.
- Links expire after TBD days.

## Open questions
- Should links expire?
- Who may see the statistics?
"""


def many(times: int) -> Prd:
    found = statements(*((f"Chapter {i}", [f"{text} {i}" for text in VAGUE]) for i in range(times)))
    return Prd(title="", statements=tuple(found))


@pytest.mark.parametrize("times", [0, 1, 4, 40])
def test_there_are_at_most_ten_questions_and_no_requirement_is_lost(times):
    prd = many(times)
    groups = questions.groups(prd)
    assert len(groups) <= questions.MOST_QUESTIONS
    assert sorted(s.id for group in groups for s in group) == [s.id for s in prd.statements]
    assert len({questions.group_key(group) for group in groups}) == len(groups)
    assert groups == questions.groups(prd)


def test_what_one_person_answers_at_once_is_one_question():
    texts = ["Search must be fast.", "Pages must be easy to use.", "Export should be quick.", "It must be secure."]
    groups = questions.groups(Prd(title="", statements=tuple(statements(("", texts)))))
    assert [[s.id for s in group] for group in groups] == [["R-001", "R-003"], ["R-002"], ["R-004"]]
    assert questions.title(groups[0]) == "Ask how fast: R-001, R-003"


def test_what_a_test_could_decide_is_not_asked():
    asked = (statement(1, "A search answers within 200 ms."), statement(2, "The search is fast."))
    assert [[s.id for s in group] for group in questions.groups(Prd(title="", statements=asked))] == [["R-002"]]


def test_an_answer_makes_a_requirement_testable():
    answered = replace(statement(1, "The search is fast."), criteria=("It answers within 200 ms.",))
    assert not questions.untestable(answered)


@pytest.mark.parametrize(
    ("text", "word", "reading"),
    [
        ("Redirects should be fast", "fast", "redirects: 95 of 100 are done within 200 ms at 100 requests a second"),
        ("It should scale to 1.2 million meters, later 3 million meters", "scale",
         "every other limit still holds with 3 million meters"),
        ("Supports basic data (name, price)", "basic",
         "it accepts and shows exactly name, price, and refuses everything else"),
        ("Clear documentation, including set-up, and usage", "documentation",
         "readers find 1 section on each of: set-up, and usage"),
        ("Error messages should be friendly", "friendly",
         "error messages: one line that begins with its kind (error:, warning:) and names what it is about"),
        ("The limit is TBD", "TBD", "left out until it is decided"),
        ("Signing up should feel effortless", "effortless",
         "signing up: 4 of 5 people who have never seen it finish the main task in 5 minutes without help"),
        ("Recipes should be nice for search engines", "search engines",
         "recipes: an automatic audit of its pages gives at least 90 of 100 points for SEO"),
        ("The kiosk must work in modern browsers", "work in",
         "the tests pass in the two newest versions of Chrome, Firefox, Safari and Edge"),
        ("It works on Android and iOS", "works on", "the tests pass on the two newest versions of Android and iOS"),
    ],
)  # fmt: skip
def test_a_proposal_is_made_of_the_requirements_own_words(text, word, reading):
    gap = gaps(statement(1, text))[0]
    assert (gap.word, gap.readings[0]) == (word, reading)


@pytest.mark.parametrize(
    ("product", "reading"),
    [
        ("cli", "the first output is there within 200 ms, and an input of 10,000 lines is done within 1 second"),
        ("page", "shown and usable within 2 seconds after it was opened on a phone with 4G"),
        ("api", "95 of 100 are done within 200 ms at 100 requests a second"),
        ("", "at most 2 seconds for a typical input on a developer's laptop"),
    ],
)
def test_a_proposal_suits_the_kind_of_product(product, reading):
    text = {
        "cli": "# cut\n\nIt prints to stdout. A single binary.\n",
        "page": "# cut\n\nOne web page with a button.\n",
        "api": "# cut\n\nAn HTTP API with 3 endpoints.\n",
        "": "# cut\n\nHair.\n",
    }[product]
    found = read(f"{text}\n## Requirements\n\n- It should be fast.\n")
    asked = [s for s in found.statements if "fast" in s.text]
    assert found.product == product
    assert f"  Proposal: {reading}." in questions.question(asked, "PRD.md", found.product)


@pytest.mark.parametrize("text", ["It has to work on the kiosk's browser (Firefox 91).", "It runs on Windows 10."])
def test_what_names_its_version_is_not_asked_about(text):
    assert not questions.untestable(statement(1, text))


LEFT_OPEN = """# Allotments

## Plots

- A plot must have a number.
- Members can swap plots once a year.

## Water

- The pump must stop at 22:00.

## Open questions

- May members swap plots with neighbours from other clubs?
- Who pays for the fence?
"""


def test_a_question_of_the_prd_says_what_it_touches_and_what_becomes_of_that():
    found = read(LEFT_OPEN)
    swap, fence = found.prd.questions
    assert [s.id for s in concerned(swap, found)] == ["R-002"]
    assert concerned(fence, found) == []
    text = questions.own_question([swap], "PRD.md", concerned(swap, found))
    assert "It touches R-002: specified as" in text
    assert "specified as the PRD stands" in text
    assert "nothing is built" not in text
    page = checklist(plan(found.statements), found, run_id="run-1", run_name="x")
    assert f"- {swap.text} (PRD.md line 14; asked at once, touches R-002)" in page
    tickets = [
        {"id": "ticket-1", "requirement_ids": ["R-003"]},
        {"id": "ticket-2", "requirement_ids": ["R-001", "R-002"]},
    ]
    assert component_for(f"“{swap.text}” Yes.", found, tickets) == "ticket-2"
    assert component_for(f"“{fence.text}” The club.", found, tickets) == ""


def test_a_question_in_a_paragraph_is_not_about_everything_in_it():
    found = read(
        "Shed\n\nMembers enter their ladders with a photo.\nThe list must be fast.\nHow do we get it cleaned?\n"
    )
    (asked,) = questions.own(found.prd)
    assert questions.touched(asked, found.statements) == []
    assert "cleaned" in asked[0].text


def test_the_checklist_says_when_a_vague_requirement_is_asked_about():
    found = read(OPEN)
    page = checklist(plan(found.statements), found, run_id="run-1", run_name="x")
    assert "(line 3; asked when its ticket is validated)" in page


@pytest.mark.parametrize(
    "reading", [reading for kind in KINDS for of in (kind.readings, *kind.of.values()) for reading in of]
)
def test_a_test_could_decide_what_is_proposed(reading):
    for part, said in (
        ("{what}", "the page"),
        ("{amount}", "3 million"),
        ("{items}", "a, b"),
    ):
        reading = reading.replace(part, said)
    assert "left out" in reading or not questions.untestable(statement(1, reading))


def test_a_question_quotes_says_what_is_missing_and_proposes():
    found = list(many(1).statements[:3])
    text = questions.question(found, "docs/PRD.md")
    for s in found:
        assert f"{s.id} (line {s.lines[0][0]}): “{s.text}”" in text
    assert text.count("  Missing: ") == text.count("  Proposal: ") == len(found)
    assert "what “fast” means" in text
    assert "of docs/PRD.md" in text
    assert "becomes the criterion" in text


def test_as_proposed_is_an_answer_that_becomes_the_criterion():
    found = list(many(1).statements[:3])
    ids = [s.id for s in found]
    ruled = read_answer(questions.question(found, "PRD.md"), ids, "as proposed")
    assert [ruling.requirement_id for ruling in ruled] == ids
    for s, ruling in zip(found, ruled, strict=True):
        assert (ruling.criterion or "").startswith(gaps(s)[0].readings[0])
        assert not questions.untestable(replace(s, criteria=(ruling.criterion or "",)))


def test_the_questions_of_the_prd_are_asked_with_their_lines():
    prd = read_prd(OPEN)
    asked = questions.own(prd)
    assert [[q.text for q in part] for part in asked] == [["Should links expire?"], ["Who may see the statistics?"]]
    text = questions.own_question(asked[0], "docs/PRD.md")
    assert "(line 7) “Should links expire?”" in text
    settled = read_prd(OPEN.replace("- Who may", "- RESOLVED: the owner. Who may"))
    assert sum(map(len, questions.own(settled))) == 1
    many_own = "\n".join(f"- Should it do thing {i}?" for i in range(23))
    crowded = read_prd(f"# X\n\n- The tool must sort rows.\n\n## Open questions\n{many_own}\n")
    assert len(questions.own(crowded)) == questions.MOST_OF_THE_PRDS_OWN
    assert sum(map(len, questions.own(crowded))) == 23


@pytest.mark.parametrize(
    "text",
    [
        "The input has a header row.",
        "A released booking stays in the database, we need it for the statistics.",
        "Films have subtitles",
        "Reliability",
        "Data security",
        "As a guest I want to search for events, so that I can easily find one",
        "A mock data set (works without the file)",
        "Reliability: the player keeps its position after the app was closed",
    ],
)
def test_what_states_a_fact_or_only_names_a_quality_is_not_asked_about(text):
    asked = (statement(1, text), statement(2, "The search is fast."))
    assert [[s.id for s in group] for group in questions.groups(Prd(title="", statements=asked))] == [["R-002"]]
    told = questions.question([asked[0]], "PRD.md")
    assert "smallest example" not in told
    assert "Missing: " in told


def test_what_must_be_is_asked_before_what_should_be():
    texts = [("should", "The page should be fast."), ("must", "The page must be secure.")]
    asked = tuple(statement(i, text, level=level) for i, (level, text) in enumerate(texts, 1))
    assert [group[0].id for group in questions.groups(Prd(title="", statements=asked))] == ["R-002", "R-001"]


def test_a_task_that_asks_names_the_requirements_that_its_session_will_ask_about():
    group = many(1).statements
    text = f"{questions.title(group)}\n{questions.description(group, 'PRD.md')}"
    assert all(s.id in text for s in group)
    assert len(questions.title(group)) < 120


def test_what_was_read_and_not_taken_is_on_the_checklist():
    found = read("# Links\n\n## Background\nPeople paste long links.\n\n## Needs\n- The tool must sort links.\n")
    text = checklist(plan(found.statements), found, run_id="run-1", run_name="x")
    below = text.partition("## Read, but not taken as requirements")[2]
    assert "People paste long links." in below
    assert "Line 4" in below
