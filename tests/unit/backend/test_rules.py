"""What a person allows for the rest of a run: through the handle, over HTTP, in the terminal."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from heph_nb.cli import heph
from heph_nb.errors import WrongStateError
from tests.unit.backend.conftest import until


def typed(run, *words):
    done = CliRunner().invoke(heph, [*words, "--state", str(run.state)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_what_is_always_allowed_is_asked_once_and_again_after_it_was_revoked(scripted, tmp_path, capsys):
    run = scripted("ask same.txt one", policy="ask", max_agents=1)
    asked = until(run, "permission.created")
    [need] = run.summary().needs
    assert f'run.approve("{asked.data["id"]}", always=True)' in need.ways_out
    run.approve(asked.data["id"], always=True)
    assert capsys.readouterr().out == "Allowed, and from now on in this run: edit `write same.txt`\n"
    [rule] = run.client.get("rules", run_id=run.id)["rules"]
    assert (rule["pattern"], rule["permission_id"], rule["status"]) == ("write same.txt", asked.data["id"], "active")
    assert run.rules()["id"].tolist() == [rule["id"]]
    run.wait(timeout=60)

    run.create_task("ask same.txt two", phase=2)
    run.wait(timeout=60)
    assert run.permissions()["decided_by"].tolist()[1:] == [rule["id"]]
    assert rule["id"] in typed(run, "rules", run.id)

    assert "No longer allowed without asking: edit `write same.txt`." in typed(run, "revoke", rule["id"][:9])
    assert run.revoke(rule["id"]).rules()["status"].tolist() == ["revoked"]
    assert rule["id"] not in typed(run, "rules", run.id)
    assert rule["id"] in typed(run, "rules", run.id, "--all")
    before = run.client.health()["store"]["last_seq"]
    run.create_task("ask same.txt three", phase=2)
    third = until(run, "permission.created", after=before).data["id"]
    assert "Allowed, and from now on in this run" in typed(run, "approve", third, "--always")
    run.wait(timeout=60)
    with pytest.raises(WrongStateError, match="is allowed by"):
        run.deny(third)


def test_two_that_wait_for_the_same_are_both_let_go(scripted):
    run = scripted("ask one.txt a", "ask one.txt b", policy="ask", max_agents=2)
    first = until(run, "permission.created")
    second = until(run, "permission.created", after=first.seq)
    answer = run.client.call("permissions/approve", {"permission_id": second.data["id"], "always": True})
    assert answer["message"].endswith("1 other request that waited for the same too")
    decided = run.permissions().set_index("id")["decided_by"]
    assert decided[first.data["id"]] == answer["rule_id"]
    assert decided[second.data["id"]] == run.client.sql("select id from agents where run_id is null")["id"][0].as_py()
    until(run, "run.status", to="completed")
