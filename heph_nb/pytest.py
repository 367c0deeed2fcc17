"""pytest for the tests that a piece of work brings: ``python -P -m heph_nb.pytest -q tests/test_sum.py``.

They run as the repository configures pytest. A configuration is written for an environment, and this Python may not be
that one: a plugin or a package is missing, the coverage of a part is held against that of the whole. So where pytest
ends badly although no test failed, the tests run once more, in a Python of their own, without the repository's
configuration and conftest.py.

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

AGAIN = "--once"
"""Before the arguments of the second try, after which there is no third."""


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
    again = [sys.executable, "-P", "-m", "heph_nb.pytest", AGAIN, *ALONE, *arguments]
    return subprocess.run(again, check=False).returncode


def has_failures(report: Path) -> bool:
    """Say whether a JUnit XML report tells of a test that failed."""
    try:
        cases = ElementTree.parse(report).iter("testcase")  # noqa: S314  expat limits what entities expand to
        return any(child.tag in ("failure", "error") for case in cases for child in case)
    except (OSError, ElementTree.ParseError):
        return False


def _run(arguments: Sequence[str]) -> int:
    """Run pytest in this process, which holds nothing of ours that a repository might bring itself."""
    libraries = (place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages")))
    here = next(libraries, len(sys.path))
    sys.path[here:here] = [str(Path.cwd()), str(Path.cwd() / "src")]
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__]:
        del sys.modules[name]
    import pytest

    try:
        return int(pytest.main(list(arguments)))
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(_run(given[1:]) if given[:1] == [AGAIN] else main(given))
