"""What a ticket, a task or a commit changed, as a person reads it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import httpx
import pytest

from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.run.diffs import ChangedFile, Diff
from heph_nb.run.starting import start


@pytest.fixture(scope="module")
def ticket(finished):
    return finished.tickets()["id"][0]


def git(run, *arguments):
    done = subprocess.run(["git", *arguments], cwd=run.record["working_dir"], check=True, capture_output=True)
    return done.stdout.decode()


def test_a_tickets_diff_is_all_that_was_merged_for_it(finished, ticket):
    diff = finished.diff(ticket)
    merged = finished.merges().query("status == 'merged'").merge(finished.tasks(), left_on="task_id", right_on="id")
    mine = merged[merged["ticket_id"] == ticket]["merge_commit"].tolist()
    assert [part.commit for part in diff.parts] == mine
    names = {name for commit in mine for name in git(finished, "diff", "--name-only", f"{commit}^1", commit).split()}
    assert {file.path for file in diff.files} == names
    assert diff.text == "".join(git(finished, "diff", f"{commit}^1", commit) for commit in mine)
    assert diff.note is None
    assert diff.as_dict()["files"][0]["path"] == diff.files[0].path
    assert finished.diff(ticket[:13]) == diff


def test_a_task_and_a_commit_have_diffs_too(finished, ticket):
    both = finished.diff(ticket)
    tasks = finished.tasks()
    each = [finished.diff(task=id) for id in tasks[tasks["ticket_id"] == ticket]["id"]]
    assert "".join(diff.text for diff in each) == both.text
    commit = finished.commits()["commit_sha"][0]
    assert finished.diff(commit=commit).text == finished.diff(commit=commit[:10]).text == each[0].text


def test_a_diff_of_nothing_says_why(project, state):
    run = start(project / "PRD.md", project, state=state).run.pause()
    ticket = run.create_ticket("Empty")
    diff = run.diff(ticket)
    assert (diff.text, diff.files) == ("", ())
    assert repr(diff) == "Empty\nTicket 'Empty' has no task and no commit: nothing was changed for it."
    task = run.create_task("Later", phase=3, ticket=ticket)
    states = [run.diff(ticket).note, run.diff(task=task).note]
    status = run.tasks().set_index("id")["status"][task]
    assert states == [
        f"Ticket 'Empty' has 1 task ({status}) and no commit: nothing was changed for it.",
        f"Task 'Later' is {status} and has no commit: nothing was changed for it.",
    ]
    (project / "by_hand.txt").write_text("x\n")
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x"], cwd=project, check=True)
    sha = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True).stdout
    run.client.call("tickets/link-commit", {"ticket_id": ticket, "commit_sha": sha.strip(), "message": "by hand"})
    linked = run.diff(ticket)
    assert [part.title for part in linked.parts] == ["by hand"]
    assert linked.note is None
    assert ChangedFile("by_hand.txt", 1, 0) in linked.files


def test_what_cannot_be_shown_is_refused(finished, ticket):
    with pytest.raises(InvalidError, match="Name one"):
        finished.diff()
    with pytest.raises(InvalidError, match="Name one"):
        finished.diff(ticket, commit="abcdef0")
    with pytest.raises(NotFoundError):
        finished.diff("ticket-none")
    with pytest.raises(NotFoundError, match="has no commit 0000000"):
        finished.diff(commit="0000000")
    with pytest.raises(InvalidError, match="hexadecimal"):
        finished.diff(commit="--output=x")


def test_the_routes_are_documented_and_closed(finished, ticket):
    paths = httpx.get(f"{finished.client.info.url}/openapi.json", trust_env=False).json()["paths"]
    assert {f"/api/{noun}/{{id}}/diff" for noun in ("tickets", "tasks", "commits")} <= set(paths)
    assert httpx.get(f"{finished.client.info.url}/api/tickets/{ticket}/diff", trust_env=False).status_code == 401


def test_it_shows_itself_with_every_line_escaped_and_no_more_than_can_be_read():
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-<b>\tone\x1b\n+two\n same\n"
    diff = Diff("Adder", text, (ChangedFile("x", 1, 1), ChangedFile("p.png", None, None)))
    shown = diff._repr_mimebundle_()
    assert repr(diff).startswith(
        "Adder: 2 files, +1 -1\n         +1 -1  x\n        binary  p.png\n\ndiff --git a/x b/x\n"
    )
    assert str(diff) == text
    assert "&lt;b&gt;\tone\\x1b\n</span>" in shown["text/html"]
    assert re.sub(r"<[^>]*>", "", shown["text/html"].partition("<pre")[2].partition(">")[2]).count("\n") == 7
    assert "--jp-error-color1" in shown["text/html"]
    assert "--jp-success-color1" in shown["text/html"]
    long = replace(diff, text="+x\n" * 1000, missing=1_000_000)
    assert repr(long).endswith("+x\n400 more lines: print(diff.text) has all.")
    assert "1 more file: diff.files has all." in repr(replace(diff, files=diff.files[:1] * 101))
    assert max(map(len, repr(replace(diff, text="+" + "x" * 5000)).split("\n"))) < 1100
    assert "1,000,000 of its 1,003,000 bytes are missing here" in repr(long)
