"""An agent for tests: speaks the protocol line by line, without the library, so that it can also speak it badly.

Run as ``python raw_agent.py BEHAVIOUR``. It starts in 30 ms, so that the tests stay quick.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys


def send(message: object) -> None:
    out(json.dumps({"jsonrpc": "2.0", **message}).encode() if isinstance(message, dict) else message)


def out(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def receive() -> dict:
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def call(method: str, params: dict, key: object = "ask") -> dict:
    send({"id": key, "method": method, "params": params})
    return answer_to(key)


def answer_to(key: object) -> dict:
    while True:
        message = receive()
        if message.get("id") == key and "method" not in message:
            return message
        if message.get("method") == "session/cancel":
            CANCELLED.append(message["params"]["sessionId"])


CANCELLED: list[str] = []


def update(session: str, kind: str, /, **fields: object) -> None:
    params = {"sessionId": session, "update": {"sessionUpdate": kind, **fields}}
    send({"method": "session/update", "params": params})


def say(session: str, text: str, **fields: object) -> None:
    update(session, "agent_message_chunk", content={"type": "text", "text": text}, **fields)


def end(message: dict, reason: str = "end_turn", **fields: object) -> None:
    send({"id": message["id"], "result": {"stopReason": reason, **fields}})


def wait_for_cancel() -> None:
    while receive().get("method") != "session/cancel":
        pass


# What it does with a prompt, by name.


def echo(session, message):
    say(session, message["params"]["prompt"][0]["text"])
    end(message)


def chunks(session, message):
    for word in ("one ", "two ", "three"):
        say(session, word)
    update(session, "agent_thought_chunk", content={"type": "text", "text": "hm"})
    say(session, "first", messageId="m1")
    say(session, "second", messageId="m2")
    end(message)


def linger(session, message):
    say(session, "still here")
    wait_for_cancel()
    end(message, "cancelled")


def deaf(session, message):
    say(session, "la la la")
    while True:
        receive()


def asleep(session, message):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(session, "zzz")
    while True:
        signal.pause()


def junk(session, message):
    out(b"npm warn deprecated something@1.0.0")
    out(b'{"jsonrpc": "2.0", "method": ')
    out(b"[1, 2, 3]")
    out(b'"text"')
    out(b"\xff\xfe\x00")
    out(b'{"id": {"a": 1}, "result": {}}')
    out(b'{"method": ["session/update"], "params": {}}')
    out(b'{"id": 99999, "result": {}}')
    out(b'{"id": 99998, "error": "text"}')
    out(b"[" * 100_000)
    out(b"")
    say(session, "x" * 100_000)
    say(session, "half a pair: \ud800")
    end(message)


def strange_updates(session, message):
    update(session, "brand_new_kind", flavour="lemon")
    send({"method": "session/update", "params": {"sessionId": session, "update": "text"}})
    send({"method": "session/update", "params": {"sessionId": session, "update": {"sessionUpdate": ["list"]}}})
    send({"method": "_vendor/note", "params": {"sessionId": session, "note": 7}})
    send({"method": "session/update", "params": {"sessionId": "another", "update": {}}})
    update(session, "agent_message_chunk", content={"type": "image", "data": "AAAA", "mimeType": "image/png"})
    update(session, "tool_call", toolCallId="big", title="t", rawOutput={"text": "y" * 1_000_000})
    end(message)


def tools(session, message):
    update(session, "tool_call", toolCallId="1", title="Run the tests", kind="execute", status="in_progress",
           rawInput={"command": "pytest -q"})  # fmt: skip
    update(session, "tool_call_update", toolCallId="1", status="completed",
           content=[{"type": "content", "content": {"type": "text", "text": "2 passed"}},
                    {"type": "diff", "path": "/a", "oldText": None, "newText": "b"}])  # fmt: skip
    update(session, "plan", entries=[{"content": "do it", "priority": "high", "status": "pending"}])
    update(session, "current_mode_update", currentModeId="ask")
    update(session, "usage_update", used=100, size=2000, cost={"amount": 0.25, "currency": "USD"})
    end(message, usage={"totalTokens": 30, "inputTokens": 10, "outputTokens": 20})


def permission(session, message):
    update(session, "tool_call", toolCallId="1", title="Run", kind="execute", rawInput={"command": "rm -r build"})
    outcome = call("session/request_permission", {
        "sessionId": session,
        "toolCall": {"toolCallId": "1", "title": '{"command": "rm -r build"}'},
        "options": [{"optionId": "yes", "name": "Yes", "kind": "allow_once"},
                    {"optionId": "no", "name": "No", "kind": "reject_once"}],
    })  # fmt: skip
    say(session, json.dumps(outcome.get("result", outcome.get("error"))))
    end(message, "cancelled" if CANCELLED else "end_turn")


def bad_permission(session, message):
    answer = call("session/request_permission", {"sessionId": session, "options": 7})
    say(session, json.dumps(answer["error"]))
    end(message)


def many_permissions(session, message):
    for number in range(200):
        send({"id": f"p{number}", "method": "session/request_permission", "params": {
            "sessionId": session, "toolCall": {"toolCallId": str(number)},
            "options": [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}]}})  # fmt: skip
    answered = 0
    while answered < 200:
        answered += "method" not in receive()
    say(session, f"{answered} answers")
    end(message)


def requests(session, message):
    """The prompt is a JSON list of [method, params]; what comes back is said as a JSON list."""
    asked = json.loads(message["params"]["prompt"][0]["text"])
    answers = [call(method, {"sessionId": session, **params}) for method, params in asked]
    say(session, json.dumps([a.get("result", a.get("error")) for a in answers]))
    end(message)


def exit_in_turn(session, message):
    say(session, "before the end")
    print("Traceback: the model is on fire", file=sys.stderr, flush=True)
    os._exit(3)


def exit_without_answer(session, message):
    sys.exit(0)


def answer_and_exit(session, message):
    say(session, "done")
    end(message)
    os._exit(0)


def killed(session, message):
    os.kill(os.getpid(), signal.SIGKILL)


def close_output(session, message):
    os.close(1)
    while True:
        signal.pause()


def giant_line(session, message):
    piece = b"x" * (1 << 20)
    try:
        for _ in range(64):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(1)
    end(message)


def flood(session, message):
    """The prompt is the number of pieces."""
    count = int(message["params"]["prompt"][0]["text"])
    lines = [
        json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": session, "update": {
            "sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": f"line {n:07}\n"}}}}) + "\n"
        for n in range(count)
    ]  # fmt: skip
    sys.stdout.buffer.write("".join(lines).encode())
    sys.stdout.buffer.flush()
    end(message)


def flood_stderr(session, message):
    for n in range(4000):
        sys.stderr.buffer.write(b"%06d " % n + b"e" * 1000 + b"\n")
    sys.stderr.buffer.write(b"the last line\n")
    sys.stderr.buffer.flush()
    end(message)


def error_answer(session, message):
    send({"id": message["id"], "error": {"code": -32603, "message": "Internal error",
                                         "data": {"details": "API error 529: overloaded"}}})  # fmt: skip


def text_error(session, message):
    send({"id": message["id"], "error": "just text"})


def no_stop_reason(session, message):
    send({"id": message["id"], "result": None})


def new_stop_reason(session, message):
    end(message, "went_fishing", usage={"totalTokens": "many"})


def daemons(session, message):
    """Start a child, a daemon that left the session, one without environment, and one without either mark."""
    forever = [sys.executable, "-c", "import signal\nwhile True: signal.pause()"]
    child = subprocess.Popen(forever)
    marked = subprocess.Popen(forever, start_new_session=True)
    bare = subprocess.Popen(forever, env={})
    ignoring = [
        sys.executable,
        "-c",
        "import signal\nsignal.signal(15, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: signal.pause()",
    ]
    stubborn = subprocess.Popen(ignoring, start_new_session=True, stdout=subprocess.PIPE)
    stubborn.stdout.readline()
    say(session, json.dumps([child.pid, marked.pid, bare.pid, stubborn.pid]))
    if "die" in message["params"]["prompt"][0]["text"]:
        sys.stdout.buffer.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    end(message)


def environment(session, message):
    say(session, json.dumps(dict(os.environ)))
    end(message)


def describe(session, message):
    """Say what session/new was given, and what was set."""
    say(session, json.dumps(NEW[session]))
    end(message)


def hold_pipe(session, message):
    """Leave behind a daemon that nothing marks as ours and that holds our stdout, then go."""
    say(session, "last words")
    subprocess.Popen(["sleep", "5"], start_new_session=True, env={})
    os._exit(4)


NEW: dict[str, dict] = {}
CLOSED: list[str] = []


def on_initialize(behaviour: str, message: dict) -> None:
    if behaviour == "refuse_start":
        send({"id": message["id"], "error": {"code": -32000, "message": "Authentication required"}})
        return
    result = {
        "protocolVersion": 99 if behaviour == "other_version" else 1,
        "agentCapabilities": {"sessionCapabilities": {"close": {}}} if behaviour == "describe" else {},
        "agentInfo": {"name": "raw", "version": "1"},
    }
    send({"id": message["id"], "result": result})


def on_new(behaviour: str, message: dict) -> None:
    if behaviour == "no_session":
        send({"id": message["id"], "error": {"code": -32000, "message": "Authentication required"}})
    if behaviour in {"no_session", "hang_at_new"}:
        return
    session = f"s{len(NEW) + 1}-{os.getpid()}"
    NEW[session] = {"new": message["params"], "mode": None, "closed": CLOSED}
    if behaviour == "early":
        say(session, "before I was born")
    send({"id": message["id"], "result": {"sessionId": session}})
    if behaviour == "early":
        update(session, "available_commands_update", availableCommands=[])


def on_set_mode(behaviour: str, message: dict) -> None:
    if message["params"]["modeId"] == "no-such-mode":
        send({"id": message["id"], "error": {"code": -32602, "message": "Unknown mode"}})
        return
    NEW[message["params"]["sessionId"]]["mode"] = message["params"]["modeId"]
    send({"id": message["id"], "result": {}})


def on_close(behaviour: str, message: dict) -> None:
    CLOSED.append(message["params"]["sessionId"])
    send({"id": message["id"], "result": {}})


def on_prompt(behaviour: str, message: dict) -> None:
    globals().get(behaviour, echo)(message["params"]["sessionId"], message)
    sys.stdout.buffer.flush()


METHODS = {
    "initialize": on_initialize,
    "session/new": on_new,
    "session/set_mode": on_set_mode,
    "session/close": on_close,
    "session/prompt": on_prompt,
}


def main(behaviour: str) -> None:
    if behaviour == "exit_at_start":
        print("no such model", file=sys.stderr, flush=True)
        sys.exit(7)
    if behaviour == "hang_at_start":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()
    while True:
        message = receive()
        if message.get("method") in METHODS:
            METHODS[message["method"]](behaviour, message)


main(sys.argv[1])
