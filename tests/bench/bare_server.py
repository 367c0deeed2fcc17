"""The least that can answer: ``python -m tests.bench.bare_server FILE...`` serves file N at ``/N``, from memory."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main(paths: list[str]) -> None:
    """Print the address, then serve until ended."""
    answers = [Path(path).read_bytes() for path in paths]

    async def answer(request: Request) -> Response:
        return Response(answers[request.path_params["n"]], media_type="application/json")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        app = Starlette(routes=[Route("/{n:int}", answer)])
        config = uvicorn.Config(app, http="httptools", lifespan="off", access_log=False, log_config=None)
        uvloop.run(uvicorn.Server(config).serve([listener]))


if __name__ == "__main__":
    main(sys.argv[1:])
