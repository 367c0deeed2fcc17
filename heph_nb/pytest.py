"""pytest for the tests that a piece of work brings: ``python -P -m heph_nb.pytest -q tests/test_sum.py``.

They run as the repository configures pytest. A configuration is written for an environment, and this Python may not be
that one: a plugin or a package is missing, the coverage of a part is held against that of the whole. So where pytest
ends badly although no test failed, the tests run once more without the repository's configuration and conftest.py.

The repository's own modules are found before installed packages, and never in the place of the standard library's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree  # a report that pytest has just written

ALONE = ("-c", "/dev/null", "--rootdir=.", "--noconftest", "--import-mode=append")
"""What makes pytest ignore how the repository configures it."""

_START = """
import os, sys
libraries = (place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages")))
here = next(libraries, len(sys.path))
sys.path[here:here] = [os.getcwd(), os.path.join(os.getcwd(), "src")]
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        As pytest takes them; a report is asked for with ``--junitxml=FILE``.
    """
    with tempfile.TemporaryDirectory(prefix="heph-pytest-") as folder:
        named = next((a.partition("=")[2] for a in arguments if a.startswith("--junitxml=")), None)
        report = Path(named or f"{folder}/report.xml")
        code = _run([*arguments, f"--junitxml={report}"])
        if code == 0 or (code == 1 and has_failures(report)):
            return code
    print(
        f"\npytest ended with exit code {code} without a failed test; the tests alone, "
        "without the repository's pytest configuration and conftest.py:",
        flush=True,
    )
    return _run([*ALONE, *arguments])


def has_failures(report: Path) -> bool:
    """Say whether a JUnit XML report tells of a test that failed."""
    try:
        cases = ElementTree.parse(report).iter("testcase")  # noqa: S314  expat limits what entities expand to
        return any(child.tag in ("failure", "error") for case in cases for child in case)
    except (OSError, ElementTree.ParseError):
        return False


def _run(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-P", "-c", _START, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
