"""pytest for the work of a run, in repositories whose own configuration does not fit the Python that runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from heph_nb.pytest import ran

TEST = """
import queue
import types

from pkg import two


def test_two():
    assert two() == RESULT and queue.Queue and types.MethodType
"""
CONFTEST = """
import pkg
import pytest


@pytest.fixture(autouse=True)
def two(monkeypatch):
    monkeypatch.setattr(pkg, "two", lambda: 2)
"""
ELSEWHERE = {
    "options of a plugin": {"pytest.ini": "[pytest]\naddopts = --cov=pkg --strict-markers --no-such-option\n"},
    "a conftest that needs a package": {"conftest.py": "import a_package_that_nobody_has\n"},
    "one beside the tests": {"tests/conftest.py": "import a_package_that_nobody_has\n", "tests/__init__.py": ""},
    "other names of tests": {"pytest.ini": "[pytest]\npython_functions = check_*\n"},
    "a broken configuration": {"pyproject.toml": "[tool.pytest.ini_options\n"},
    "a fixture for all that breaks": {
        "conftest.py": "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef base():\n    raise OSError('no base')\n"
    },
    "a conftest that ends pytest": {"conftest.py": "import os\n\nos._exit(0)\n"},
    "options that run nothing": {"pytest.ini": "[pytest]\naddopts = --collect-only\n"},
    "names of pytest's own": {"pytest.py": "", "pluggy.py": "", "conftest.py": "import a_package_that_nobody_has\n"},
    "a threshold": {"conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n"},
}
AS_IT_IS = {
    "names of the standard library": {"types.py": "", "queue.py": "", "email/__init__.py": ""},
    "a layout with src": {"src/pkg/__init__.py": "def two():\n    return 2\n"},
    "expected failures that count": {
        "pytest.ini": "[pytest]\naddopts = --runxfail\n",
        "tests/test_a.py": "import pytest\n\n\n@pytest.mark.xfail\ndef test_two():\n    assert 0\n",
    },
    "our own name": {
        "heph_nb/__init__.py": "TWO = 2\n",
        "tests/test_a.py": "import heph_nb\n\n\ndef test_two():\n    assert heph_nb.TWO == 2\n",
    },
    "fixtures of its own": {
        "tests/conftest.py": CONFTEST,
        "pkg/__init__.py": "def two():\n    return 3\n",
        "tests/test_a.py": "def test_two():\n    import pkg\n\n    assert pkg.two() == 2\n",
    },
}


def run(folder, files, result=2):
    """Run the test of a repository with these files; return the process and the report."""
    given = {"tests/test_a.py": TEST.replace("RESULT", str(result)), **files}
    if "src/pkg/__init__.py" not in given:
        given.setdefault("pkg/__init__.py", "def two():\n    return 2\n")
    for name, text in given.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = folder / "report.xml"
    command = [sys.executable, "-P", "-m", "heph_nb.pytest", "-q", "-p", "no:nbval", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, "tests/test_a.py"], cwd=folder, check=False, capture_output=True, text=True, timeout=120
    )
    return done, report


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_configuration_for_another_environment_is_left_out(tmp_path, name):
    done, report = run(tmp_path, ELSEWHERE[name])
    assert done.returncode == 0, done.stdout
    assert "without the repository's pytest configuration" in done.stdout
    assert 'name="test_two"' in report.read_text()


@pytest.mark.parametrize("name", AS_IT_IS)
def test_a_repository_is_taken_as_it_is_where_that_works(tmp_path, name):
    done, _ = run(tmp_path, AS_IT_IS[name])
    assert done.returncode == 0, done.stdout
    assert "without the repository's" not in done.stdout


def test_a_success_without_a_test_is_none(tmp_path):
    done, _ = run(tmp_path, {"tests/test_a.py": "import os\n\nos._exit(0)\n"})
    assert done.returncode == 5


@pytest.mark.parametrize("name", [None, "options of a plugin"])
def test_a_test_that_fails_is_red(tmp_path, name):
    done, report = run(tmp_path, ELSEWHERE.get(name, {}), result=3)
    assert done.returncode == 1
    assert done.stdout.count("1 failed") == 1
    assert ran(report, "failure")
