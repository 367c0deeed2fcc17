"""What a PRD shows of a command becomes a test that runs it: with its files, its whole output and how it ends."""

from __future__ import annotations

import pytest

from heph_nb.agents.outline.documents.acceptance import module, test_names
from heph_nb.agents.outline.documents.gherkin import feature
from heph_nb.agents.outline.documents.spec import Component, specification
from heph_nb.agents.outline.documents.survey import Survey
from heph_nb.agents.outline.understanding.examples import known
from tests.unit.outline.support import read
from tests.unit.outline.test_acceptance import STRICT, project, run_pytest

test_names.__test__ = False  # type: ignore[attr-defined]  it only bears the name

GIVEN = """# Seedbank

- The tool must refuse a list of seeds with an unknown family.

{given}

```csv
name,family
Rosa,Solanaceae
Malva,Malvaceae?
```

{prints}

```
line 3: unknown family
1 of 2 taken
```

and exits with status 3. That is all.
"""
TOLD = [
    ("This is a list. Given this file", "`seedbank load spring.csv` prints"),
    ("With the file `spring.csv` as input:", "the command `seedbank load spring.csv` must print:"),
    ("`seedbank load spring.csv` reads a list. Given `spring.csv`", "then it prints"),
]
SEEDBANK = """import sys
lines = open(sys.argv[2]).read().splitlines()
print("line 3: unknown family" if lines[2].endswith("?") else "")
print(f"1 of {len(lines) - 1} taken")
sys.exit(CODE)
"""


@pytest.mark.parametrize(("given", "prints"), TOLD)
def test_a_run_that_is_told_in_sentences_is_run_with_its_file(tmp_path, given, prints):
    found = read(GIVEN.format(given=given, prints=prints))
    made = Component(
        "Seeds", "ticket-1", "seeds", found.statements, "docs/heph/run-1/specs/seeds.md", "tests/test_x.py"
    )
    source = module(made, found, known(found, Survey(python=True, empty=False, packages=("seedbank",))))
    shown = "\n        $ seedbank load spring.csv\n        line 3: unknown family\n        1 of 2 taken\n"
    assert shown in source
    assert "\n$ seedbank load spring.csv\nline 3: unknown family\n1 of 2 taken\n(exit status 3)\n" in specification(
        made, found
    )
    assert "#   1 of 2 taken" in feature(made, found)
    source = "\n".join(line for line in source.splitlines() if not line.startswith("@pytest.mark.xfail")) + "\n"
    ran = []
    for code in (3, 0):
        files = {
            "pyproject.toml": STRICT,
            "tests/test_x.py": source,
            "seedbank.py": SEEDBANK.replace("CODE", str(code)),
        }
        outcomes, _ = run_pytest(project(tmp_path, files))
        ran.append("passed" in outcomes.values())
    assert ran == [True, False]


TWICE = """# Ebb

- The command `ebb next 06:00` must print `12:10`.

  ```console
  $ ebb next 06:00
  12:10
  ```

  Input:

  ```
  07:00
  ```

  Output:

  ```
  13:10
  ```
- `ebb stats` prints a table.
"""


def test_a_command_that_is_shown_twice_is_run_once_and_an_output_of_something_else_is_not_its():
    found = read(TWICE)
    made = Component("Ebb", "ticket-1", "ebb", found.statements, "docs/heph/run-1/specs/ebb.md", "tests/test_x.py")
    source = module(made, found, known(found, Survey(python=True, empty=False, packages=("ebb",))))
    assert source.count("subprocess.run(") == 1
    assert 'ended.stdout.strip() == "12:10"' in source
    assert "13:10" not in source
