"""Owns how printed text is made comparable: blanks folded, invisible characters left out.

Never looks at markup, and never changes a visible character.
"""

from __future__ import annotations

import unicodedata

# Cc control, Cf format (zero-width blanks, soft hyphen, direction marks), Cs lone surrogates: editors paste the first two,
# and a surrogate, which a page can smuggle in by a character reference, cannot even be stored as text.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def visible(text: str) -> str:
    """`text` without control, format and surrogate characters; blanks of every kind stay."""
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)


def fold(text: str) -> str:
    """`text` as a person reads it: visible characters, each run of blanks one blank, none at the ends."""
    return " ".join(visible(text).split())


def label_of(text: str) -> str:
    """A field label made comparable: `Publication Date:` and `publication date` are the same label."""
    return fold(text).rstrip(":").rstrip().casefold()
