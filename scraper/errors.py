"""Surprises of the publisher, and mistakes in our own TOML files, as named errors.

Trouble on the wire is never an error here: it is a Capture with a verdict.
"""

from __future__ import annotations

from scraper.model import Finding, Severity


class ScraperError(Exception):
    """Root of the family. Carries where, what was found and what was expected; becomes a Finding."""

    severity: Severity = "error"

    def __init__(self, code: str, subject: str, place: str, found: str, expected: str, advice: str = "") -> None:
        self.code, self.subject, self.place = code, subject, place
        self.found, self.expected, self.advice = found, expected, advice
        super().__init__(self.finding().sentence())

    def finding(self, sha256: str | None = None) -> Finding:
        """The same as a value to be kept with the evidence; `sha256` names the snapshot it is about."""
        return Finding(
            self.code, self.severity, self.subject, self.place, self.found, self.expected, self.advice, sha256
        )


class PageChanged(ScraperError):
    """A page is not what its place promises: landmarks missing, another kind of page, an unreadable date."""


class FileChanged(ScraperError):
    """A file does not read as its layout promises: unknown header, wrong encoding, a duplicate key."""


class DefinitionError(ScraperError):
    """A series file or a schema file of ours is broken. Names file, key, what was found and what was expected."""
