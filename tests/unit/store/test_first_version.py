"""A file of an earlier version is read by this one: every row gets the columns that came later."""

from __future__ import annotations

from pathlib import Path

from heph_nb.domain.records import Check, Permission, Phase, Question, Rule, Run
from heph_nb.store.connection import connect
from heph_nb.store.database import Database
from heph_nb.store.migrations import make_tables
from tests.unit.store.samples import sample, versions

NOW = "TIMESTAMPTZ '2026-01-01'"
BACK_TO_3 = """
ALTER TABLE run_versions DROP COLUMN budget_tokens;
ALTER TABLE permission_versions DROP COLUMN subject;
DROP TABLE rule_versions;
"""
BACK = f"""
{BACK_TO_3}
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
        connection.execute(f"{BACK_TO_3} ALTER TABLE question_versions DROP COLUMN decided")
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


def test_runs_of_the_third_version_have_no_budget_and_no_rules(path: Path):
    with connect(path) as connection:
        make_tables(connection, 3)
        connection.execute(BACK_TO_3)
        connection.execute(
            f"INSERT INTO run_versions VALUES (1, {NOW}, 'a', 'r', 'r', 'Demo', 'active', NULL, '/p', '', '', '/w',"
            f" '/t', 'b', 'c', 'w', 'outline', 4, false, 'ask', {NOW}, NULL)"
        )
        connection.execute(
            f"INSERT INTO permission_versions VALUES (2, {NOW}, 'a', 'p', 'r', 'agent', NULL, NULL, 'edit', 'write a',"
            f" '', ['Yes'], 'pending', NULL, NULL, {NOW}, NULL)"
        )
    database = Database.open(path)
    try:
        records = database.load().records
        assert [r.budget_tokens for r in records if isinstance(r, Run)] == [None]
        assert [r.subject for r in records if isinstance(r, Permission)] == [None]
        rule = sample(Rule, run_id="r")
        database.append(versions(rule, start=3))
        assert [r for r in database.load().records if isinstance(r, Rule)] == [rule]
    finally:
        database.close()
