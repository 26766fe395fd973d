"""Gets the publisher's pages and files, and understands them.

No SQL here, nothing of the other rooms, and nothing that remembers between two calls.
"""
