"""The HTTP face: a route for each operation, reads, the event stream, SQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from heph_nb import __version__
from heph_nb.backend import changes, diffs, output, reads
from heph_nb.backend.auth import Caller
from heph_nb.backend.feed import as_sse
from heph_nb.backend.gate import Gate, answer_error
from heph_nb.backend.operations import OPERATIONS, Operation
from heph_nb.backend.parsing import parse
from heph_nb.backend.service import Backend
from heph_nb.domain.records import Agent
from heph_nb.errors import HephError, InvalidError, NotAllowedError, NotFoundError

ARROW = "application/vnd.apache.arrow.stream"


class Query(BaseModel):
    """One read-only SELECT."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(max_length=200_000)
    limit: int | None = Field(None, ge=0, le=2**53, description="At most so many rows.")
    timeout: float = Field(60.0, gt=0, le=3600, description="Seconds.")


def make_app(backend: Backend, shutdown: Callable[[], None]) -> FastAPI:
    """Return the ASGI application of a backend.

    Parameters
    ----------
    backend : Backend
        What answers.
    shutdown : callable
        Ends the process in an orderly way.
    """
    app = FastAPI(title="heph_nb", version=__version__, description=__doc__ or "")
    app.add_middleware(Gate, backend=backend)
    app.add_exception_handler(Exception, _unexpected)
    app.add_exception_handler(HTTPException, _nothing_there)
    for operation in OPERATIONS.values():
        app.add_api_route(
            operation.path,
            _endpoint(backend, operation),
            methods=["POST"],
            name=operation.name,
            summary=operation.doc.split("\n")[0],
            description=operation.doc,
            tags=[operation.noun],
            openapi_extra=_body_schema(operation.request),
            responses={200: {"model": operation.response}},
        )
    _add_run_reads(app, backend)
    _add_diffs(app, backend)
    _add_output(app, backend)
    _add_reads(app, backend)
    _add_rest(app, backend, shutdown)
    return app


def _endpoint(backend: Backend, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        try:
            parsed = parse(operation.request, await request.body())
            done = await backend.perform(operation, request.scope["caller"], parsed)
        except HephError as error:
            return answer_error(error)
        return Response(done.model_dump_json(), media_type="application/json")

    return call


def _body_schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _add_reads(app: FastAPI, backend: Backend) -> None:
    def lister(table: str) -> Callable[[Request], Awaitable[Response]]:
        async def read(request: Request) -> Response:
            try:
                page = await reads.list_records(backend, request.scope["caller"], table, dict(request.query_params))
            except HephError as error:
                return answer_error(error)
            return _json(page)

        return read

    def getter(table: str) -> Callable[[Request], Awaitable[Response]]:
        async def read(request: Request) -> Response:
            id, run_id = request.path_params["id"], request.query_params.get("run_id")
            try:
                return _json(reads.get_record(backend, request.scope["caller"], table, id, run_id))
            except HephError as error:
                return answer_error(error)

        return read

    stream = _stream(backend)
    app.add_api_route("/api/events/stream", stream, methods=["GET"], tags=["events"], summary="Follow events (SSE).")
    for table in (*reads.BY_TABLE, *reads.LOG_TABLES):
        path = f"/api/{table.replace('_', '-')}"
        app.add_api_route(path, lister(table), methods=["GET"], tags=[table], summary=f"List {table}.")
        if table in reads.BY_TABLE:
            app.add_api_route(f"{path}/{{id}}", getter(table), methods=["GET"], tags=[table], summary=f"Read {table}.")


def _add_diffs(app: FastAPI, backend: Backend) -> None:
    def reader(noun: str) -> Callable[[Request], Awaitable[Response]]:
        async def read(request: Request) -> Response:
            id, run_id = request.path_params["id"], request.query_params.get("run_id")
            try:
                return _json(await diffs.read_diff(backend, request.scope["caller"], noun, id, run_id))
            except HephError as error:
                return answer_error(error)

        return read

    @app.get("/api/runs/{id}/amounts", tags=["runs"], summary="How much was changed for each ticket.")
    async def amounts(id: str, request: Request) -> Response:
        try:
            run = backend.find_run(id, request.scope["caller"])
            _own_run(request, run.id)
            return _json(await diffs.read_amounts(backend, run))
        except HephError as error:
            return answer_error(error)

    for noun in diffs.NOUNS:
        summary = f"What was changed {'by a commit' if noun == 'commits' else f'for a {noun[:-1]}'}, as a unified diff."
        app.add_api_route(f"/api/{noun}/{{id}}/diff", reader(noun), methods=["GET"], tags=[noun], summary=summary)


def _add_run_reads(app: FastAPI, backend: Backend) -> None:
    @app.get("/api/runs/{id}/summary", tags=["runs"], summary="What waits for a person, and why a run stands still.")
    async def summary(id: str, request: Request) -> Response:
        try:
            run = backend.find_run(id, request.scope["caller"])
        except HephError as error:
            return answer_error(error)
        return _json(changes.summary(backend, run))

    @app.get("/api/runs/{id}/changes", tags=["runs"], summary="The run, then what changes in it (SSE).")
    async def follow(id: str, request: Request) -> Response:
        try:
            run = backend.find_run(id, request.scope["caller"])
            _own_run(request, run.id)
            after = _after(request)
        except HephError as error:
            return answer_error(error)
        return _streaming(changes.follow_changes(backend, run, after))


def _add_output(app: FastAPI, backend: Backend) -> None:
    @app.get("/api/agents/{id}/output", tags=["agents"], summary="What an agent said and did, the newest part of it.")
    async def page(id: str, request: Request) -> Response:
        try:
            agent = reads.find_record(backend, request.scope["caller"], Agent, id, None)
            return _json(await output.read_output(backend, agent, _number(request, "before")))
        except HephError as error:
            return answer_error(error)

    @app.get("/api/agents/{id}/output/stream", tags=["agents"], summary="The same, then what it says and does (SSE).")
    async def follow(id: str, request: Request) -> Response:
        try:
            agent = reads.find_record(backend, request.scope["caller"], Agent, id, None)
            after = _after(request)
        except HephError as error:
            return answer_error(error)
        return _streaming(output.follow_output(backend, agent, after))


def _streaming(messages: AsyncIterator[bytes | None]) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        async for message in messages:
            yield b"data: %s\n\n" % message if message else b": nothing new\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _stream(backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    async def stream(request: Request) -> Response:
        caller: Caller = request.scope["caller"]
        run_id = request.query_params.get("run_id") or (None if caller.owner else caller.run_id)
        try:
            after = _after(request)
            _own_run(request, run_id)
        except HephError as error:
            return answer_error(error)
        start = after if after is not None else backend.ledger.seq

        async def lines() -> AsyncIterator[bytes]:
            yield b": connected\n\n"
            async for page in backend.feed.follow(start, run_id):
                yield b"".join(map(as_sse, page)) or b": nothing new\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return stream


def _add_rest(app: FastAPI, backend: Backend, shutdown: Callable[[], None]) -> None:
    @app.get("/health", tags=["backend"], summary="What is true of the store, the scheduler and the monitor.")
    async def health() -> dict[str, Any]:
        return backend.health()

    @app.post("/api/sql", tags=["backend"], summary="One read-only SELECT; the answer is an Arrow stream.",
              openapi_extra=_body_schema(Query))  # fmt: skip
    async def sql(request: Request) -> Response:
        try:
            _owner_only(request, "SQL")
            query = parse(Query, await request.body())
            return await _run_sql(backend, query)
        except HephError as error:
            return answer_error(error)

    @app.post("/api/backend/shutdown", tags=["backend"], summary="End the backend in an orderly way.")
    async def stop(request: Request) -> Response:
        try:
            _owner_only(request, "Shutdown")
        except HephError as error:
            return answer_error(error)
        asyncio.get_running_loop().call_soon(shutdown)
        return _json({"success": True, "message": "The backend is shutting down"})

    @app.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def nothing(path: str) -> Response:
        return answer_error(NotFoundError(f"There is nothing at /api/{path}: /docs lists what there is."))


async def _run_sql(backend: Backend, query: Query) -> Response:
    import pyarrow as pa

    def answer() -> bytes:
        table = backend.database.query(query.query, limit=query.limit, timeout=query.timeout)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue().to_pybytes()

    return Response(await backend.queries.run(answer), media_type=ARROW)


def _after(request: Request) -> int | None:
    """Return the sequence number that a stream shall begin after."""
    return _number(request, "after", request.headers.get("last-event-id"))


def _number(request: Request, name: str, given: str | None = None) -> int | None:
    number = given or request.query_params.get(name)
    if number is not None and not (number.isdecimal() and len(number) < 19):
        raise InvalidError(f"{name} must be a sequence number, not {number[:50]!r}.")
    return int(number) if number is not None else None


def _own_run(request: Request, run_id: str | None) -> None:
    caller: Caller = request.scope["caller"]
    if not caller.owner and run_id != caller.run_id:
        raise NotAllowedError(f"Agent {caller.id} belongs to run {caller.run_id} only.")


def _owner_only(request: Request, what: str) -> None:
    if not request.scope["caller"].owner:
        raise NotAllowedError(f"{what} is for the owner: agents cannot call it.")


def _json(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False, separators=(",", ":")), media_type="application/json")


async def _nothing_there(request: Request, error: Any) -> Response:
    detail = f"There is nothing for {request.method} at {request.url.path}: /docs lists what there is."
    code = NotFoundError.code if error.status_code == 404 else "method_not_allowed"
    return JSONResponse({"detail": detail, "code": code}, error.status_code, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return JSONResponse(
        {"detail": "The backend met an unexpected error; its log has the details.", "code": "error"}, 500
    )
