"""``%heph`` is the same as the functions."""

import pytest
from IPython.testing.globalipapp import start_ipython

from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.magics import heph


@pytest.fixture(autouse=True)
def state(finished, monkeypatch):
    monkeypatch.setenv("HEPH_STATE", str(finished.state))


def test_a_line_gives_what_the_method_gives(finished):
    assert repr(heph("")) == repr(finished)
    assert heph("tickets").equals(finished.tickets())
    assert heph("runs")["id"].tolist() == [finished.id]
    assert heph("summary 1 day ago").changes == finished.summary("1 day ago").changes
    assert heph("sql select count(*) as n from tasks").equals(heph("sql", "select count(*) as n from tasks"))


@pytest.mark.parametrize("line", ["dance", "start-phase", "start-phase two", "approve", "deny 'open", "pause now"])
def test_what_is_not_understood_is_said_so(line):
    with pytest.raises((InvalidError, NotFoundError)):
        heph(line)


def test_a_kernel_learns_the_magic():
    shell = start_ipython()
    shell.run_line_magic("load_ext", "heph_nb")
    assert len(shell.run_line_magic("heph", "tasks"))
    assert len(shell.run_cell_magic("heph", "sql", "select 1 as one")) == 1
