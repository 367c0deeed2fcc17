"""Checks: exit codes, bounded output, and no process left behind."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest

from heph_nb.agents.checks import CheckResult, check_environment, run_check
from heph_nb.errors import InvalidError


def check(command: str, cwd: Path, **options: object) -> CheckResult:
    return asyncio.run(run_check(command, cwd, **options))  # type: ignore[arg-type]


def alive(pid_file: Path) -> bool:
    pid = int(pid_file.read_text())
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_command_line_is_a_shells(tmp_path: Path) -> None:
    result = check("echo one && echo two >&2; cat; exit 3", tmp_path)
    assert (result.exit_code, result.output, result.passed) == (3, "one\ntwo\n", False)
    assert result.command == "echo one && echo two >&2; cat; exit 3"
    assert 0 < result.seconds < 60
    assert check('test "$(pwd)" = "$0" || pwd', tmp_path).output == f"{tmp_path}\n"
    assert check("true", tmp_path).passed


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [("no-such-command-at-all", 127, "not found"), ("kill -9 $$", 137, "SIGKILL"), ("if", 2, "yntax error")],
)
def test_what_went_wrong_can_be_read(tmp_path: Path, command: str, code: int, text: str) -> None:
    result = check(command, tmp_path)
    assert result.exit_code == code
    assert text in result.output


def test_a_command_that_cannot_be_started_is_a_result(tmp_path: Path) -> None:
    result = check("echo " + "x" * 3_000_000, tmp_path)
    assert result.exit_code == 126
    assert "could not be started" in result.output
    with pytest.raises(InvalidError, match="is not a directory"):
        check("true", tmp_path / "nowhere")


def test_tokens_of_the_backend_do_not_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEPH_TOKEN", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "GIT_DIR", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    output = check("env", tmp_path, env={"EXTRA": "given"}).output
    assert "secret" not in output
    assert "EXTRA=given" in output
    names = {line.partition("=")[0] for line in output.splitlines()}
    assert names <= {*check_environment(), "EXTRA", "HEPH_CHECK", "PWD", "OLDPWD", "SHLVL", "_"}


def test_programs_beside_this_python_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert check("pytest -p no:nbval --version", tmp_path).passed


def test_long_output_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    result = check("echo first; seq 1 200000; echo last", tmp_path, output_limit=1000)
    assert result.output.startswith("first\n1\n2\n")
    assert result.output.endswith("199999\n200000\nlast\n")
    assert "bytes left out" in result.output
    assert len(result.output) < 1100
    assert check("printf 12345", tmp_path, output_limit=4).output == "12\n[… 1 bytes left out …]\n45"


def test_bytes_that_are_no_text_become_text(tmp_path: Path) -> None:
    assert check(r"printf 'a\000b\377c'", tmp_path).output == "a\ufffdb\ufffdc"


def test_a_check_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    command = (
        "sleep 300 & echo $! > child; setsid sleep 300 & echo $! > session; "
        "(setsid sh -c 'echo $$ > daemon; exec sleep 300' &) ; echo started; sleep 300"
    )
    started = time.monotonic()
    result = check(command, tmp_path, timeout=0.5)
    assert time.monotonic() - started < 20
    assert result.exit_code == 124
    assert result.output.startswith("started\n")
    assert "stopped after 0.5 seconds" in result.output
    assert not any(alive(tmp_path / name) for name in ("child", "session", "daemon"))


def test_a_daemon_that_keeps_the_output_open_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never")
    command = "(setsid sh -c 'echo $$ > daemon; read line < never' &); while [ ! -s daemon ]; do :; done; echo done"
    started = time.monotonic()
    result = check(command, tmp_path, timeout=60)
    assert time.monotonic() - started < 20
    assert (result.exit_code, result.output) == (0, "done\n")
    assert not alive(tmp_path / "daemon")


def test_a_flood_of_output_ends_in_time(tmp_path: Path) -> None:
    result = check("yes", tmp_path, timeout=0.3, output_limit=100)
    assert result.exit_code == 124
    assert len(result.output) < 300


def test_a_cancelled_check_is_ended_too(tmp_path: Path) -> None:
    async def main() -> None:
        os.mkfifo(tmp_path / "ready")
        os.mkfifo(tmp_path / "never")
        command = "setsid sh -c 'echo $$ > child; echo > ready; read line < never' & sleep 300"
        task = asyncio.create_task(run_check(command, tmp_path))
        await asyncio.to_thread((tmp_path / "ready").read_text)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not alive(tmp_path / "child")


def test_checks_run_side_by_side_without_leaving_descriptors(tmp_path: Path) -> None:
    async def main() -> list[CheckResult]:
        return await asyncio.gather(*(run_check(f"echo {n}", tmp_path) for n in range(20)))

    before = psutil.Process().num_fds()
    assert [result.output for result in asyncio.run(main())] == [f"{n}\n" for n in range(20)]
    assert psutil.Process().num_fds() == before


def test_it_works_on_the_backends_event_loop(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run_check("echo hello; exit 2", tmp_path)).exit_code == 2
        late = runner.run(run_check("echo hello; setsid sleep 300 & sleep 300", tmp_path, timeout=0.3))
    assert late.exit_code == 124
    assert late.output.startswith("hello\n")
