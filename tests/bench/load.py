"""A small load generator: HTTP/1.1 on plain sockets, so that the client's own cost hardly counts.

``python -m tests.bench.load URL TOKEN CLIENTS REQUESTS`` creates tickets and prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from urllib.parse import urlsplit

WARM = 20
"""Requests before those that are measured."""


async def request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> tuple[int, bytes]:
    """Send one request and return the status and body of the answer."""
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer[9:12])
    length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return status, await reader.readexactly(length)


async def client(
    url: str, token: str, requests: int, method: str, path: str, latencies: list[float], bad: list[int]
) -> None:
    """Send requests one after another on one connection."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n".encode()
    for n in range(requests):
        fields = {"title": f"Ticket {n}", "description": "What is to be done. " * 10, "priority": "high"}
        body = json.dumps(fields).encode() if method == "POST" and path.endswith("create") else b""
        started = time.perf_counter()
        status, _ = await request(reader, writer, head, body)
        latencies.append(time.perf_counter() - started)
        if status != 200:
            bad.append(status)
    writer.close()


async def load(url: str, token: str, clients: int, requests: int, method: str, path: str) -> dict[str, float]:
    """Run clients side by side; return requests per second, p50 and p99 in milliseconds, and how many failed."""
    latencies: list[float] = []
    bad: list[int] = []
    started = time.perf_counter()
    await asyncio.gather(*(client(url, token, requests, method, path, latencies, bad) for _ in range(clients)))
    seconds = time.perf_counter() - started
    latencies.sort()
    count = len(latencies)
    return {
        "per_second": count / seconds,
        "p50": 1000 * latencies[count // 2],
        "p99": 1000 * latencies[min(count - 1, int(count * 0.99))],
        "failed": len(bad),
        "count": count,
    }


def times_of(url: str, token: str, method: str, path: str, body: bytes, requests: int) -> tuple[list[float], bytes]:
    """Send one request again and again on one connection; return the milliseconds of each, and the last answer."""
    where = urlsplit(url)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    sent = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    times, answer = [], b""
    with (
        socket.create_connection((where.hostname or "", where.port or 80)) as connection,
        connection.makefile("rb") as file,
    ):
        for number in range(requests + WARM):
            started = time.perf_counter()
            connection.sendall(sent)
            status = file.readline()
            length = 0
            while (line := file.readline().lower()) != b"\r\n":
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            answer = file.read(length)
            if number >= WARM:
                times.append(1000 * (time.perf_counter() - started))
            assert b" 200 " in status, status + answer
    return times, answer


def percentile(values: list[float], part: float) -> float:
    """Return the value that ``part`` of all are below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    url, token, clients, requests, *rest = sys.argv[1:]
    method, path = rest or ("POST", "/api/tickets/create")
    print(json.dumps(asyncio.run(load(url, token, int(clients), int(requests), method, path))))
