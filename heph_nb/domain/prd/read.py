"""The way in: text to a `Prd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.domain.prd.dialects import as_markdown
from heph_nb.domain.prd.drafts import Collected, Frame
from heph_nb.domain.prd.evidence import only_list
from heph_nb.domain.prd.examples import find_examples
from heph_nb.domain.prd.finish import finish
from heph_nb.domain.prd.labels import is_worded, label_key, split_label
from heph_nb.domain.prd.levels import counts_from_zero
from heph_nb.domain.prd.markdown import blank_front_matter
from heph_nb.domain.prd.model import Prd, Section
from heph_nb.domain.prd.passed import left_over
from heph_nb.domain.prd.structured import read_json
from heph_nb.domain.prd.topics import ASKS, CLOSED, Topic, announces, topic_of
from heph_nb.domain.prd.tree import CHAPTER_RANK, HIGHEST_RANK, Node, read_tree
from heph_nb.domain.prd.turns import blank_turns
from heph_nb.domain.prd.unmarked import with_marks
from heph_nb.domain.prd.walk import read_body
from heph_nb.domain.prd.wording import is_english, is_need, is_negated_need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TITLES = (
    "prd",
    "product requirements",
    "requirements document",
    "specification",
    "requirement specification",
    "pflichtenheft",
    "lastenheft",
)


def read_prd(text: str) -> Prd:
    r"""Read a PRD: any Markdown or plain text.

    Parameters
    ----------
    text : str
        The document, as `decode_prd` returns it.

    Returns
    -------
    Prd
        Its requirements with their lines; ``statements`` is empty if none was found.

    Examples
    --------
    >>> prd = read_prd("# Sorter\n## Requirements\n- FR-1: The tool must sort lines.")
    >>> prd.statements[0].label, prd.statements[0].lines
    ('FR-1', ((3, 3),))
    """
    whole = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text, title = blank_front_matter(whole)
    if (structured := read_json(text)) is not None:
        heading, root = structured
        top = root.children
    else:
        root = read_tree(as_markdown(with_marks(blank_turns(text))))
        heading, top = _title(root)
    foreign = not is_english(text)
    explicit = _asks(top, announces) and not foreign
    asks = explicit or _asks(top, lambda own, _: own in (Topic.NEEDS, Topic.STORIES))
    labels = frozenset(_labels(root.children))
    groups = frozenset(_groups(root))

    def collect(opened: int) -> Collected:
        out = Collected(
            explicit=explicit,
            from_zero=counts_from_zero(text),
            foreign=foreign,
            headings=labels,
            groups=groups,
            opened=opened,
        )
        preface = next((at for at, node in enumerate(top) if node.kind == "section"), len(top))
        for part, topic in ((top[:preface], Topic.INTRO if asks else Topic.OTHER), (top[preface:], Topic.OTHER)):
            read_body(part, Frame(None, title, "", topic, 1, root.last, listed=False), None, out)
        return out

    out = collect(0)
    if not explicit and (line := only_list(root, len(out.drafts))):
        out = collect(line)
    statements, ids = finish(out)
    sections = _sections(out, ids)
    examples = find_examples(text, root, statements, sections)
    shown = [each.lines for each in (*examples, *out.blocks) if getattr(each, "kind", "") != "table"]
    taken = [*(lines for s in statements for lines in s.lines), *shown]
    rest = left_over(root, out, taken, whole)
    return Prd(
        title=title or heading,
        statements=statements,
        blocks=tuple(out.blocks),
        examples=examples,
        sections=sections,
        questions=rest.questions,
        passed_over=rest.passed_over,
        headings=rest.headings,
        attached=tuple(sorted(set(out.attached))),
    )


def _sections(out: Collected, ids: dict[int, str]) -> tuple[Section, ...]:
    inside: dict[int, dict[str, None]] = {}
    for draft in (*out.drafts, *out.chain):
        home = next((frame for frame in draft.frame.upwards() if frame.listed), None)
        if home is not None and id(draft) in ids:
            inside.setdefault(id(home), {})[ids[id(draft)]] = None
    return tuple(
        Section(
            path=f.path, label=f.label, story=f.told, lines=(f.first, f.last), statements=tuple(inside.get(id(f), ()))
        )
        for f in out.frames
    )


def _title(root: Node) -> tuple[str, list[Node]]:
    """Return the title of the document, and the nodes under it."""
    opening = root.children[0] if root.children else None
    if opening is not None and _is_title_line(opening, len(root.children)):
        return opening.text, root.children[1:]
    sections = [node for node in root.children if node.kind == "section"]
    if not sections or not _is_title(sections[0], sections[1:], first=sections[0] is opening):
        return "", root.children
    top = [child for node in root.children for child in (node.children if node is sections[0] else [node])]
    return sections[0].text, top


def _is_title(section: Node, others: list[Node], *, first: bool) -> bool:
    """Whether the first heading of a document names the document."""
    if any(name in section.text.casefold() for name in TITLES):
        return True
    if first and others and section.rank == HIGHEST_RANK and all(child.kind == "text" for child in section.children):
        return topic_of(section.text) is Topic.OTHER  # the name of the thing above a few words about it
    if others:  # "SORTER - REQUIREMENTS" above "1. GENERAL" and "2. SORTING"
        return first and not section.number and all(split_label(s.number + s.text, heading=True)[0] for s in others[:2])
    inside = any(child.kind == "section" and child.rank < CHAPTER_RANK for child in section.children)
    topic = topic_of(section.text)
    if section.rank >= CHAPTER_RANK:
        return section.first == 1 and len(section.text.split()) > 2
    if section.rank == HIGHEST_RANK:
        return inside or topic not in ASKS
    return inside and topic is Topic.OTHER and split_label(section.text, heading=True)[0] is None


def _is_title_line(node: Node, siblings: int) -> bool:
    """Whether the first line of a plain text is its title."""
    text = node.text
    return (
        node.kind == "text"
        and node.first == node.last
        and siblings > 1
        and 2 <= len(text.split()) <= 14
        and text[-1].isalnum() | (text[-1] in ')"')
        and not is_negated_need(text)
        and not (text[0].islower() and is_need(text, plain=True))
    )


def _labels(nodes: list[Node]) -> list[str]:
    """Return the keys of the labels of all headings ("US-001")."""
    found: list[str] = []
    for node in nodes:
        if node.kind == "section":
            label, _ = split_label(node.number + node.text, heading=True)
            found += [label_key(label)] if label and not label[0].isdigit() else []
            found += _labels(node.children)
    return found


def _groups(node: Node) -> Iterator[str]:
    """Yield the keys of the labels that a label below continues: "FR-2" of "FR-2.1"."""
    label, _ = split_label(node.text)
    if label and "." in label and is_worded(label):
        yield label_key(label.rpartition(".")[0])
    for child in node.children:
        yield from _groups(child)


def _asks(nodes: list[Node], test: Callable[[Topic, str], bool]) -> bool:
    """Whether a heading announces requirements, by `test` of its topic and title."""
    for node in nodes:
        if node.kind != "section":
            continue
        _, at = split_label(node.number + node.text, heading=True)
        title = (node.number + node.text)[at:]
        own = topic_of(title)
        if own in CLOSED:
            continue
        if (own in (Topic.NEEDS, Topic.STORIES) and test(own, title)) or _asks(node.children, test):
            return True
    return False
