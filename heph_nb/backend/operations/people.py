"""Operations on what passes between agents and people: memories, messages, questions, reports."""

from __future__ import annotations

from pydantic import Field

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations.operation import Context, Create, Done, Request, Said, operation
from heph_nb.domain import people, questions, work
from heph_nb.domain.records import Agent, Memory, Question
from heph_nb.domain.words import count


class SaveMemory(Create):
    """Something worth knowing for the agents that come later."""

    text: Said = Field(min_length=1, max_length=100_000)
    kind: str = Field("discovery", description=", ".join(people.MEMORY_KINDS))
    tags: list[str] = Field([], max_length=50)


class MemorySaved(Done):
    """The memory."""

    memory_id: str


class SearchMemories(Request):
    """Words that a memory should hold."""

    query: str = Field(min_length=1, max_length=1000)
    limit: int = Field(10, ge=1, le=100)


class MemoriesFound(Done):
    """The best memories, best first."""

    results: list[dict[str, object]]
    total: int


class SendMessage(Create):
    """A line to one agent, or to the person (recipient 'person')."""

    recipient: str
    text: Said = Field(min_length=1, max_length=100_000)


class BroadcastMessage(Create):
    """A line to every agent of the run."""

    text: Said = Field(min_length=1, max_length=100_000)


class MessageSent(Done):
    """The message."""

    message_id: str


class ReadMessages(Request):
    """Nothing to say."""


class MessagesRead(Done):
    """What the caller has not read yet, oldest first."""

    messages: list[dict[str, object]]


class AskQuestion(Create):
    """Something only a person can say."""

    text: Said = Field(min_length=1, max_length=100_000)
    requirement_ids: list[str] = Field([], max_length=5000)


class QuestionAsked(Done):
    """The question."""

    question_id: str


class AnswerQuestion(Request):
    """A person's answer."""

    question_id: str
    text: Said = Field(min_length=1, max_length=10_000)


class ReportResult(Create):
    """What came out, in Markdown."""

    title: Said = Field(min_length=1, max_length=500)
    markdown: Said = Field(min_length=1, max_length=500_000)


class ResultReported(Done):
    """The report."""

    report_id: str


class TerminateAgent(Request):
    """An agent that shall end. Its task is queued again."""

    agent_id: str
    reason: str = Field("terminated by a person", max_length=10_000)


class AgentTerminated(Done):
    """The agent, and what became of its task."""

    agent_id: str
    task_status: str | None


@operation("memories", "save", who="both", tool="save_memory")
def save_memory(context: Context, request: SaveMemory) -> MemorySaved:
    """Keep something worth knowing: a decision, a discovery, a warning."""
    memory = people.save_memory(
        context.draft, context.run.id, context.agent, text=request.text, kind=request.kind, tags=request.tags
    )
    return MemorySaved(memory_id=memory.id, message="Memory saved")


@operation("memories", "search", who="both", tool="search_memories")
def search_memories(context: Context, request: SearchMemories) -> MemoriesFound:
    """Find what agents before you learned."""
    found = people.search_memories(context.draft.all(Memory, context.run.id), request.query, request.limit)
    results: list[dict[str, object]] = [
        {"memory_id": m.id, "kind": m.kind, "text": m.text, "tags": list(m.tags), "task_id": m.task_id} for m in found
    ]
    return MemoriesFound(results=results, total=len(results), message=f"{len(results)} found")


@operation("messages", "send", who="both", tool="send_message")
def send_message(context: Context, request: SendMessage) -> MessageSent:
    """Send a line to one agent of the run, or to the person (recipient 'person')."""
    recipient = request.recipient
    if recipient == "person":
        recipient = next(a.id for a in context.draft.all(Agent) if a.preset == "person")
    run_id = context.run.id if context.caller.agent_id else context.draft.get(Agent, recipient).run_id
    message_id = people.send(context.draft, run_id, recipient, request.text)
    return MessageSent(message_id=message_id, message="Message sent")


@operation("messages", "broadcast", who="both", tool="broadcast_message")
def broadcast_message(context: Context, request: BroadcastMessage) -> MessageSent:
    """Send a line to every agent of the run."""
    message_id = people.send(context.draft, context.run.id, None, request.text)
    return MessageSent(message_id=message_id, message="Message sent to every agent of the run")


async def _unread(backend, caller: Caller, request: ReadMessages) -> list:
    agent = backend.state.get(Agent, caller.id)
    return await backend.messages(run_id=agent.run_id, reader=agent.id, after=agent.read_seq)


@operation("messages", "read", who="both", tool="read_messages", prepare=_unread)
def read_messages(context: Context, request: ReadMessages) -> MessagesRead:
    """Read what was sent to you and to everybody, each message once."""
    reader = context.draft.get(Agent, context.caller.id)
    fresh = [m for m in context.prepared if m.seq > reader.read_seq]
    if fresh:
        context.draft.change(reader, read_seq=fresh[-1].seq)
    lines: list[dict[str, object]] = [
        {"id": m.id, "sender": m.sender, "recipient": m.recipient, "text": m.text, "ts": m.ts.isoformat()}
        for m in fresh
    ]
    return MessagesRead(messages=lines, message=count(len(lines), "new message"))


@operation("questions", "ask", who="both", tool="ask_question")
def ask_question(context: Context, request: AskQuestion) -> QuestionAsked:
    """Ask the person something that the PRD leaves open, naming the requirements it is about."""
    question = questions.ask(
        context.draft, context.run, context.agent, text=request.text, requirement_ids=request.requirement_ids
    )
    return QuestionAsked(question_id=question.id, message="Question filed")


@operation("questions", "answer", who="owner")
def answer_question(context: Context, request: AnswerQuestion) -> QuestionAsked:
    """Answer a question; what it says of each of its requirements becomes a criterion, or drops it.

    The message says how the answer was understood; what it leaves out stays open. Answering again corrects.
    """
    question = context.draft.get(Question, request.question_id)
    understood = questions.answer(context.draft, question, request.text)
    return QuestionAsked(question_id=question.id, message=understood)


@operation("reports", "create", who="agent", tool="report_result")
def report_result(context: Context, request: ReportResult) -> ResultReported:
    """Report what came out of your task, for people to read."""
    agent = context.acting_agent()
    report = people.report(context.draft, agent, title=request.title, markdown=request.markdown)
    return ResultReported(report_id=report.id, message="Report kept")


@operation("agents", "terminate", who="owner")
def terminate_agent(context: Context, request: TerminateAgent) -> AgentTerminated:
    """End an agent. Its attempt fails and its task is queued again (at most three times)."""
    task = work.terminate(context.draft, context.draft.get(Agent, request.agent_id), request.reason)
    status = task.status if task is not None else None
    return AgentTerminated(agent_id=request.agent_id, task_status=status, message="Agent terminated")
