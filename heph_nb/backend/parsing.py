"""Reading a request: JSON that fits a model, or a sentence that names what does not."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from heph_nb.errors import InvalidError

M = TypeVar("M", bound=BaseModel)


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
        where = ".".join(map(str, first["loc"]))
        raise InvalidError(f"{where}: {first['msg']}" if where else f"The request: {first['msg']}") from error
