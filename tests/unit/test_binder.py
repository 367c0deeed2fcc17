"""What Binder needs: with a ``binder`` directory only that counts, so it must pin, install and start everything."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
SCRIPTS = (BINDER / "postBuild", BINDER / "start")


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def test_the_environment_pins_a_python_that_the_package_supports_and_brings_git():
    wanted = yaml.safe_load((BINDER / "environment.yml").read_text("utf-8"))["dependencies"]
    [pinned] = [found[1] for item in wanted if (found := re.fullmatch(r"python=3\.(\d+)", item))]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert int(pinned) >= int(project["requires-python"].removeprefix(">=3."))
    assert f"Programming Language :: Python :: 3.{pinned}" in project["classifiers"]
    assert {"git", "pip"} <= set(wanted)


def test_nothing_else_is_there_that_would_win_over_the_environment():
    assert {path.name for path in BINDER.iterdir()} == {"environment.yml", "postBuild", "start"}
    assert not (ROOT / ".binder").exists()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_run_and_stops_at_the_first_error(script: Path):
    assert os.access(script, os.X_OK)
    assert script.read_text("utf-8").startswith("#!/usr/bin/env bash\n")
    assert lines(script)[0] == "set -euo pipefail"
    subprocess.run(["bash", "-n", script], check=True)


def test_building_installs_the_package_and_shows_that_it_can_be_imported():
    said = lines(BINDER / "postBuild")
    assert any(re.fullmatch(r"pip install --no-cache-dir '\.\[lab\]'", line) for line in said)
    assert any("import heph_nb" in line for line in said)


def test_starting_ends_in_the_command_that_was_given():
    assert lines(BINDER / "start")[-1] == 'exec "$@"'
    done = subprocess.run([BINDER / "start", "printf", "%s|", "a b", "c"], capture_output=True, text=True, check=True)
    assert done.stdout == "a b|c|"
