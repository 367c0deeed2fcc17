"""Tables of who may do what, and of who is told of what, are rules; tables that compare products or releases are none."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import read, texts


@pytest.mark.parametrize(
    "heading", ["## Users and permissions", "## Roles", "## Permissions", "### Access", "## Users"]
)
def test_a_matrix_of_actions_and_roles_is_a_rule_for_each_row(heading):
    prd = read(
        "# Library", "The tool must lend books.", heading,
        "| Action | Reader | Librarian |", "|---|---|---|", "| Lend a book | ✓ | ✓ |", "| Throw a book away | - | own branch only |",
    )  # fmt: skip
    assert [(s.text, s.lines) for s in prd.statements[1:]] == [
        ("Lend a book: Reader: yes; Librarian: yes", ((6, 6),)),
        ("Throw a book away: Reader: no; Librarian: own branch only", ((7, 7),)),
    ]


def test_the_columns_show_who_is_meant_where_the_first_does_not_say_what_it_holds():
    assert texts(
        "## Access", "| # | | Guest | Team member |", "|---|---|---|---|", "| 1 | See the board | x | x |", "| 2 | Move a card | | x |",
    ) == ["See the board: Guest: yes; Team member: yes", "Move a card: Guest: no; Team member: yes"]  # fmt: skip


def test_what_a_role_may_do():
    assert texts("## Roles", "| Role | May |", "|---|---|", "| Cook | change the menu |", "| Guest | - |") == [
        "Cook may change the menu"
    ]
    assert texts("## Roles", "| Role | Permissions |", "|---|---|", "| Cook | read, change the menu |") == [
        "Cook: read, change the menu"
    ]


def test_who_is_told_of_what():
    prd = read("## Notifications", "| Event | Recipients | Channel |", "|---|---|---|", "| Book overdue | reader, branch | e-mail, push |")  # fmt: skip
    assert [s.text for s in prd.statements] == ["Book overdue: Recipients: reader, branch; Channel: e-mail, push"]
    assert not prd.blocks


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("| Feature | Ours | Bookly | Lendo |", "| Lend a book | ✓ | ✗ | ✓ |"),
        ("| Feature | v1 | v2 |", "| Lend a book | yes | yes |"),
        ("| Action | MVP | Later |", "| Lend a book | yes | no |"),
        ("| Action | Us | Competitor |", "| Lend a book | yes | no |"),
        ("| Role | Who |", "| Reader | everybody in town |"),
        ("| Event | From | To |", "| lend | free | lent |"),
    ],
)
def test_other_tables_of_yes_and_no_are_data(header, row):
    assert texts("# Library", "## Overview", header, "|---" * (header.count("|") - 1) + "|", row) == []


def test_a_matrix_of_today_is_told_and_not_asked_for():
    matrix = ["| Action | Reader | Librarian |", "|---|---|---|", "| Lend a book | yes | yes |"]
    assert texts("# Library", "## Out of scope", *matrix) == []
    assert texts("# Library", "## Current situation", *matrix) == []
