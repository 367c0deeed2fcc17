"""What others stand on comes first, stories stand with what they tell, and tickets are called what they are about."""

from __future__ import annotations

import pytest

from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.planning.plan import plan
from tests.unit.outline.support import read

LENDING = """# Sharehouse - product requirements

## User stories

- As a neighbour, I want to borrow a ladder for a weekend so that I need not buy it.
- As a keeper, I want to see which loans are overdue.

## Lending

A member can borrow any ladder that is free.
Loans of more than 7 days must be refused.

1. Only a member may borrow a ladder.
2. A loan must end on a weekday.
3. A loan of a broken ladder must be refused.

## Overdue loans

Every loan that is overdue must be listed. The keeper sees the ladder, the member and the days.

## Accounts

Members sign in with a code. Codes must have 8 digits. An account is closed after a year without a loan.

## Catalogue import

The import reads a CSV file of ladders. A ladder without a name must be refused. A file of up to 1 MB must be accepted.

## API

All routes must speak JSON. Errors must have a text.
Pages hold at most 50 ladders. Every route must answer `406` to other formats.
Requests without a code must get a `401`.

| Method | Path | Description |
|---|---|---|
| GET | /ladders | List the ladders |
| POST | /loans | Borrow a ladder |
| DELETE | /loans/{id} | Bring a ladder back |
| GET | /members/{id} | A member |

## Example. Given these ladders

The list must name them.
"""


def test_accounts_and_imports_come_before_what_uses_them_and_stories_stand_with_what_they_tell():
    found = read(LENDING)
    made = plan(found.statements, prd_title=found.prd.title, blocks=found.prd.blocks, bare=False)
    of = {s.text.split(",")[-1].strip()[:20]: t for t in made.tickets for s in t.statements}
    titles = [t.title for t in made.tickets]
    lending = next(t for t in made.tickets if t.title == "Lending")
    assert of["I want to borrow a l"] is lending
    assert of["I want to see which "].title == "Overdue loans"
    assert {title for _, title, _ in lending.after} == {"Accounts", "Catalogue import"}
    assert not any(title.startswith(("Sharehouse", "Example")) for title in titles)
    assert [title for title in titles if title.startswith("API")]
    assert titles.index("Accounts") < titles.index("Lending")
    assert {t.priority for t in made.tickets} == {"medium"}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("They may lend or give away; a gift needs a note.", "Lend or give away"),
        ("and ends with status 2.", "Ends with status 2"),
        ("We want a page on which neighbours meet.", "Page on which neighbours meet"),
        ('lend("saw", 3) returns "saw, 3 days"', 'lend("saw", 3) returns "saw, 3 days"'),
        ("Loans can be extended (once).", "Loans can be extended"),
    ],
)
def test_a_title_has_no_pronoun_and_keeps_what_a_call_is_given(text, title):
    assert brief(text) == title
