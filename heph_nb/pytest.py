"""pytest for the tests that a piece of work brings: ``python -P -m heph_nb.pytest -q tests/test_sum.py``.

They run as the repository configures pytest. A configuration is written for an environment, and this Python may not be
that one: a plugin or a package is missing, a fixture for all tests breaks, the coverage of a part is held against that
of the whole. So the tests run once more without the repository's configuration and conftest.py, unless the first try
was about them: they passed, or one of them failed. An exit code proves neither; the report of each test does.

The repository's own modules are found before installed packages, and never in the place of the standard library's or
of pytest's own. A test that is expected to fail may fail, whatever the repository's options say.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import NamedTemporaryFile
from xml.etree import ElementTree  # a report that pytest has just written

ALONE = ("-c", "/dev/null", "--rootdir=.", "--noconftest", "--import-mode=append")
"""What makes pytest ignore how the repository configures it."""

NO_TEST_RAN = 5
"""pytest's exit code where no test ran; ours too where it says 0 and reports none."""

_START = """
import os, sys
import pytest
libraries = (place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages")))
here = next(libraries, len(sys.path))
sys.path[here:here] = [os.getcwd(), os.path.join(os.getcwd(), "src")]
class Marks:
    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        config.option.runxfail = False
sys.exit(pytest.main(sys.argv[1:], plugins=[Marks()]))
"""


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        As pytest takes them; a report is asked for with ``--junitxml=FILE``.
    """
    named = next((a.partition("=")[2] for a in arguments if a.startswith("--junitxml=")), None)
    with nullcontext(named) if named else NamedTemporaryFile(prefix="heph-pytest-", suffix=".xml") as file:
        report = Path(file if isinstance(file, str) else file.name)
        code = _run([*arguments, f"--junitxml={report}"])
        if (code == 0 and ran(report)) or (code == 1 and ran(report, "failure")):
            return code
        print(
            f"\npytest ended with exit code {code}, and no test of the work is to blame; the tests alone, without the "
            "repository's pytest configuration and conftest.py:",
            flush=True,
        )
        report.write_text("")
        code = _run([*ALONE, *arguments, f"--junitxml={report}"])
        return code if code or ran(report) else NO_TEST_RAN


def ran(report: Path, outcome: str | None = None) -> bool:
    """Say whether a JUnit XML report tells of a test; with ``outcome`` of one that ended so, as ``"failure"``."""
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  expat limits what entities expand to
    except (OSError, ElementTree.ParseError):
        return False
    return any(outcome is None or child.tag == outcome for case in cases for child in (case, *case))


def _run(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-P", "-c", _START, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
