"""How well `read_prd` finds requirements: precision and recall on labelled PRDs.

Run it with ``python -m tests.bench.prd_accuracy`` (or by its path) from the root of the project; ``-v`` names every
mistake.

Each ``prd_labels/*.labels.json`` names the lines of one PRD that are requirements, as a person labelled them. A
statement found and a statement labelled match if their lines overlap, one to one: two requirements read as one are
one miss, and one read as two is one false find. Lines under ``optional`` could be seen either way and count neither
way. ``group`` is ``tuned`` (looked at while the rules were written), ``held-out`` (written and labelled without
looking at what the parser says, and not tuned on since) or ``shared`` (PRDs of other projects, looked at; only
their line numbers are kept).
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__" and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from heph_nb.domain.prd import Statement, decode_prd, read_prd  # noqa: E402

LABELS = Path(__file__).with_name("prd_labels")
SHARED = ROOT.parent / "shared" / "prds"

Ranges = list[tuple[int, int]]


@dataclass(frozen=True)
class Label:
    """One requirement as a person sees it: every place where it is stated, its level and kind ('' if not labelled)."""

    ranges: Ranges
    level: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Score:
    """What was found in one PRD, or in several."""

    found: int = 0
    right: int = 0
    labelled: int = 0
    levels: int = 0
    kinds: int = 0
    graded: int = 0

    @property
    def precision(self) -> float:
        """Share of the statements found that are requirements."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the requirements that were found."""
        return self.right / self.labelled if self.labelled else 1.0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Case:
    """A labelled PRD."""

    name: str
    group: str
    text: str
    labels: list[Label]
    optional: set[int]


def cases(group: str | None = None) -> tuple[list[Case], list[str]]:
    """Return the labelled PRDs, and for each that is missing or was changed one line that says so."""
    out: list[Case] = []
    missing: list[str] = []
    for path in sorted(LABELS.glob("*.labels.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if group not in (None, data["group"]):
            continue
        file = (SHARED if data["group"] == "shared" else LABELS) / data["prd"]
        if not file.is_file():
            missing.append(f"{data['prd']}: not here ({file.parent})")
            continue
        content = file.read_bytes()
        if "sha256" in data and hashlib.sha256(content).hexdigest() != data["sha256"]:
            missing.append(f"{data['prd']}: changed since it was labelled")
            continue
        labels = [_label(entry) for entry in data["requirements"]]
        out.append(Case(data["prd"], data["group"], decode_prd(content, data["prd"]), labels, set(data["optional"])))
    return out, missing


def _label(entry: str) -> Label:
    places, *rest = entry.split(" ")
    ranges = [(int(a), int(b or a)) for a, _, b in (place.partition("-") for place in places.split("+"))]
    return Label(ranges, *rest)


def overlap(statement: Statement, label: Label) -> bool:
    """Whether a statement stands where a label says a requirement stands."""
    return any(a <= d and c <= b for a, b in statement.lines for c, d in label.ranges)


def grade(case: Case) -> tuple[Score, list[str]]:
    """Compare what `read_prd` finds with the labels; return the score and one line per mistake."""
    statements = read_prd(case.text).statements
    matched: dict[int, int] = {}
    for at in range(len(case.labels)):
        _match(at, case.labels, statements, matched, set())
    by_label = {label: statement for statement, label in matched.items()}
    mistakes: list[str] = []
    found = right = levels = kinds = graded = 0
    for number, statement in enumerate(statements):
        if number not in matched:
            lines = {line for a, b in statement.lines for line in range(a, b + 1)}
            if lines & case.optional:
                continue
            mistakes.append(f"  not one : {case.name}:{statement.lines[0][0]} {statement.text[:90]}")
        else:
            right += 1
            label = case.labels[matched[number]]
            if label.level:
                graded += 1
                levels += label.level == statement.level
                kinds += label.kind == statement.kind
                if label.level != statement.level or label.kind != statement.kind:
                    said = f"{statement.level} {statement.kind}, labelled {label.level} {label.kind}"
                    mistakes.append(f"  graded  : {case.name}:{statement.lines[0][0]} {said}: {statement.text[:60]}")
        found += 1
    source = case.text.splitlines()
    for at, label in enumerate(case.labels):
        if at not in by_label:
            line = label.ranges[0][0]
            mistakes.append(f"  missed  : {case.name}:{line} {source[line - 1].strip()[:90]}")
    return Score(found, right, len(case.labels), levels, kinds, graded), mistakes


def _match(
    at: int, labels: list[Label], statements: tuple[Statement, ...], matched: dict[int, int], seen: set[int]
) -> bool:
    """One step of a maximum matching between labels and statements, the best fitting lines first."""
    fitting = [number for number, statement in enumerate(statements) if overlap(statement, labels[at])]
    fitting.sort(key=lambda number: (number in matched, _distance(statements[number], labels[at])))
    for number in fitting:
        if number in seen:
            continue
        seen.add(number)
        if number not in matched or _match(matched[number], labels, statements, matched, seen):
            matched[number] = at
            return True
    return False


def _distance(statement: Statement, label: Label) -> int:
    (a, b), (c, d) = statement.lines[0], label.ranges[0]
    return abs(a - c) + abs(b - d)


def main() -> int:
    """Print the table; with ``-v`` every mistake too."""
    all_cases, missing = cases()
    print(f"{'PRD':<44}{'labelled':>9}{'found':>7}{'precision':>11}{'recall':>8}{'level':>7}{'kind':>7}")
    for group in ("shared", "tuned", "held-out"):
        total = Score()
        for case in (c for c in all_cases if c.group == group):
            score, mistakes = grade(case)
            total += score
            _row(case.name, score)
            if "-v" in sys.argv:
                print(*mistakes, sep="\n", end="\n" if mistakes else "")
        _row(f"= {group}", total)
    print(*missing, sep="\n")
    return 0


def _row(name: str, score: Score) -> None:
    graded = [f"{n / score.graded:.3f}" if score.graded else "-" for n in (score.levels, score.kinds)]
    print(
        f"{name:<44}{score.labelled:>9}{score.found:>7}{score.precision:>11.3f}{score.recall:>8.3f}{graded[0]:>7}{graded[1]:>7}"
    )


if __name__ == "__main__":
    sys.exit(main())
