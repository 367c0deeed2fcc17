"""Documents that other people wrote go all the way, and nothing of the person's checkout moves."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "prds"
DOCUMENTS = sorted(p for p in SHARED.glob("*.*") if p.suffix in {".md", ".txt"} and p.stem != "README")


@pytest.mark.skipif(not DOCUMENTS, reason="real PRDs are beside the project only where it is developed")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.stem)
def test_a_document_becomes_traced_specified_and_merged_work(document: Path, checkout, heph):
    (checkout.root / document.name).write_bytes(document.read_bytes())
    before = checkout.seen()
    heph("bootstrap", "--working-dir", ".", "--prd", document.name, "--max-agents", "4", "--wait", "--json")
    assert checkout.seen() == before

    unsettled = heph.rows(
        "SELECT id, text FROM requirements r WHERE status NOT IN ('specified', 'implemented', 'verified')"
        " AND NOT EXISTS"
        " (SELECT 1 FROM questions q WHERE q.run_id = r.run_id AND list_contains(q.requirement_ids, r.id))"
    )
    assert unsettled == []
    assert heph.rows("SELECT title, status FROM tasks WHERE status <> 'done'") == []
    untraced = heph.rows(
        "SELECT id FROM requirements r WHERE NOT EXISTS (SELECT 1 FROM tickets t"
        " WHERE t.run_id = r.run_id AND list_contains(t.requirement_ids, r.id))"
    )
    assert untraced == []

    run = heph.rows("SELECT id, branch, base_commit FROM runs")[0]
    merges = heph.rows("SELECT merge_commit FROM merges WHERE status = 'merged'")
    assert merges
    for merge in merges:
        checkout.git("merge-base", "--is-ancestor", merge["merge_commit"], run["branch"])
    changed = checkout.git("diff", "--name-only", run["base_commit"], run["branch"]).splitlines()
    assert {name.split("/")[0] for name in changed} <= {"docs", "tests"}
    checkout.git("fsck", "--no-dangling")
