"""Asking: what an agent wants to do, in words of our own.

Agents name their tool calls badly: some send a bare path, some raw JSON, some nothing. A person decides on what is
written here, so the title is built from the call itself where the agent's is of no use, and the detail always is.
"""

from __future__ import annotations

import difflib
import json
import shlex
from pathlib import Path
from typing import Any

from heph_nb.agents.session import Choice, PermissionRequest
from heph_nb.agents.subject import subject_of
from heph_nb.agents.updates import clip

_VERBS = {
    "read": "read",
    "edit": "edit",
    "delete": "delete",
    "move": "move",
    "search": "search for",
    "execute": "run",
    "think": "think about",
    "fetch": "fetch",
    "switch_mode": "switch mode to",
}
_COMMAND_KEYS = ("command", "cmd", "script")
_PATH_KEYS = ("file_path", "filePath", "path", "abs_path", "notebook_path")
_OBJECT_KEYS = ("url", "query", "pattern", "tool", "tool_name", "name", "mode")
_FACTS = ("title", "kind", "rawInput", "locations")
_CUT = " was cut"
"""Marks a fact that is not whole."""

_DETAIL = 8_000
_DIFF_INPUT = 64_000


def tool_call_facts(update: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a tool call that a later permission request may leave out, cut to a sensible size."""
    facts: dict[str, Any] = {}
    for key in _FACTS:
        if (value := update.get(key)) is not None:
            facts[key] = clip(value, _DETAIL)
            if facts[key] != value:
                facts[key + _CUT] = True
    return facts


def permission_request(params: dict[str, Any], known: dict[str, Any], cwd: Path) -> PermissionRequest | None:
    """Return the request for ``session/request_permission``, or None if it is not one.

    Parameters
    ----------
    params : dict
        The parameters on the wire.
    known : dict
        ``tool_call_facts`` of the matching tool call, as far as the agent announced it.
    cwd : Path
        The session's directory; paths below it are shown relative to it.
    """
    asked = params.get("toolCall")
    call = {**known, **{k: v for k, v in asked.items() if v is not None}} if isinstance(asked, dict) else None
    offered = params.get("options")
    if call is None or not isinstance(call.get("toolCallId"), str) or not isinstance(offered, list):
        return None
    options = tuple(
        Choice(option["optionId"], str(option.get("name") or option["optionId"]), str(option.get("kind") or ""))
        for option in offered
        if isinstance(option, dict) and isinstance(option.get("optionId"), str)
    )
    kind = str(call.get("kind") or "other")
    return PermissionRequest(
        session_id=params["sessionId"],
        tool_call_id=call["toolCallId"],
        tool_kind=kind,
        title=_title(call, kind, cwd),
        detail=_detail(call, cwd),
        options=options,
        subject=None if _is_cut(known, call) else _subject(call, kind, cwd),
    )


def _is_cut(known: dict[str, Any], call: dict[str, Any]) -> bool:
    """Whether a fact that was cut when it was announced has not been told whole since."""
    return any(known.get(key + _CUT) and call.get(key) is known.get(key) for key in _FACTS)


def _subject(call: dict[str, Any], kind: str, cwd: Path) -> str | None:
    given, title = call.get("rawInput"), call.get("title")
    changed = (_shown(str(item.get("path")), cwd) for item in _diffs(call))
    return subject_of(
        kind=kind,
        title=" ".join(title.split()) if isinstance(title, str) else "",
        given=given,
        command=_command(call),
        paths=dict.fromkeys((*_paths(call, cwd), *changed)),
        cwd=cwd,
    )


def _title(call: dict[str, Any], kind: str, cwd: Path) -> str:
    given = call.get("title")
    given = " ".join(given.split()) if isinstance(given, str) else ""
    paths = _paths(call, cwd)
    bare = given in {*paths, *(str(cwd / path) for path in paths)}
    title = given if given and not bare and not _is_json(given) else _own_title(call, kind, paths)
    title = "".join(c for c in title if c.isprintable())
    return title if len(title) <= 200 else title[:199] + "…"


def _own_title(call: dict[str, Any], kind: str, paths: list[str]) -> str:
    command = _command(call)
    verb = _VERBS.get(kind, "run" if command else "use a tool:")
    objects = [command] if command else paths or [v for k in _OBJECT_KEYS if isinstance(v := _input(call).get(k), str)]
    if objects:
        return f"{verb} {', '.join(objects[:3])}"
    return f"use a tool ({kind})"


def _detail(call: dict[str, Any], cwd: Path) -> str:
    parts: list[str] = []
    if command := _command(call):
        parts.append(f"command: {command}")
    if paths := _paths(call, cwd):
        parts.append(f"paths: {', '.join(paths)}")
    parts += _differences(call, cwd)
    if call.get("rawInput") is not None:
        parts.append("input: " + json.dumps(call["rawInput"], ensure_ascii=False, indent=1))
    if not parts and isinstance(call.get("title"), str):
        parts.append(f"the agent calls it: {call['title']}")
    return clip("\n".join(parts), _DETAIL)


def _differences(call: dict[str, Any], cwd: Path) -> list[str]:
    found: list[str] = []
    for item in _diffs(call):
        old, new = str(item.get("oldText") or ""), item["newText"]
        path = _shown(str(item.get("path")), cwd)
        if len(old) + len(new) > _DIFF_INPUT:
            found.append(f"{path}: {len(old)} characters become {len(new)}")
            continue
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, lineterm="", n=2)
        found.append("\n".join(lines))
    return found


def _diffs(call: dict[str, Any]) -> list[dict[str, Any]]:
    content = call.get("content")
    return [
        item
        for item in (content if isinstance(content, list) else [])
        if isinstance(item, dict) and item.get("type") == "diff" and isinstance(item.get("newText"), str)
    ]


def _input(call: dict[str, Any]) -> dict[str, Any]:
    given = call.get("rawInput")
    return given if isinstance(given, dict) else {}


def _command(call: dict[str, Any]) -> str | None:
    for key in _COMMAND_KEYS:
        value = _input(call).get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            return shlex.join(value)
    return None


def _paths(call: dict[str, Any], cwd: Path) -> list[str]:
    locations = call.get("locations")
    found = [item.get("path") for item in locations if isinstance(item, dict)] if isinstance(locations, list) else []
    found += [_input(call).get(key) for key in _PATH_KEYS]
    return list(dict.fromkeys(_shown(path, cwd) for path in found if isinstance(path, str) and path))


def _shown(path: str, cwd: Path) -> str:
    return path.removeprefix(f"{cwd}/") if ".." not in Path(path).parts else path


def _is_json(text: str) -> bool:
    if text[0] not in "{[":
        return False
    try:
        json.loads(text)
    except ValueError:
        # Cut JSON is as little of a title as whole JSON.
        return text[:2] in ('{"', "[{", '["') or text == "{"
    return True
