"""Stories of whom we may ask: hosts exactly as listed, machines only where they are public."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.model import Hop, Manners, Series
from scraper.peers import Target, listed, peer_refusal, redirect_refusal, target_of

NOT_PUBLIC = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
    "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1",
    "ff02::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "100::1", "not an address", "",
    "127.1", "0x7f000001", "2130706433", "017700000001",
]  # fmt: skip


@pytest.mark.fault("M07")
@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_no_machine_that_is_not_public_may_be_asked(ip: str) -> None:
    """Loopback, private, link-local, shared, documentation, multicast, and IPv4 wrapped in IPv6."""
    assert peer_refusal(ip, local_publisher=False) is not None


@pytest.mark.parametrize("ip", ["8.8.8.8", "104.16.1.1", "2606:4700::6810:101", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_machines_may_be_asked_by_a_public_series_only(ip: str) -> None:
    """A local publisher is on loopback and nowhere else."""
    assert peer_refusal(ip, local_publisher=False) is None
    assert peer_refusal(ip, local_publisher=True) is not None


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1"])
def test_a_local_publisher_is_on_loopback(ip: str) -> None:
    """Both families."""
    assert peer_refusal(ip, local_publisher=True) is None


@given(st.integers(0, 2**32 - 1))
def test_wrapping_an_address_changes_nothing(number: int) -> None:
    """An IPv4 address and its IPv6-mapped form are judged alike."""
    plain, mapped = ipaddress.IPv4Address(number), ipaddress.IPv6Address(0xFFFF << 32 | number)
    for local in (True, False):
        answers = [peer_refusal(str(ip), local_publisher=local) is None for ip in (plain, mapped)]
        assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("address", "hosts", "held"),
    [
        ("https://digital.nhs.uk/x", ("digital.nhs.uk",), True),
        ("https://DIGITAL.nhs.uk:443/x", ("Digital.NHS.uk",), True),
        ("https://digital.nhs.uk/x", ("digital.nhs.uk:443",), True),
        ("https://digital.nhs.uk:8443/x", ("digital.nhs.uk",), False),
        ("https://digital.nhs.uk.evil.example/x", ("digital.nhs.uk",), False),
        ("https://xdigital.nhs.uk/x", ("digital.nhs.uk",), False),
        ("https://digital.nhs.uk./x", ("digital.nhs.uk",), False),
        ("http://127.0.0.1:8000/x", ("127.0.0.1:8000",), True),
        ("http://127.0.0.1:8000/x", ("127.0.0.1",), False),
        ("http://[::1]:8000/x", ("[::1]:8000",), True),
    ],
)
def test_hosts_are_taken_exactly_as_listed(address: str, hosts: tuple[str, ...], held: bool) -> None:
    """No subdomain, no look-alike, no other port."""
    target = target_of(address)
    assert target is not None
    assert listed(target, hosts) is held


@pytest.mark.parametrize(
    "address",
    ["", "/x", "ftp://a.example/", "file:///etc", "http://", "http://a:b@c.example/", "http://a.example:99999/"],
)
def test_what_is_not_plain_http_has_no_target(address: str) -> None:
    """User names, other schemes and impossible ports are not asked."""
    assert target_of(address) is None


def test_an_origin_leaves_out_the_usual_port() -> None:
    """So that the Host header of a robots.txt request is the usual one."""
    assert Target("https", "a.example", 443).origin == "https://a.example"
    assert Target("http", "::1", 8000).origin == "http://[::1]:8000"


@given(st.text(max_size=80))
def test_no_text_breaks_the_rules_for_addresses(text: str) -> None:
    """Whatever a page links to is judged, not raised over."""
    for address in (text, f"http://{text}", f"https://a.example{text}"):
        target = target_of(address)
        assert target is None or target.scheme in ("http", "https")


@pytest.mark.fault("H30")
def test_a_redirect_from_https_to_http_is_refused() -> None:
    """A public publisher does not leave TLS; a local one may."""
    for local, code in ((False, "downgrade"), (True, None)):
        manners = Manners("x", local_publisher=local)
        series = Series(
            "made-up", "Made up", "Nobody", "OGL", "", "https://a.example/", ("a.example",), ("a.example",), ".",
            "UTC", (), 60, 7, (), manners,
        )  # fmt: skip
        trail = (Hop("https://a.example/x.csv", 302, "http://a.example/x.csv"),)
        refusal = redirect_refusal("http://a.example/x.csv", trail, "file", series)
        assert (refusal[0] if refusal else None) == code
