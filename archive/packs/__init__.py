"""Evidence packs: parts of the archive that a stranger can check without it, its program or its people.

Reads the evidence and makes files of it; never writes a fact, and proves nothing that was not signed before.
"""
