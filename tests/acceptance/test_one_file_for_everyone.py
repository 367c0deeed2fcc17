"""Backend, agents, the command line, curl and two notebooks see and change the same state at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.bench.long_prd import long_prd

ROOT = Path(__file__).parents[2]


class Kernel:
    """A kernel with an empty notebook in the repository."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def __call__(self, code: str) -> str:
        shown: list[str] = []

        def keep(message: dict) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                shown.append(message["content"]["text"])

        reply = self._client.execute_interactive(code, output_hook=keep, timeout=120)
        assert reply["content"]["status"] == "ok", reply["content"].get("traceback")
        return "".join(shown).strip()


@pytest.fixture
def two_kernels(checkout, heph):
    kernels = [
        start_new_kernel(kernel_name="python3", cwd=str(checkout.root), env=os.environ | {"PYTHONPATH": str(ROOT)})
        for _ in range(2)
    ]
    yield [Kernel(client) for _, client in kernels]
    for made, client in kernels:
        client.stop_channels()
        made.shutdown_kernel(now=True)


def test_an_agent_at_work_is_seen_and_joined_from_everywhere(checkout, heph, two_kernels):
    here, there = two_kernels
    (checkout.root / "PRD.md").write_text(long_prd(40))
    agent, pid = json.loads(
        here(
            "import json, heph_nb as heph\n"
            "run = heph.bootstrap('PRD.md')\n"
            "found = run.sql(\"select id, pid from agents where preset = 'outline'\").iloc[0]\n"
            "print(json.dumps([found['id'], int(found['pid'])]))"
        ).splitlines()[-1]
    )
    os.kill(pid, signal.SIGSTOP)  # so that it stays at work while everyone looks
    try:
        query = f"SELECT id, status FROM agents WHERE id = '{agent}'"
        there("import heph_nb as heph\nrun = heph.connect()")
        look = f"print(run.sql({query!r}).to_json(orient='records'))"
        seen = [json.loads(here(look)), json.loads(there(look)), heph.rows(query)]
        assert seen == [[{"id": agent, "status": "working"}]] * 3

        line = heph("curl-example").strip()
        answer = subprocess.run(line, shell=True, check=True, capture_output=True, text=True, timeout=60).stdout
        by_curl = json.loads(answer)
        assert by_curl["success"] is True
        assert by_curl["status"] == "backlog"
        assert by_curl["message"] == "Ticket created successfully"
        create = "print(run.create_ticket({!r}, ticket_type='component', priority='high'))"
        by_kernels = {here(create.format("Here")), there(create.format("There"))}

        tickets = {by_curl["ticket_id"], *(text.split()[-1].strip("'\"") for text in by_kernels)}
        count = f"select id from tickets where id in ({', '.join(map(repr, sorted(tickets)))})"
        listed = [here(f"print(len(run.sql({count!r})))"), there(f"print(len(run.sql({count!r})))")]
        assert [*listed, str(len(heph.rows(count)))] == ["3", "3", "3"]
    finally:
        os.kill(pid, signal.SIGCONT)
    heph("wait", "--timeout", "240")
    assert there("print(run.sql('select status from runs').iloc[0, 0])") == "completed"
