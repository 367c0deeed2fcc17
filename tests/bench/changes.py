"""Changes at a rate: retitles tickets and says when each change was sent and acknowledged.

``python -m tests.bench.changes URL TOKEN PER_SECOND SECONDS`` reads ticket ids, one a line, and prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import cycle
from urllib.parse import urlsplit

from tests.bench.load import request

CONNECTIONS = 32


async def change(url: str, token: str, tickets: list[str], per_second: float, seconds: float) -> dict[str, object]:
    """Retitle tickets in turn, at most so many a second; return the epoch seconds of each, by its number."""
    where, sent, acknowledged = urlsplit(url), {}, {}
    head = f"POST /api/tickets/update HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n".encode()
    numbered, began = enumerate(cycle(tickets)), time.monotonic()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        while True:
            number, ticket = next(numbered)
            due = began + number / per_second
            if due - began > seconds:
                break
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - began > seconds:
                break
            sent[number] = time.time()
            status, _ = await request(
                reader, writer, head, json.dumps({"ticket_id": ticket, "title": f"#{number}"}).encode()
            )
            acknowledged[number] = time.time()
            assert status == 200, status
        writer.close()

    await asyncio.gather(*(client() for _ in range(min(CONNECTIONS, max(1, int(per_second // 20))))))
    return {"sent": sent, "acknowledged": acknowledged, "per_second": len(sent) / (time.monotonic() - began)}


if __name__ == "__main__":
    url, token, per_second, seconds = sys.argv[1:]
    ids = sys.stdin.read().split()
    print(json.dumps(asyncio.run(change(url, token, ids, float(per_second), float(seconds)))))
