"""Owns addresses: made absolute, made comparable, and told apart by host and path.

Never fetches one, and never lets one be anything but http or https with a host.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from scraper.model import Series
from scraper.wording import visible

_PORTS = {"http": 80, "https": 443}
# What a path or query may hold as it stands (RFC 3986); the rest is percent-encoded, as file names with blanks need.
_SAFE = "/?%:@!$&'()*+,;=~-._"
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})?")
_EARLY_ACCESS = "key"  # the CMS adds `?key=` for people with early access; a stored page has it empty


def absolute(href: str, base: str) -> str | None:
    """`href` found on the page at `base`, absolute and normalised; None where it is not an http(s) address with a host.

    Scheme and host lower-case, default port and fragment left out, blanks percent-encoded, the query kept but for `key`.
    """
    try:
        parts = urlsplit(urljoin(base, visible(href).strip()))
        host, port = parts.hostname, parts.port
    except ValueError:  # a broken port or a broken IPv6 host
        return None
    if parts.scheme not in _PORTS or not host or not host.isprintable() or " " in host or "@" in parts.netloc:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        place = f"{place}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair.partition("=")[0] != _EARLY_ACCESS)
    return urlunsplit((parts.scheme, place, _encoded(parts.path), _encoded(query), ""))


def page_address(href: str, base: str) -> str | None:
    """The same for a page: no query, and neither a closing slash nor `/content`, which the CMS answers as the same page."""
    found = absolute(href, base)
    if found is None:
        return None
    parts = urlsplit(found)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/content").rstrip("/"), "", ""))


def host_of(address: str) -> str:
    """`host` or `host:port` of a normalised address, as series files write it."""
    return urlsplit(address).netloc


def file_name_of(address: str) -> str:
    """Last part of the path, percent-decoded; untrusted. Empty where the path ends in a slash."""
    return visible(unquote(urlsplit(address).path.rpartition("/")[2]))


def is_file(address: str, series: Series) -> bool:
    """Whether a normalised address is a file of this series' publisher: by host and path, never by looks."""
    host, path = host_of(address), urlsplit(address).path
    if not path or path.endswith("/"):
        return False
    return host in series.file_hosts or (host in series.page_hosts and path.startswith("/binaries/"))


def path_below(address: str, above: str) -> str | None:
    """The path of page `address` below page `above` on the same host, `october-2018/ndop-oct-18`; None if not below."""
    prefix = urlsplit(above).path.rstrip("/") + "/"
    here = urlsplit(address)
    if here.netloc != urlsplit(above).netloc or not here.path.startswith(prefix):
        return None
    return here.path.removeprefix(prefix) or None


def publication_of(address: str, series: Series) -> str:
    """Name of the publication at a normalised page address: its path below the seed, else the path's last part."""
    seed = page_address(series.seed, series.seed) or series.seed
    return path_below(address, seed) or urlsplit(address).path.rpartition("/")[2] or host_of(address)


def _encoded(part: str) -> str:
    """A path or query in one spelling: escapes in upper case, a lone `%` escaped, forbidden characters encoded."""
    return quote(_ESCAPE.sub(lambda m: m[0].upper() if m[1] else "%25", part), safe=_SAFE)
