"""Who calls: the owner's token acts for the person (or for any agent it names), an agent's token as that agent only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from heph_nb.domain.records import Agent
from heph_nb.domain.state import State
from heph_nb.errors import NotAllowedError, NotFoundError, UnauthorizedError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes
    ----------
    owner : bool
        The call carries the owner's token.
    id : str
        The agent that acts, or the person's id.
    agent_id : str or None
        The agent that acts; None for the person.
    run_id : str or None
        The agent's run.
    """

    owner: bool
    id: str
    agent_id: str | None = None
    run_id: str | None = None


def new_token() -> str:
    """Return a new bearer token."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is kept of an agent's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Gatekeeper:
    """Knows the tokens that are good at present. Lives on the event loop thread.

    Parameters
    ----------
    owner_token : str
        The owner's bearer token.
    owner_id : str
        The person's row in ``agents``.
    state : State
        Where agents are looked up.
    """

    def __init__(self, owner_token: str, owner_id: str, state: State) -> None:
        self.owner_id = owner_id
        self._owner_token = owner_token.encode()
        self._state = state
        self._agents: dict[str, str] = {}

    def admit(self, token: str, agent_id: str) -> str:
        """Make an agent's token good. Returns its hash."""
        digest = hash_token(token)
        self._agents[digest] = agent_id
        return digest

    def revoke(self, agent_id: str) -> None:
        """Make an agent's token worth nothing."""
        self._agents = {digest: id for digest, id in self._agents.items() if id != agent_id}

    def identify(self, authorization: str | None, named_agent: str | None) -> Caller:
        """Return who calls.

        Raises
        ------
        UnauthorizedError
            No bearer token, an unknown one, or one of an agent that has ended.
        NotAllowedError
            An agent names another agent.
        NotFoundError
            The owner names an agent that the file does not have.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthorizedError(
                "This needs 'Authorization: Bearer <token>'; the owner's token is in <state>.backend.json."
            )
        token = token.strip()
        if secrets.compare_digest(token.encode(), self._owner_token):
            return self._owner_as(named_agent)
        agent = self._agent_of(hash_token(token))
        if named_agent is not None and named_agent != agent.id:
            raise NotAllowedError(f"This token belongs to agent {agent.id}: it cannot act as {named_agent}.")
        return Caller(owner=False, id=agent.id, agent_id=agent.id, run_id=agent.run_id)

    def _owner_as(self, named: str | None) -> Caller:
        if named is None or named == self.owner_id:
            return Caller(owner=True, id=self.owner_id)
        agent = self._state.find(Agent, named)
        if agent is None:
            raise NotFoundError(f"Agent not found: this file has no agent {named!r}.", id=named)
        return Caller(owner=True, id=agent.id, agent_id=agent.id, run_id=agent.run_id)

    def _agent_of(self, digest: str) -> Agent:
        agent = self._state.find(Agent, self._agents.get(digest, ""))
        if agent is None or agent.status == "terminated":
            raise UnauthorizedError("This token is not valid (any more): it is unknown, or its agent has ended.")
        return agent


def refuse_foreign(host: str, origin: str | None) -> None:
    """Let only this machine in: Host must be loopback, and Origin absent or loopback.

    A page of another site that a browser on this machine shows could otherwise talk to the backend (DNS rebinding).

    Raises
    ------
    NotAllowedError
        Host or Origin is foreign.
    """
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name.lower() not in LOOPBACK:
        raise NotAllowedError(f"Host {host!r} is not this machine: use http://127.0.0.1.")
    if origin is not None and _hostname(origin) not in LOOPBACK:
        raise NotAllowedError(f"Origin {origin!r} is not this machine.")


def _hostname(origin: str) -> str:
    try:
        return (urlsplit(origin).hostname or "").lower()
    except ValueError:
        return ""
