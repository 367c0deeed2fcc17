"""Reading a request: JSON that fits a model, or a sentence that names what does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from heph_nb.errors import InvalidError

M = TypeVar("M", bound=BaseModel)

_MUST = {
    "blank": "must not be blank",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "missing": "is missing",
    "string_too_long": "is too long: at most {max_length:,} characters",
    "too_long": "has too many entries: at most {max_length:,}",
    "too_short": "has too few entries: at least {min_length:,}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}
"""What a field must be, by pydantic's name of the mistake; ``{}`` takes what pydantic tells about it."""


def parse(model: type[M], body: bytes) -> M:
    """Read a request from JSON, whatever the Content-Type says.

    Raises
    ------
    InvalidError
        The body is not JSON or does not fit; the message names the field.
    """
    if b"\\u0000" in body:
        raise InvalidError("The request holds a NUL character (\\u0000), which no text field takes.")
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidError(_sentence(model, first)) from error


def _sentence(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    where, kind, context = ".".join(map(str, error["loc"])), error["type"], error.get("ctx", {})
    if kind == "json_invalid":
        return f"The request is no JSON that can be read: {context['error']}."
    if not where:
        return f"The request must be a JSON object with {', '.join(model.model_fields)}."
    if kind == "extra_forbidden":
        return f"{where} is unknown here; there are {', '.join(model.model_fields)}."
    if kind == "string_too_short":
        kind = "blank"
    if kind == "string_pattern_mismatch" and (words := re.fullmatch(r"\^\((.+)\)\$", context["pattern"])):
        return f"{where} must be {words[1].replace('|', ' or ')}."
    must = _MUST.get(kind)
    return f"{where} {must.format(**context)}." if must else f"{where}: {error['msg']}."
