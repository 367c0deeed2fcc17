"""The agent as others meet it: a process that speaks ACP, with its tools on a real MCP server."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import acp
import pytest

from heph_nb.agents.outline.documents import layout
from tests.unit.outline.board import Board, Client, Driver, served, started
from tests.unit.outline.support import TEXTKIT

LABEL = "outline: deterministic, no model"
VAGUE = "# Kit\n\n## Needs\n- The kit must sort rows.\n- The kit must be fast.\n- The kit must be highly available.\n"


def git(repo: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=person", "-c", "user.email=person@example.org", *arguments]
    return subprocess.run(command, cwd=repo, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = tmp_path / "repo"
    path.mkdir()
    git(path, "init", "-q")
    (path / "PRD.md").write_text(TEXTKIT, "utf-8")
    git(path, "add", ".")
    git(path, "commit", "-qm", "A PRD")
    return path


async def work_off(driver: Driver, board: Board, repo: Path) -> None:
    """Let the agent do every task there is, and those that come up meanwhile."""
    done = 0
    while done < len(board.tasks):
        assert await driver.work(repo, board.tasks[done]["id"]) == "end_turn"
        done += 1


def tasks(board: Board, phase: int, kind: str = "work") -> list[dict]:
    return [t for t in board.tasks if t["phase"] == phase and t["kind"] == kind]


def test_a_prd_goes_through_all_phases_with_nobody_touching_it(agent, repo):
    board = Board(TEXTKIT)

    async def main() -> Client:
        first = board.add_task(1, title="Analysis: textkit")
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)
            assert board.tasks[0]["id"] == first
            return driver.client

    client = agent.run(main())
    assert {f["status"] for f in board.finished.values()} == {"done"}
    assert not any(f.get("implemented") for f in board.finished.values())
    covered = [id for t in board.tickets for id in t["requirement_ids"]]
    assert sorted(covered) == [r["id"] for r in board.requirements]
    for phase in (2, 3):
        assert sorted(t["ticket_id"] for t in tasks(board, phase)) == [t["id"] for t in board.tickets]
    files = set(git(repo, "ls-files").split())
    for ticket in board.tickets:
        key = layout.key_of(ticket, board.run_id)
        assert {layout.specification(board.run_id, key), layout.validation(board.run_id, key)} <= files
    assert layout.checklist(board.run_id) in files
    assert sum(path.startswith("tests/test_") for path in files) == len(board.tickets)
    linked = {id for link in board.links for id in link["requirement_ids"]}
    assert linked == set(covered)
    assert all({link["file"], link["test"]} <= files for link in board.links)
    assert [q["requirement_ids"] for q in board.questions] == [["R-007"]]
    assert any(m["kind"] == "decision" for m in board.memories)
    assert len(board.reports) == len(board.tasks)
    assert all(text.startswith(f"[{LABEL}] ") for text in client.said())
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "diff", "--check", git(repo, "rev-list", "--max-parents=0", "HEAD").strip(), "HEAD") == ""
    for message in git(repo, "log", "--format=%B%x00", "--skip=0").split("\0")[:-2]:
        assert f"Heph-Run: {board.run_id}" in message
        assert "Heph-Task: task-" in message
    assert git(repo, "log", "-1", "--format=%an <%ae>").strip() == "outline <outline@heph.invalid>"


def test_side_effects_are_asked_for_with_what_they_are(agent, repo):
    board = Board(TEXTKIT)

    async def main() -> Client:
        async with agent.on(board) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))
            await driver.work(repo, tasks(board, 2)[0]["id"])
            return driver.client

    client = agent.run(main())
    assert [call.kind for call in client.asked] == ["edit", "execute"] * 2
    edit, execute = client.asked[2:]
    assert [c.type for c in edit.content] == ["diff", "diff"]
    assert all(c.new_text and c.old_text is None for c in edit.content)
    assert all(Path(where.path).is_relative_to(repo) for where in edit.locations)
    commands = execute.raw_input["command"].split(" && ")
    assert commands[0].startswith("git add ")
    assert any("-m pytest" in line for line in commands)
    reported = {u.tool_call_id: u.status for _, u in client.updates if u.session_update == "tool_call_update"}
    assert set(reported.values()) == {"completed"}
    plans = [u for _, u in client.updates if u.session_update == "plan"]
    assert next(e.status for e in plans[0].entries) == "in_progress"
    assert [e.status for e in plans[-1].entries][:-1] == ["completed"] * (len(plans[-1].entries) - 1)


@pytest.mark.parametrize("denied", ["edit", "execute"])
def test_a_denial_is_obeyed_and_told(agent, repo, denied):
    board = Board(TEXTKIT)

    async def main() -> None:
        async with agent.on(board, Client(deny=(denied,))) as driver:
            assert await driver.work(repo, board.add_task(1, title="Analysis")) == "end_turn"

    agent.run(main())
    (said,) = board.finished.values()
    assert said["status"] == "failed"
    assert "not today" in said["summary"]
    assert not board.tickets
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "rev-list", "--count", "HEAD").strip() == "1"


def test_doing_a_task_again_creates_nothing_twice(agent, repo):
    board = Board(TEXTKIT)

    async def main() -> tuple[int, ...]:
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)
            counts = (len(board.tickets), len(board.tasks), len(board.questions), len(board.memories))
            for task in list(board.tasks):
                await driver.work(repo, task["id"])
            return counts

    counts = agent.run(main())
    assert (len(board.tickets), len(board.tasks), len(board.questions), len(board.memories)) == counts
    assert git(repo, "status", "--porcelain") == ""


def test_what_a_check_leaves_behind_is_not_handed_in(agent, repo):
    board = Board(TEXTKIT)
    littering = "echo 1 >> app.log; echo more >> PRD.md; mkdir made; touch made/x; rm pyproject.toml"
    board.phases[2] = {**board.phases[2], "checks": [littering]}
    before = git(repo, "ls-files")

    async def main() -> None:
        async with agent.on(board) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))
            await driver.work(repo, tasks(board, 2)[0]["id"])

    agent.run(main())
    assert git(repo, "status", "--porcelain") == ""
    new = set(git(repo, "ls-files").split()) - set(before.split())
    assert all(path.startswith(("docs/heph/", "tests/")) for path in new), new
    assert not (repo / "made").exists()


def test_what_somebody_else_put_on_the_board_is_not_planned_again(agent, repo):
    board = Board(TEXTKIT)
    board.tickets.append({"id": "ticket-own", "title": "Mine", "description": "", "requirement_ids": ["R-005", "R-006"],
                          "blocked_by": [], "ticket_type": "component", "priority": "high"})  # fmt: skip

    async def main() -> None:
        async with agent.on(board) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))

    agent.run(main())
    planned = [id for t in board.tickets[1:] for id in t["requirement_ids"]]
    assert sorted(planned) == ["R-001", "R-002", "R-003", "R-004", "R-007"]


def test_a_dropped_requirement_is_left_out(agent, repo):
    board = Board(TEXTKIT, marks={"R-007": "dropped"})

    async def main() -> None:
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)

    board.add_task(1, title="Analysis")
    agent.run(main())
    assert "R-007" not in [id for t in board.tickets for id in t["requirement_ids"]]
    assert not board.questions


def test_sessions_run_at_once_in_one_process_each_on_its_own_task(agent, repo, tmp_path):
    board = Board(TEXTKIT)
    client = Client()

    async def main() -> None:
        async with agent.on(board, client) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))
            trees = [tmp_path / "a", tmp_path / "b"]
            for tree in trees:
                git(repo, "worktree", "add", "-q", "--detach", str(tree))
            todo = tasks(board, 2)
            assert len(todo) == len(trees)
            ends = await asyncio.gather(*(driver.work(tree, t["id"]) for tree, t in zip(trees, todo, strict=True)))
            assert ends == ["end_turn", "end_turn"]
            written = [set(git(tree, "show", "--name-only", "--format=", "HEAD").split()) for tree in trees]
            assert len(written[0]) == 2
            assert not written[0] & written[1]

    agent.run(main())
    assert len({session for session, _ in client.updates}) == 3


def test_cancelling_ends_the_turn_and_leaves_the_process_usable(agent, repo):
    board = Board(TEXTKIT)

    async def main() -> None:
        client = Client(hold=asyncio.Event())
        async with agent.on(board, client) as driver:
            task = board.add_task(1, title="Analysis")
            session = await driver.new_session(repo, task)
            turn = asyncio.create_task(driver.connection.prompt(session_id=session, prompt=[acp.text_block("x")]))
            await client.reached.wait()
            await driver.connection.cancel(session_id=session)
            assert (await turn).stop_reason == "cancelled"
            assert not board.finished
            client.hold.set()
            assert await driver.work(repo, task) == "end_turn"

    agent.run(main())
    assert len(board.finished) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_the_process_ends_when_its_input_ends(repo, busy):
    board = Board(TEXTKIT)

    async def main() -> int:
        client = Client(hold=asyncio.Event())
        async with served(board) as url, started() as (connection, process, switch):
            switch.client = client
            driver = Driver(connection, process, client, url)
            if busy:
                session = await driver.new_session(repo, board.add_task(1, title="Analysis"))
                turn = asyncio.create_task(connection.prompt(session_id=session, prompt=[acp.text_block("x")]))
                await client.reached.wait()
                turn.cancel()
            process.stdin.close()
            return await asyncio.wait_for(process.wait(), 60)

    assert asyncio.run(main()) == 0


def test_a_session_without_tools_over_http_is_refused(agent):
    async def main() -> None:
        async with agent.on(Board(TEXTKIT)) as driver:
            with pytest.raises(acp.RequestError) as refused:
                await driver.connection.new_session(cwd="/tmp", mcp_servers=[])
            assert "http" in str(refused.value.data)

    agent.run(main())


def test_a_tool_that_refuses_fails_the_task_with_the_reason(agent, repo):
    board = Board(TEXTKIT, refuse="create_ticket")

    async def main() -> None:
        async with agent.on(board) as driver:
            assert await driver.work(repo, board.add_task(1, title="Analysis")) == "end_turn"

    agent.run(main())
    (said,) = board.finished.values()
    assert said["status"] == "failed"
    assert "create_ticket is refused in this test" in said["summary"]


def test_questions_are_grouped_and_asked_once_however_many_tickets_meet_them(agent, repo):
    board = Board(VAGUE)
    (repo / "PRD.md").write_text(VAGUE, "utf-8")
    git(repo, "commit", "-qam", "Another PRD")
    for ids in (["R-001", "R-002"], ["R-003"]):
        board.do_create_ticket("", title=f"Part {ids[0]}", description="", requirement_ids=ids, blocked_by=[],
                               ticket_type="component", priority="high")  # fmt: skip
        board.add_task(3, title="Validate", ticket_id=board.tickets[-1]["id"])

    async def main() -> None:
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)

    agent.run(main())
    assert [q["requirement_ids"] for q in board.questions] == [["R-002", "R-003"]]
    assert len(tasks(board, 1, "clarification")) == 1
    assert len([t for t in board.tasks if t["title"].startswith("Complete: ")]) == 2, "nothing was specified yet"
    specified = [t for t in git(repo, "ls-files").split() if "/specs/" in t]
    assert len(specified) == 2


def test_tasks_that_nobody_planned_get_something_sensible(agent, repo):
    phases = {
        5: {"number": 5, "name": "marketing", "checks": []},
        2: {"number": 2, "name": "implementation", "role": "implementation", "checks": []},
    }
    board = Board(TEXTKIT, phases=phases)
    odd = board.add_task(5, title="Write a launch post", description="Tell people about slugs and R-003.")
    loose = board.add_task(2, title="Look at performance", description="Somebody said it is slow.")
    board.do_create_ticket("", title="Odd jobs", description="By hand.", requirement_ids=[], blocked_by=[],
                           ticket_type="bug", priority="low")  # fmt: skip
    by_hand = board.add_task(2, title="Odd jobs", ticket_id=board.tickets[0]["id"])

    async def main() -> None:
        async with agent.on(board) as driver:
            for task in (odd, loose, by_hand):
                assert await driver.work(repo, task) == "end_turn"

    agent.run(main())
    assert [board.finished[t]["status"] for t in (odd, loose, by_hand)] == ["done"] * 3
    files = git(repo, "ls-files").split()
    (note,) = [f for f in files if "write-a-launch-post" in f]
    assert "**R-003**" in (repo / note).read_text("utf-8")
    assert any("/specs/odd-jobs-" in f for f in files)
    told = board.finished[loose]["summary"]
    assert "outline writes no code" in told
    assert "written down, not done" in told
    assert next(f for f in files if "look-at-performance" in f) in told
    text = (repo / note).read_text("utf-8")
    assert 'task = run.create_task("Write a launch post", phase=5)' in text
    assert 'run.retry(task, agent="codex")' in text


def test_a_second_attempt_is_careful_and_keeps_what_somebody_wrote(agent, repo):
    board = Board(TEXTKIT)

    async def main() -> None:
        async with agent.on(board) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))
            task = tasks(board, 2)[0]
            key = layout.key_of(board.ticket(task["ticket_id"]), board.run_id)
            spec = repo / layout.specification(board.run_id, key)
            spec.parent.mkdir(parents=True)
            spec.write_text("# Mine\n\nR-001 means this.\n", "utf-8")
            git(repo, "add", ".")
            git(repo, "commit", "-qm", "By hand")
            module = f"tests/test_{key.replace('-', '_')}_{layout.tag(board.run_id)}.py"
            board.feedback = f"A check failed:\nE   in {module}: it hangs"
            await driver.work(repo, task["id"])
            assert spec.read_text("utf-8").startswith("# Mine")
            more = spec.with_name(f"{key}-more.md").read_text("utf-8")
            assert "R-002" in more
            assert not re.search(r"^### R-001", more, re.MULTILINE)
            assert "from textkit import" not in (repo / module).read_text("utf-8")

    agent.run(main())


@pytest.mark.parametrize("style", ["pytest", "unittest"])
def test_examples_that_hold_already_are_not_expected_to_fail(agent, repo, style):
    board = Board(TEXTKIT)
    (repo / "textkit.py").write_text("def slugify(text):\n    return 'hello-world'\n", "utf-8")
    own = "import unittest\n" if style == "unittest" else "import pytest\n"
    (repo / "tests").mkdir()
    (repo / "tests" / "__init__.py").write_text("", "utf-8")
    (repo / "tests" / "test_own.py").write_text(own, "utf-8")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "Something is there")

    async def main() -> None:
        async with agent.on(board) as driver:
            await driver.work(repo, board.add_task(1, title="Analysis"))
            await driver.work(repo, tasks(board, 2)[0]["id"])

    agent.run(main())
    (module,) = [repo / p for p in git(repo, "ls-files").split() if p.startswith("tests/test_slugs")]
    marks = [line.split("(")[0].strip() for line in module.read_text("utf-8").splitlines() if line.strip()[:1] == "@"]
    assert len(marks) == 3, "four requirements, of which R-002 holds"
    summary = board.finished[tasks(board, 2)[0]["id"]]["summary"]
    assert "R-002 holds already" in summary
    assert "is red" not in summary
    assert "implemented" not in board.finished[tasks(board, 2)[0]["id"]]


def test_a_prd_without_requirements_ends_with_a_question(agent, repo):
    board = Board("# Notes\n\nWe met on Tuesday.\n")

    async def main() -> None:
        async with agent.on(board) as driver:
            assert await driver.work(repo, board.add_task(1, title="Analysis")) == "end_turn"

    agent.run(main())
    assert not board.requirements
    assert not board.tickets
    assert "No requirement was found" in board.questions[0]["text"]
    assert [f["status"] for f in board.finished.values()] == ["done"]


@pytest.mark.parametrize("kind", ["file", "link that leads out"])
def test_folders_that_cannot_be_made_are_replaced_by_others(agent, repo, kind, tmp_path):
    for name in ("docs", "tests"):
        if kind == "file":
            (repo / name).write_text("not a folder")
        else:
            (repo / name).symlink_to(tmp_path)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Names that are taken")
    board = Board(TEXTKIT)

    async def main() -> None:
        board.add_task(1, title="Analysis: textkit")
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)

    agent.run(main())
    assert {f["status"] for f in board.finished.values()} == {"done"}
    files = git(repo, "ls-files").split()
    assert [name for name in files if name.startswith("heph-docs/") and "/specs/" in name]
    assert [name for name in files if name.startswith("heph_tests/test_")]
    assert not [name for name in files if name.startswith(("docs/", "tests/"))]
    assert not any("docs/heph" in ticket["description"] for ticket in board.tickets)
