"""Documents that other people wrote go all the way, and nothing of the person's checkout moves."""

from __future__ import annotations

from pathlib import Path

import pytest

import heph_nb

SHARED = Path(__file__).parents[3] / "shared" / "prds"
DOCUMENTS = sorted(p for p in SHARED.glob("*.*") if p.suffix in {".md", ".txt"} and p.stem != "README")


@pytest.mark.skipif(not DOCUMENTS, reason="real PRDs are beside the project only where it is developed")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.stem)
def test_a_document_becomes_traced_specified_and_merged_work(document: Path, checkout, heph):
    (checkout.root / document.name).write_bytes(document.read_bytes())
    before = checkout.seen()
    heph("bootstrap", "--working-dir", ".", "--prd", document.name, "--max-agents", "4", "--wait", "--json")
    assert checkout.seen() == before

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(checkout.root)
        run = heph_nb.connect()
    unsettled = run.sql(
        "SELECT id, text FROM requirements r WHERE status NOT IN ('specified', 'implemented', 'verified')"
        " AND NOT EXISTS"
        " (SELECT 1 FROM questions q WHERE q.run_id = r.run_id AND list_contains(q.requirement_ids, r.id))"
    )
    assert unsettled.to_dict("records") == []
    assert set(run.tasks()["status"]) == {"done"}
    untraced = run.sql(
        "SELECT id FROM requirements r WHERE NOT EXISTS (SELECT 1 FROM tickets t"
        " WHERE t.run_id = r.run_id AND list_contains(t.requirement_ids, r.id))"
    )
    assert untraced.to_dict("records") == []

    merges = run.merges().query("status == 'merged'")["merge_commit"]
    assert len(merges)
    for merge in merges:
        checkout.git("merge-base", "--is-ancestor", merge, run.branch)
    changed = checkout.git("diff", "--name-only", run.record["base_commit"], run.branch).splitlines()
    assert {name.split("/")[0] for name in changed} <= {"docs", "tests"}
    checkout.git("fsck", "--no-dangling")
