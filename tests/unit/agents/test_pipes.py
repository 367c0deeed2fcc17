"""Pipes on the event loop."""

from __future__ import annotations

import asyncio
import os

from heph_nb.agents.pipes import PipeReader, PipeWriter


def pipe():
    read, write = os.pipe()
    return os.fdopen(read, "rb", buffering=0), os.fdopen(write, "wb", buffering=0)


def test_what_is_written_is_read_up_to_the_end(run):
    async def go():
        source, sink = pipe()
        reader, writer = PipeReader(source), PipeWriter(sink)
        sent = b"".join(b"%07d\n" % n for n in range(100_000))
        writer.write(sent[:400_000])
        writer.write(sent[400_000:])
        writer.close()
        writer.write(b"too late")
        received = b""
        while data := await reader.read():
            received += data
        await writer.drain()
        assert received == sent
        assert source.closed is False
        assert sink.closed
        reader.close()
        return await reader.read()

    assert run(go()) == b""


def test_a_reader_waits_without_losing_anything_when_it_gives_up(run):
    async def go():
        source, sink = pipe()
        reader, writer = PipeReader(source), PipeWriter(sink)
        waiting = asyncio.create_task(reader.read())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        writer.write(b"here")
        data = await reader.read()
        writer.close()
        reader.close()
        return data

    assert run(go()) == b"here"


def test_a_writer_whose_reader_is_gone_neither_raises_nor_waits(run):
    async def go():
        source, sink = pipe()
        writer = PipeWriter(sink)
        writer.write(b"x" * 1_000_000)
        waiting = asyncio.create_task(writer.drain())
        await asyncio.sleep(0)
        source.close()
        await waiting
        writer.write(b"more")
        await writer.drain()
        writer.close()
        return sink.closed

    assert run(go())


def test_a_writer_that_nobody_reads_can_be_aborted(run):
    async def go():
        source, sink = pipe()
        writer = PipeWriter(sink)
        writer.write(b"x" * 1_000_000)
        waiting = asyncio.create_task(writer.drain())
        await asyncio.sleep(0)
        writer.abort()
        writer.abort()
        await waiting
        source.close()
        return sink.closed

    assert run(go())


def test_a_descriptor_is_closed_once(run):
    """Between a first and a second close its number may belong to another file; uvloop's own pipes do that."""

    async def go():
        for _ in range(20):
            source, sink = pipe()
            reader, writer = PipeReader(source), PipeWriter(sink)
            writer.write(b"x")
            await reader.read()
            reader.close()
            writer.close()
            strangers = [os.open(os.devnull, os.O_RDONLY) for _ in range(4)]
            await asyncio.sleep(0)
            writer.abort()
            reader.close()
            for stranger in strangers:
                os.fstat(stranger)
                os.close(stranger)

    run(go())
