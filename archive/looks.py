"""Keeps the reading copy's looks: every time an address was asked for, and whether it was there, was not, or gave no answer.

It never judges what absence means, and a file that was handed in is no look: nobody asked the publisher.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.outcomes import ACCEPTED, CONFIRMING

_ACCEPTED = ", ".join(repr(outcome) for outcome in ACCEPTED)
_CONFIRMING = ", ".join(repr(outcome) for outcome in CONFIRMING)
_AFTER_SCHEME = "substr(c.address, instr(c.address, '//') + 2)"
_LOOKS = f"""
INSERT INTO looks (series, address, capture_id, poll_id, publication, purpose, host, file_name, answer, sha256, content_sha256,
  requested_at, completed_at, outcome, status)
SELECT
  c.series, c.address, c.capture_id, c.poll_id, c.publication, c.purpose,
  substr({_AFTER_SCHEME}, 1, instr({_AFTER_SCHEME} || '/', '/') - 1), c.file_name,
  CASE WHEN c.outcome IN ({_CONFIRMING}) THEN 'present' WHEN c.outcome = 'absent' THEN 'absent' ELSE 'no answer' END,
  CASE WHEN c.outcome IN ({_ACCEPTED}) THEN c.sha256 WHEN c.outcome = 'not_modified' THEN b.sha256 END,
  CASE WHEN c.outcome IN ({_ACCEPTED}) THEN coalesce(w.words_sha256, c.sha256) WHEN c.outcome = 'not_modified' THEN b.sha256 END,
  c.requested_at, c.completed_at, c.outcome, c.status
FROM captures AS c
LEFT JOIN captures AS b ON b.capture_id = c.previous_capture_id
LEFT JOIN page_texts AS t ON t.sha256 = c.sha256 AND t.address = c.address
LEFT JOIN wordings AS w ON w.text_sha256 = t.text_sha256
WHERE c.way = 'http' AND c.purpose <> 'robots' AND coalesce(c.link_text, '') NOT LIKE 'canary: %'
  AND c.capture_id > (SELECT coalesce(max(capture_id), 0) FROM looks)
"""


def record_looks(copy: Database) -> None:
    """Looks of the captures that came since; to be called once the words of their pages have been read."""
    copy.execute(_LOOKS)


def forget_looks(copy: Database) -> None:
    """Let all of them be made anew, because another reader read the words of pages otherwise."""
    copy.execute("DELETE FROM looks")
