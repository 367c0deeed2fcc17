"""Acceptance tests that are written for a repository really run there, whatever the PRD says and however it tests."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heph_nb.agents.outline.documents import layout
from heph_nb.agents.outline.documents.acceptance import module, node_id, test_names
from heph_nb.agents.outline.documents.spec import Component
from heph_nb.agents.outline.documents.survey import Survey
from heph_nb.agents.outline.understanding.examples import Known, assertion, known
from heph_nb.agents.outline.understanding.reading import Reading
from heph_nb.domain.prd import Block, Example, Prd
from heph_nb.repo.evidence import read_evidence
from tests.unit.outline.support import TEXTKIT, read, statement

test_names.__test__ = False  # type: ignore[attr-defined]  it only bears the name

STRICT = """[tool.pytest.ini_options]
addopts = ["--strict-markers", "--strict-config", "-p", "no:cacheprovider"]
filterwarnings = ["error"]
xfail_strict = true
"""
TEXTKIT_MODULE = """import re, sys
def slugify(text): return "-".join(re.findall("[a-z0-9]+", text.lower()))
def word_count(text): return len(text.split())
if __name__ == "__main__": print(slugify(sys.argv[2]))
"""


def written(text: str, tests: str = "tests/test_textkit_1.py", **options: object) -> tuple[str, Reading]:
    found = read(text)
    made = Component("Text kit", "ticket-1", "textkit", found.statements, "docs/heph/run-1/specs/text-kit.md", tests)
    return module(made, found, known(found), **options), found  # type: ignore[arg-type]


def run_pytest(folder: Path, *arguments: str) -> tuple[dict[str, str], str]:
    """Run pytest in a folder; returns how each test ended, and the report."""
    report = folder.parent / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    # Without the plugins of this environment, of which there are many, it starts in a fraction of the time.
    env = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120, env=env)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    outcomes = {}
    for case in ET.parse(report).iter("testcase"):
        kinds = [(child.tag, child.get("type", "")) for child in case]
        outcomes[case.get("name", "")] = ":".join(kinds[0]) if kinds else "passed"
    return outcomes, report.read_text("utf-8")


def project(tmp_path: Path, texts: dict[str, str]) -> Path:
    root = tmp_path / "repo"
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_tests_run_and_are_expected_to_fail_where_warnings_are_errors(tmp_path):
    source, found = written(TEXTKIT)
    root = project(tmp_path, {"pyproject.toml": STRICT, "tests/test_textkit_1.py": source})
    outcomes, _ = run_pytest(root)
    assert len(outcomes) == len(found.statements)
    assert set(outcomes.values()) == {"skipped:pytest.xfail"}


def test_an_example_of_the_prd_is_a_proof_once_its_mark_is_gone(tmp_path):
    source, found = written(TEXTKIT)
    shown = {e.statement_id for e in found.prd.examples}
    assert len(shown) == 3
    source = "\n".join(line for line in source.splitlines() if not line.startswith("@pytest.mark.xfail")) + "\n"
    files = {"pyproject.toml": STRICT, "textkit.py": TEXTKIT_MODULE, "tests/test_textkit_1.py": source}
    root = project(tmp_path, files)
    _, report = run_pytest(root, "-o", "pythonpath=.")
    calls = {e.statement_id: [e.call] for e in found.prd.examples}
    evidence = read_evidence(report, {"tests/test_textkit_1.py": source}, examples=calls)
    assert evidence.verified == shown
    assert {proof.kind for proof in evidence.proofs} == {"prd-example"}


def test_a_scaffold_that_nobody_touched_proves_nothing(tmp_path):
    source, _ = written(TEXTKIT)
    files = {"pyproject.toml": STRICT, "textkit.py": TEXTKIT_MODULE, "tests/test_textkit_1.py": source}
    root = project(tmp_path, files)
    _, report = run_pytest(root, "-o", "pythonpath=.")
    assert not read_evidence(report, {"tests/test_textkit_1.py": source}).verified


def test_unittest_repositories_get_unittest_cases(tmp_path):
    source, found = written(TEXTKIT, unittest=True)
    assert "pytest" not in source
    root = project(tmp_path, {"tests/__init__.py": "", "tests/test_textkit_1.py": source})
    command = [sys.executable, "-W", "error", "-m", "unittest", "discover", "-v"]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert f"expected failures={len(found.statements)}" in ended.stderr
    ids = [node_id("tests/test_textkit_1.py", name, unittest=True) for name in test_names(found.statements).values()]
    outcomes, _ = run_pytest(root, *ids)
    assert len(outcomes) == len(ids)


def test_modules_of_two_runs_live_beside_each_other_and_beside_the_persons(tmp_path):
    seen = Survey(python=True, empty=False)
    runs = ["run-0193a1b2-5c6d-7e8f-9012-3456789abcde", "run-0193a1b2-5c6d-7e8f-9012-0123456789ab"]
    paths = [layout.test_module(seen, run, "text-kit") for run in runs]
    files = {path: written(TEXTKIT, tests=path)[0] for path in paths}
    own = "def test_mine():\n    assert True\n"
    files |= {"pyproject.toml": STRICT, "tests/test_text_kit.py": own, "tests/conftest.py": ""}
    root = project(tmp_path, files)
    outcomes, _ = run_pytest(root)
    assert "test_mine" in outcomes
    report = ET.parse(tmp_path / "report.xml")
    assert len(list(report.iter("testcase"))) == 1 + 2 * len(read(TEXTKIT).statements)


PIECES = ["'", '"', '"""', "\\", "\\N{", "`", "{depth}", "%s", "\n", "\0", "\ud800", "\u202e", "R-1", "x", "é", " "]
NASTY = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(text=NASTY | st.text(max_size=200), title=NASTY, call=NASTY, output=NASTY, unittest=st.booleans())
def test_whatever_the_prd_says_the_module_is_valid_and_names_its_requirement(text, title, call, output, unittest):
    s = statement(7, text or "x")
    shown = [example(call, output), example(f"run({call!r})", repr(output)), example(f"kit {call}", output, "shell")]
    found = Reading((s,), Prd(title="", examples=tuple(shown)), "docs/PRD.md", (text,))
    made = Component(title, "ticket-1", "run", [s], "docs/spec.md", "tests/test_x.py")
    source = module(made, found, Known({}, ("kit",)), unittest=unittest)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(source.encode("utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    assert [f.name for f in functions] == [test_names([s])["R-007"]]
    assert functions[0].name.startswith("test_")
    assert (ast.get_docstring(functions[0]) or "").startswith("R-007 (docs/PRD.md line 7):")
    assert not any(line != line.rstrip() for line in source.splitlines())


def test_a_docstring_ends_without_escapes_and_quotes_the_prd_word_for_word():
    source, _ = written('# Kit\n\n- `scale("200 g flour", 2)` returns "400 g flour".\n- Reads `in_*.csv` by `a\\b`.\n')
    assert '\\"' not in source
    docstrings = [ast.get_docstring(n) or "" for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    assert docstrings[0].endswith('=> "400 g flour"')
    assert "Reads `in_*.csv` by `a\\b`." in docstrings[1]


def test_names_of_tests_do_not_change_when_the_prd_is_edited_elsewhere():
    before = read(TEXTKIT).statements
    after = read(TEXTKIT.replace("## Slugs\n", "## Slugs\n- The tool must print its version.\n")).statements
    assert [s.id for s in after] != [s.id for s in before]
    assert set(test_names(before).values()) < set(test_names(after).values())


def test_an_example_is_asserted_in_the_test_of_the_requirement_that_it_shows():
    source, found = written(TEXTKIT)
    names = test_names(found.statements)
    bodies = {n.name: ast.unparse(n) for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)}
    for shown in found.prd.examples:
        asserted = [name for name, body in bodies.items() if "assert" in body and f"{shown.lines[0]}" in body]
        assert asserted == [names[shown.statement_id]]


def test_an_example_proves_a_requirement_only_if_no_criterion_asks_for_more():
    for criterion, proves in (("Numbers are refused.", False), ('`slugify("Hello, World!")` is shown.', True)):
        found = read(TEXTKIT)
        (shown,) = [e for e in found.prd.examples if e.call == 'slugify("Hello, World!")']
        asks = [replace(s, criteria=(criterion,)) for s in found.statements if s.id == shown.statement_id]
        made = Component(
            "Text kit", "ticket-1", "textkit", tuple(asks), "docs/heph/run-1/specs/text-kit.md", "tests/t.py"
        )
        source = module(made, found, known(found))
        assert "assert slugify(" in source
        assert ("nothing checks this yet" not in source) is proves


def example(call: str, output: str, form: str = "call") -> Example:
    return Example(statement_id="R-001", form=form, call=call, output=output, lines=(1, 1))


@pytest.mark.parametrize(
    ("call", "output", "last"),
    [
        ('slugify("A b")', "'a-b'", 'assert slugify("A b") == "a-b"'),
        ("slugify('x')", "x", "assert str(slugify('x')) == \"x\""),
        ("count([1, 2])", "2", "assert count([1, 2]) == 2"),
        ("count([1, 2])", "2.", "assert count([1, 2]) == 2"),
        ("is_empty('')", "True", "assert is_empty('') is True"),
        ("Money(1)", "Money('1')", "assert repr(Money(1)) == \"Money('1')\""),
        ("first([])", "None", "assert first([]) is None"),
        ("parse('x')", "ValueError: no number", "    parse('x')"),
        ("pairs('ab')", "[('a', 1), ('b', 1)]", "assert pairs('ab') == [('a', 1), ('b', 1)]"),
    ],
)
def test_a_call_with_its_result_becomes_an_assertion(call, output, last):
    lines = assertion(example(call, output), Known({}, ("kit",)))
    assert lines is not None
    assert lines[-1] == last
    assert any(line.startswith("from kit import ") for line in lines)
    compile("\n".join(lines), "x", "exec")


@pytest.mark.parametrize("call", ["not python!", "len('abc')", "x + 1", "obj.method()(", "slugify('a') if"])
def test_what_nobody_can_tell_how_to_call_is_not_called(call):
    assert assertion(example(call, "1"), Known({})) is None


def test_imports_come_from_the_prds_code_before_they_come_from_the_repository():
    block = Block(
        kind="code", language="python", text="from kit.text import slugify\nimport numpy", section="", lines=(1, 3)
    )
    where = known(Reading((), Prd(title="", blocks=(block,)), "PRD.md", ()), Survey(True, False, packages=("other",)))
    assert "from kit.text import slugify" in (assertion(example("slugify('a')", "1"), where) or [])
    assert "from other import count" in (assertion(example("count('a')", "1"), where) or [])
    assert "import numpy" in (assertion(example("numpy.sum([1])", "1"), where) or [])


@pytest.mark.parametrize(
    "call",
    [
        "rm -rf build",
        "git push --force",
        "ls | wc -l",
        "cat a > b",
        "python -c 'import os'",
        "echo $HOME",
        "a; b",
        "curl x && y",
        "",
    ],
)
def test_commands_of_this_machine_are_never_run(call):
    assert assertion(example(call, "x", "shell"), Known({})) is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("python -m kit 'a b'", '[sys.executable, "-m", "kit", "a b"]'),
        ("./kit --json", '["./kit", "--json"]'),
        ("kit-that-nobody-has sort", '["kit-that-nobody-has", "sort"]'),
        ("echo '1+2' | python calc.py", 'input="1+2\\n"'),
    ],
)
def test_the_products_own_commands_are_run(call, expected):
    lines = assertion(example(call, "3", "shell"), Known({}))
    assert lines is not None
    assert any(expected in line for line in lines)
    assert lines[-1].startswith("assert ")


SESSION = """# rota

## Check
- `rota check FILE` must print one line per problem.

```
$ cat shifts.csv
name,hours
Ana,16

$ python -m rota check shifts.csv
Ana: 16 hours
$ echo $?
1
```

- `rota stats` must print the hours.

```
$ python -m rota stats other.csv
Ana: 16
```
"""
ROTA = """import csv, sys
rows = list(csv.DictReader(open(sys.argv[2])))
for row in rows: print(f"{row['name']}: {row['hours']} hours")
sys.exit(CODE)
"""


@pytest.mark.parametrize("unittest", [False, True])
def test_a_session_is_run_with_the_files_that_it_shows_and_its_exit_code(tmp_path, unittest):
    source, found = written(SESSION, tests="tests/test_textkit_1.py", unittest=unittest)
    marks = ("@pytest.mark.xfail", "@unittest.expectedFailure")
    source = "\n".join(line for line in source.splitlines() if not line.strip().startswith(marks)) + "\n"
    checks, stats = (test_names(found.statements)[s.id] for s in found.statements)
    for code, outcome in ((1, "passed"), (0, "failure")):
        files = {
            "pyproject.toml": STRICT,
            "rota.py": ROTA.replace("CODE", str(code)),
            "tests/test_textkit_1.py": source,
        }
        outcomes, _ = run_pytest(project(tmp_path, files))
        assert outcomes[checks].startswith(outcome)
        assert outcomes[stats].startswith("failure")
    assert "the PRD does not show what is in other.csv" in source
    assert "needs a shell" not in source
    assert "rota stats other.csv => Ana: 16" in " ".join(source.split())


def test_an_example_that_made_a_check_red_is_described_and_not_run_again():
    source, _ = written(TEXTKIT, bold=False)
    assert "import textkit" not in source
    assert "from textkit" not in source
    assert "PRD example" in source
    assert "slugify" in source
