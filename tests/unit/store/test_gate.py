"""Which queries pass the gate. Every way around it that we could think of is tried on a file that is really open."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from heph_nb.errors import SqlRefusedError
from heph_nb.store import gate
from heph_nb.store.database import Batch, Database
from tests.unit.store.samples import agent, event, run, ticket, versions

ANALYSIS = """
select status, count(*) from tickets group by 1
from tickets
with a as (select * from tickets) select * from a
with recursive t(n) as (select 1 union all select n + 1 from t where n < 10) select sum(n) from t
with tickets as (select 1 as x) select x from tickets
values (1), (2)
table tickets
describe tickets
DESC tickets
show tables
summarize tickets
select * from (describe tickets)
select * from "Tickets", main.EVENTS
select data->>'tool', data->>'$.n[0]', data->'n'->0, json_extract_string(data, '$.tool') from events
select kind, count(*) filter (ts > now() - interval 1 hour), sum(seq), avg(seq) from events group by all order by all
select agent_id, ts - lag(ts) over (partition by agent_id order by seq) as gap from events
select date_trunc('minute', ts), time_bucket(interval '5 minutes', ts), extract(hour from ts) from events
select id, unnest(requirement_ids) from tickets
from tickets_at('2026-01-01') select count(*)
from tickets_at(now() - interval 10 minutes)
select list_transform(blocked_by, lambda x: upper(x)), [x for x in blocked_by if x > 'a'], blocked_by[1] from tickets
from range(10)
from generate_series(timestamptz '2026-01-01', timestamptz '2026-01-02', interval 1 hour) as hours(h)
select unnest(range(10)), generate_series(1, 5)
pivot tickets on status in ('backlog', 'done') using count(*) group by priority
unpivot (select 1 a, 2 b) on a, b
select columns('^ti') from tickets
select max(columns(*)) from (select 1 a, 2 b)
select * exclude (description) replace (upper(title) as title) from tickets
select case when status = 'done' then 1 else 0 end, coalesce(reason, 'x'), nullif(title, ''), greatest(1, 2) from tasks
select * from tickets t join requirements r on list_contains(t.requirement_ids, r.id) and r.run_id = t.run_id
select exists(select 1 from tasks), (select max(seq) from events), 'a' in ('a', 'b'), 1 between 0 and 2, null is null
select 1 union all select 2 intersect select 2 except select 3
select round(1.234, 2), 7 // 2, 2 ** 3, 5 % 2, abs(-1), 3!, ~1, 1 & 2, 1 << 2
select string_agg(id, ', ' order by id), list(id), mode(status), quantile_cont(1, 0.5) from tickets
select arg_max(id, created_at), min_by(title, id), any_value(status), first(id order by created_at) from tickets
select cast(seq as varchar), try_cast(kind as int), ts::date, data::varchar, try(1 / 0) from events
select sum(seq) over w from events window w as (order by seq rows between 3 preceding and current row)
select * from events asof join messages using (run_id, ts)
select t1.seq from events t1 positional join messages t2
select * from events using sample 3
select distinct on (kind) * from events order by kind, seq desc limit (select 3) offset 0
select {'a': 1}.a, map {'a': 1}['a'], [1, 2, 3][1:2], row(1, 2)
select kind similar to 'a%', kind not like 'x', kind ilike 'T%', kind ^@ 't', kind ~ 'x', kind glob 'x*' from events
select j.key from events, json_each(data) j
select lpad('1', 3, '0'), printf('%.2f', 1.5), format('{:.1f} {}', 1.5, 'a'), bar(1, 0, 10, 20)
select * from agent_versions
select n.n from tickets a, lateral (select count(*) n from tasks where ticket_id = a.id) n
select current_date, current_timestamp, today(), now() at time zone 'Europe/Berlin'
select * from coverage
select kind from events order by random() limit 3
select * from tickets -- a comment; and another
/* first */ select 1 /* then */ ; ;
select 'it''s', $$dollar ' quoted; drop table tickets$$, e'\\x41', 'read_csv(''x'')'
select 1 as "select", 2 as "ü", 3 as "a;b"
from (values (1, 'a')) v(x, y) select x
select count(*) from tickets where (run_id, id) in (select run_id, ticket_id from tasks)
from events select kind, count() group by kind having count() > 0 qualify row_number() over () > 0
""".strip().splitlines()

STATEMENTS = """
insert into tickets values (1)
INSERT INTO ticket_versions SELECT * FROM ticket_versions
update events set kind = 'x'
delete from events
truncate events
merge into events using messages on false when not matched then insert default values
create table x as select 1
create or replace view tickets as select 1
create temp table x as select 1
create macro abs(x) as 1
create secret s (type s3)
drop table events
alter table events add column x int
comment on table events is 'x'
copy events to '{exports}/x.csv'
copy events from '/etc/passwd'
copy (select 1) to '/tmp/heph-x.csv'
copy from database memory to memory
export database '{exports}/x'
import database '{exports}/x'
attach '{exports}/x.duckdb'
attach '{state}' as again
detach heph
use main
set threads = 1
set variable x = 1
set timezone = 'Europe/Berlin'
reset threads
pragma version
pragma database_list
PRAGMA table_info('events')
call pragma_version()
call force_checkpoint()
checkpoint
force checkpoint
vacuum
analyze
load json
install httpfs
update extensions
begin
commit
rollback
prepare x as select 1
execute x
deallocate x
explain select 1
explain analyze insert into events select * from events
EXPLAIN ANALYZE SELECT 1
select * into x from tickets
select 1; select 2
select 1; drop table events
;;
-- nothing
/* nothing */
with x as (insert into events values (1) returning 1) select * from x
with x as (delete from events) select 1
select (insert into events values (1))
pivot tickets on status using count(*)
select ?
select $1
select $name
select 1 from tickets where id = ?
show databases
show all tables
show settings
show tables from information_schema
show functions
show variables
show schemas
grant all
listen x
selec 1
select (
select 'unterminated
""".strip().splitlines()

READS = """
select * from '/etc/passwd'
select * from "/etc/passwd"
from 'x.csv'
from '{exports}/x.csv'
from '{exports}/x.parquet'
from '{state}'
table "/etc/passwd"
describe 'x.csv'
summarize '{exports}/x.csv'
select * from (from 'x.json')
select * from read_blob('{state}')
select * from read_text('{state}')
select * from READ_BLOB('{state}')
select * from "read_blob"('{state}')
select * from main.read_blob('{state}')
select * from system.main.read_blob('{state}')
select * from read_csv('/etc/passwd')
select * from read_csv_auto('/etc/passwd')
select * from read_json('/etc/passwd')
select * from read_ndjson_objects('/etc/passwd')
select * from read_parquet('/etc/passwd')
select * from parquet_scan('/etc/passwd')
select * from parquet_metadata('/etc/passwd')
select * from read_duckdb('{state}')
select * from sniff_csv('/etc/passwd')
select * from glob('/*')
select * from glob('{state}*')
from query('select 1')
from query_table('events')
from query_table(['events'])
from json_execute_serialized_sql(json_serialize_sql('select 1'))
select * from duckdb_settings()
select * from duckdb_secrets()
select * from duckdb_tables()
select * from duckdb_settings
select * from duckdb_databases
select * from information_schema.tables
select * from pg_catalog.pg_class
select * from pg_class
select * from sqlite_master
select * from pragma_database_list
select * from pragma_table_info('events')
select * from pragma_storage_info('events')
select * from pragma_version()
select * from which_secret('x', 's3')
select * from duckdb_logs()
select * from checkpoint()
select * from force_checkpoint()
select * from enable_logging()
select * from truncate_duckdb_logs()
select * from test_all_types()
select * from repeat(1, 10)
select * from repeat_row(1, num_rows=10)
select * from arrow_scan(1, 2, 3)
select * from pandas_scan(1)
select * from python_map_function(1)
select * from seq_scan('events')
select * from summary((from events))
select * from temp.x
select * from private_agent_versions
select * from "PRIVATE_AGENT_VERSIONS"
select * from Private_Agent_Versions as agents
select token_hash from main.private_agent_versions
describe private_agent_versions
summarize private_agent_versions
select (select token_hash from private_agent_versions limit 1)
with agents as (select * from private_agent_versions) from agents
from tickets union all by name from private_agent_versions
select * from hephaestus.events
select * from hephaestus.main.private_agent_versions
select * from system.main.duckdb_settings
from tickets at (version => 1)
from tickets at (timestamp => now())
""".strip().splitlines()

CALLS = """
select getvariable('x')
select getenv('HOME')
select current_setting('threads')
select CURRENT_SETTING('threads')
select "current_setting"('threads')
select main.current_setting('threads')
select pg_catalog.current_setting('threads')
select system.main.upper('x')
select nextval('x')
select currval('x')
select setseed(0.5)
select sleep_ms(1)
select pg_sleep(1)
select write_log('x')
select current_query()
select txid_current()
select in_search_path('a', 'b')
select json_serialize_sql('select 1')
select json_deserialize_sql('x')
select json_serialize_plan('select 1')
select json_structure('[]')
select json_contains('[]', '[]')
select json_merge_patch('[]', '[]')
select json_transform('[]', '[]')
select from_json('[]', '[]')
select from_json_strict('[]', '[]')
select json_group_structure(data) from events
select data::variant from events
select [data]::variant[] from events
select {'a': data}::struct(a variant) from events
select repeat('x', 1000000000)
select length(repeat('x', 4))
select list_resize([1], 1000000000)
select lpad('x', 1000000000, 'y')
select lpad('x', seq::int, 'y') from events
select printf('%1000000000d', 1)
select printf('%*d', 1000000000, 1)
select format('{:{}}', 1, 1000000000)
select printf(kind, 1) from events
select range(1000000000)
select unnest(range(1000000000))
select generate_series(timestamp '1000-01-01', timestamp '9000-01-01', interval 1 second)
select range(seq) from events
select list_transform(range(1000), lambda x: range(1000))
select list_transform([1], lambda x: current_setting('threads'))
select [current_setting('threads') for x in [1]]
select count(*) filter (where current_setting('threads') is null) from events
select sum(seq order by getvariable('x')) from events
select sum(seq) over (order by getvariable('x')) from events
select sum(seq) over (rows between getvariable('x') preceding and current row) from events
select nextval('x') over () from events
select 1 from events where getvariable('x') is null
select 1 from events group by getvariable('x')
select 1 from events having getvariable('x') is null
select 1 from events qualify getvariable('x') is null
select 1 from events order by getvariable('x')
select 1 from events limit getvariable('x')
select 1 from events offset getvariable('x')
select distinct on (getvariable('x')) 1 from events
select 1 from events a join events b on getvariable('x') is null
select * replace (getvariable('x') as kind) from events
select columns(lambda c: getvariable('x') is null) from events
select case when getvariable('x') is null then 1 end
select getvariable('x') between 1 and 2, 1 in (getvariable('x'))
select [getvariable('x')], struct_pack(a := getvariable('x')), (getvariable('x')).a
select getvariable('x')::varchar collate nocase
select (select getvariable('x'))
select exists(select getvariable('x'))
select 1 where 1 in (select getvariable('x'))
select 1 union select getvariable('x')
values (getvariable('x'))
from (values (getvariable('x'))) v
from range(getvariable('x'))
from range((select max(x) from read_csv('x') t(x)))
from tickets_at(getvariable('x'))
from unnest([getvariable('x')])
from json_each(getvariable('x'))
from (select getvariable('x')) t
from tickets, lateral (select getvariable('x')) t
with a as (select getvariable('x')) select 1
with recursive a as (select 1 x union all select getvariable('x') from a) from a
pivot tickets on status in ('a') using max(getvariable('x'))
summarize select getvariable('x')
describe select getvariable('x')
select * from upper('x')
select tickets_at('2026-01-01')
""".strip().splitlines()

NAMES = """
with duckdb_settings as (select * from duckdb_settings) select * from duckdb_settings
with a as (with duckdb_settings as (select 1) from duckdb_settings) select * from duckdb_settings
with b as (from a), a as (select 1) select * from b
select * from (with "x.csv" as (select 1) select * from "x.csv"), 'x.csv'
with recursive duckdb_settings as (select * from duckdb_settings) select * from duckdb_settings
with duckdb_settings as (select 1) select * from main.duckdb_settings
with "/etc/passwd" as (select 1) select * from "/ETC/PASSWD", "/etc/passwd2"
select * from tic\u212aets
select * from \uff54ickets
select * from "tickets\u200b"
select re\u00addblob('x')
with a as not materialized (select 1) select * from a
with a as NOT /* */ MATERIALIZED (select 1) select * from a
""".strip().splitlines()


@pytest.fixture(scope="module")
def open_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database.open(tmp_path_factory.mktemp("gate") / "hephaestus.duckdb")
    database.append(Batch(versions(run(), ticket(1), agent()).versions, [event(10, data={"tool": "bash", "n": [1]})]))
    database.exports.mkdir(exist_ok=True)
    (database.exports / "x.csv").write_text("a,b\n1,2\n")
    yield database
    database.close()


def refused(database: Database, query: str) -> str:
    query = query.replace("{state}", str(database.path)).replace("{exports}", str(database.exports))
    with pytest.raises(SqlRefusedError) as caught:
        database.query(query)
    return caught.value.detail


@pytest.mark.parametrize("query", ANALYSIS)
def test_queries_of_analysts_pass(open_file: Database, query):
    assert open_file.query(query).num_columns > 0


@pytest.mark.parametrize("query", STATEMENTS)
def test_what_is_not_one_select_is_refused(open_file: Database, query):
    assert refused(open_file, query)


@pytest.mark.parametrize("query", READS)
def test_what_is_not_ours_cannot_be_read(open_file: Database, query):
    detail = refused(open_file, query)
    assert "secret-hash" not in detail
    assert "SHOW TABLES" in detail or "instead" in detail or "shows an earlier moment" in detail


@pytest.mark.parametrize("query", CALLS)
def test_functions_that_are_not_known_to_be_harmless_are_refused(open_file: Database, query):
    assert refused(open_file, query)


@pytest.mark.parametrize("query", NAMES)
def test_names_cannot_be_disguised(open_file: Database, query):
    assert refused(open_file, query)


def test_every_refusal_says_what_to_do_instead(open_file: Database):
    assert "run.answer" in refused(open_file, "insert into tickets values (1)")
    assert "runs what it explains" in refused(open_file, "/* a */ explain analyze select 1")
    assert "ON status IN" in refused(open_file, "pivot tickets on status using count(*)")
    assert "run.export" in refused(open_file, "-- b\ncopy tickets to 'x.csv'")
    assert "heph.open" in refused(open_file, "attach 'x'")
    assert "tickets_at" in refused(open_file, "from tickets at (version => 1)")
    assert "exactly one statement, and it has 2" in refused(open_file, "select 1; select 2")
    assert "it has none" in refused(open_file, "-- nothing")
    assert "FROM range" in refused(open_file, "select range(1000000)")


def test_errors_of_a_query_are_told_without_repeating_it(open_file: Database):
    detail = refused(open_file, "select no_such_column from tickets where 'my secret' = 'x'")
    assert "no_such_column" in detail
    assert "my secret" not in detail
    assert "LINE" not in detail
    assert refused(open_file, "select 'my secret' from").startswith("The query cannot be understood: syntax error")


@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [
        ("(", "1", ")"), ("[", "1", "]"), ("{'a':", "1", "}"), ("not ", "true", ""), ("- ", "1", ""), ("", "1", "+1"),
        ("", "1", "::int"), ("", "'a'", "||'a'"), ("(select ", "1", ")"), ("(select max(", "1", ") from tickets)"),
        ("exists(select ", "1", ")"), ("case when true then ", "1", " end"), ("abs(", "1", ")"),
        ("", "'{}'::json", "->'a'"),
        ("list_transform([1], lambda x: ", "1", ")"), ("", "1", " union all select 1"), ("", "1", " except select 1"),
        ("/*", "1", "*/"), ("", "null::int", "[]"), ("", "true", " and true"), ("", "1", ", 1"),
        ("1 in (select ", "1", ")"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("times", [12, 30, 240, 900, 100_000])
def test_deep_and_long_queries_neither_crash_nor_hang(open_file: Database, opening, middle, closing, times):
    with contextlib.suppress(SqlRefusedError):
        open_file.query(f"select {opening * times}{middle}{closing * times}", timeout=5)
    assert open_file.query("select 1 as x").num_rows == 1


def test_a_query_of_a_megabyte_is_refused(open_file: Database):
    detail = refused(open_file, "select 1 in (" + ", ".join(["1"] * 400_000) + ")")
    assert "1,200,012 characters" in detail


def test_a_query_with_a_thousand_ids_passes(open_file: Database):
    ids = ", ".join(f"'ticket-{number:032}'" for number in range(1_000))
    assert open_file.query(f"select * from tickets where id in ({ids})").num_rows == 0


@pytest.mark.parametrize("query", ["select 1\x00", "select '\x00'", "select '\ud800'", "\ufeffselect nothing", ""])
def test_odd_characters_are_refused(open_file: Database, query):
    assert refused(open_file, query)


def test_python_variables_are_no_tables(open_file: Database):
    import pyarrow as pa

    secret = pa.table({"a": [1]})
    assert "no table 'secret'" in refused(open_file, "from secret")
    assert secret.num_rows == 1


def test_the_list_of_functions_has_only_names_of_this_duckdb_and_none_that_is_forbidden():
    rows = duckdb.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    known = {name.lower() for (name,) in rows}
    made_by_the_parser = {"alias", "coalesce", "if", "ifnull", "row", "unnest", "**", "->", "enum_range", "fill"}
    assert gate.allowed_functions() - known <= made_by_the_parser
    for word in (
        "read_",
        "pragma",
        "duckdb_",
        "scan",
        "query",
        "glob",
        "setting",
        "variable",
        "secret",
        "log_",
        "sleep",
    ):
        assert not [name for name in gate.allowed_functions() if word in name], word
    assert not gate.allowed_functions() & {"nextval", "currval", "setseed", "checkpoint", "repeat", "range"}


def test_after_all_that_the_file_is_unchanged_and_still_locked(open_file: Database):
    for query in (*STATEMENTS, *READS, *CALLS, *NAMES):
        refused(open_file, query)
    assert [record.id for record in open_file.load().records] == ["run-1", "ticket-1", "agent-1"]
    assert len(open_file.events()) == 1
    assert sorted(p.name for p in open_file.exports.iterdir()) == ["x.csv"]
    assert not Path("/tmp/heph-x.csv").exists()
    code = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    other = subprocess.run(
        [sys.executable, "-c", code, str(open_file.path)], capture_output=True, text=True, check=False
    )
    assert other.returncode != 0
    assert "Conflicting lock is held" in other.stderr
