"""How much was changed for many tickets: the same as their differences say, one by one."""

from __future__ import annotations

from heph_nb.repo.amounts import Amount, count_changes
from heph_nb.repo.diffs import Merged, Single, read_difference
from heph_nb.repo.repository import Repository
from tests.unit.repo.test_diffs import merge, work_on


def test_amounts_are_those_of_the_differences(person):
    before = person.git("rev-parse", "HEAD")
    person.write("base.txt", "x\n")
    base = person.commit("base")
    person.git("branch", "run")
    person.git("switch", "-q", "run")
    own = work_on(person, "one", a="1\n2\n")
    person.git("switch", "-q", "-c", "two")
    person.write("b.txt", "1\n")
    person.commit("two")
    person.git("switch", "-q", "run")
    first = merge(person, "one")
    person.git("switch", "-q", "two")
    person.git("merge", "-q", "--no-ff", "-m", "take the run in", "run")
    person.write("b.txt", "1\n2\n3\n")
    late = person.commit("two again")
    person.git("switch", "-q", "run")
    second = merge(person, "two")
    person.git("mv", "a.txt", "c.txt")
    apart = person.commit("apart")
    commits = {
        "one": [first, own],
        "two": [late, second],
        "both": [first, second, apart],
        "none": [],
        "before": [before, "0" * 40],
    }
    repository = Repository.open(person.root)
    found = count_changes(repository, "run", base, commits)
    assert found["one"] == Amount(1, 2, 0)
    assert found["two"] == Amount(1, 3, 0)
    assert found["both"] == Amount(3, 5, 0)
    assert (found["none"], found["before"].files) == (Amount(0, 0, 0), 3)
    whole = read_difference(repository, [Merged("", second)], [Single("", late)])
    assert [(file.added, file.removed) for file in whole.files] == [(3, 0)]
    assert count_changes(repository, "gone", base, commits)["both"] == found["both"]
    assert count_changes(repository, "run", base, {}) == {}
