"""What kind of repository it is, and where its tests and scenarios go."""

from __future__ import annotations

import pytest

from heph_nb.agents.outline.documents import layout
from heph_nb.agents.outline.documents.survey import Survey, survey


def look(**files: str) -> Survey:
    texts = {name.replace("__slash__", "/").replace("__dot__", "."): text for name, text in files.items()}
    return survey(list(texts), texts.__getitem__)


def at(texts: dict[str, str]) -> Survey:
    return survey(list(texts), texts.__getitem__)


def test_a_repository_with_only_documents_is_empty():
    seen = at({"PRD.md": "", "README.md": "", "LICENSE": "", "docs/conf.py": ""})
    assert seen.empty
    assert not seen.python


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.py", "requirements.txt", "requirements-dev.txt", "app.py"])
def test_python_is_seen_by_its_files(name):
    assert at({name: ""}).python


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        (["go.mod", "cmd/main.go", "tools/gen.py"], None),
        (["package.json", "src/index.js", "test/index.test.js"], "test/features"),
        (["pom.xml", "src/main/java/A.java", "src/test/java/ATest.java"], "src/test/resources/features"),
        (["Gemfile", "lib/a.rb", "features/old.feature"], "features"),
        (["Cargo.toml", "src/lib.rs", "tests/a.rs"], "tests/features"),
    ],
)
def test_other_languages_are_not_python_and_have_a_place_for_scenarios(files, folder):
    seen = at(dict.fromkeys(files, ""))
    assert not seen.python
    assert not seen.empty
    assert seen.feature_dir == folder


@pytest.mark.parametrize(
    ("texts", "folder"),
    [
        ({"pyproject.toml": "", "src/pkg/__init__.py": ""}, "tests"),
        ({"setup.py": "", "test/test_a.py": ""}, "test"),
        ({"setup.py": "", "tests/unit/test_a.py": "", "tests/__init__.py": ""}, "tests"),
        ({"setup.py": "", "tests/unit/test_a.py": "", "tests/acceptance/test_b.py": ""}, "tests/acceptance"),
        ({"a.py": "", "test_a.py": ""}, "."),
        ({"pkg/__init__.py": "", "pkg/tests/test_a.py": "", "setup.py": ""}, "pkg/tests"),
        ({"pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["checks"]', "checks/test_a.py": ""}, "checks"),
        ({"pytest.ini": "[pytest]\ntestpaths = spec\n", "spec/test_a.py": "", "tests/test_b.py": ""}, "spec"),
        ({"setup.cfg": "[tool:pytest]\ntestpaths = t\n", "t/test_a.py": ""}, "t"),
        ({"pyproject.toml": "this is not toml [", "tests/test_a.py": ""}, "tests"),
    ],
)
def test_the_repositorys_own_test_folder_is_found(texts, folder):
    assert at(texts).test_dir == folder


def test_test_modules_are_named_as_the_repository_names_them():
    assert at({"a.py": "", "tests/a_test.py": "", "tests/b_test.py": ""}).suffix == "_test.py"
    own = at({"pyproject.toml": '[tool.pytest.ini_options]\npython_files = ["check_*.py"]', "tests/check_a.py": ""})
    assert layout.test_module(own, "run-7", "dish-data") == "tests/check_dish_data_run7_test.py"


@pytest.mark.parametrize(
    ("patterns", "there", "made"),
    [
        ('["check_*.py", "*_spec.py"]', "checks/unit/a_spec.py", "checks/unit/test_part_run7_spec.py"),
        ('["check_*.py"]', "checks/unit/check_a.py", "checks/unit/check_part_run7_test.py"),
        ('["test*.py"]', "checks/unit/testing.py", "checks/unit/test_part_run7.py"),
        ('["test_*.py", "*_test.py"]', "checks/unit/a_test.py", "checks/unit/part_run7_test.py"),
    ],
)
def test_a_new_module_fits_the_repositorys_patterns_and_those_of_everybody(patterns, there, made):
    options = f'[tool.pytest.ini_options]\ntestpaths = ["checks/unit"]\npython_files = {patterns}'
    seen = at({"pyproject.toml": options, there: "", "tests/data.json": "{}"})
    assert layout.test_module(seen, "run-7", "part") == made


@pytest.mark.parametrize(
    ("package", "others", "path"),
    [
        ('{"devDependencies": {"vitest": "*"}}', ["tsconfig.json", "src/a.ts"], "test/part-run7.test.ts"),
        ('{"scripts": {"test": "jest --ci"}}', ["src/__tests__/a.spec.tsx"], "src/__tests__/part-run7.spec.ts"),
        ('{"scripts": {"test": "mocha"}}', ["test/a.js"], "test/part-run7.test.js"),
        ('{"scripts": {"test": "node --test"}}', ["index.js"], "test/part-run7.test.mjs"),
        ('{"name": "x"}', ["index.js"], None),
        ("not json", ["index.js"], None),
        ("[]", ["index.js"], None),
    ],
)
def test_a_javascript_repository_gets_tests_of_its_own_runner(package, others, path):
    seen = at({"package.json": package} | dict.fromkeys(others, ""))
    assert layout.script(seen, "run-7", "part") == path


def test_unittest_is_used_only_where_nothing_speaks_of_pytest():
    case = "import unittest\nclass A(unittest.TestCase): pass\n"
    assert at({"setup.py": "", "tests/test_a.py": case}).unittest
    assert not at({"setup.py": "", "tests/test_a.py": case, "tests/conftest.py": ""}).unittest
    assert not at({"setup.py": "", "tests/test_a.py": case, "requirements.txt": "pytest\n"}).unittest
    assert not at({"setup.py": "", "tests/test_a.py": "import pytest\n" + case}).unittest
    assert not at({"setup.py": ""}).unittest


def test_packages_that_tests_may_import_are_listed_likeliest_first():
    seen = at({"pyproject.toml": '[project]\nname = "my-kit"\n', "src/my_kit/__init__.py": "", "tests/__init__.py": ""})
    assert seen.packages == ("my_kit",)
    assert at({"main.py": "", "helpers/__init__.py": ""}).packages == ("helpers", "main")


def test_no_two_runs_and_no_two_tickets_share_a_file():
    runs = ["run-0193a1b2-5c6d-7e8f-9012-3456789abcde", "run-0193a1b2-5c6d-7e8f-9012-0123456789ab"]
    seen = Survey(python=True, empty=False)
    paths = {make(run, key) for run in runs for key in ("import", "export")
             for make in (layout.specification, layout.validation, lambda r, k: layout.test_module(seen, r, k),
                          lambda r, k: layout.feature(seen, r, k))}  # fmt: skip
    assert len(paths) == 16
    assert len({layout.checklist(run) for run in runs}) == 2


def test_a_tickets_files_keep_their_names_when_somebody_renames_it():
    path = layout.specification("run-1", "dish-data")
    ticket = {"id": "ticket-abc123def", "title": "Renamed", "description": f"Files: specification `{path}`; ..."}
    assert layout.key_of(ticket, "run-1") == "dish-data"
    assert layout.key_of(ticket, "run-2") == "renamed-123def", "a path of another run is not followed"
    assert layout.key_of({"id": "ticket-abc123def", "title": "备忘录"}, "run-1") == "123def"
