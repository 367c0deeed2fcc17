"""What the launcher says before anything is started: the refusals of bootstrap, field by field, and what would come."""

from __future__ import annotations

import pytest

from heph_nb.client import ending
from heph_nb.run.starting import start
from heph_nb.widgets.picking import completions, likely_prds, looks_like_prd
from heph_nb.widgets.preflight import Preflight
from tests.unit.client.conftest import make_project


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("HEPH_PORT", "0")
    monkeypatch.delenv("HEPH_STATE", raising=False)
    folder = make_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def test_every_field_has_its_own_refusal_and_nothing_is_made(project, tmp_path):
    empty = project / "empty.md"
    empty.write_text("# Nothing\n")
    before = sorted(tmp_path.rglob("*"))
    values = {
        "prd": "empty.md", "working_dir": str(tmp_path), "agent": "claude", "workflow": "wrong", "max_agents": "99",
        "budget_tokens": "many", "policy": "allow", "state": "nowhere/s.duckdb",
    }  # fmt: skip
    found = Preflight().check(values)
    assert {field: told.split(".")[0] for field, told in found["wrong"].items()} == {
        "max_agents": "max_agents must be at most 64",
        "budget_tokens": "budget_tokens must be a whole number",
        "agent": "The agent 'claude' cannot be launched yet: it runs commands of its own, and there is no sandbox "
        "to keep them inside the worktree",
        "workflow": "There is no workflow 'wrong'; 'prd_to_software' is shipped, or name a YAML file",
        "working_dir": found["wrong"]["working_dir"].split(".")[0],
        "state": f"The directory of the state file {project}/nowhere/s",
        "prd": f"No requirement was found in {project}/empty",
    }
    assert "is not in a git repository" in found["wrong"]["working_dir"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_prd_is_shown_as_it_is_understood_and_what_is_not_committed_is_said(project):
    (project / "new.py").write_text("")
    found = Preflight().check({"prd": "PRD.md", "budget_tokens": "", "max_agents": "2"})
    assert found["wrong"] == {}
    assert found["preview"]["title"] == "Adder"
    assert [(r["id"], r["line"]) for r in found["preview"]["first"]] == [("R-001", 5), ("R-002", 6)]
    assert found["code"] == 'run = heph.bootstrap("PRD.md", max_agents=2)'
    assert found["fresh"]
    [whence, mind] = found["notes"]
    assert "from main (" in whence["text"]
    assert "heph/adder-…" in whence["text"]
    assert mind == {
        "kind": "warning",
        "text": "1 uncommitted file: new.py. The run starts from the commit, without this.",
    }


@pytest.mark.parametrize("served", [True, False])
def test_a_run_that_there_is_already_is_told_of(project, served):
    run = start("PRD.md", manual=True).run
    try:
        if not served:
            ending.shutdown(run.state)
        look = Preflight()
        notes = look.check({"prd": "PRD.md"})["notes"]
        assert notes[-1]["text"] == (
            f"This PRD has a run here already, {run.id} (active): starting attaches to it, with its own settings."
        )
        assert look.check({"prd": "PRD.md", "new": True})["notes"][-1]["text"].endswith("started beside it.")
        (project / "PRD.md").write_text("# Adder\n\n- It must subtract.\n")
        told = look.check({"prd": "PRD.md"})
        assert told["preview"]["total"] == "1 requirement"
        assert f"The run {run.id} has an earlier text of this PRD" in told["notes"][-1]["text"]
    finally:
        ending.shutdown(run.state)


def test_the_likeliest_document_comes_first_and_a_path_is_completed(project):
    for path in ("docs/b.md", "docs/requirements.md", "README.md", "node_modules/PRD.md", "CHANGELOG.md"):
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text("x")
    found = likely_prds(project)
    assert found == ["PRD.md", "docs/requirements.md", "README.md", "docs/b.md", "CHANGELOG.md"]
    assert list(map(looks_like_prd, found)) == [True, True, False, False, False]
    assert completions("do", files=True) == ["docs/"]
    assert completions("docs/r", files=True) == ["docs/requirements.md"]
    assert completions("docs/r", files=False) == []
    assert completions("nowhere/x", files=True) == []
