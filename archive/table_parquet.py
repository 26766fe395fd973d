"""Writes the rows of whole tables as Parquet, in one file or one for each month, with exact types; needs pyarrow.

Guesses no type: each column has the one it is given. Nothing else imports pyarrow.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Self

from archive.whole_tables import Column, Row

MISSING = "Parquet is left out: pyarrow is not installed here (the extra `tables`)."


def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


class ParquetFiles:
    """One file at `path`; or where `path` names a folder (`…/`), a file for each month in the manner of Hive, `month=2021-09-01`.

    In the latter the month stands in the folder's name alone, as DuckDB, Spark and Trino expect. `about` goes into each file.
    """

    def __init__(self, folder: Path, path: str, columns: Sequence[Column], day: str, about: Mapping[str, str]) -> None:
        self.rows: dict[str, int] = {}
        self._folder, self._path, self._day = folder, path, day
        self._parts = path.endswith("/")
        self._taken = [at for at, column in enumerate(columns) if not (self._parts and column.name == day)]
        self._columns = [columns[at] for at in self._taken]
        self._schema = _schema(self._columns, about)
        self._writer: Any = None
        self._now = ""
        if not self._parts:
            self._begin(path)

    def take(self, period: str, rows: Sequence[Row]) -> None:
        """Write a batch; a new month begins a new file."""
        import pyarrow as pa  # noqa: PLC0415 - an extra: only whoever asks for Parquet needs it

        path = f"{self._path}{self._day}={period}/part.parquet" if self._parts else self._path
        if path != self._now:
            self._begin(path)
        arrays = [
            pa.array([_value(column.kind, row[at]) for row in rows], field.type)
            for at, column, field in zip(self._taken, self._columns, self._schema, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self.rows[path] += len(rows)

    def _begin(self, path: str) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._end()
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(target, self._schema, compression="zstd")
        self._now = path
        self.rows[path] = 0

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._end()


def _schema(columns: Sequence[Column], about: Mapping[str, str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    types = {"date": pa.date32(), "integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    fields = [pa.field(one.name, types[one.kind], metadata={"description": one.description}) for one in columns]
    return pa.schema(fields, metadata=dict(about))


def _value(kind: str, value: Any) -> Any:
    return date.fromisoformat(value) if kind == "date" and value is not None else value
