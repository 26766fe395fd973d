"""What the log proves and what it does not, in the words that every page, pack and export uses.

Holds words only; nothing here decides or checks anything.
"""

PROVES = (
    "These bytes, and this record of how they came, were in the log by the first outside anchor after them, unchanged since.",
    "Nothing before an anchored checkpoint was altered, removed or put in later.",
    "The order in which things were recorded.",
    "Everyone who holds a checkpoint of this log was shown the same history.",
)

DOES_NOT_PROVE = (
    "That the publisher really sent these bytes: neither its web server nor the encryption on the way signs for them.",
    "That everything that was seen was recorded.",
    "That the clock of the recording machine was right between two anchors.",
    "That the figures are true.",
    "Anything after the last anchor.",
)

PROMISE = "It proves: " + " ".join(PROVES) + " It does not prove: " + " ".join(DOES_NOT_PROVE)
