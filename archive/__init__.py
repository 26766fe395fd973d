"""Keeps what was captured and shows it: the evidence, the reading copy, the site.

No HTTP client here; of the scraper it knows the words in scraper.model and nothing else.
"""
