"""Which addresses may be asked, and which machines may answer: the rules for hosts, schemes and IP addresses.

Never resolves a name and never opens a connection.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper.model import Hop, Purpose, Series

DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_REDIRECTS = 5
# RFC 6052: addresses that a NAT64 gateway turns into the IPv4 address in their last four bytes.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# IANA's protocol assignments and the old 6to4 relays: not public, but known to newer Pythons only.
NOT_PUBLIC = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))


class Target(NamedTuple):
    """The part of an address that says whom it asks."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and any unusual port as one text: robots.txt and waiting times hold per origin."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


def target_of(address: str) -> Target | None:
    """Whom an address asks; None where it is not plain http(s), or carries a user name or an impossible port."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return Target(scheme, parts.hostname.lower(), DEFAULT_PORTS[scheme] if port is None else port)


def listed(target: Target, hosts: tuple[str, ...]) -> bool:
    """Whether `hosts` (each `host` or `host:port`) holds the target exactly; a bare host means the default port."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    names = {f"{host}:{target.port}"}
    if target.port == DEFAULT_PORTS[target.scheme]:
        names |= {host, target.host}
    return any(entry.lower() in names for entry in hosts)


def hosts_for(purpose: Purpose, series: Series) -> tuple[str, ...]:
    """Hosts that may be asked for one purpose: pages come from page hosts, files, robots.txt and canaries from either kind."""
    if purpose in ("file", "robots", "canary"):
        return series.file_hosts + series.page_hosts
    return series.page_hosts


def address_refusal(address: str, purpose: Purpose, series: Series) -> tuple[str, str] | None:
    """Error code and reason why an address is not asked at all; None where it may be."""
    target = target_of(address)
    if target is None:
        return "address", "not a plain http or https address"
    allowed = hosts_for(purpose, series)
    if not listed(target, allowed):
        found = target.origin.split("//", 1)[1]
        return "host", f"{found} is not among the hosts that the series file allows for this: {', '.join(allowed)}"
    return None


def redirect_refusal(
    following: str, trail: tuple[Hop, ...], purpose: Purpose, series: Series
) -> tuple[str, str] | None:
    """Error code and reason why a redirect is not followed; `trail` holds the hops so far, the last one leads here."""
    if len(trail) > MOST_REDIRECTS:
        return "redirects", f"more than {MOST_REDIRECTS} redirects, the last to {following}"
    if following in {hop.address for hop in trail}:
        return "redirects", f"the redirects go in a circle, back to {following}"
    downgrade = trail[-1].address.startswith("https:") and not following.startswith("https:")
    if downgrade and not series.manners.local_publisher:
        return "downgrade", f"a redirect from https to {following}"
    refusal = address_refusal(following, purpose, series)
    return (refusal[0], f"a redirect to {following}: {refusal[1]}") if refusal else None


def peer_refusal(ip: str, *, local_publisher: bool) -> str | None:
    """Why the machine at this IP address may not be asked; None where it may be.

    Only global public addresses may be; for a local publisher only loopback. Addresses that wrap an IPv4 address
    (mapped, NAT64) are judged by the one inside.
    """
    try:
        address = _unwrapped(ipaddress.ip_address(ip.split("%", 1)[0]))
    except ValueError:
        return f"{ip!r} is not an IP address"
    if local_publisher:
        return None if address.is_loopback else f"{address} is not loopback, and the publisher is declared as local"
    return None if _public(address) else f"{address} is not a public address"


def _unwrapped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # Python calls multicast, reserved and 6to4 addresses global; none of them is a publisher's web server.
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    odd = odd or any(address in network for network in NOT_PUBLIC)
    if isinstance(address, ipaddress.IPv6Address):
        odd = odd or address.is_site_local or address.sixtofour is not None or address.teredo is not None
    return address.is_global and not odd
