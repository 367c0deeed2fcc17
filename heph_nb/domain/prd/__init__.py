"""Reading a PRD: Markdown or plain text to requirements, blocks and examples."""

from heph_nb.domain.prd.decoding import decode_prd
from heph_nb.domain.prd.model import Block, Example, PassedOver, Prd, Question, Section, Statement
from heph_nb.domain.prd.passed import why_nothing
from heph_nb.domain.prd.read import read_prd
from heph_nb.domain.prd.testable import is_testable

__all__ = [
    "Block",
    "Example",
    "PassedOver",
    "Prd",
    "Question",
    "Section",
    "Statement",
    "decode_prd",
    "is_testable",
    "read_prd",
    "why_nothing",
]
