"""How often one address may ask, told with a clock set by hand and with a real server."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from archive.site.rate import MOST_ADDRESSES, Buckets, client_of
from tests.archive.made_site import empty_archive
from tests.archive.test_serve import TOP


class Clock:
    """Seconds, set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.fault("S09")
def test_leave_is_used_up_and_comes_back_with_time():
    """Sixty a minute: sixty at once, then one a second; the wait that is told is the wait that is needed."""
    clock = Clock()
    buckets = Buckets(60, clock)
    assert [buckets.take("192.0.2.1") for _ in range(60)] == [0.0] * 60
    assert buckets.take("192.0.2.1") == 1.0
    assert buckets.take("192.0.2.2") == 0.0
    clock.now += 0.5
    assert buckets.take("192.0.2.1") == 0.5
    clock.now += 0.5
    assert buckets.take("192.0.2.1") == 0.0
    clock.now += 3600
    assert [buckets.take("192.0.2.1") for _ in range(61)][-2:] == [0.0, 1.0]


def test_addresses_kept_are_bounded():
    """A flood from many addresses takes no more memory than the bound; the newest are the ones remembered."""
    buckets = Buckets(1, Clock())
    for number in range(MOST_ADDRESSES + 500):
        buckets.take(f"address {number}")
    assert len(buckets.held) == MOST_ADDRESSES
    assert buckets.take(f"address {MOST_ADDRESSES + 499}") > 0


def test_a_network_of_ipv6_is_one_client():
    """Whoever has one IPv6 address has 2 to the power of 64 of them."""
    one, other = ({"client": (f"2001:db8:1:2::{end}", 5)} for end in ("1", "ffff"))
    assert client_of(one) == client_of(other) != client_of({"client": ("2001:db8:1:3::1", 5)})
    assert client_of({"client": ("::ffff:192.0.2.1", 5)}) == client_of({"client": ("192.0.2.1", 9)}) == "192.0.2.1"
    assert client_of({"client": None}) == "unknown"


def asked_as(place, forwarded):
    """Status and headers of one GET that says it was forwarded for somebody."""
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    try:
        connection.request("GET", "/-/healthz", headers={"X-Forwarded-For": forwarded})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def statuses(directory, *options):
    """What the command answers to six requests for two people, by a server that allows three a minute each."""
    command = [sys.executable, "-m", "schedules.cli", "--data", str(directory), "serve", "--port", "0", "--rate", "3"]
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True, cwd=TOP, env=environment) as server:
        try:
            place = urlsplit(server.stderr.readline().split()[-1])
            answers = [asked_as(place, f"198.51.100.9, 192.0.2.{1 + number % 2}") for number in range(6)]
            refused = [answer for answer in answers if answer.status == 429]
            for answer in refused:
                assert 1 <= int(answer.headers["retry-after"]) <= 20
                assert answer.headers["x-content-type-options"] == "nosniff"
            return [answer.status for answer in answers]
        finally:
            server.kill()


@pytest.mark.fault("S09")
def test_forwarded_addresses_are_believed_of_a_named_proxy_alone(tmp_path):
    """Else all six are one client, whatever they say of themselves; what a client wrote into the header counts in neither case."""
    empty_archive(tmp_path)
    assert statuses(tmp_path) == [200, 200, 200, 429, 429, 429]
    assert statuses(tmp_path, "--proxy", "127.0.0.1") == [200] * 6
