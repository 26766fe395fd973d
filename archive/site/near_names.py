"""What may have been meant where a name is not found: the words of places that are spelt most nearly alike.

Never calls a guess a match, and keeps nothing of what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.78
"""How alike two words have to be, from 0 to 1: one letter left out of seven, or two of nine changed about."""
MOST = 3
"""Suggestions, and typed words that are looked into: each costs a look at every word there is."""
WORD = re.compile(r"[^\W\d_]{4,24}")


def meant(typed: str, names: Iterable[str]) -> list[str]:
    """What was typed with its unknown words put right, the likeliest first; none where every word is known or none is near."""
    known = {word for name in names for word in WORD.findall(name.casefold())}
    suggestions = [typed.casefold()]
    unknown = [word for word in WORD.findall(suggestions[0]) if not any(one.startswith(word) for one in known)]
    for word in unknown[:MOST]:
        near = get_close_matches(word, sorted(known), MOST, ALIKE)
        suggestions = [one.replace(word, other) for other in near for one in suggestions]
    return suggestions[:MOST] if unknown else []
