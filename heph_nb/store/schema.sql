-- The tables of a new state file. Field by field the records of heph_nb/domain/records.py (a test holds that).
-- <entity>_versions: one appended row per change; nothing here is ever updated or deleted. No keys and no indexes:
-- the domain decides what may be written, and a scan of a column store is quick.
-- Views and macros are not here: they are made again by views.py.

CREATE TABLE schema_version (
    version    INTEGER     NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    program    VARCHAR     NOT NULL
);

CREATE TABLE run_versions (
    seq           BIGINT      NOT NULL,
    ts            TIMESTAMPTZ NOT NULL,
    actor         VARCHAR     NOT NULL,
    id            VARCHAR     NOT NULL,
    run_id        VARCHAR,
    name          VARCHAR     NOT NULL,
    status        VARCHAR     NOT NULL,
    reason        VARCHAR,
    prd_path      VARCHAR     NOT NULL,
    prd_text      VARCHAR     NOT NULL,
    prd_sha256    VARCHAR     NOT NULL,
    working_dir   VARCHAR     NOT NULL,
    worktrees     VARCHAR     NOT NULL,
    branch        VARCHAR     NOT NULL,
    base_commit   VARCHAR     NOT NULL,
    workflow      VARCHAR     NOT NULL,
    agent         VARCHAR     NOT NULL,
    max_agents    INTEGER     NOT NULL,
    manual        BOOLEAN     NOT NULL,
    policy        VARCHAR     NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    ended_at      TIMESTAMPTZ,
    budget_tokens BIGINT
);

CREATE TABLE requirement_versions (
    seq          BIGINT      NOT NULL,
    ts           TIMESTAMPTZ NOT NULL,
    actor        VARCHAR     NOT NULL,
    id           VARCHAR     NOT NULL,
    run_id       VARCHAR,
    label        VARCHAR,
    text         VARCHAR     NOT NULL,
    section      VARCHAR     NOT NULL,
    line_start   INTEGER     NOT NULL,
    line_end     INTEGER     NOT NULL,
    lines        STRUCT(line_start INTEGER, line_end INTEGER)[] NOT NULL,
    level        VARCHAR     NOT NULL,
    kind         VARCHAR     NOT NULL,
    criteria     VARCHAR[]   NOT NULL,
    depends_on   VARCHAR[]   NOT NULL,
    status       VARCHAR     NOT NULL,
    mark         VARCHAR,
    evidence     VARCHAR,
    evidence_ref VARCHAR,
    created_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE trace_versions (
    seq            BIGINT      NOT NULL,
    ts             TIMESTAMPTZ NOT NULL,
    actor          VARCHAR     NOT NULL,
    id             VARCHAR     NOT NULL,
    run_id         VARCHAR,
    requirement_id VARCHAR     NOT NULL,
    kind           VARCHAR     NOT NULL,
    target         VARCHAR     NOT NULL,
    ticket_id      VARCHAR,
    attempt_id     VARCHAR,
    merged         BOOLEAN     NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL
);

CREATE TABLE phase_versions (
    seq              BIGINT      NOT NULL,
    ts               TIMESTAMPTZ NOT NULL,
    actor            VARCHAR     NOT NULL,
    id               VARCHAR     NOT NULL,
    run_id           VARCHAR,
    number           INTEGER     NOT NULL,
    name             VARCHAR     NOT NULL,
    status           VARCHAR     NOT NULL,
    description      VARCHAR     NOT NULL,
    instructions     VARCHAR     NOT NULL,
    done_definitions VARCHAR[]   NOT NULL,
    outputs          VARCHAR[]   NOT NULL,
    next_steps       VARCHAR[]   NOT NULL,
    checks           VARCHAR[]   NOT NULL,
    agent            VARCHAR,
    max_agents       INTEGER,
    columns          VARCHAR[]   NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    role             VARCHAR     NOT NULL
);

CREATE TABLE ticket_versions (
    seq             BIGINT      NOT NULL,
    ts              TIMESTAMPTZ NOT NULL,
    actor           VARCHAR     NOT NULL,
    id              VARCHAR     NOT NULL,
    run_id          VARCHAR,
    title           VARCHAR     NOT NULL,
    description     VARCHAR     NOT NULL,
    ticket_type     VARCHAR     NOT NULL,
    priority        VARCHAR     NOT NULL,
    status          VARCHAR     NOT NULL,
    blocked_by      VARCHAR[]   NOT NULL,
    requirement_ids VARCHAR[]   NOT NULL,
    resolved        BOOLEAN     NOT NULL,
    resolution      VARCHAR,
    created_by      VARCHAR     NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL
);

CREATE TABLE comment_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    ticket_id  VARCHAR     NOT NULL,
    author     VARCHAR     NOT NULL,
    text       VARCHAR     NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE ticket_commit_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    ticket_id  VARCHAR     NOT NULL,
    commit_sha VARCHAR     NOT NULL,
    message    VARCHAR     NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE task_versions (
    seq            BIGINT      NOT NULL,
    ts             TIMESTAMPTZ NOT NULL,
    actor          VARCHAR     NOT NULL,
    id             VARCHAR     NOT NULL,
    run_id         VARCHAR,
    phase          INTEGER     NOT NULL,
    ticket_id      VARCHAR,
    parent_task_id VARCHAR,
    title          VARCHAR     NOT NULL,
    description    VARCHAR     NOT NULL,
    kind           VARCHAR     NOT NULL,
    status         VARCHAR     NOT NULL,
    reason         VARCHAR,
    priority       VARCHAR     NOT NULL,
    agent          VARCHAR,
    lost           INTEGER     NOT NULL,
    reworks        INTEGER     NOT NULL,
    feedback       VARCHAR,
    summary        VARCHAR,
    learned        VARCHAR[]   NOT NULL,
    created_by     VARCHAR     NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ
);

CREATE TABLE attempt_versions (
    seq         BIGINT      NOT NULL,
    ts          TIMESTAMPTZ NOT NULL,
    actor       VARCHAR     NOT NULL,
    id          VARCHAR     NOT NULL,
    run_id      VARCHAR,
    task_id     VARCHAR     NOT NULL,
    agent_id    VARCHAR     NOT NULL,
    number      INTEGER     NOT NULL,
    branch      VARCHAR     NOT NULL,
    worktree    VARCHAR     NOT NULL,
    base_commit VARCHAR     NOT NULL,
    head_commit VARCHAR,
    outcome     VARCHAR     NOT NULL,
    reason      VARCHAR,
    started_at  TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ
);

-- Holds token hashes, so queries never read it: `agents` and `agent_versions` are views that leave them out.
CREATE TABLE private_agent_versions (
    seq             BIGINT      NOT NULL,
    ts              TIMESTAMPTZ NOT NULL,
    actor           VARCHAR     NOT NULL,
    id              VARCHAR     NOT NULL,
    run_id          VARCHAR,
    preset          VARCHAR     NOT NULL,
    status          VARCHAR     NOT NULL,
    label           VARCHAR     NOT NULL,
    task_id         VARCHAR,
    attempt_id      VARCHAR,
    pid             INTEGER,
    process_started DOUBLE,
    session_id      VARCHAR,
    token_hash      VARCHAR,
    read_seq        BIGINT      NOT NULL,
    reason          VARCHAR,
    started_at      TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ
);

CREATE TABLE permission_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    agent_id   VARCHAR     NOT NULL,
    task_id    VARCHAR,
    attempt_id VARCHAR,
    tool_kind  VARCHAR     NOT NULL,
    title      VARCHAR     NOT NULL,
    detail     VARCHAR     NOT NULL,
    options    VARCHAR[]   NOT NULL,
    status     VARCHAR     NOT NULL,
    decided_by VARCHAR,
    reason     VARCHAR,
    created_at TIMESTAMPTZ NOT NULL,
    decided_at TIMESTAMPTZ,
    subject    VARCHAR
);

CREATE TABLE rule_versions (
    seq           BIGINT      NOT NULL,
    ts            TIMESTAMPTZ NOT NULL,
    actor         VARCHAR     NOT NULL,
    id            VARCHAR     NOT NULL,
    run_id        VARCHAR,
    tool_kind     VARCHAR     NOT NULL,
    pattern       VARCHAR     NOT NULL,
    status        VARCHAR     NOT NULL,
    permission_id VARCHAR     NOT NULL,
    created_by    VARCHAR     NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    revoked_at    TIMESTAMPTZ
);

CREATE TABLE question_versions (
    seq             BIGINT      NOT NULL,
    ts              TIMESTAMPTZ NOT NULL,
    actor           VARCHAR     NOT NULL,
    id              VARCHAR     NOT NULL,
    run_id          VARCHAR,
    text            VARCHAR     NOT NULL,
    requirement_ids VARCHAR[]   NOT NULL,
    agent_id        VARCHAR,
    task_id         VARCHAR,
    status          VARCHAR     NOT NULL,
    answer          VARCHAR,
    answered_by     VARCHAR,
    created_at      TIMESTAMPTZ NOT NULL,
    answered_at     TIMESTAMPTZ,
    decided         VARCHAR[]   NOT NULL
);

CREATE TABLE check_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    task_id    VARCHAR     NOT NULL,
    attempt_id VARCHAR     NOT NULL,
    command    VARCHAR     NOT NULL,
    exit_code  INTEGER     NOT NULL,
    seconds    DOUBLE      NOT NULL,
    output     VARCHAR     NOT NULL,
    commit_sha VARCHAR     NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    shared     INTEGER     NOT NULL
);

CREATE TABLE merge_versions (
    seq          BIGINT      NOT NULL,
    ts           TIMESTAMPTZ NOT NULL,
    actor        VARCHAR     NOT NULL,
    id           VARCHAR     NOT NULL,
    run_id       VARCHAR,
    task_id      VARCHAR     NOT NULL,
    attempt_id   VARCHAR     NOT NULL,
    status       VARCHAR     NOT NULL,
    target       VARCHAR     NOT NULL,
    merge_commit VARCHAR,
    conflicts    VARCHAR[]   NOT NULL,
    reason       VARCHAR,
    created_at   TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ
);

CREATE TABLE memory_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    agent_id   VARCHAR,
    task_id    VARCHAR,
    kind       VARCHAR     NOT NULL,
    text       VARCHAR     NOT NULL,
    tags       VARCHAR[]   NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE report_versions (
    seq        BIGINT      NOT NULL,
    ts         TIMESTAMPTZ NOT NULL,
    actor      VARCHAR     NOT NULL,
    id         VARCHAR     NOT NULL,
    run_id     VARCHAR,
    task_id    VARCHAR     NOT NULL,
    agent_id   VARCHAR     NOT NULL,
    title      VARCHAR     NOT NULL,
    markdown   VARCHAR     NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE events (
    seq      BIGINT      NOT NULL,
    ts       TIMESTAMPTZ NOT NULL,
    run_id   VARCHAR,
    agent_id VARCHAR,
    task_id  VARCHAR,
    kind     VARCHAR     NOT NULL,
    data     JSON        NOT NULL
);

CREATE TABLE messages (
    seq       BIGINT      NOT NULL,
    ts        TIMESTAMPTZ NOT NULL,
    run_id    VARCHAR,
    id        VARCHAR     NOT NULL,
    sender    VARCHAR     NOT NULL,
    recipient VARCHAR,
    text      VARCHAR     NOT NULL
);

CREATE TABLE usage (
    seq           BIGINT      NOT NULL,
    ts            TIMESTAMPTZ NOT NULL,
    run_id        VARCHAR,
    agent_id      VARCHAR     NOT NULL,
    task_id       VARCHAR,
    attempt_id    VARCHAR,
    input_tokens  BIGINT,
    output_tokens BIGINT,
    total_tokens  BIGINT,
    cost          DOUBLE,
    currency      VARCHAR
);

-- What an idempotency key was answered; it belongs to the file, not to a run, and is not exported.
CREATE TABLE answers (
    seq       BIGINT      NOT NULL,
    ts        TIMESTAMPTZ NOT NULL,
    key       VARCHAR     NOT NULL,
    actor     VARCHAR     NOT NULL,
    operation VARCHAR     NOT NULL,
    response  VARCHAR     NOT NULL,
    request   VARCHAR     NOT NULL
);
