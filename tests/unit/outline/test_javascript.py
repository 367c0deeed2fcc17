"""JavaScript tests: one for each requirement, in the terms of the repository's runner, whatever the PRD says."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from heph_nb.agents.outline.documents.javascript import RUNNERS, Runner, module
from heph_nb.agents.outline.documents.spec import Component, specification
from heph_nb.agents.outline.understanding.tracing import trace
from tests.unit.outline.support import TEXTKIT, read

NASTY = "# Kit\n\n- The kit must print \"a\\b\" and `${x}` */ and 'y'.\n- The kit must sort rows \u202e quickly.\n"


def written(text: str, name: str) -> tuple[str, Component]:
    found = read(text, "docs/PRD.md")
    made = Component("Kit", "ticket-1", "kit", found.statements, "docs/heph/run-1/specs/kit.md", "test/kit-1.test.mjs")
    return module(made, found, Runner(name, "test", ".test.mjs")), made


@pytest.mark.parametrize("name", RUNNERS)
def test_every_requirement_has_a_test_to_do_that_names_it(name):
    source, made = written(TEXTKIT, name)
    found = read(TEXTKIT, "docs/PRD.md")
    for s in made.statements:
        assert len(re.findall(rf"\(['\"]{s.id} ", source)) == 1
    states = {t.state for t in trace(made.statements, found, [], {"test/kit-1.test.mjs": source})}
    assert states == {"to do"}
    assert "is to do" in specification(made, found)


@pytest.mark.skipif(shutil.which("node") is None, reason="There is no node on this machine.")
@pytest.mark.parametrize("text", [TEXTKIT, NASTY])
def test_node_runs_it_and_everything_is_to_do(text, tmp_path):
    source, made = written(text, "node")
    (tmp_path / "kit.test.mjs").write_text(source, "utf-8")
    command = ["node", "--test", "--test-reporter=tap", "kit.test.mjs"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"# todo {len(made.statements)}" in ended.stdout
