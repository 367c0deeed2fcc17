"""Runs in files of their own."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

import heph_nb
from heph_nb.client.discovery import beside
from heph_nb.client.launch import _import_path
from heph_nb.errors import InvalidError, NotFoundError, ReadOnlyError, SqlRefusedError, StateFileError
from heph_nb.run.frames import Frames
from heph_nb.run.starting import runs, start

METHODS = sorted(name for name in vars(Frames) if not name.startswith("_") and name not in ("sql", "at"))


@pytest.fixture(scope="module")
def opened(finished, tmp_path_factory):
    path = finished.export(tmp_path_factory.mktemp("export") / "run.duckdb")
    with heph_nb.open(path) as found:
        yield found


@pytest.mark.parametrize("name", METHODS)
def test_an_exported_run_has_the_same_frames(finished, opened, name):
    theirs, ours = getattr(opened, name)(), getattr(finished, name)()
    assert theirs.dtypes.equals(ours.dtypes)
    assert theirs.equals(ours)


def test_an_exported_run_shows_itself_and_answers_queries_but_changes_nothing(finished, opened):
    assert repr(opened) == repr(finished.summary())
    assert set(opened._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert opened.sql("select count(*) as n from tickets")["n"][0] == len(finished.tickets())
    with pytest.raises(SqlRefusedError):
        opened.sql("delete from ticket_versions")


def test_an_exported_run_and_a_moment_say_that_they_can_only_be_read(finished, opened):
    for past in (opened, finished.at(finished.events()["ts"].iloc[-1])):
        with pytest.raises(ReadOnlyError, match=r"start_phase is for a run that a backend serves.*heph\.connect"):
            past.start_phase(2)
        assert not hasattr(past, "wait")
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            past.nonsense  # noqa: B018


def test_a_moment_before_the_run_says_so(finished, capsys):
    assert finished.at("2001-01-01").tickets().empty
    assert capsys.readouterr().err.startswith("The run began at 20")
    finished.at(finished.events()["ts"].iloc[-1])
    assert capsys.readouterr().err == ""


def test_an_exported_run_has_its_past_too(finished, opened):
    moment = finished.events("task.status")["ts"].iloc[0]
    assert opened.at(moment).tasks().equals(finished.at(moment).tasks())


def test_a_file_is_opened_again_while_it_is_open(opened):
    with heph_nb.open(opened.path) as again:
        assert again.tickets().equals(opened.tickets())


def test_any_other_tool_can_open_an_exported_run(finished, tmp_path):
    path = finished.export(tmp_path / "run.duckdb")
    with duckdb.connect(str(path), read_only=True) as other:
        assert other.execute("SELECT count(*) FROM tasks").fetchone() == (len(finished.tasks()),)


def test_an_export_goes_into_a_directory_by_name_and_overwrites_nothing(finished, tmp_path):
    path = finished.export(tmp_path)
    assert path == tmp_path / f"{finished.id}.duckdb"
    with pytest.raises(InvalidError, match="exists already"):
        finished.export(path)
    with pytest.raises(InvalidError, match="no directory"):
        finished.export(tmp_path / "gone" / "x.duckdb")


def test_a_file_that_a_backend_has_open_is_not_opened_beside_it(finished):
    with pytest.raises(StateFileError, match=r"heph\.connect\(state=.*`heph shutdown --state "):
        heph_nb.open(finished.state)


def test_a_run_that_was_closed_still_shows_what_is_the_matter(finished, tmp_path):
    opened = heph_nb.open(finished.export(tmp_path / "run.duckdb"))
    opened.close()
    assert "closed" in repr(opened)


def test_what_is_not_there_is_not_found(finished, tmp_path):
    with pytest.raises(NotFoundError):
        heph_nb.open(tmp_path / "none.duckdb")
    with pytest.raises(NotFoundError, match=finished.id):
        heph_nb.open(finished.export(tmp_path), run="another")


def test_all_runs_of_a_file_are_a_frame(finished):
    found = runs(finished.state)
    assert found["id"].tolist() == [finished.id]
    assert "prd_text" not in found
    assert str(found["created_at"].dtype) == "datetime64[us, UTC]"


EXPORT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from heph_nb.run.starting import connect
run = connect(sys.argv[1])
with ThreadPoolExecutor(3) as pool:
    list(pool.map(run.export, sys.argv[2:]))
"""


def test_exports_of_one_run_at_the_same_moment_are_all_complete(project, state, tmp_path):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.create_ticket("before")
    known = len(run.tickets())
    paths = [tmp_path / f"{number}.duckdb" for number in range(12)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", EXPORT, str(state), *map(str, part)],
            env=os.environ | _import_path(),
            stderr=subprocess.PIPE,
        )
        for part in (paths[:3], paths[3:6])
    ]
    with ThreadPoolExecutor(7) as pool:
        written = [pool.submit(run.create_ticket, f"beside {number}") for number in range(20)]
        exported = [pool.submit(run.export, path) for path in paths[6:]]
        assert [future.result() for future in exported] == paths[6:]
        assert all(future.result() for future in written)
    for process in processes:
        assert (process.communicate()[1], process.returncode) == (b"", 0)
    for path in paths:
        with duckdb.connect(str(path), read_only=True) as other:
            assert other.execute("SELECT id FROM runs").fetchall() == [(run.id,)]
            assert other.execute("SELECT count(*) FROM requirements").fetchone() == (2,)
            assert other.execute("SELECT count(*) FROM tickets").fetchall()[0][0] >= known
    assert list(beside(state, ".exports").iterdir()) == []
    assert sorted(tmp_path.glob("*.duckdb*")) == sorted([*paths, *tmp_path.glob(f"{state.name}*")])


def test_of_two_exports_to_one_path_one_is_refused_and_nothing_is_overwritten(finished, tmp_path):
    target = tmp_path / "run.duckdb"
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(finished.export, target) for _ in range(2)]
    assert {type(future.exception()) for future in both} == {type(None), InvalidError}
    with heph_nb.open(target) as opened:
        assert opened.id == finished.id
    assert [path.name for path in tmp_path.iterdir()] == ["run.duckdb"]
