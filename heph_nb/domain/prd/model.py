"""What a PRD becomes: plain frozen values. Lines count from 1, and ranges include their last line."""

from __future__ import annotations

from dataclasses import dataclass

Lines = tuple[int, int]
"""First and last line of a place in the PRD, counted from 1, both included."""

LEVELS = ("must", "should", "could")
KINDS = ("functional", "non-functional")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One requirement.

    Attributes
    ----------
    id : str
        ``R-001``, ``R-002``, ... in the order of the PRD.
    label : str or None
        What the PRD itself calls it: ``FR-1``, ``US-002 AC-3``, ``2.1``.
    text : str
        The statement without list markers and emphasis; code stays in backticks.
    section : str
        Titles of the headings above it, joined by `` > ``; empty where there are none.
    lines : tuple of (int, int)
        Every place where the PRD states it, in order.
    level : str
        ``must``, ``should`` or ``could``.
    kind : str
        ``functional`` or ``non-functional``.
    criteria : tuple of str
        The acceptance criteria that the PRD gives for it.
    depends_on : tuple of str
        Ids of the statements that the PRD says come first. May hold a cycle if the PRD does.
    """

    id: str
    label: str | None = None
    text: str
    section: str
    lines: tuple[Lines, ...]
    level: str = "must"
    kind: str = "functional"
    criteria: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A code block, or a table that describes an interface or data.

    Attributes
    ----------
    kind : str
        ``code`` or ``table``.
    language : str
        The word after the fence, lower case; empty where there is none, and for tables.
    text : str
        The code, or the table as tab separated lines.
    section : str
        As in `Statement`.
    lines : (int, int)
        The whole block, fences included.
    rows : tuple of tuple of str
        The cells of a table, its header first; empty for code.
    """

    kind: str
    language: str = ""
    text: str
    section: str
    lines: Lines
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Something a test can assert: a call (an expression, a shell command, an input) and its output.

    Attributes
    ----------
    statement_id : str
        The requirement it shows; empty if the PRD has none.
    form : str
        ``python`` (an expression), ``shell`` (a command line) or ``value`` (an input as it stands).
    call, output : str
        As the PRD writes them, without prompts.
    lines : (int, int)
        Where it stands.
    """

    statement_id: str
    form: str
    call: str
    output: str
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of the PRD with what belongs to it.

    Attributes
    ----------
    path : str
        As in `Statement.section`.
    label : str or None
        ``US-001``, ``2.1``, ... where the heading has one.
    story : str or None
        The user story told in it, if any.
    lines : (int, int)
        From the heading to the end of the section, sections inside it included.
    statements : tuple of str
        Ids of the requirements directly in it.
    """

    path: str
    label: str | None = None
    story: str | None = None
    lines: Lines
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that the PRD itself leaves open: under "Open questions", or marked as in need of clarification.

    Attributes
    ----------
    text : str
        As the PRD puts it.
    section : str
        As in `Statement`.
    lines : (int, int)
        Where it stands.
    """

    text: str
    section: str
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Something that was read and not taken as a requirement.

    Attributes
    ----------
    text : str
        The paragraph, list item or table row.
    section : str
        As in `Statement`.
    lines : (int, int)
        Where it stands.
    reason : str
        Why, for a person: ``under "Out of scope"``, ``a question``, ``an introduction``.
    """

    text: str
    section: str
    lines: Lines
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prd:
    """A PRD that was read. ``title`` is empty if the document has none.

    ``questions`` are those it leaves open itself. ``passed_over`` is what was read and taken neither as a requirement
    nor as one of its criteria, each with the reason. ``headings`` are the lines of the title, the headings, the header
    rows of tables and the stories that sections tell; ``attached`` are those of the criteria, priorities and references
    that belong to a requirement. So each line with a word in it is told of somewhere.
    """

    title: str
    statements: tuple[Statement, ...] = ()
    blocks: tuple[Block, ...] = ()
    examples: tuple[Example, ...] = ()
    sections: tuple[Section, ...] = ()
    questions: tuple[Question, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    headings: tuple[Lines, ...] = ()
    attached: tuple[Lines, ...] = ()
