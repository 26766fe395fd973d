"""What to watch and when, and the polls that join scraper and archive.

The only room that knows both others; it holds no parsing and no SQL of its own.
"""
