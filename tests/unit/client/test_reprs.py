"""How a run looks."""

from dataclasses import replace

from heph_nb.cli.ways import as_commands
from heph_nb.run.reprs import as_html, as_text, bar, bundle
from heph_nb.run.summary import Need, PhaseLine, Summary

SUMMARY = Summary(
    run={"id": "tally-0a1b2c", "name": "Tally <b>", "status": "active", "reason": None},
    phases=(
        PhaseLine(1, "analysis", "complete", {"done": 1}),
        PhaseLine(2, "implementation", "open", {"done": 2, "running": 1, "blocked": 3, "cancelled": 1}),
        PhaseLine(3, "validation", "pending", {}),
    ),
    tickets={"backlog": 3, "done": 1},
    requirements={"open": 2, "specified": 5},
    marks={"unclear": 1},
    needs=(
        Need(
            kind="question",
            id="question-0a1b2c3d4e",
            text="How nice?",
            ways_out=('run.answer("question-0a1b2c3d4e", "your answer")',),
        ),
    ),
    standing='1 task failed: run.retry("task-0a1b2c3d-11aa").',
    changes={"tasks done": 3},
    used={"agents": 2, "seconds": 12.5, "input_tokens": 1000, "output_tokens": 234, "cost": {"USD": 0.5}},
)


def test_the_text_says_how_far_a_run_is_and_what_waits():
    assert (
        as_text(SUMMARY)
        == """\
Run 'Tally <b>': active
  1 analysis        complete  ████████████  1 of 1 done
  2 implementation  open      ████░░░░░░░░  2 of 6 done · 1 running · 3 blocked · 1 cancelled
  3 validation      pending   ░░░░░░░░░░░░  no tasks yet
Tickets: 3 backlog, 1 done
Requirements: 2 open, 5 specified; of these 1 unclear
Changed: tasks done 3
Used: 1,234 tokens, 0.50 USD
1 task failed: run.retry(id).
Waits for you (run.summary().waiting() has the ids):
  question: How nice?  run.answer(id, "your answer")"""
    )


def test_a_terminal_gets_the_ids_that_commands_need():
    text = as_text(SUMMARY, as_commands)
    assert "  question: How nice?\n  -> heph answer question-0a1b2c3d4e 'your answer'" in text
    assert "heph retry task-0a1b2c3d-11aa" in text
    assert "run." not in text
    long = replace(SUMMARY, needs=(replace(SUMMARY.needs[0], text="word " * 1000),))
    assert len(as_text(long, as_commands)) < 1500


def test_text_and_html_are_the_same_every_time_and_free_of_ids():
    assert bundle(SUMMARY) == bundle(SUMMARY)
    for shown in bundle(SUMMARY).values():
        assert "0a1b2c3d" not in shown
        assert "0x" not in shown


def test_html_shows_the_same_facts_escaped_and_follows_the_theme():
    html = as_html(SUMMARY)
    assert "Tally &lt;b&gt;" in html
    for word in ("implementation", "2 of 6 done", "5 specified", "How nice?", "var(--jp-"):
        assert word in html
    assert "<script" not in html


def test_what_would_act_on_a_terminal_is_written_out():
    red = replace(SUMMARY, needs=(replace(SUMMARY.needs[0], text="How \x1b[31mnice?"),))
    for text in bundle(red).values():
        assert r"How \x1b[31mnice?" in text
        assert "\x1b" not in text


def test_a_completed_run_says_what_that_means():
    done = replace(SUMMARY, run=SUMMARY.run | {"status": "completed"}, outcome="Specified, not implemented: 5 < 6.")
    assert as_text(done).splitlines()[:2] == ["Run 'Tally <b>': completed", "Specified, not implemented: 5 < 6."]
    assert "Specified, not implemented: 5 &lt; 6." in as_html(done)


def test_many_things_that_wait_are_cut_short():
    needs = SUMMARY.needs * 20
    summary = Summary(run=SUMMARY.run, phases=(), tickets={}, requirements={}, marks={}, needs=needs, standing=None)
    assert "and: 12 more" in as_text(summary)
    many = as_text(replace(summary, needs=SUMMARY.needs * 30), as_commands)
    assert (many.count("heph answer"), many.splitlines()[-1]) == (20, "  and 10 more: `heph status --json` has all")
    assert len(summary.waiting()) == 20


def test_a_bar_is_full_only_when_everything_is_done():
    assert bar(0, 0, 4) == "░░░░"
    assert bar(1, 1, 4) == "████"
    assert bar(99, 100, 4) != "████"
