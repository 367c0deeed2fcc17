"""An ACP agent that does what the title of its task says, for the failures that a good agent never shows.

``write PATH TEXT`` and finish; ``die``; ``vanish`` (end the turn without a word); ``draft PATH TEXT`` (write, then
vanish); ``linger PATH TEXT`` (write and finish, but never end the turn); ``silent`` (never end); ``ask PATH TEXT``
(write only if allowed); ``red PATH`` (a test that fails, and passes when it is tried again); ``tell`` (send the token
to the person, then never end); ``robbed STATUS`` (the first time without its worktree); ``talk FILE TEXT`` (call
tools until FILE is there, then write TEXT.txt); ``spend TOKENS PATH`` (write, and report what that used); ``show``
(a plan, a thought, a message, a tool call with a diff; then say what it is told, and never end); ``flood LINES SPEED``
(so many lines, at most so many in a second if that is given, then never end); ``burst LINES`` (the same, once it is
told anything).
The first task creates those that the PRD lists as ``task: ...`` lines.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def say(message: dict) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


class Backend:
    """The backend's HTTP API, as the agent."""

    def __init__(self, server: dict) -> None:
        self.url = server["url"].removesuffix("/mcp/")
        self.headers = {h["name"]: h["value"] for h in server["headers"]}

    def call(self, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def ask(session_id: str, what: str) -> bool:
    """Ask for a permission and wait for the answer."""
    options = [
        {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
        {"optionId": "no", "name": "No", "kind": "reject_once"},
    ]
    call = {"toolCallId": "c1", "title": what, "kind": "edit"}
    params = {"sessionId": session_id, "toolCall": call, "options": options}
    say({"id": "p1", "method": "session/request_permission", "params": params})
    answer = json.loads(sys.stdin.readline())
    return answer["result"]["outcome"].get("optionId") == "yes"


def update(session_id: str, name: str, **fields: object) -> None:
    say({"method": "session/update", "params": {"sessionId": session_id, "update": {"sessionUpdate": name, **fields}}})


def speak(session_id: str, text: str, kind: str = "agent_message_chunk") -> None:
    update(session_id, kind, content={"type": "text", "text": text})


def hear(backend: Backend) -> list[dict]:
    """Wait until somebody says something."""
    while not (told := backend.call("messages/read", {})["messages"]):
        time.sleep(0.05)
    return told


def show(session_id: str, backend: Backend) -> None:
    """Do one of everything that can be watched, then say again what is said to it."""
    steps = ["Read the parser", "Count the words", "Write the tests"]

    def plan(done: int) -> None:
        states = ["completed"] * done + ["in_progress"] + ["pending"] * len(steps)
        entries = [
            {"content": s, "priority": "medium", "status": state} for s, state in zip(steps, states, strict=False)
        ]
        update(session_id, "plan", entries=entries)

    plan(0)
    speak(session_id, "The words are split at `str.split`,\nso tabs count too.", "agent_thought_chunk")
    speak(session_id, "I count the words in `count.py` now.\n")
    call = {"toolCallId": "edit-1", "title": "Edit count.py", "kind": "edit"}
    update(session_id, "tool_call", **call, status="in_progress", locations=[{"path": "count.py"}])
    old, new = "def count(text):\n    pass\n", "def count(text):\n    return len(text.split())\n"
    diff = {"type": "diff", "path": "count.py", "oldText": old, "newText": new}
    update(session_id, "tool_call_update", toolCallId="edit-1", status="completed", content=[diff])
    call = {"toolCallId": "run-1", "title": "pytest -q", "kind": "execute", "rawInput": {"command": "pytest -q"}}
    update(session_id, "tool_call", **call, status="in_progress")
    update(session_id, "tool_call_update", toolCallId="run-1", status="failed", rawOutput="1 failed in 0.02 s")
    plan(1)
    update(session_id, "usage_update", used=12_400, size=200_000)
    speak(session_id, "One test is red: shall empty lines count?")
    told = hear(backend)
    plan(2)
    for message in told:
        speak(session_id, f"I was told: {message['text']}")


def commit(cwd: Path) -> None:
    git = ["git", "-c", "user.name=agent", "-c", "user.email=agent@localhost"]
    subprocess.run([*git, "add", "-A"], cwd=cwd, check=True, timeout=30)
    subprocess.run([*git, "commit", "-q", "-m", "work"], cwd=cwd, check=True, timeout=30)


def work(session_id: str, cwd: Path, backend: Backend, prompt: str) -> dict | None:  # noqa: C901 - one verb after another
    agent = backend.call(f"agents/{backend.headers['X-Agent-ID']}")["agent"]
    task = backend.call(f"tasks/{agent['task_id']}")["task"]
    verb, *rest = task["title"].split(" ", 2)
    if verb == "die":
        os._exit(7)
    if verb == "burst":
        hear(backend)
    if verb in ("flood", "burst"):
        began, speed = time.monotonic(), float(rest[1]) if rest[1:] else math.inf
        for number in range(int(rest[0])):
            if number % 100 == 0:
                time.sleep(max(0.0, began + number / speed - time.monotonic()))
            speak(session_id, f"line {number:06d} of what nobody can read as fast as it comes\n")
        speak(session_id, "the last line")
    if verb == "show":
        show(session_id, backend)
    if verb in ("silent", "show", "flood", "burst"):
        sys.stdin.readline()
    if verb == "draft":
        (cwd / rest[0]).write_text(rest[1] + "\n")
        commit(cwd)
    if verb in ("vanish", "draft"):
        return None
    if verb == "Analysis:":
        for title in re.findall(
            r"^task: (.+)$", backend.call(f"runs/{task['run_id']}")["run"]["prd_text"], re.MULTILINE
        ):
            backend.call("tasks/create", {"title": title, "phase": 2})
    if verb == "talk":
        backend.call("messages/send", {"recipient": "person", "text": "hello"})
        while not Path(rest[0]).exists():
            backend.call(f"tasks/{task['id']}")
        (cwd / f"{rest[1]}.txt").write_text(rest[1] + "\n")
        commit(cwd)
    if verb in ("write", "ask", "linger"):
        if verb == "ask" and not ask(session_id, f"write {rest[0]}"):
            backend.call("tasks/finish", {"status": "failed", "summary": "I was not allowed to write."})
            return None
        (cwd / rest[0]).write_text(rest[1] + "\n")
        commit(cwd)
    if verb == "tell":
        token = backend.headers["Authorization"].removeprefix("Bearer ")
        backend.call("messages/send", {"recipient": "person", "text": token})
        sys.stdin.readline()
    if verb == "robbed" and "worktree was removed" not in prompt:
        shutil.rmtree(cwd)
        backend.call("tasks/finish", {"status": rest[0], "summary": "Unable to read current working directory"})
        return None
    if verb == "robbed":
        (cwd / f"{rest[0]}.txt").write_text("kept\n")
        commit(cwd)
    if verb == "red":
        good = "exit code 1" in prompt
        (cwd / rest[0]).write_text(f"def test_it():\n    assert {good}\n")
        commit(cwd)
    if verb == "spend":
        (cwd / rest[1]).write_text(rest[0] + "\n")
        commit(cwd)
    backend.call("tasks/finish", {"status": "done", "summary": f"did {verb}"})
    if verb == "linger":
        sys.stdin.readline()
    return {"usage": {"totalTokens": int(rest[0])}} if verb == "spend" else None


def main() -> None:
    sessions: dict[str, tuple[Path, Backend]] = {}
    for line in sys.stdin:
        message = json.loads(line)
        method, params = message.get("method"), message.get("params", {})
        if method == "initialize":
            say({"id": message["id"], "result": {"protocolVersion": 1, "agentCapabilities": {}}})
        elif method == "session/new":
            session_id = f"s{len(sessions)}"
            sessions[session_id] = (Path(params["cwd"]), Backend(params["mcpServers"][0]))
            say({"id": message["id"], "result": {"sessionId": session_id}})
        elif method == "session/prompt":
            cwd, backend = sessions[params["sessionId"]]
            try:
                told = work(params["sessionId"], cwd, backend, params["prompt"][0]["text"])
            except OSError as error:
                say({"id": message["id"], "error": {"code": -32603, "message": f"a tool failed: {error}"}})
            else:
                say({"id": message["id"], "result": {"stopReason": "end_turn", **(told or {})}})


if __name__ == "__main__":
    main()
