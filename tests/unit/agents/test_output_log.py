"""What a process prints beside the protocol."""

from __future__ import annotations

from heph_nb.agents.output_log import OutputLog


def test_the_file_appears_with_the_first_output_and_only_for_its_owner(tmp_path):
    log = OutputLog(tmp_path / "sub/a.log")
    assert not (tmp_path / "sub").exists()

    log.write(b"hello\n")
    log.close()
    log.write(b"too late\n")
    assert (tmp_path / "sub/a.log").read_text() == "hello\n"
    assert (tmp_path / "sub/a.log").stat().st_mode & 0o077 == 0


def test_the_file_is_continued_and_never_grows_beyond_twice_its_limit(tmp_path):
    path = tmp_path / "a.log"
    for start in range(3):
        log = OutputLog(path, limit=1000)
        for n in range(50):
            log.write(f"{start} {n:05} {'x' * 90}\n".encode())
        log.write(b"y" * 5000)
        log.close()

    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 2000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.log", "a.log.1"]


def test_the_last_lines_are_kept_also_without_their_end(tmp_path):
    log = OutputLog(tmp_path / "a.log")
    log.write(b"one\ntw")
    log.write(b"o\n\n")
    log.note("junk")
    log.write(b"three")

    assert log.tail(2) == ["two", "three"]
    log.note("more junk")
    assert log.tail() == ["one", "two", "three"]
    log.close()
    assert log.tail(1) == ["three"]
    assert "[heph] more junk" in (tmp_path / "a.log").read_text()


def test_a_file_that_cannot_be_written_does_not_end_anything(tmp_path):
    (tmp_path / "file").write_text("")
    log = OutputLog(tmp_path / "file" / "a.log")

    log.write(b"hello\n")
    assert log.tail() == ["hello"]
