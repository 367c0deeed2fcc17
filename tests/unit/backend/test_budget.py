"""The token budget of a run: when it is used up no other agent begins, and what waits for a person says so."""

from __future__ import annotations

import psutil
import pytest
from click.testing import CliRunner

from heph_nb.cli import heph
from heph_nb.errors import WrongStateError
from tests.unit.backend.conftest import start_backend, until

REASON = "its token budget is used up: 120 of 100 tokens"


def test_a_run_pauses_when_its_budget_is_used_up_and_goes_on_when_it_is_raised(scripted, capsys):
    titles = [f"spend 60 {name}.txt" for name in "abc"]
    run = scripted(*titles, budget_tokens=100, max_agents=1)
    assert run.record["budget_tokens"] == 100
    assert until(run, "run.status", to="paused").data["reason"] == REASON
    process = psutil.Process(run.client.info.pid)
    process.terminate()
    process.wait(20)
    scripted.started.append(start_backend(run.client.state))

    with pytest.raises(WrongStateError, match="have used 120 of 100 tokens"):
        run.resume()
    [need] = run.summary().needs
    assert (need.kind, need.ways_out) == ("budget", ("run.set_budget(200)", "run.set_budget(None)"))
    assert f"({REASON}): run.set_budget(200) or run.set_budget(None), then run.resume()." in run.summary().standing
    shown = CliRunner().invoke(heph, ["status", "--state", str(run.state)]).stdout
    assert f"heph set-budget {run.id} 200" in shown

    run.set_budget(110)
    assert [n.kind for n in run.summary().needs] == ["budget"]
    capsys.readouterr()
    run.set_budget(130)
    said = "Token budget: 130; used: 120. The run is paused: run.resume() goes on"
    assert capsys.readouterr().out.strip() == said
    assert [n.kind for n in run.summary().needs] == ["run"]
    run.resume().wait(timeout=60)
    assert run.usage()["total_tokens"].sum() == 180, "the last agent may go beyond it: nothing was left to launch"


def test_a_budget_is_set_and_lifted_in_the_terminal(scripted):
    run = scripted("spend 60 a.txt", "spend 60 b.txt", max_agents=1, manual=True)
    run.wait(timeout=60, phase=1)

    def typed(*words, code=0):
        done = CliRunner().invoke(heph, [*words, "--state", str(run.state)])
        assert done.exit_code == code
        return done.stdout

    assert "Token budget: 1; used: 0." in typed("set-budget", run.id, "1")
    run.start_phase(2)
    until(run, "run.status", to="paused")
    assert "Token budget: none; used: 60. The run is paused: heph resume" in typed("set-budget", run.id, "none")
    typed("set-budget", run.id, "many", code=2)
    run.resume().start_phase(3).wait(timeout=60)
