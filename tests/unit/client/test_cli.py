"""The command line: what it prints, and with which exit code it ends."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from heph_nb.cli import heph as group
from heph_nb.cli.app import FAILED, TIMED_OUT, USAGE, exit_code
from heph_nb.cli.ways import as_commands
from heph_nb.client.launch import _import_path
from heph_nb.errors import (
    BackendUnavailableError,
    InvalidError,
    NotFoundError,
    RunFailedError,
    SqlRefusedError,
    StateFileError,
    StorageError,
    WaitTimeoutError,
    WrongStateError,
)
from heph_nb.run.starting import start

CONTRACT = {
    "bootstrap", "demo", "status", "wait", "sql", "start-phase", "pause", "resume", "stop", "export", "retry", "answer",
    "serve", "shutdown", "lab", "curl-example", "resolve-ticket", "create-task", "create-ticket", "questions",
    "requirements", "tasks", "tickets", "mark", "rules", "revoke", "set-budget", "restart",
}  # fmt: skip
BOOTSTRAP_KEYS = {"run_id", "state", "url", "backend_pid", "owner_id", "agent_id", "task_id", "status"}


def test_every_command_of_the_contract_is_there_has_help_and_takes_a_state_file():
    assert set(group.commands) >= CONTRACT
    for name, command in group.commands.items():
        shown = CliRunner().invoke(group, [name, "--help"])
        assert shown.exit_code == 0, name
        assert "--state" in shown.output, name
        assert command.help, name


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WaitTimeoutError, TIMED_OUT), (RunFailedError, FAILED), (BackendUnavailableError, FAILED),
        (StorageError, FAILED), (SqlRefusedError, USAGE), (InvalidError, USAGE), (NotFoundError, USAGE),
        (WrongStateError, USAGE), (StateFileError, USAGE),
    ],
)  # fmt: skip
def test_each_error_has_its_exit_code(error, code):
    assert exit_code(error("x")) == code


def test_bootstrap_prints_one_json_object_and_the_agent_works(heph, project, state):
    done = heph("bootstrap", "--working-dir", project, "--prd", project / "PRD.md", "--state", state, "--json")
    told = json.loads(done.stdout)
    assert set(told) == BOOTSTRAP_KEYS
    assert done.stdout.count("\n") == 1
    assert str(state) in done.stderr
    assert told["state"] == str(state)
    assert psutil.pid_exists(told["backend_pid"])
    agent = f"select preset, status from agents where id = '{told['owner_id']}'"
    assert json.loads(heph("sql", agent, "--format", "json", "--state", state).stdout) == [
        {"preset": "person", "status": "working"}
    ]
    heph("wait", told["run_id"], "--timeout", 120, "--state", state)
    again = heph("bootstrap", "--working-dir", project, "--prd", project / "PRD.md", "--state", state)
    assert "Attached" in again.stdout
    assert told["run_id"] in again.stdout
    status = json.loads(heph("status", "--json", "--state", state).stdout)
    assert [run["run"]["status"] for run in status["runs"]] == ["completed"]


def test_a_run_of_which_a_phase_waits_times_out_is_started_and_stopped(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.wait(phase=1)
    late = heph("wait", run.id, "--timeout", "0.2", "--state", state, check=3)
    assert "did not end in 0.2 seconds" in late.stderr
    why = f"Phase 2 (implementation) has not been started: heph start-phase {run.id} 2 --state {state}."
    assert late.stderr.splitlines()[1] == why
    heph("pause", run.id, "--state", state)
    assert f"-> heph resume {run.id}" in heph("status", "--state", state).stdout
    heph("resume", run.id, "--state", state)
    assert "is open" in heph("start-phase", run.id, 2, "--state", state).stdout
    assert "paused" in heph("pause", run.id, "--state", state).stdout
    assert "active" in heph("resume", run.id, "--state", state).stdout
    assert "stopped" in heph("stop", run.id, "--reason", "enough", "--state", state).stdout
    assert "was stopped: enough" in heph("wait", run.id, "--state", state, check=1).stderr
    refused = heph("resume", run.id, "--state", state, check=2)
    assert refused.stderr.splitlines()[-1].startswith("Error: ")


def test_sql_speaks_table_json_and_csv_and_refuses_to_write(heph, finished):
    state = ["--state", finished.state]
    query = "select status, count(*) as n, min(created_at) as first from tasks group by status"
    (row,) = json.loads(heph("sql", query, "--format", "json", *state).stdout)
    assert row["status"] == "done"
    assert row["first"].endswith("+00:00")
    assert heph("sql", query, "--format", "csv", *state).stdout.splitlines()[0] == "status,n,first"
    assert heph("sql", query, *state).stdout.splitlines()[0].split() == ["status", "n", "first"]
    for refused in ("drop table task_versions", "select * from read_csv('/etc/passwd')", "selec"):
        error = heph("sql", refused, *state, check=2)
        assert error.stdout == ""
        assert error.stderr.splitlines()[-1].startswith("Error: ")


def test_status_and_tickets_say_where_the_file_is_and_how_far_the_run_is(heph, finished):
    shown = heph("status", "--state", finished.state).stdout
    assert str(finished.state) in shown
    assert "completed" in shown
    assert finished.id in shown
    board = json.loads(heph("tickets", "--format", "json", "--state", finished.state).stdout)
    assert {row["id"] for row in board} == set(finished.tickets()["id"])


def test_the_curl_example_works_as_it_is_printed_and_shows_no_token(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    line = heph("curl-example", "--state", state).stdout.strip()
    assert run.client.info.token not in line
    answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    told = json.loads(answer)
    assert told["success"] is True
    assert told["status"] == "backlog"
    assert told["message"] == "Ticket created successfully"
    assert told["ticket_id"] in set(run.tickets()["id"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"], ["wait"], ["sql", "select 1"], ["pause", "r"], ["export", "r", "f"], ["retry", "t"], ["shutdown"],
        ["answer", "q", "text"], ["start-phase", "r", "2"], ["curl-example"], ["tickets"],
    ],
)  # fmt: skip
def test_a_command_that_creates_no_state_file_says_there_is_none(tmp_path, arguments):
    missing = tmp_path / "none.duckdb"
    done = CliRunner().invoke(group, [*arguments, "--state", str(missing)])
    assert done.exit_code == 2
    assert "There is no state file" in done.output
    assert not missing.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no PRD"),
        (b"", "empty"),
        (b"\x00\xff" * 99, "not a text file"),
        (b"Hello.\n", "No requirement"),
    ],
)
def test_a_prd_that_cannot_be_used_ends_bootstrap_with_2(heph, project, state, content, words):
    prd = project / "bad.md"
    if content is not None:
        prd.write_bytes(content)
    done = heph("bootstrap", "--working-dir", project, "--prd", prd, "--state", state, check=2)
    assert words in done.stderr.splitlines()[-1]
    assert str(prd) in done.stderr


def test_a_state_file_that_is_not_duckdb_is_refused_and_kept(heph, tmp_path):
    state = tmp_path / "notes.txt"
    state.write_text("my notes\n" * 1000)
    done = heph("status", "--state", state, check=2)
    assert "not a DuckDB file" in done.stderr
    assert state.read_text().startswith("my notes")


def test_shutdown_ends_the_backend_once(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    pid = run.client.info.pid
    assert "has ended" in heph("shutdown", "--state", state).stdout
    assert not psutil.pid_exists(pid)
    assert "No backend" in heph("shutdown", "--state", state).stdout


def test_a_wrong_use_is_2_and_a_wrong_setting_is_named(heph, monkeypatch, tmp_path):
    assert heph("bootstrap", check=2).stdout == ""
    assert heph("no-such-command", check=2).stdout == ""
    (tmp_path / "hephaestus.duckdb").touch()
    monkeypatch.setenv("HEPH_START_SECONDS", "soon")
    assert "HEPH_START_SECONDS" in heph("status", check=2).stderr


def test_bootstrap_can_wait_for_the_end_and_prints_its_object_then(heph, project, state):
    arguments = ["bootstrap", "--working-dir", project, "--prd", project / "PRD.md", "--state", state, "--wait"]
    told = json.loads(heph(*arguments, "--json").stdout)
    assert told["status"] == "completed"
    again = heph(*arguments)
    assert "Attached" in again.stdout
    assert "completed" in again.stdout
    assert "\x1b" not in again.stdout


def test_serve_runs_in_the_foreground_until_it_is_ended_and_only_once(heph, state):
    command = [sys.executable, "-c", "from heph_nb.cli import main; main()", "serve", "--state", str(state)]
    with subprocess.Popen(command, env=os.environ | _import_path(), stderr=subprocess.PIPE, text=True) as served:
        next(line for line in served.stderr if "serves at" in line)
        again = heph("serve", "--state", state).stdout
        assert f"pid {served.pid}" in again
        assert "has ended" in heph("shutdown", "--state", state).stdout
        served.communicate()
    assert served.returncode == 0


def test_serve_says_what_is_wrong_with_a_file(heph, tmp_path):
    (tmp_path / "notes.txt").write_text("my notes\n" * 1000)
    done = heph("serve", "--state", tmp_path / "notes.txt", check=2)
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "not a DuckDB file" in done.stderr


def test_output_that_cannot_be_written_is_one_sentence(heph, project, state):
    start(project / "PRD.md", project, state=state, manual=True)
    command = [sys.executable, "-c", "from heph_nb.cli import main; main()", "status", "--state", state]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=os.environ | _import_path(), check=False
        )
    assert (done.returncode, done.stderr.count("\n")) == (FAILED, 1)
    assert "cannot be written: No space left" in done.stderr


@pytest.mark.parametrize("seconds", ["-1", "nan"])
def test_a_time_that_is_none_is_refused(heph, project, state, seconds):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    assert "makes no sense" in heph("wait", run.id, "--timeout", seconds, "--state", state, check=2).stderr


@pytest.fixture
def interruptible():
    """Let children hear Ctrl-C, also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_says_what_becomes_of_the_run_only_where_one_goes_on(heph, project, state, interruptible):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    command = [sys.executable, "-c", "from heph_nb.cli import main; main()", "wait", run.id, "--state", state]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | _import_path()) as waiting:
        try:
            assert str(state) in waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            said = waiting.communicate(timeout=60)[1]
        finally:
            waiting.kill()
    assert waiting.returncode == 130
    assert said.startswith("Interrupted")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ('run.approve("p-1") or run.deny("p-1", "why")', "heph approve p-1 or heph deny p-1 --reason why"),
        ('run.approve("p-1", always=True)', "heph approve p-1 --always"),
        ("run.approve(id) or run.deny(id, reason).", "heph approve ID or heph deny ID --reason REASON."),
        ('run.retry("task-1", agent="outline")', "heph retry task-1 --agent outline"),
        ('run.answer("q-1", "your answer")', "heph answer q-1 'your answer'"),
        ("It waits: run.start_phase(2).", "It waits: heph start-phase run-1 2."),
        ('run.resolve_ticket("t-1") or', "heph resolve-ticket t-1 or"),
        ('run.create_task("what (to) do", phase=2, ticket="t-1")',
         "heph create-task run-1 'what (to) do' --phase 2 --ticket t-1"),
        ('run.create_ticket("x", requirement_ids=["R-1", "R-2"])',
         "heph create-ticket run-1 x --requirement R-1 --requirement R-2"),
        ("run.summary().waiting()", "run.summary().waiting()"),
        ("The run is paused (later): run.resume() goes on.", "The run is paused (later): heph resume run-1 goes on."),
        ("None yet: `heph bootstrap` starts one.", "None yet: `heph bootstrap` starts one."),
    ],
)  # fmt: skip
def test_ways_out_are_commands_that_exist(said, typed):
    assert as_commands(said, "run-1") == typed
    for name in re.findall(r"heph ([\w-]+)", typed):
        assert name in group.commands


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("run.pause() or run.stop()", "heph pause run-1 --state S or heph stop run-1 --state S"),
        ("`heph status`, or `heph shutdown`.", "`heph status --state S`, or `heph shutdown --state S`."),
        ("`run.stop()`; `heph shutdown --state T`.", "`heph stop run-1 --state S`; `heph shutdown --state T`."),
    ],
)  # fmt: skip
def test_every_way_out_leads_to_the_state_file_that_is_meant(said, typed):
    assert as_commands(said, "run-1", " --state S") == typed


def test_the_line_that_an_error_suggests_reaches_the_same_state_file(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    paused = heph("pause", run.id, "--state", state).stdout
    assert paused == f"Run {run.id} is paused; heph resume {run.id} --state {state} goes on.\n"
    refused = heph("wait", run.id, "--timeout", 0, "--state", state.name, check=3).stderr
    line = re.search(r"Error: .*: (heph resume .*) goes on", refused)[1]
    heph(*shlex.split(line)[1:], cwd=Path("/"))
    assert run.status == "active"
    elsewhere = heph("status", "--state", "none.duckdb", check=2).stderr
    assert f"`heph bootstrap --state {heph.cwd / 'none.duckdb'}`" in elsewhere


def test_what_waits_is_shown_shortly_and_is_dealt_with_by_what_is_printed(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    first = run.create_ticket("First")
    told = heph("resolve-ticket", first, "--state", state).stdout
    assert told == f"Ticket {first} is resolved.\n"
    ticket = heph("create-ticket", run.id, "Second", "--requirement", "R-001", "--state", state).stdout.strip()
    task = heph("create-task", run.id, "Do it", "--phase", 2, "--ticket", ticket, "--state", state).stdout.strip()
    assert set(run.tickets()["status"]) >= {"backlog", "done"}
    assert task in list(run.tasks()["id"])
    run.stop()
    late = heph("create-ticket", run.id, "Late", "--state", state).stderr
    assert "The run is stopped: nothing comes of it." in late
    again = heph(
        "bootstrap", "--working-dir", project, "--prd", project / "PRD.md", "--state", state, "--max-agents", 2
    )
    assert "which keeps manual=True, max_agents=4; new=True" in again.stdout.replace("\n", " ")


def test_a_prd_is_found_in_the_working_directory_and_an_earlier_text_of_it_is_named(heph, project, state):
    arguments = ["bootstrap", "--working-dir", project, "--state", state, "--manual", "--prd"]
    first = heph(*arguments, "PRD.md").stdout
    assert f"The PRD is {project / 'PRD.md'}; there is none at {heph.cwd / 'PRD.md'}." in first
    run = re.search(r"^Run: (\S+)$", first, re.MULTILINE)[1]
    missing = heph(*arguments, "NONE.md", check=2).stderr
    assert f"There is no PRD at {heph.cwd / 'NONE.md'}, nor at {project / 'NONE.md'}" in missing
    with (project / "PRD.md").open("a") as prd:
        prd.write("- The command `sub A B` must print the difference of A and B.\n")
    second = heph(*arguments, project / "PRD.md").stdout
    assert f"Run started; the run {run} has an earlier text of this PRD: its answers and marks are not" in second
    assert "earlier text" not in heph(*arguments, project / "PRD.md").stdout
