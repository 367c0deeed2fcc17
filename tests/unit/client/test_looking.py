"""What changed since a person last looked."""

from __future__ import annotations

from datetime import datetime

from heph_nb.run.starting import start


def test_a_look_tells_when_the_last_one_was_and_changes_nothing(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run.wait(timeout=60, phase=1)
    assert run.look() is None
    run.create_ticket("One")
    seq = run.client.health()["store"]["last_seq"]
    changes = run.summary(since="Last look").changes
    assert changes == {"tickets created": 1}
    since = run.look()
    assert isinstance(since, datetime)
    assert run.summary(since=since).changes == changes
    assert run.summary(since="last look").changes == {}

    news = run.sql(f"select kind, run_id from events where seq > {seq}")
    assert news["kind"].tolist() == ["run.looked"]
    assert news["run_id"].tolist() == [run.id]
    [versions] = run.sql(f"select count(*) as n from run_versions where seq > {seq}")["n"]
    assert versions == 0
    looks = run.sql("select ts from events where kind = 'run.looked' order by seq")["ts"].tolist()
    assert looks[0] == since

    asked = {"run_id": run.id, "idempotency_key": "sent twice"}
    again = run.client.call("runs/look", asked)
    assert again["since"] == looks[-1].isoformat()
    assert run.client.call("runs/look", asked) == again
