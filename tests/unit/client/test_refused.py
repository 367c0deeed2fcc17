"""A bootstrap that is refused leaves nothing behind."""

import subprocess

import duckdb
import pytest

from heph_nb.client.ending import shutdown
from heph_nb.errors import HephError, InvalidError
from heph_nb.run.starting import start


def everything(folder):
    return {str(path) for path in folder.rglob("*")}


REFUSED = {
    "no PRD": ({"prd": "none.md"}, "no PRD"),
    "an empty PRD": ({"prd": "empty.md"}, "empty"),
    "a directory as PRD": ({"prd": "."}, "not a file"),
    "a name that is too long": ({"prd": "x" * 300}, "too long"),
    "a name that is no UTF-8": ({"prd": "PRD\udcff.md"}, "UTF-8"),
    "no repository": ({"working_dir": "plain"}, "git init"),
    "no directory": ({"working_dir": "nowhere"}, "does not exist"),
    "a directory with a line break": ({"working_dir": "a\nb"}, "line break"),
    "a bare repository without a commit": ({"working_dir": "bare.git"}, "push"),
    "worktrees in the repository": ({"worktrees": "project/.git/w"}, "worktrees"),
    "worktrees at a file": ({"worktrees": "empty.md"}, "empty.md"),
    "an unknown agent": ({"agent": "nobody"}, "no agent 'nobody'"),
    "an agent that needs a sandbox": ({"agent": "claude"}, "sandbox"),
    "an unknown workflow": ({"workflow": "nothing"}, "no workflow 'nothing'"),
    "a workflow that is not there": ({"workflow": "./nothing.yaml"}, "nothing.yaml"),
    "too many agents": ({"max_agents": 1000}, "max_agents"),
    "a text as state file": ({"state": "project/PRD.md"}, "not a DuckDB file"),
    "a text as state file that is put aside": ({"state": "project/PRD.md", "drop_db": True}, "not a DuckDB file"),
    "a database of the person that is put aside": ({"state": "own.duckdb", "drop_db": True}, "not one of heph_nb"),
    "a device as state file": ({"state": "/dev/null"}, "not a file"),
    "an unknown policy": ({"policy": "maybe"}, "policy"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_bootstrap_leaves_nothing_behind(project, tmp_path, monkeypatch, case):
    values, says = REFUSED[case]
    (tmp_path / "empty.md").touch()
    (tmp_path / "plain").mkdir()
    with duckdb.connect(tmp_path / "own.duckdb") as own:
        own.execute("CREATE TABLE mine AS SELECT 1 AS one")
    (tmp_path / "a\nb").mkdir()
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare.git"], check=True)
    monkeypatch.chdir(tmp_path)
    before = everything(tmp_path), (project / ".git" / "info" / "exclude").read_text()
    given = {"prd": "project/PRD.md", "working_dir": "project", "state": project / "hephaestus.duckdb", **values}
    with pytest.raises(HephError, match=says):
        start(**given)
    assert (everything(tmp_path), (project / ".git" / "info" / "exclude").read_text()) == before


def test_a_refused_bootstrap_moves_no_old_file_aside(project, state):
    start(project / "PRD.md", project, state=state, manual=True)
    before = everything(state.parent)
    with pytest.raises(InvalidError, match="no workflow"):
        start(project / "PRD.md", project, state=state, drop_db=True, workflow="nothing")
    assert everything(state.parent) == before
    assert shutdown(state)
