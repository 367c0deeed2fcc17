"""Evidence: what a passed test proves, on reports that pytest wrote and on forged ones."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from heph_nb.repo.evidence import Evidence, read_evidence


def report(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, inner: str = "", classname: str = "tests.test_it") -> str:
    return f'<testcase classname="{classname}" name="{name}">{inner}</testcase>'


def judge(body: str, name: str = "test_r_001_it", *, inner: str = "", **options: object) -> Evidence:
    source = textwrap.dedent(body)
    return read_evidence(report(case(name, inner)), {"tests/test_it.py": source}, **options)  # type: ignore[arg-type]


def reason(body: str, **options: object) -> str:
    evidence = judge(body, **options)  # type: ignore[arg-type]
    assert evidence.verified == frozenset()
    return "; ".join(refusal.reason for refusal in evidence.refusals)


REAL = [
    "assert add(1, 2) == 3",
    "result = add(1, 2)\n    assert result == 3",
    "with pytest.raises(ValueError):\n        add('x')",
    "with pytest.raises(ValueError) as caught:\n        add('x')\n    assert 'x' in str(caught.value)",
    "with pytest.raises(Exception):\n        add('x')",
    "pytest.raises(ValueError, add, 'x')",
    "assert add(0.1, 0.2) == pytest.approx(0.3)",
    "with pytest.warns(UserWarning):\n        add()",
    "for a in numbers():\n        assert add(a, 0) == a",
    "with open('x') as file:\n        assert file.read() == 'x'",
    "if add(1, 2) != 3:\n        pytest.fail('no')",
    "if add(1, 2) != 3:\n        raise AssertionError('no')",
    "try:\n        add('x')\n        pytest.fail('no')\n    except ValueError:\n        pass",
    "try:\n        assert add(1, 2) == 3\n    finally:\n        close()",
    "try:\n        assert add(1, 2) == 3\n    except Exception:\n        log()\n        raise",
    "called = False\n    def mark():\n        nonlocal called\n        called = True\n    run(mark)\n    assert called",
    "found = []\n    collect(found)\n    assert found == [1]",
    "ok = False\n    if add(1, 2) == 3:\n        ok = True\n    assert ok",
    "mock.assert_called_once_with(3)",
    "mock.assert_called()",
    "numpy.testing.assert_allclose(add(1, 2), 3)",
    "assert_frame_equal(add(1, 2), expected)",
    "assert not add(1, -1)",
    "def inner(x):\n        assert add(x, 0) == x\n    inner(3)",
    "match add(1, 2):\n        case n:\n            assert n == 3",
    "check_sum(1, 2)",
    "expect_three()",
]

HOLLOW = [
    "assert True",
    "assert 1 == 1",
    "assert 'a' in 'abc'",
    "assert x == x",
    "assert add(1) == add(1)",
    "assert (add(1, 2) == 4, 'wrong')",
    "assert add(1, 2) or True",
    "assert len(add(1, 2)) >= 0",
    "assert [value for value in (1, 2)]",
    "assert f'text {add(1, 2)}'",
    "assert lambda: add(1, 2)",
    "assert isinstance(add(1, 2), object)",
    "assert len('abc') == 3",
    "assert 'abc'.upper() == 'ABC'",
    "expected = 3\n    assert expected == 3",
    "assert LIMIT == 10",
    "add(1, 2)",
    "pass",
    "'''Only words.'''",
    "return\n    assert add(1, 2) == 3",
    "if False:\n        assert add(1, 2) == 3",
    "if LIMIT == 11:\n        pass\n    else:\n        pass",
    "pytest.skip('later')\n    assert add(1, 2) == 3",
    "for a in []:\n        assert add(a) == 3",
    "while False:\n        assert add(a) == 3",
    "try:\n        assert add(1, 2) == 3\n    except AssertionError:\n        pass",
    "try:\n        assert add(1, 2) == 3\n    except:\n        pass",
    "with contextlib.suppress(Exception):\n        assert add(1, 2) == 3",
    "with pytest.raises(AssertionError):\n        assert add(1, 2) == 3",
    "with pytest.raises(Exception):\n        assert add(1, 2) == 3",
    "with pytest.raises(ValueError):\n        raise ValueError",
    "def inner():\n        assert add(1, 2) == 3",
    "class Inner:\n        def check(self):\n            assert add(1, 2) == 3",
    "assert_nothing(add(1, 2))",
    "assert_equal(1, 1)",
    "check_product(add(1, 2))",
    "check_it(True)",
    "typing.assert_type(add(1, 2), int)",
]

PREAMBLE = """
import contextlib, pytest, typing
from shop import add, check_product, mock, numpy
LIMIT = 10
def check_sum(a, b):
    assert add(a, b) == a + b
def expect_three():
    check_sum(1, 2)
def assert_nothing(value):
    print(value)
def check_it(value):
    assert value
def test_r_001_it():
    {}
"""


@pytest.mark.parametrize("body", REAL)
def test_a_real_assertion_verifies(body: str) -> None:
    assert judge(PREAMBLE.format(body)).verified == {"R-001"}


@pytest.mark.parametrize("body", HOLLOW)
def test_a_hollow_assertion_does_not(body: str) -> None:
    assert "asserts nothing that could fail" in reason(PREAMBLE.format(body))


NAMED = {
    "def test_r_001_it(): assert add()": "test_r_001_it",
    "def test_R001(): assert add()": "test_R001",
    "async def test_r001_it(): assert await add()": "test_r001_it",
    "def test_it():\n    'Adds (R-001).'\n    assert add()": "test_it",
    "@pytest.mark.requirement('R-001')\ndef test_it(): assert add()": "test_it",
    "@pytest.mark.requirement(['R-000', 'R-001'])\ndef test_it(): assert add()": "test_it",
    "pytestmark = [pytest.mark.slow, pytest.mark.requirement('R-001')]\ndef test_it(): assert add()": "test_it",
    "@pytest.mark.parametrize('a', numbers())\ndef test_r_001_it(a): assert add(a)": "test_r_001_it[1-R-002]",
}


@pytest.mark.parametrize("source", NAMED)
def test_a_requirement_is_named_in_many_ways(source: str) -> None:
    assert judge(source, NAMED[source], known={"R-001", "R-002"}).verified == {"R-001"}


@pytest.mark.parametrize("name", ["test_error_404", "test_r_01", "test_four_001", "test_r_001x", "test_other"])
def test_other_names_name_nothing(name: str) -> None:
    assert judge(f"def {name}(): assert add()", name) == Evidence()


def test_properties_of_the_report_name_requirements() -> None:
    inner = (
        '<properties><property name="requirement" value="R-001, R-003"/><property name="x" value="R-002"/></properties>'
    )
    assert judge("def test_it(): assert add()", "test_it", inner=inner).verified == {"R-001", "R-003"}


def test_ids_that_do_not_exist_are_ignored() -> None:
    assert judge("def test_r_404_not_found(): assert add()", "test_r_404_not_found", known={"R-001"}) == Evidence()


EXPECTED = [
    "@pytest.mark.xfail\ndef test_r_001_it(): assert add()",
    "@pytest.mark.xfail(reason='later', strict=False)\ndef test_r_001_it(): assert add()",
    "later = pytest.mark.xfail(reason='later')\n@later\ndef test_r_001_it(): assert add()",
    "pytestmark = pytest.mark.xfail\ndef test_r_001_it(): assert add()",
    "def test_r_001_it(request):\n    request.applymarker(pytest.mark.xfail)\n    assert add()",
    "X = [pytest.param(2, marks=pytest.mark.xfail)]\n@pytest.mark.parametrize('a', X)\ndef test_r_001_it(a): a()",
    "from unittest import expectedFailure\n@expectedFailure\ndef test_r_001_it(): assert add()",
    "from tests.marks import pending\n@pending\ndef test_r_001_it(): assert add()",
]


@pytest.mark.parametrize("source", EXPECTED)
def test_a_pass_that_was_expected_to_fail_proves_nothing(source: str) -> None:
    sources = {"tests/test_it.py": source, "tests/marks.py": "import pytest\npending = pytest.mark.xfail()\n"}
    evidence = read_evidence(report(case("test_r_001_it")), sources)
    assert evidence.verified == frozenset()
    assert "marked as expected to fail" in evidence.refusals[0].reason


def test_a_conftest_that_marks_tests_counts_for_its_directory() -> None:
    sources = {
        "a/test_it.py": "def test_r_001_it(): assert add()",
        "b/test_it.py": "def test_r_002_it(): assert add()",
        "a/conftest.py": "def pytest_collection_modifyitems(items):\n    items[0].add_marker(pytest.mark.xfail)",
    }
    cases = [case("test_r_001_it", classname="a.test_it"), case("test_r_002_it", classname="b.test_it")]
    assert read_evidence(report(*cases), sources).verified == {"R-002"}


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ('<failure message="no"/>', "it failed"),
        ('<error message="no"/>', "it ended with an error"),
        ('<skipped type="pytest.skip"/>', "it was skipped"),
        ('<skipped type="pytest.xfail" message="later"/>', "as it was expected to"),
    ],
)
def test_only_a_pass_counts(inner: str, text: str) -> None:
    assert text in reason("def test_r_001_it(): assert add()", inner=inner)


def test_every_variant_and_every_other_test_of_it_must_pass() -> None:
    source = {"tests/test_it.py": "def test_r_001_a(x): assert add(x)\ndef test_r_001_b(): assert add()\n"}
    passed, failed = case("test_r_001_a[1]"), case("test_r_001_a[2]", "<failure/>")
    skipped = case("test_r_001_a[2]", '<skipped type="pytest.skip"/>')
    assert read_evidence(report(passed, skipped), source).verified == {"R-001"}
    assert read_evidence(report(passed, failed), source).verified == frozenset()
    evidence = read_evidence(report(case("test_r_001_b"), failed), source)
    assert evidence.verified == frozenset()
    assert {refusal.reason for refusal in evidence.refusals} == {"it failed", "another test of it does not pass"}


def test_parameters_that_are_literals_prove_nothing_by_themselves() -> None:
    mark = "@pytest.mark.parametrize(('a', 'b'), [(1, 1), pytest.param(2, 2, id='two')])\n"
    assert "asserts nothing" in reason(mark + "def test_r_001_it(a, b): assert a == b")
    assert judge(mark + "def test_r_001_it(a, b): assert add(a) == b").verified == {"R-001"}


def test_a_report_without_python_source_is_a_claim_only() -> None:
    cases = report(case("test_r_001_it", classname="it.spec.js"), case("R-002 adds", classname="AddTest"))
    evidence = read_evidence(cases, {})
    assert evidence.verified == frozenset()
    assert [(refusal.requirement_id, refusal.reason) for refusal in evidence.refusals] == [
        ("R-001", "it passed, but there is no Python source that shows what it asserts")
    ]


def test_the_kind_says_where_a_proof_comes_from() -> None:
    def kind(source: str, **options: object) -> str:
        return judge(source, **options).proofs[0].kind  # type: ignore[arg-type]

    plain = "def test_r_001_it():\n    assert add(1, 2) == 3"
    example = "def test_r_001_it():\n    'PRD example (4): add(1, 2) => 3'\n    assert add(1, 2) == 3"
    marked = "@pytest.mark.prd_example\n" + plain
    assert kind(plain) == "agent-test"
    assert kind(example) == kind(marked) == "prd-example"
    assert kind(plain, persons={"tests/test_it.py"}) == "person"
    assert kind(marked, examples={"R-001": ["add(1,2)"]}) == "prd-example"
    assert kind(marked, examples={"R-001": ["add(7, 8)"]}) == "agent-test", "its own word is not enough"
    proof = judge(plain).proofs[0]
    assert (proof.test, proof.path, proof.line) == ("tests/test_it.py::test_r_001_it", "tests/test_it.py", 1)


def test_the_best_proof_is_kept() -> None:
    sources = {
        "tests/test_it.py": "def test_r_001_a(): assert add()",
        "tests/test_mine.py": "def test_r_001_b(): assert add()",
    }
    cases = report(case("test_r_001_a"), case("test_r_001_b", classname="tests.test_mine"))
    evidence = read_evidence(cases, sources, persons=["tests/test_mine.py"])
    assert [(proof.kind, proof.path) for proof in evidence.proofs] == [("person", "tests/test_mine.py")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not well-formed"),
        ("<testsuite><testcase", "not well-formed"),
        ("<html/>", "not in the JUnit format"),
        ("<!DOCTYPE x><testsuite/>", "document type"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite name="&b;"/>', "document type"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite>&a;</testsuite>', "document type"),
        (b"\xff\xfe\x00", "not well-formed"),
        ("<a>" * 100_000, "not well-formed"),
    ],
)
def test_a_report_that_cannot_be_read_is_explained(text: str | bytes, problem: str) -> None:
    evidence = read_evidence(text, {})
    assert evidence.verified == frozenset()
    assert problem in evidence.problem


def test_output_that_mentions_a_doctype_is_harmless() -> None:
    inner = "<system-out><![CDATA[<!DOCTYPE html><testcase/>]]></system-out>"
    assert judge("def test_r_001_it(): assert add()", inner=inner).verified == {"R-001"}


@pytest.mark.parametrize(
    "source", ["def test_r_001_it(: pass", "\0", "assert " + "(" * 5000, "x = " + "-" * 20_000 + "1"]
)
def test_source_that_is_no_python_proves_nothing(source: str) -> None:
    assert "no Python source" in reason(source)


def test_the_same_file_name_twice_is_told_apart_or_refused() -> None:
    hollow, real = "def test_r_001_it(): pass", "def test_r_001_it(): assert add()"
    sources = {"a/tests/test_it.py": hollow, "b/tests/test_it.py": real}
    assert read_evidence(report(case("test_r_001_it", classname="b.tests.test_it")), sources).verified == {"R-001"}
    assert read_evidence(report(case("test_r_001_it", classname="tests.test_it")), sources).verified == frozenset()
    by_file = report('<testcase classname="tests.test_it" file="b/tests/test_it.py" name="test_r_001_it"/>')
    assert read_evidence(by_file, sources).verified == {"R-001"}


SUITE = {
    "shop.py": "def add(a, b):\n    return a + b\n",
    "tests/conftest.py": "import pytest\n@pytest.fixture\ndef three():\n    return 3\n",
    "tests/helpers.py": """
        from shop import add
        def check_add(a, b, c): assert add(a, b) == c
        def look(x): return x
    """,
    "tests/test_plain.py": """
        import asyncio, unittest
        import pytest
        from shop import add
        from . import helpers
        from .helpers import check_add, look

        def test_r_001_adds(three): assert add(1, 2) == three
        def test_r_002_nothing(): assert True
        @pytest.mark.xfail(reason="later", strict=False)
        def test_r_003_unexpectedly(): assert add(1, 2) == 3
        @pytest.mark.xfail(reason="later")
        def test_r_004_as_expected(): assert add(1, 2) == 4
        @pytest.mark.skip
        def test_r_005_skipped(): assert add(1, 2) == 3
        @pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 1)])
        def test_r_006_many(a, b): assert add(a, b) == 3
        def test_r_007_helper(): check_add(1, 2, 3)
        def test_r_008_look(): look(add(1, 2))
        def test_r_009_module_helper(): helpers.check_add(1, 2, 3)

        class TestGroup:
            def test_r_010_method(self): assert add(1, 2) == 3
            class TestInner:
                def test_r_011_nested(self): assert add(1, 2) == 3

        class Base:
            def check(self, value): assert value == 3
            def test_r_012_inherited(self): self.check(add(1, 2))
        class TestDerived(Base):
            pass
        @pytest.mark.xfail(strict=False)
        class TestLater:
            def test_r_013_class_mark(self): assert add(1, 2) == 3

        class Case(unittest.TestCase):
            def test_r_014_unit(self): self.assertEqual(add(1, 2), 3)
            def test_r_015_hollow(self): self.assertTrue(True)
            @unittest.skip("later")
            def test_r_016_skip(self): self.assertEqual(add(1, 2), 3)
            def test_r_017_raises(self):
                with self.assertRaises(TypeError):
                    add(1, "2")
            @unittest.expectedFailure
            def test_r_018_expected(self): self.fail("not yet")
        class AsyncCase(unittest.IsolatedAsyncioTestCase):
            async def test_r_019_async(self): self.assertEqual(add(1, 2), 3)
        def test_property(record_property):
            record_property("requirement", "R-020")
            assert add(1, 2) == 3
    """,
    "tests/sub-dir/test_other.py": "from shop import add\ndef test_r_021_elsewhere(): assert add(2, 2) == 4\n",
}  # fmt: skip


def test_a_report_of_pytest_is_judged_test_by_test(tmp_path: Path) -> None:
    sources = {path: textwrap.dedent(text) for path, text in SUITE.items()}
    for path, text in {**sources, "tests/__init__.py": ""}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "--junitxml=report.xml",
         "--rootdir=.", "-c", "/dev/null"],
        cwd=tmp_path, check=False, capture_output=True, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    evidence = read_evidence((tmp_path / "report.xml").read_bytes(), sources)
    wanted = {1, 6, 7, 9, 10, 11, 12, 14, 17, 19, 20, 21}
    assert evidence.problem == ""
    assert evidence.verified == {f"R-{number:03}" for number in wanted}
    assert {refusal.requirement_id for refusal in evidence.refusals} == {
        f"R-{number:03}" for number in set(range(1, 22)) - wanted
    }
    assert "tests/test_plain.py::TestGroup::TestInner::test_r_011_nested" in {proof.test for proof in evidence.proofs}
