"""The record: one version of an entity, a plain frozen value. Its fields are columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One version of an entity. ``run_id`` is None only for the person, who belongs to the file."""

    entity: ClassVar[str]
    table: ClassVar[str]

    id: str
    run_id: str | None
