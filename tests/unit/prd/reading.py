"""What the tests of this folder share: reading a text and looking at what was found."""

from __future__ import annotations

from heph_nb.domain.prd import Prd, Statement, read_prd


def read(*lines: str) -> Prd:
    return read_prd("\n".join(lines) + "\n")


def texts(*lines: str) -> list[str]:
    return [statement.text for statement in read(*lines).statements]


def only(*lines: str) -> Statement:
    (statement,) = read(*lines).statements
    return statement


def by_label(prd: Prd) -> dict[str | None, Statement]:
    return {statement.label: statement for statement in prd.statements}
