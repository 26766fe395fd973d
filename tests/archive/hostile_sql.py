"""Statements that strangers have used, or could use, to take memory, time or files from a server that lets them write SQL.

Only a list: what becomes of each is for the stories to say.
"""

from __future__ import annotations

_COUNT = "with recursive c(x) as (select 1 union all select x + 1 from c{}) "
_LONG = "hex(zeroblob({}))"


def long(count: int) -> str:
    """SQL for a text of twice `count` letters."""
    return _LONG.format(count)


ENDLESS = (
    _COUNT.format("") + "select count(*) from c",
    _COUNT.format("") + "select x from c order by x desc",
    "select count(*) from captures a, captures b, captures c, captures d, captures e, captures f, captures g, captures h, captures i",  # noqa: E501
    "select count(*) from age_sex_spans a, age_sex_spans b, age_sex_spans c",
    _COUNT.format(" limit 100000000") + "select sum(x) over (order by x rows between unbounded preceding and unbounded following) from c",  # noqa: E501
    _COUNT.format(" limit 100000000") + "select max(x) over (order by x rows between 500000 preceding and current row) from c",
    _COUNT.format(" limit 100000000") + "select hex(randomblob(500)) as y from c order by y",
    _COUNT.format("") + f"select count(*) from c where {long(99_000)} || x like '%{'0' * 98}%{'0' * 97}1'",
    _COUNT.format("") + f"select count(*) from c where {long(99_000)} || x glob '*{'0' * 150}1'",
    _COUNT.format("") + f"select count(instr({long(99_000)} || x, {long(90)} || '1')) from c",
    _COUNT.format("") + f"select count(replace({long(99_000)} || x, {long(90)} || '1', '')) from c",
    _COUNT.format("") + f"select count(json_valid('[' || replace({long(40_000)}, '0', '1,') || x || ']')) from c",
    "select count(*) from (select distinct hex(randomblob(1000)) from captures a, captures b, captures c, captures d, captures e)",
)  # fmt: skip
TOO_LARGE = (
    "select zeroblob(1000000000)", "select zeroblob(19000000)", "select randomblob(2000000000)", "select hex(zeroblob(9000000))",
    "select length(hex(zeroblob(400000000)))", "select quote(zeroblob(9000000))",
    f"select replace({long(50_000)}, '0', 'long')", "select printf('%.19000000c', 'x')", "select printf('%2000000000d', 1)",
    "select printf('%.*c', 900000000, 'x')", "select format('%*d', 900000000, 1)",
    f"select instr({long(90_000)}, {long(40_000)} || '1')", f"select ltrim({long(90_000)}, {long(90_000)})",
    "with recursive c(x) as (select 'a' union all select x || x from c) select length(x) from c",
    f"select group_concat({long(100)}) from files a, files b, files c, files d",
    f"select json_group_array({long(100)}) from files a, files b, files c, files d",
    f"select json_quote({long(9_000_000)})",
    _COUNT.format(" limit 1000") + f"select {long(90_000)} from c", _COUNT.format(" limit 1000") + "select zeroblob(190000) from c",
    f"select {', '.join(f'{long(90_000)} as c{i}' for i in range(400))}",
    f"select highlight(places_fts, 0, {long(1_000_000)}, '') from places_fts where places_fts match 'm*'",
    f"select strftime(replace({long(50_000)}, '0', '%f'), 'now')",
)  # fmt: skip
TOO_DEEP = (
    f"select {'+'.join(['1'] * 400)}", f"select {'(' * 300}1{')' * 300}", " union all ".join(["select 1"] * 60),
    f"select {','.join(['1'] * 3000)}", f"select case {'when 1 then 2 ' * 5000}end", "select 1 /* " + "x" * 60_000 + " */",
    f"select json_extract('{'[' * 20_000}{']' * 20_000}', '$')", f"select 'a' like '{'%' * 300}'",
    "select * from files, " + ", ".join(f"files f{i}" for i in range(100)),
    "with a0 as (select 1 as x), " + ", ".join(f"a{i} as (select p.x from a{i - 1} p, a{i - 1} q)" for i in range(1, 30))
    + " select count(*) from a29",
)  # fmt: skip
FORBIDDEN = (
    "insert into series values (1)", "delete from files", "update files set name = 'x'", "drop table files", "create table x (y)",
    "create temp table x (y)", "with x as (select 1) insert into series select * from x", "vacuum", "vacuum into '/tmp/x'", "reindex",  # noqa: E501
    "begin", "attach database 'x' as y", "detach database main", "pragma database_list", "pragma journal_mode = delete",
    "select * from pragma_database_list", "select file from pragma_database_list()", "select * from pragma_table_info('files')",
    "select * from pragma_function_list", "select * from pragma_module_list", "select * from dbstat", "select * from sqlite_dbpage",
    "select load_extension('x')", "select readfile('/etc/passwd')", "select writefile('/tmp/x', 'y')", "select edit('x')",
    "select fts3_tokenizer('simple')", "select sqlite_compileoption_get(1)", "select convert_units(1, 'm**9**9**9', 'm')",
    "select json_patch('{}', '{}')", "select * from fsdir('/')",
)  # fmt: skip
