"""Which agents there are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from heph_nb.agents.catalog import PRESETS, Preset, find_preset
from heph_nb.errors import NotFoundError, RefusedError


def test_outline_is_the_one_that_may_be_launched():
    assert list(PRESETS) == ["outline"]
    outline = find_preset("outline")
    assert outline.command[0] == sys.executable
    assert "no model" in outline.label


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode", "qwen"])
def test_agents_that_act_on_their_own_wait_for_a_sandbox(name):
    with pytest.raises(RefusedError, match=r"no sandbox.*Use one of: outline"):
        find_preset(name)


def test_an_unknown_agent():
    with pytest.raises(NotFoundError, match="no agent 'nobody'"):
        find_preset("nobody")


def test_a_preset_of_ones_own():
    mine = Preset(name="claude", command=("true",), label="mine")

    assert find_preset("claude", {"claude": mine}) is mine


def test_importing_the_driver_does_not_import_the_protocol_library():
    code = (
        "import sys; import heph_nb.agents.pool, heph_nb.agents.prompt, heph_nb.agents.ownership; "
        "print([m for m in ('acp', 'pydantic', 'mcp', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
