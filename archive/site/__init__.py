"""What readers see: the Datasette plugin, its templates, the questions and the style sheet.

Never writes to a database, and never sends a reader's browser to anybody else.
"""
