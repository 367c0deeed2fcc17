"""A server that speaks just enough of the backend's HTTP to see what a client does when things go wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import heph_nb
from heph_nb.client.discovery import beside

Answer = Callable[["Handler", dict], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test has prepared, and keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_GET(self) -> None:
        if self.path == "/health":
            self.json({"state": str(self.server.state), "store": {"last_seq": 0}})
            return
        self.answer({})

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

    def answer(self, body: dict) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.json({"detail": "The token is not valid.", "code": "unauthorized"}, 401)
            return
        self.server.asked.append((self.path, body))
        self.server.answers.pop(0)(self, body)

    def json(self, value: object, status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def chunks(self, *pieces: bytes, whole: bool = True) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (*pieces, *([b""] if whole else [])):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()
        if not whole:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


class StandIn(ThreadingHTTPServer):
    """Looks like the backend of a state file. ``answers`` are given one after another."""

    daemon_threads = True

    def __init__(self, state: Path, token: str = "t") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state, self.token = state, token
        self.asked: list[tuple[str, dict]] = []
        self.answers: list[Answer] = []
        state.touch()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def announce(self, version: str = heph_nb.__version__, pid: int = 1) -> StandIn:
        told = {"url": f"http://127.0.0.1:{self.server_port}", "token": self.token, "pid": pid, "version": version}
        beside(self.state, ".backend.json").write_text(json.dumps(told))
        return self

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


def says(value: object, status: int = 200) -> Answer:
    """Answer with JSON."""
    return lambda handler, _: handler.json(value, status)


def cuts_off(handler: Handler, _: dict) -> None:
    """Take the request, then close the connection without a word."""
    handler.close_connection = True


def streams(*pieces: bytes, whole: bool = True) -> Answer:
    """Answer with pieces of a stream, and end it properly or not."""
    return lambda handler, _: handler.chunks(*pieces, whole=whole)
