"""What an operation is: one function with a request and a response, and who may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from heph_nb.agents.catalog import find_preset
from heph_nb.backend.auth import Caller
from heph_nb.domain import runs
from heph_nb.domain.records import Agent, Run
from heph_nb.domain.state import Draft
from heph_nb.errors import NotAllowedError, NotFoundError, RefusedError, UnauthorizedError

Who = Literal["owner", "agent", "both"]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "this must not be blank")
    return text


Said = Annotated[str, AfterValidator(_not_blank)]
"""Text that says something: not only white space."""


class Request(BaseModel):
    """What every request may carry."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    run_id: str | None = Field(None, description="The run that is meant: yours, or the newest, if left out.")


class Create(Request):
    """A request that makes something new."""

    idempotency_key: str | None = Field(
        None,
        max_length=200,
        description="The same key gives the same answer and makes nothing twice; with another request it is refused. "
        "A key that begins with 'run:' is shared by all agents of the run: whoever comes first decides what is made.",
    )


async def known_agent(backend: Any, caller: Caller, request: Any) -> None:
    """Refuse a request for an agent that cannot be launched.

    Raises
    ------
    RefusedError
        There is no such agent, or it must not run here; the message names those that may.
    """
    if request.agent is not None:
        try:
            find_preset(request.agent, backend.presets)
        except NotFoundError as error:
            raise RefusedError(error.detail, **error.facts) from None


class Done(BaseModel):
    """What every answer carries."""

    success: bool = True
    message: str


@dataclass(slots=True)
class Context:
    """What an operation works with: the draft it changes and who calls. ``prepared`` is what was fetched before."""

    draft: Draft
    caller: Caller
    named_run: str | None
    prepared: Any = None

    @property
    def run(self) -> Run:
        """The run that is meant: the one that is named, the caller's, or the newest.

        Raises
        ------
        NotFoundError
            There is none.
        NotAllowedError
            An agent names a run that is not its own.
        """
        if self.named_run is not None:
            if not self.caller.owner and self.named_run != self.caller.run_id:
                raise NotAllowedError(f"Agent {self.caller.id} belongs to run {self.caller.run_id} only.")
            return self.draft.get(Run, self.named_run)
        if self.caller.run_id is not None:
            return self.draft.get(Run, self.caller.run_id)
        newest = runs.newest(self.draft)
        if newest is None:
            raise NotFoundError("There is no run in this file yet: `heph bootstrap` starts one.")
        return newest

    @property
    def agent(self) -> Agent | None:
        """The agent that acts, or None for the person.

        Raises
        ------
        UnauthorizedError
            The agent has ended meanwhile.
        """
        if self.caller.agent_id is None:
            return None
        agent = self.draft.get(Agent, self.caller.agent_id)
        if agent.status == "terminated" and not self.caller.owner:
            raise UnauthorizedError(f"Agent {agent.id} has ended.")
        return agent

    def acting_agent(self) -> Agent:
        """Return the agent that acts.

        Raises
        ------
        RefusedError
            The person calls, and names no agent.
        """
        agent = self.agent
        if agent is None:
            raise RefusedError("This is done by an agent: name one with the header X-Agent-ID.")
        return agent


Handler = Callable[[Context, Any], Done]
Prepare = Callable[[Any, Caller, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A verb: where it is called, by whom, with what, and what it does.

    Attributes
    ----------
    noun, verb : str
        ``POST /api/<noun>/<verb>``, the noun in the plural.
    tool : str or None
        The name of the MCP tool, for operations that agents may call.
    who : {"owner", "agent", "both"}
        Who may call it.
    request, response : type
        pydantic models.
    handle : callable
        ``handle(context, request) -> response``: decides on the draft.
    prepare : callable or None
        Fetches what the decision needs from outside (a file, the repository) before it is made.
    """

    noun: str
    verb: str
    tool: str | None
    who: Who
    request: type[Request]
    response: type[Done]
    handle: Handler
    prepare: Prepare | None
    doc: str

    @property
    def path(self) -> str:
        """The HTTP path."""
        return f"/api/{self.noun}/{self.verb}"

    @property
    def name(self) -> str:
        """The name in errors and idempotency keys, for example ``tickets/create``."""
        return f"{self.noun}/{self.verb}"

    def admit(self, caller: Caller) -> None:
        """Refuse callers that this is not for.

        Raises
        ------
        NotAllowedError
            An agent calls an owner's operation.
        """
        if self.who == "owner" and not caller.owner:
            raise NotAllowedError(f"{self.name} is for the owner: agents cannot call it.")


OPERATIONS: dict[str, Operation] = {}
"""Every operation, by name."""

H = TypeVar("H", bound=Callable[..., Done])


def operation(
    noun: str, verb: str, *, who: Who, tool: str | None = None, prepare: Prepare | None = None
) -> Callable[[H], H]:
    """Register ``handle(context, request: SomeRequest) -> SomeDone`` as the operation ``noun/verb``."""

    def register(handle: H) -> H:
        hints = get_type_hints(handle)
        found = Operation(
            noun, verb, tool, who, hints["request"], hints["return"], handle, prepare, (handle.__doc__ or "").strip()
        )
        OPERATIONS[found.name] = found
        return handle

    return register


def find_operation(name: str) -> Operation:
    """Return the operation ``noun/verb``.

    Raises
    ------
    NotFoundError
        There is none.
    """
    if name not in OPERATIONS:
        raise NotFoundError(f"There is no operation {name!r}; there are {', '.join(sorted(OPERATIONS))}.")
    return OPERATIONS[name]
