"""What is appended comes back as it was."""

from __future__ import annotations

import json
import math

import pytest

from heph_nb.domain.logs import LOGS, Usage
from heph_nb.domain.records import ENTITIES
from heph_nb.errors import StorageError
from heph_nb.store import writer
from heph_nb.store.database import Batch, Database
from tests.unit.store.samples import T0, answer, event, moment, sample, ticket, versions


@pytest.fixture(params=["json", "arrow"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which rows are written."""
    if request.param == "arrow":
        monkeypatch.setattr(writer, "ARROW_FROM", 1)
    return request.param


@pytest.mark.parametrize("filled", [True, False], ids=["filled", "sparse"])
def test_every_entity_comes_back_as_it_was(database: Database, way, filled):
    records = [sample(cls, filled=filled, id=f"{cls.entity}-1", run_id="run-1") for cls in ENTITIES]
    database.append(versions(*records))
    assert database.load().records == records


@pytest.mark.parametrize("filled", [True, False], ids=["filled", "sparse"])
def test_every_log_comes_back_as_it_was(database: Database, way, filled):
    logs = [sample(cls, filled=filled, seq=seq) for seq, cls in enumerate(LOGS, 1)]
    database.append(Batch(logs=logs))
    usage, _ = database.page(Usage, after=0, limit=100, offset=0, run_id=None)
    assert [*database.events(), *database.messages(), *usage, *database.answers()] == logs


def test_a_person_without_a_run_comes_back(database: Database, way):
    record = sample(ENTITIES[9], filled=False, id="person", run_id=None)
    database.append(versions(record))
    assert database.load().records == [record]


def test_text_comes_back_whatever_it_is(database: Database, way):
    nasty = [
        "'); DROP TABLE events; --",
        "\\",
        "\\u0041",
        "\r\n\t",
        "é",
        "日本語",
        "😀",
        "\u202e",
        '"',
        "$1",
        "?",
        "{}",
        "%s",
    ]
    texts = ["", " ", "\x00", "a\x00b", "'", *nasty]
    records = [ticket(number, title=text, blocked_by=(text, "x")) for number, text in enumerate(texts)]
    logs = [event(100 + number, data={text: text}) for number, text in enumerate(texts)]
    database.append(Batch([(1 + i, T0, record.title, record) for i, record in enumerate(records)], list(logs)))
    assert database.load().records == records
    assert database.events() == logs


def test_half_a_surrogate_pair_becomes_a_question_mark_and_harms_nobody_else(database: Database, way):
    database.append(
        Batch(
            versions(ticket(1, title="\ud800x", blocked_by=("\udfff",)), ticket(2)).versions,
            [event(9, data={"a": "\ud800"})],
        )
    )
    broken, whole = database.load().records
    assert (broken.title, broken.blocked_by) == ("?x", ("?",))
    assert whole == ticket(2)
    assert database.events()[0].data == {"a": "?"}


def test_numbers_come_back_exactly(database: Database, way):
    data = {"big": 2**63, "pi": math.pi, "tiny": 5e-324, "none": None, "deep": {"a": [[[]]]}}
    database.append(Batch(logs=[event(2**53 + 1, data=data)]))
    assert database.events()[0].data == data
    assert database.load().last_seq == 2**53 + 1


def test_large_text_comes_back(database: Database, way):
    record = ticket(1, description="é'\n" * 1_000_000)
    database.append(versions(record))
    assert database.load().records == [record]


def test_data_that_is_deeply_nested_comes_back(database: Database, way):
    deep = json.loads('{"a":' * 300 + "1" + "}" * 300)
    database.append(Batch(logs=[event(1, data=deep)]))
    assert database.events()[0].data == deep


def test_a_long_batch_keeps_everything_in_order(database: Database):
    records = [ticket(number) for number in range(writer.ARROW_FROM + 5)]
    database.append(versions(*records))
    assert database.load().records == records


def test_an_empty_batch_is_nothing(database: Database):
    database.append(Batch())
    assert database.load() == ([], 0, database.load().last_ts)


@pytest.mark.parametrize(
    "bad",
    [
        ticket(2, title=None),
        ticket(2, title=5j),
        ticket(2, created_at="yesterday"),
        ticket(2, blocked_by=(1j,)),
        event(2, data={"a": 1}, kind=None),
        event(2**70),
        event(2, ts=None),
    ],
    ids=["null", "complex", "no time", "bad list", "null kind", "large seq", "null time"],
)
def test_a_value_that_does_not_fit_fails_the_batch_and_nothing_else(database: Database, way, bad):
    good = ticket(1)
    database.append(versions(good))
    log = not hasattr(bad, "entity")
    batch = Batch(versions(ticket(3), start=5).versions, [bad]) if log else versions(ticket(3), bad, start=5)
    with pytest.raises(StorageError):
        database.append(batch)
    assert database.load().records == [good]
    database.append(versions(ticket(4), start=9))
    assert [record.id for record in database.load().records] == ["ticket-1", "ticket-4"]


def test_what_is_appended_is_there_after_opening_again(path):
    database = Database.open(path)
    database.append(Batch(versions(ticket(1)).versions, [event(2), answer(3, "k")]))
    before = database.load()
    database.close()
    again = Database.open(path)
    assert again.load() == before
    assert again.load().last_seq == 3
    assert again.load().last_ts == max(moment(1), moment(2), T0)
    again.close()
