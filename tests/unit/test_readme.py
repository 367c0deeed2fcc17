"""The README shows only what exists: commands, options, Python names, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

import heph_nb
from heph_nb.cli import heph
from heph_nb.run.handle import Run
from heph_nb.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SET_UP = (
    "python3 -m venv .venv && .venv/bin/pip install -q '.[lab]' && .venv/bin/heph demo",
    "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/pytest",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Every ``heph ...`` in a block of shell or in a span of code, as words."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL))
    found = [re.search(r"(?:^|/)heph (.+)$", text) for text in lines + spans]
    return [shlex.split(match[1].split(" | ")[0]) for match in found if match]


def command(name: str) -> click.Command:
    from heph_nb.cli import listing, looking, serving, starting, steering  # noqa: F401 - importing them adds their commands

    known = heph.commands
    assert name in known, f"heph {name} is shown and does not exist"
    return known[name]


@pytest.mark.parametrize("line", SET_UP)
def test_each_set_up_command_is_alone_on_a_line_of_a_block(line: str):
    assert [found for block in blocks("sh") for found in block.splitlines()].count(line) == 1


def test_the_command_that_runs_the_tests_is_the_one_that_ci_takes():
    found = re.findall(r"^(python3 -m venv .*\.\[test\].*pytest.*)$", README, re.MULTILINE)
    assert found[:1] == [SET_UP[1]]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_that_is_shown_can_be_typed(words: list[str]):
    shown = command(words[0])
    context = shown.make_context(words[0], list(words[1:]), resilient_parsing=True)
    assert not context.args, f"heph {' '.join(words)}: {context.args} is too much"
    options = {option for parameter in shown.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= options


def test_every_method_of_a_run_that_is_shown_exists():
    shown = set(re.findall(r"\brun\.(\w+)", README))
    assert {"tickets", "wait", "start_phase"} <= shown
    assert [name for name in sorted(shown) if not hasattr(Run, name) and name != "duckdb"] == []


def test_every_public_name_that_is_shown_exists():
    shown = set(re.findall(r"\bheph\.(\w+)", README))
    assert "bootstrap" in shown
    assert shown <= set(heph_nb.__all__)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_is_python(block: str):
    compile(block, "README.md", "exec")


def test_every_variable_that_is_shown_is_a_setting():
    shown = set(re.findall(r"\bHEPH_(\w+)", README))
    assert {name.lower() for name in shown} <= set(Settings.model_fields)


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere():
    headings = {anchor_of(text) for text in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    assert targets
    for target in targets:
        path, _, anchor = target.partition("#")
        if not target.startswith("https://"):
            assert (ROOT / path).exists(), target
            assert not anchor or anchor in headings, target


def test_it_begins_with_what_it_is_and_a_picture():
    top = README.split("\n## ")[0]
    alt, image = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", top)[0]
    assert len(alt) > 40
    assert (ROOT / image).read_bytes().startswith(b"\x89PNG")
