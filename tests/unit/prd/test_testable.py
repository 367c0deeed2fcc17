"""Which statements a test could check."""

from __future__ import annotations

import pytest

from heph_nb.domain.prd import Statement, is_testable

YES = [
    "A search answers within 200 ms",
    "Exit code is non-zero when errors are found",
    'On success, the tool displays: "Conversion successful."',
    "`--json` prints one object",
    "Each sheet becomes a separate CSV file",
    "Rejecting a request needs a comment of at least 10 characters",
    "Given a cart, When I pay, Then it is empty",
    "Deleted notes are kept for 30 days",
    "The system must not store card numbers",
    "Users can export the list as CSV",
    "Availability of 99.9 %",
    "Gross margin accurate to one decimal place",
    "Runs on Python 3.12",
    "If the address is unknown, the order is put on a list",
]
NO = [
    "The search is fast",
    "The UI must be user-friendly and clean",
    "Should convert an average-sized XLSX file in under a few seconds",
    "Ensure consistent conversions every time",
    "Clear error messages and feedback to the user",
    "The code should be maintainable",
    "Errors are handled gracefully",
    "Scalable architecture",
    "Retention is to be decided",
    "Keep data for [TBD] days",
    "Offline mode",
    "Improve the performance of the importer",
    "Implement a similarity algorithm for dishes",
    "The app works well on large screens",
]


def said(text: str, *criteria: str) -> Statement:
    return Statement(id="R-001", text=text, section="", lines=((1, 1),), criteria=criteria)


@pytest.mark.parametrize("text", YES)
def test_definite_statements_are(text):
    assert is_testable(said(text))


@pytest.mark.parametrize("text", NO)
def test_wishes_are_not(text):
    assert not is_testable(said(text))


def test_a_criterion_makes_a_wish_testable():
    assert is_testable(said("The search is fast", "1,000 rows are found in 50 ms"))


def test_a_vague_criterion_does_not():
    assert not is_testable(said("The search is fast", "it feels snappy"))
