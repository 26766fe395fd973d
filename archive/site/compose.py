"""Puts the questions' SQL, kept as files that people can read, into metadata.json: `python -m archive.site.compose`.

Changes nothing else in metadata.json, and makes no question that is not described there.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from archive.each_family import written_out
from archive.site.family_questions import family_questions
from archive.sql_texts import sql_texts

QUESTIONS = "site/questions"
"""Folder of one file for each question."""


@cache
def question_sql() -> dict[str, str]:
    """SQL of every question by name, from archive/site/questions, with what it says of each family written out. Read once."""
    own, shared = sql_texts(QUESTIONS), family_questions(sql_texts(f"{QUESTIONS}/each"))
    if twice := set(own) & set(shared):
        raise KeyError(
            f"questions {sorted(twice)}: found as a file and written from questions/each; expected one of them"
        )
    return {name: written_out(text).strip() for name, text in (own | shared).items()}


@cache
def question_of_family(name: str, family: str) -> str:
    """SQL of a question that has a file of its own and a parameter `:family`, written out for that family and no other."""
    return written_out(sql_texts(QUESTIONS)[name], only=family).strip()


def composed(metadata: dict[str, Any], sql: dict[str, str]) -> dict[str, Any]:
    """The metadata with each question's SQL from its file. Raises KeyError where file and description are not in pairs."""
    queries: dict[str, dict[str, Any]] = metadata["databases"]["optouts"]["queries"]
    if odd := set(queries) ^ set(sql):
        raise KeyError(f"questions {sorted(odd)}: found only as a file or only in metadata.json; expected both")
    for name, query in queries.items():
        query["sql"] = sql[name]
    return metadata


def main(path: Path) -> None:
    """Writes the file at `path` anew."""
    metadata = composed(json.loads(path.read_text("utf-8")), question_sql())
    path.write_text(json.dumps(metadata, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path("metadata.json"))
