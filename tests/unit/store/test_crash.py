"""What was acknowledged survives the end of the process at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from heph_nb.store.database import Database

APPEND = """
import sys
from heph_nb.store.database import Batch, Database
from tests.unit.store.samples import event, ticket, versions
database = Database.open(sys.argv[1])
seq = database.load().last_seq
print(seq, flush=True)
while True:
    batch = versions(ticket(seq + 1, description="x" * 3_000), ticket(seq + 2), start=seq + 1)
    database.append(Batch(batch.versions, [event(seq + 3), event(seq + 4)]))
    seq += 4
    print(seq, flush=True)
"""


def test_rows_that_were_acknowledged_survive_a_kill(path: Path):
    """Five kills in the middle of appending; a batch is there as a whole or not at all."""
    chance = random.Random(5)
    acknowledged = 0
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", APPEND, str(path)], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            assert int(child.stdout.readline()) >= acknowledged
            for _ in range(chance.randint(1, 40)):
                acknowledged = int(child.stdout.readline())
            child.kill()
            acknowledged = int([str(acknowledged), *child.stdout.read().split()][-1])
        database = Database.open(path)
        loaded = database.load()
        assert loaded.last_seq in (acknowledged, acknowledged + 4)
        assert len(loaded.records) == len(database.events()) == loaded.last_seq // 2
        acknowledged = loaded.last_seq
        database.close()
    assert acknowledged > 20
