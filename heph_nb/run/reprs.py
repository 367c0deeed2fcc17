"""How a run looks: the same facts as text and as HTML, without ids, times or what else differs every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from textwrap import indent, shorten
from typing import TYPE_CHECKING

from heph_nb.errors import HephError

if TYPE_CHECKING:
    from heph_nb.run.summary import PhaseLine, Summary

BAR_CELLS = 12
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would act on a terminal instead of being read there: control characters, and those that turn text around."""

_AN_ID = re.compile(r'"[\w-]*[0-9a-f]{6,}[\w-]*"')
_TASK_ORDER = ("done", "merging", "checking", "running", "needs_work", "queued", "blocked", "pending", "failed")
_SHOWN_NEEDS, _SHOWN_COMMANDS = 8, 20
_NEED_LENGTH = 240


def bar(done: int, total: int, cells: int = BAR_CELLS) -> str:
    """Return a bar of characters.

    Examples
    --------
    >>> bar(1, 3, cells=6)
    '██░░░░'
    """
    full = cells * done // total if total else 0
    return "█" * full + "░" * (cells - full)


def visible(text: str) -> str:
    r"""Return a line of text with what cannot be seen written out.

    Examples
    --------
    >>> print(visible("red: \x1b[31m"))
    red: \x1b[31m
    """
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def bundle(summary: Summary) -> dict[str, str]:
    """Return a summary in both forms, as IPython wants them."""
    return {"text/plain": as_text(summary), "text/html": as_html(summary)}


def shown(summary: Callable[[], Summary]) -> dict[str, str]:
    """Return a run in both forms; showing one must not fail: instead it says what is the matter."""
    try:
        return bundle(summary())
    except HephError as error:
        return {"text/plain": f"Run: {error.detail}", "text/html": f"<p>Run: {escape(error.detail)}</p>"}


def as_text(summary: Summary, commands: Callable[[str], str] | None = None) -> str:
    """Return a summary as plain text.

    Parameters
    ----------
    summary : Summary
        What to show.
    commands : callable, optional
        For a terminal: turns the lines of Python in a text into what is typed there. Ids are shown then.
    """
    run = summary.run
    lines = [f"Run {run['name']!r}: {_status(summary)}", *([summary.outcome] if summary.outcome else [])]
    width = max((len(p.name) for p in summary.phases), default=0)
    lines += [
        f"  {p.number} {p.name:<{width}}  {p.status:<8}  {bar(p.done, p.total)}  {_tasks(p)}" for p in summary.phases
    ]
    lines += [f"{label}: {text}" for label, text in _facts(summary)]
    if _says_more(summary):
        standing = summary.standing or ""
        lines.append(commands(standing) if commands else without_ids(standing))
    if summary.needs and commands:
        lines.append("Waits for you:")
        lines += [
            indent(f"{need.kind}: {_one_line(need.text)}\n-> {commands('   or   '.join(need.ways_out))}", "  ")
            for need in summary.needs[:_SHOWN_COMMANDS]
        ]
        if (more := len(summary.needs) - _SHOWN_COMMANDS) > 0:
            lines.append(commands(f"  and {more} more: `heph status --json` has all"))
        if any(need.kind == "question" and _one_line(need.text) != need.text for need in summary.needs):
            lines.append(commands(f"Read the questions whole: `heph questions {run['id']}`"))
    elif summary.needs:
        lines.append("Waits for you (run.summary().waiting() has the ids):")
        lines += [f"  {kind}: {text}  {way}" for kind, text, way in _needs(summary)]
    return "\n".join(visible(line) for text in lines for line in text.split("\n"))


def as_html(summary: Summary) -> str:
    """Return a summary as HTML that follows the theme of JupyterLab, and is readable without it."""
    run = summary.run
    phases = "".join(_phase_row(phase) for phase in summary.phases)
    facts = "".join(f"<div><b>{escape(label)}:</b> {escape(text)}</div>" for label, text in _facts(summary))
    said = f"<p>{escape(without_ids(summary.standing))}</p>" if summary.standing and _says_more(summary) else ""
    outcome = f"<div>{escape(summary.outcome)}</div>" if summary.outcome else ""
    needs = "".join(
        f"<li><b>{escape(kind)}</b>: {escape(text)} <code>{escape(way)}</code></li>"
        for kind, text, way in _needs(summary)
    )
    waiting = f'<div><b>Waits for you:</b><ul style="margin:2px 0 0">{needs}</ul></div>' if needs else ""
    table = '<table style="border-collapse:collapse;margin:4px 0;text-align:left;font:inherit;color:inherit">'
    return visible(
        '<div style="font-family:var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,inherit);'
        "border:1px solid var(--jp-border-color2,#8888);border-radius:4px;padding:8px 12px;max-width:60em;"
        'line-height:1.5">'
        f"<div><b>{escape(run['name'])}</b>: {escape(_status(summary))}</div>{outcome}"
        f"{table}{phases}</table>{facts}{said}{waiting}</div>"
    )


def _says_more(summary: Summary) -> bool:
    """Whether why the run stands still is not among what waits for the person anyway."""
    return bool(summary.standing) and not any(need.kind in ("phase", "run", "budget") for need in summary.needs)


def without_ids(text: str) -> str:
    """Replace quoted ids, so that the same run shows the same text every time.

    Examples
    --------
    >>> without_ids('run.retry("task-0a1b2c3d")')
    'run.retry(id)'
    """
    return _AN_ID.sub("id", text)


def _status(summary: Summary) -> str:
    run = summary.run
    reason = run.get("reason") if run["status"] in ("failed", "stopped", "paused") else None
    return f"{run['status']} ({without_ids(reason)})" if reason else run["status"]


def _tasks(phase: PhaseLine) -> str:
    order = (*_TASK_ORDER[1:], "cancelled")
    counts = " · ".join(f"{phase.tasks[s]} {s.replace('_', ' ')}" for s in order if phase.tasks.get(s))
    if not phase.total:
        return counts or ("no tasks" if phase.status == "complete" else "no tasks yet")
    return f"{phase.done} of {phase.total} done" + (f" · {counts}" if counts else "")


def _facts(summary: Summary) -> list[tuple[str, str]]:
    facts = [("Tickets", _counts(summary.tickets) or "none yet")]
    total = sum(summary.requirements.values())
    marked = f"; of these {_counts(summary.marks)}" if summary.marks else ""
    facts.append(("Requirements", f"{_counts(summary.requirements)}{marked}" if total else "none"))
    if summary.changes:
        facts.append(("Changed", ", ".join(f"{words} {n}" for words, n in summary.changes.items())))
    tokens = summary.used.get("input_tokens", 0) + summary.used.get("output_tokens", 0)
    cost = "".join(f", {amount:.2f} {currency}" for currency, amount in summary.used.get("cost", {}).items())
    if tokens or cost:
        facts.append(("Used", f"{tokens:,} tokens{cost}"))
    return facts


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n)


def _needs(summary: Summary) -> list[tuple[str, str, str]]:
    shown = [
        (n.kind, _one_line(n.text), without_ids(n.ways_out[0]) if n.ways_out else "")
        for n in summary.needs[:_SHOWN_NEEDS]
    ]
    more = len(summary.needs) - len(shown)
    return [*shown, ("and", f"{more} more", "")] if more > 0 else shown


def _one_line(text: str) -> str:
    return shorten(text, _NEED_LENGTH, placeholder=" …")


def _phase_row(phase: PhaseLine) -> str:
    colour = "var(--jp-error-color1,#c62828)" if phase.tasks.get("failed") else "var(--jp-success-color1,#2e7d32)"
    # The bar is text: where notebooks are shown without styles (untrusted, or on GitHub), it is still a bar.
    progress = (
        f'<span role="img" aria-label="{phase.done} of {phase.total} tasks done" style="color:{colour}">'
        f"{bar(phase.done, phase.total)}</span>"
    )
    cells = (f"{phase.number} {escape(phase.name)}", escape(phase.status), progress, escape(_tasks(phase)))
    return (
        "<tr>" + "".join(f'<td style="padding:1px 12px 1px 0;text-align:left">{cell}</td>' for cell in cells) + "</tr>"
    )
