"""Keeps which vintages the publisher took back, as the view `withdrawn` finds it, so that every as-of answer can flag them at once.

Derives only: the rule stands in archive/views/withdrawn.sql, and what a vintage states is never touched.
"""

from __future__ import annotations

from importlib import resources

from sqlite_utils import Database


def remake_withdrawn_vintages(copy: Database) -> None:
    """Make the table anew; the caller holds the transaction.

    Asked of the view at every answer it would take seconds in an archive of some years (measured: 1.9 s at 81,000 captures).
    """
    sql = (resources.files("archive") / "withdrawn_vintages.sql").read_text(encoding="utf-8")
    copy.execute("DELETE FROM withdrawn_vintages")
    copy.execute(f"INSERT INTO withdrawn_vintages (vintage, family, withdrawn) {sql}")
