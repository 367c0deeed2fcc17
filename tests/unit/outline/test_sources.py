"""Where a test imports from what an example of the PRD calls: as the repository has it, else from Python itself."""

from __future__ import annotations

import pytest

from heph_nb.agents.outline.documents.acceptance import module
from heph_nb.agents.outline.documents.sources import Sources
from heph_nb.agents.outline.documents.spec import Component
from heph_nb.agents.outline.documents.survey import survey
from heph_nb.agents.outline.understanding.examples import known
from tests.unit.outline.support import read
from tests.unit.outline.test_acceptance import STRICT, project, run_pytest

TIDES = {
    "tides/__init__.py": "from tides.heights import Height\n",
    "tides/heights.py": "class Height(float): ...\n",
    "tides/inner/times.py": "from datetime import date\ndef is_spring(day, moon=None): return day.day % 15 == 0\n",
    "tides/other.py": "from tides.inner.times import is_spring\ndef mean(values): return 0\n",
    "tests/test_times.py": "from tides.inner.times import is_spring\ndef test_it(): assert is_spring\n",
    "docs/conf.py": "def is_neap(day): ...\n",
    "broken.py": "def (:\n",
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("is_spring", "from tides.inner.times import is_spring"),
        ("Height", "from tides import Height"),
        ("mean", "from tides.other import mean"),
        ("other", "from tides import other"),
        ("tides", "import tides"),
        ("is_neap", ""),
        ("date", ""),
    ],
)
def test_a_name_of_the_repository_is_imported_as_its_tests_do_or_from_where_it_is_made(name, said):
    assert Sources(list(TIDES), TIDES.__getitem__).own(name) == said


def test_what_a_test_imports_that_no_module_has_is_not_believed():
    texts = {"kit/a.py": "def f(): ...\n", "tests/test_a.py": "from kit import f\nfrom kit.a import g\n"}
    sources = Sources(list(texts), texts.__getitem__)
    assert (sources.own("f"), sources.own("g")) == ("from kit.a import f", "")


PRD = """# Tides

- `is_spring(day, moon)` must return `True` twice a month. `is_spring(date(2026, 3, 15))` returns `True`.
- `mean([2, 4])` returns `3`.
- `next_ebb(datetime(2026, 3, 15, 6))` returns `"12:10"`.
- `Counter("aab")` returns `2`.
"""


def test_an_example_that_holds_already_passes_whatever_it_is_imported_from(tmp_path):
    found, seen = read(PRD), survey(list(TIDES), TIDES.__getitem__)
    made = Component(
        "Tides", "ticket-1", "tides", found.statements, "docs/heph/run-1/specs/tides.md", "tests/test_x.py"
    )
    source = module(made, found, known(found, seen))
    imports = [line.strip() for line in source.splitlines() if line.startswith("    from ")]
    assert imports == [
        "from datetime import date",
        "from tides.inner.times import is_spring",
        "from tides.other import mean",
        "from datetime import datetime",
        "from tides import next_ebb",
        "from tides import Counter",
    ]
    assert "is_spring(day, moon) =>" not in source
    texts = {name: text for name, text in TIDES.items() if name != "broken.py"}
    config = STRICT.replace("xfail_strict = true", 'pythonpath = ["."]')
    outcomes, _ = run_pytest(project(tmp_path, texts | {"pyproject.toml": config, "tests/test_x.py": source}))
    assert [name for name, outcome in outcomes.items() if outcome == "passed" and "must_return" in name]
    assert sum(outcome == "skipped:pytest.xfail" for outcome in outcomes.values()) == 3
