"""A made-up archive in which a page was reworded and a workbook's notes changed, for the stories of differences.

Every figure and word is made up.
"""

from __future__ import annotations

from pathlib import Path

from archive.database import open_evidence
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_capture, record_deposit
from scraper.model import Capture, Request
from tests.archive.made_site import SLUG, filled_archive, read_again
from tests.made_up import summary_workbook

ADDRESS = "https://pages.example/made-up/august-2021"
SAMPLE = (Path(__file__).parent.parent / "pages" / "publication-live.html").read_bytes()
OLD = SAMPLE.replace(
    b"How many people have opted out", b"How many <i>people</i> of 1,234 had opted <script>alert(1)</script>out"
)
NEW = SAMPLE.replace(b"How many people have opted out", b"How many people of 1,243 &lt;b&gt;had&lt;/b&gt; opted out")


def reworded_archive(directory: Path) -> Path:
    """A filled archive with three captures of one page, the last in other markup only, and a reworded workbook."""
    filled_archive(directory)
    with open_evidence(directory) as evidence:
        for day, body in (("05", OLD), ("06", NEW), ("07", NEW.replace(b"<hr", b"<hr data-x"))):
            now = f"2021-10-{day}T08:35:02.000000Z"
            poll = begin_poll(evidence.db, SLUG, "due", now, "made-up-program/1", "0" * 64)
            request = Request(ADDRESS, "publication_page", publication="august-2021")
            capture = Capture(request, now, now.replace("02.", "03."), 900, "accepted", "length", status=200, body=body)
            record_capture(evidence.db, poll, SLUG, capture, now)
            end_poll(evidence.db, poll, "complete", now, f"2021-10-{day}T15:30:00.000000Z", "Looked at.")
        poll = begin_poll(evidence.db, SLUG, "deposit", "2021-10-08T09:00:00.000000Z", "made-up-program/1", "0" * 64)
        workbook = summary_workbook("2022-05")
        deposit = Deposit(SLUG, "may-2022", "2022-05-26", "NDOP_sum_Apr_2022.xlsx", workbook, "made up for a test")
        record_deposit(evidence.db, poll, deposit, "2021-10-08T09:00:01.000000Z")
        read_again(directory, evidence.db)
    return directory
