"""What is collected while a document is walked: drafts of statements, and the frames they stand in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heph_nb.domain.prd.labels import is_quality_label, is_requirement_label, is_story_label, is_worded, split_label
from heph_nb.domain.prd.levels import level_in_title
from heph_nb.domain.prd.model import Block, Lines
from heph_nb.domain.prd.shapes import without_colon
from heph_nb.domain.prd.topics import ASKS, CLOSED, SILENT, Topic, announces, topic_of

if TYPE_CHECKING:
    from collections.abc import Iterator


LONGEST_ITEM_TITLE = 6
"""A list item of more words is a sentence: its last word does not say what stands under it."""


@dataclass(slots=True, eq=False)
class Draft:
    """A statement before it has an id. ``level`` and ``kind`` are what was said explicitly."""

    text: str
    lines: list[Lines]
    frame: Frame
    label: str | None = None
    level: str | None = None
    level_hint: str | None = None
    kind: str | None = None
    lead: str = ""
    criteria: list[str] = field(default_factory=list)
    wants: list[tuple[str, int]] = field(default_factory=list)
    """Words that name what comes first, and the list whose numbers they use."""
    ordinal: str = ""
    scope: int = 0
    is_story: bool = False
    is_criterion: bool = False
    story: Draft | None = None
    """The user story that this is a criterion of."""
    covered: bool = False
    """A story whose acceptance criteria are statements of their own: it is told in the section, not listed."""


@dataclass(slots=True, eq=False)
class Frame:
    """A section, a list item that titles others, or a list with its own introduction."""

    parent: Frame | None
    title: str
    path: str
    topic: Topic
    first: int
    last: int
    label: str | None = None
    level: str | None = None
    kind: str | None = None
    wants: list[tuple[str, int]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    told: str | None = None
    story: Draft | None = None
    is_story: bool = False
    listed: bool = True
    """Whether it is a section of its own for `Prd.sections`."""
    criteria: int = 0
    loose: bool = False
    """Opened by a bold line or the like, which often speaks only of the list that follows."""
    beside: bool = False
    """No heading of its own: what stands in it belongs to what stands right above."""

    def upwards(self) -> Iterator[Frame]:
        """Yield this frame and those around it, from the inside out."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def inner(self, topic: Topic, title: str, lines: Lines, *, kind: str | None) -> Frame:
        """Return a frame inside this one that is no section: what stands in it belongs to this section."""
        inner = Frame(self, title, self.path, topic, *lines, label=self.label, level=self.level, kind=kind)
        inner.story, inner.is_story, inner.listed, inner.beside = self.story, self.is_story, False, True
        return inner

    @property
    def owner(self) -> Frame:
        """The frame that acceptance criteria in this one belong to."""
        frame = self
        while frame.topic is Topic.CRITERIA and frame.parent is not None and frame.parent.topic not in CLOSED:
            frame = frame.parent
        return frame


@dataclass(slots=True)
class Collected:
    """Everything found so far, and what is known of the document as a whole."""

    explicit: bool
    """Whether some heading announces requirements."""
    from_zero: bool
    """Whether priorities count from P0."""
    foreign: bool = False
    """Whether it is in a language whose verbs are not known here."""
    headings: frozenset[str] = frozenset()
    """Keys of the labels in headings: an item that only names one of them is a table of contents."""
    groups: frozenset[str] = frozenset()
    """Keys of the labels that others continue: "FR-2" where there is a FR-2.1."""
    drafts: list[Draft] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    opened: int = 0
    """The line of the section that is read as requirements whatever it is called: nothing else asks for anything."""
    chain: list[Draft] = field(default_factory=list)
    """Items of a build order: they say again what stands elsewhere."""
    blocks: list[Block] = field(default_factory=list)
    attached: list[Lines] = field(default_factory=list)
    """Where criteria and fields stand that belong to a requirement."""

    def add(self, draft: Draft) -> Draft:
        """Take a statement."""
        self.drafts.append(draft)
        draft.frame.drafts.append(draft)
        return draft

    def add_story(self, draft: Draft) -> Draft:
        """Take a user story; it stays a statement unless criteria follow."""
        frame = draft.frame.owner
        draft.is_story = True
        named = frame.label is not None and is_worded(frame.label) and frame.story is None
        draft.label = draft.label or (frame.label if named else None)
        frame.story, frame.criteria = draft, 0
        frame.told = frame.told or draft.text
        return self.add(draft)

    def add_criterion(self, draft: Draft, owner: Draft | None = None) -> Draft | None:
        """Take an acceptance criterion.

        It belongs to the one requirement it stands with. The criteria of a user story are requirements themselves,
        each can be traced and tested alone; so are criteria that belong to nothing in particular. Returns the draft
        if it became a statement.
        """
        frame = draft.frame.owner
        if owner is not None and owner.is_story:
            return self._attach(draft, owner)
        story = frame.story if owner is None else None
        if story is not None or (owner is None and frame.is_story):
            if story is not None:
                story.covered = True
            label = story.label if story is not None and story.label else frame.label
            draft.story = story
            frame.criteria += 1
            if label and is_story_label(label):
                draft.label = f"{label} {draft.label}" if draft.label else f"{label} AC-{frame.criteria}"
            return self.add(draft)
        near = draft.frame.beside or draft.frame.topic is not Topic.CRITERIA
        target = owner or self._requirement_of(frame, near=near)
        if target is None or target.is_criterion:
            draft.is_criterion = True
            return self.add(draft)
        return self._attach(draft, target)

    def _attach(self, draft: Draft, target: Draft) -> None:
        target.criteria.append(draft.text)
        target.wants.extend(draft.wants)
        self.attached += draft.lines

    def _requirement_of(self, frame: Frame, *, near: bool) -> Draft | None:
        """Return the requirement that criteria in a frame belong to: the one it is about, or the one right above."""
        if frame.label and is_requirement_label(frame.label):
            return frame.drafts[0] if frame.drafts else self.add_heading(frame)
        if len(frame.drafts) == 1 and frame.listed and frame.parent is not None:
            return frame.drafts[0]
        last = frame.drafts[-1] if near and frame.drafts else None
        return last if last is not None and last.label and is_requirement_label(last.label) else None

    def add_heading(self, frame: Frame) -> Draft:
        """Take the heading itself as a statement."""
        return self.add(Draft(frame.title, [(frame.first, frame.first)], frame, label=frame.label))


def enter(parent: Topic, own: Topic, title: str) -> Topic:
    """Return the topic of a section called `title`, by itself about `own`, inside one of `parent`."""
    if Topic.NEVER in (parent, own):
        return Topic.NEVER
    if parent in CLOSED or (own is Topic.OTHER and parent is not Topic.STORYTELLING):
        return parent
    if own is Topic.RECORD:
        return parent if parent in ASKS or parent is Topic.DESIGN else own
    if parent is Topic.STORYTELLING:
        return own if own in CLOSED or announces(own, title) else parent if own is Topic.STORYTELLING else Topic.INTRO
    if parent is Topic.QUALITY and own in (Topic.NEEDS, Topic.DESIGN):
        return parent
    if parent is Topic.NEEDS and own in (Topic.DESIGN, Topic.SCOPE):
        return parent
    if parent in ASKS and own is Topic.INTRO:
        return Topic.DESIGN
    return own


def open_frame(
    parent: Frame, heading: str, lines: Lines, *, from_zero: bool, number: str = "", item: bool = False
) -> Frame:
    """Open the frame of a heading (or of a list item that titles others) inside `parent`."""
    label, at = split_label(number + heading, heading=True)
    title = without_colon((number + heading)[at:]) or heading
    worded = label is not None and is_worded(label)
    own = topic_of(title)
    is_story = parent.is_story and parent.label is not None
    if worded and label:
        is_story = is_story or is_story_label(label)
        own = (
            Topic.STORIES
            if is_story_label(label)
            else Topic.QUALITY
            if is_quality_label(label) or own is Topic.QUALITY
            else Topic.NEEDS
        )
    sentence = own in SILENT - {Topic.NEVER} and len(title.split()) > LONGEST_ITEM_TITLE and parent.topic not in SILENT
    own = Topic.OTHER if item and (own is Topic.RECORD or sentence) else own
    topic = enter(parent.topic, own, title)
    level = level_in_title(title, from_zero=from_zero)
    if level == "wont":
        topic = Topic.NEVER
    shown = without_colon(heading) if label and worded else title
    hidden = topic is Topic.CRITERIA and bool(parent.path)
    path = parent.path if hidden else f"{parent.path} > {shown}" if parent.path else shown
    kind = "non-functional" if own is Topic.QUALITY else "functional" if _says_functional(title) else parent.kind
    return Frame(
        parent, title, path, topic, *lines, label=label, level=level or parent.level, kind=kind,
        is_story=is_story and topic is not Topic.DESIGN, listed=not hidden,
    )  # fmt: skip


def _says_functional(title: str) -> bool:
    return title.casefold().startswith(("functional", "funktional", "功能"))
