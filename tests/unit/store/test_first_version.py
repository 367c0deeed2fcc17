"""A file of an earlier version is read by this one: every row gets the columns that came later."""

from __future__ import annotations

from pathlib import Path

from heph_nb.domain.records import Check, Phase, Question
from heph_nb.store.connection import connect
from heph_nb.store.database import Database
from heph_nb.store.migrations import make_tables

NOW = "TIMESTAMPTZ '2026-01-01'"
BACK = """
ALTER TABLE phase_versions DROP COLUMN role;
ALTER TABLE check_versions DROP COLUMN shared;
ALTER TABLE answers DROP COLUMN request;
ALTER TABLE question_versions DROP COLUMN decided;
"""


def test_phases_checks_and_answers_of_the_first_version_are_complete(path: Path):
    names = {1: "plan", 2: "build", 3: "validation"}
    with connect(path) as connection:
        make_tables(connection, 1)
        connection.execute(BACK)
        for n, name in names.items():
            connection.execute(
                f"INSERT INTO phase_versions VALUES ({n}, {NOW}, 'a', 'phase-{n}', 'r', {n}, '{name}', 'open', '', '',"
                f" [], [], [], [], NULL, NULL, [], {NOW})"
            )
        connection.execute(
            f"INSERT INTO check_versions VALUES (4, {NOW}, 'a', 'c', 'r', 't', 'x', 'true', 0, 1.0, '', 'f', {NOW})"
        )
        connection.execute(f"INSERT INTO answers VALUES (5, {NOW}, 'k', 'a', 'o', '{{}}')")
    database = Database.open(path)
    try:
        records = database.load().records
        assert [r.role for r in records if isinstance(r, Phase)] == ["analysis", "implementation", "validation"]
        assert [r.shared for r in records if isinstance(r, Check)] == [1]
        assert [a.request for a in database.answers(limit=9)] == [""]
    finally:
        database.close()


def test_questions_of_the_second_version_have_no_rulings_yet(path: Path):
    with connect(path) as connection:
        make_tables(connection, 2)
        connection.execute("ALTER TABLE question_versions DROP COLUMN decided")
        connection.execute(
            f"INSERT INTO question_versions VALUES (1, {NOW}, 'a', 'q', 'r', 'Which?', ['R-001'], NULL, NULL,"
            f" 'answered', 'below 2 s', 'a', {NOW}, {NOW})"
        )
    database = Database.open(path)
    try:
        [question] = [r for r in database.load().records if isinstance(r, Question)]
        assert (question.answer, question.decided) == ("below 2 s", ())
    finally:
        database.close()
