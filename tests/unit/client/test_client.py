"""What the client does when the backend goes away, moves, or answers with an error."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from heph_nb.client.client import Client
from heph_nb.errors import (
    BackendUnavailableError,
    HephError,
    NotFoundError,
    ObstacleError,
    RefusedError,
    StorageError,
    WrongStateError,
)
from tests.unit.client.stand_in import StandIn, cuts_off, says, streams


@pytest.fixture
def state(tmp_path):
    return tmp_path / "x.duckdb"


@pytest.fixture
def start(state):
    """Start stand-ins; all end with the test."""
    running = []

    def begin(token="t"):
        running.append(StandIn(state, token))
        return running[-1].announce()

    yield begin
    for server in running:
        server.end()


def test_a_connection_that_is_cut_off_is_made_again_and_nothing_is_created_twice(start, state):
    server = start()
    server.answers = [cuts_off, says({"ticket_id": "ticket-1"})]
    with Client(state) as client:
        assert client.call("tickets/create", {"title": "A"})["ticket_id"] == "ticket-1"
    (_, first), (_, second) = server.asked
    assert first == second
    assert first["idempotency_key"]


def test_each_creation_has_a_key_of_its_own_unless_one_is_given(start, state):
    server = start()
    server.answers = [says({})] * 3
    with Client(state) as client:
        client.call("tickets/create", {"title": "A"})
        client.call("tickets/create", {"title": "A"})
        client.call("tickets/create", {"title": "A", "idempotency_key": "run:mine"})
    keys = [body["idempotency_key"] for _, body in server.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "run:mine"


def test_what_creates_nothing_carries_no_key(start, state):
    server = start()
    server.answers = [says({})]
    with Client(state) as client:
        client.call("runs/pause")
    assert server.asked == [("/api/runs/pause", {})]


def test_a_backend_that_moved_is_found_through_its_file(start, state):
    first = start()
    first.answers = [says({"total": 1})]
    with Client(state) as client:
        assert client.get("tickets") == {"total": 1}
        first.server_close()  # refuses connections from now on; the one that is open is cut by the next answer
        first.answers = [cuts_off]
        second = start(token="other")
        second.answers = [says({"total": 2})]
        assert client.get("tickets") == {"total": 2}


def test_a_token_that_is_refused_makes_the_client_look_again(start, state):
    server = start()
    with Client(state) as client:
        assert client.info.token == "t"
        server.token = "new"
        server.announce()
        server.answers = [says({"total": 3})]
        assert client.get("tickets") == {"total": 3}


def test_another_backend_on_a_known_port_never_sees_the_token(start, state, tmp_path, monkeypatch):
    server = start()
    server.state = tmp_path / "foreign.duckdb"
    monkeypatch.setattr("heph_nb.client.launch._start", lambda *_: pytest.fail("started", pytrace=False))
    with pytest.raises(pytest.fail.Exception, match="started"):
        Client(state).get("tickets")
    assert server.asked == []


def test_another_version_is_named_with_the_way_out(start, state):
    start().announce(version="99.0")
    with pytest.raises(BackendUnavailableError, match=r"99\.0.*heph shutdown"):
        Client(state).get("tickets")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "refused", RefusedError), (404, "not_found", NotFoundError), (409, "wrong_state", WrongStateError),
        (507, "storage_failed", StorageError), (400, "obstacle", ObstacleError), (418, "brand_new", HephError),
    ],
)  # fmt: skip
def test_an_error_has_the_class_of_its_code_and_the_words_of_the_backend(start, state, status, code, expected):
    server = start()
    server.answers = [says({"detail": "Because.", "code": code}, status)]
    with Client(state) as client, pytest.raises(expected, match=r"^Because\.$") as caught:
        client.call("runs/pause")
    assert type(caught.value) is expected


def test_an_answer_that_is_no_error_of_ours_is_said_so(start, state):
    server = start()
    server.answers = [says("gateway", 502)]
    with Client(state) as client, pytest.raises(BackendUnavailableError, match="502"):
        client.get("tickets")


def test_threads_share_a_client(start, state):
    server = start()
    server.answers = [says({"total": 1})] * 40
    with Client(state) as client:
        results = []
        threads = [threading.Thread(target=lambda: results.append(client.get("tickets"))) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [{"total": 1}] * 40


def test_a_request_to_a_backend_that_is_ending_goes_to_the_next_one(start, state):
    ending = start()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        ending.announce(pid=process.pid)

        def says_goodbye(handler, body):
            says({"detail": "The backend is shutting down.", "code": "backend_unavailable"}, 503)(handler, body)
            ending.server_close()
            start(token="next").answers = [says({"ticket_id": "ticket-1"})]
            process.stdin.close()

        ending.answers = [says_goodbye]
        with Client(state) as client:
            assert client.call("tickets/create", {"title": "A"}) == {"ticket_id": "ticket-1"}
            assert client.info.token == "next"


def test_finding_the_backend_again_leaves_the_request_of_another_thread_alone(start, state):
    first = start()
    asked, hold = threading.Event(), threading.Event()

    def slow(handler, _):
        asked.set()
        hold.wait()
        handler.json({"total": 1})

    first.answers = [slow]
    with Client(state) as client, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "tickets")
        asked.wait()
        first.server_close()
        start(token="other").answers = [says({"total": 2})]
        assert client.get("tickets") == {"total": 2}
        hold.set()
        assert waiting.result(30) == {"total": 1}


def test_a_closed_client_says_so(start, state):
    start()
    client = Client(state)
    client.close()
    with pytest.raises(BackendUnavailableError, match="closed"):
        client.get("tickets")


def sse(*seqs, run="r"):
    events = [
        {"seq": n, "ts": "2026-11-23T14:00:00+00:00", "run_id": run, "kind": "k", "data": {"t": "\u2028"}} for n in seqs
    ]
    return b"".join(
        b"id: %d\nevent: k\ndata: %s\n\n" % (e["seq"], json.dumps(e, ensure_ascii=False).encode()) for e in events
    )


def test_a_stream_that_is_cut_off_goes_on_without_gap_or_repeat(start, state):
    server = start()
    server.answers = [
        streams(b": hello\n\n" + sse(1, 2), sse(3)[:20], whole=False),
        streams(sse(2, 3), sse(4)[:30], sse(4)[30:]),
    ]
    with Client(state) as client:
        feed = iter(client.stream(0))
        seen = [next(feed).seq for _ in range(4)]
        with pytest.raises(BackendUnavailableError, match="shut down"):
            next(feed)
    assert seen == [1, 2, 3, 4]
    assert [path for path, _ in server.asked] == ["/api/events/stream?after=0", "/api/events/stream?after=2"]


def test_a_stream_is_closed_from_another_thread_while_it_waits(start, state):
    server = start()
    hold, waiting = threading.Event(), threading.Event()

    def silent(handler, _):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(sse(1)), sse(1)))
        hold.wait()

    server.answers = [silent]
    seen = []
    with Client(state) as client:
        stream = client.stream(0)

        def read():
            for event in stream:
                seen.append(event.seq)
                waiting.set()

        thread = threading.Thread(target=read)
        thread.start()
        waiting.wait()
        stream.close()
        thread.join(10)
        hold.set()
        assert not thread.is_alive()
    assert seen == [1]


FORKED = """
import multiprocessing, sys, threading
from heph_nb.client.client import Client

client = Client(sys.argv[1])
client.health()
with client._lock, client._link.http._transport._pool._optional_thread_lock:  # as another thread in a call has them
    child = multiprocessing.get_context("fork").Process(target=client.get, args=("tickets",))
    child.start()
child.join(60)
code = child.exitcode
child.kill()
print(code, client.get("tickets"))
"""


def test_a_forked_child_talks_to_the_backend_by_itself(start, state):
    server = start()
    server.answers = [says({"total": 1}), says({"total": 2})]
    done = subprocess.run([sys.executable, "-c", FORKED, str(state)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("0 {'total': 2}\n", 0), done.stderr
