"""Has the log signed after a poll or a deposit, and tells a person what came of it.

Never lets trouble with the key lose or delay evidence: what cannot be signed now is a finding, and is signed next time.
"""

from __future__ import annotations

from archive.checkpoints import sign_log, signer_of
from archive.errors import ArchiveError
from archive.standing_findings import standing_findings
from archive.store import record_finding, settle_finding
from schedules.desk import Desk
from scraper.model import Finding

UNSIGNED = ("log.unsigned", "the log", "")
"""Code, subject and place of the finding."""

BACK_UP = (
    "made a signing key for this archive in {folder}. Copy that folder to a safe place of its own: with the key lost, the "
    "record goes on only under a new name; with it stolen, somebody else can sign in your name"
)


def sign_after(desk: Desk, series: str) -> None:
    """Sign everything recorded so far. Where that is refused or fails, a finding of the series says so."""
    try:
        signature = sign_log(desk.evidence)
        settled = [settle_finding(desk.evidence.db, *UNSIGNED, one.slug, desk.now()) for one in desk.series]
        if any(settled):
            sign_log(desk.evidence)
    except ArchiveError as trouble:
        record_finding(
            desk.evidence.db, _finding(trouble), poll_id=None, capture_id=None, series=series, now=desk.now()
        )
        return
    if signature.new_key:
        desk.progress(BACK_UP.format(folder=signer_of(desk.evidence).folder), signature.size, 0)


def signed_now(desk: Desk) -> int:
    """Sign everything recorded so far and say over how many facts. Raises ArchiveError where that is refused or fails."""
    signature = sign_log(desk.evidence)
    if signature.new_key:
        desk.progress(BACK_UP.format(folder=signer_of(desk.evidence).folder), signature.size, 0)
    return signature.size


def is_signed(desk: Desk, series: str) -> bool:
    """Whether the log was signed after the newest poll of a series: no finding stands that says otherwise."""
    return all(one.code != UNSIGNED[0] for one in standing_findings(desk.evidence.db, series))


def _finding(trouble: ArchiveError) -> Finding:
    code, subject, place = UNSIGNED
    return Finding(
        code,
        "error",
        subject,
        place,
        "a log that could not be signed",
        "a checkpoint after each poll",
        f"{trouble} Everything recorded is kept, and is signed as soon as that is put right.",
    )
