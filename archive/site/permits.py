"""What a stranger's statement may touch: it may read tables and call functions, and nothing else.

Never hinders Datasette's own look at the schema, which goes through the same connections.
"""

from __future__ import annotations

import sqlite3

LOOKS = frozenset(
    {"database_list", "foreign_key_list", "index_list", "index_info", "index_xinfo", "schema_version", "table_info", "table_xinfo",
     "cache_size", "data_version"}
)  # fmt: skip
"""PRAGMA statements by which Datasette looks at a schema. A visitor cannot write PRAGMA: his statement must be a SELECT."""
REFUSED = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "convert_units", "sqlite_compileoption_get",
     "sqlite_compileoption_used", "sqlite_log", "json_patch"}
)  # fmt: skip
"""Functions that reach outside the database, or whose work has no bound. `convert_units`, Datasette's own, reckons out whatever
stands in its text; `json_patch` compares every key of one text with every key of the other."""
_DECLARES = {(sqlite3.SQLITE_INSERT, "sqlite_master"), (sqlite3.SQLITE_UPDATE, "sqlite_master")}
"""By these the search index says its columns when it is opened; the connection itself is read only."""
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_CREATE_TABLE})


def judge(action: int, first: str | None, second: str | None, _: str | None, __: str | None) -> int:
    """SQLite's authorizer: what is asked for, on what. Tables that begin with `pragma_` would show the path of the file."""
    if action == sqlite3.SQLITE_READ:
        name = (first or "").lower()
        may = not name.startswith("pragma_") and name != "dbstat"
    elif action == sqlite3.SQLITE_FUNCTION:
        may = (second or "").lower() not in REFUSED
    elif action == sqlite3.SQLITE_PRAGMA:
        may = (first or "").lower() in LOOKS
    else:
        may = action in _READS or (action, first) in _DECLARES
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY
