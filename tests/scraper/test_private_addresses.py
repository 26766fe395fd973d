"""Goal G16: no machine that is not public gets a request, however its address is spelled: by link, by redirect, by rebinding.

The public world is pretended: its one publisher has a public address that leads to a server on loopback.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from raw_server import CSV, RawServer, answer

from scraper.model import Capture

PUBLIC, NAME = "93.184.216.34", "publisher.example"
SPELLINGS = [
    # this machine
    "127.0.0.1", "127.1", "127.0.1", "127.8.9.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "0177.0.0.1", "017700000001", "localhost", "LOCALHOST", "LocalHost", "0.0.0.0", "0", "0x0", "[::]", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::7f00:1]",
    "[::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "①②⑦.0.0.1", "127。0。0。1", "127.0.0.1.", "%31%32%37.0.0.1",
    # private networks
    "10.0.0.1", "10.1", "167772161", "0xa000001", "012.0.0.1", "[::ffff:10.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::a00:1]",
    "[2002:a00:1::1]", "172.16.0.1", "172.31.255.255", "2886729729", "192.168.0.1", "192.168.1", "3232235521", "0xc0a80001",
    "0300.0250.0.1", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]",
    # what hands out credentials in a cloud, and its neighbours
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    # nobody's, everybody's, and those of books
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "[ff02::1]", "[2001:db8::1]", "[100::1]",
]  # fmt: skip
HIDDEN = [
    f"{NAME}@127.0.0.1",
    f"{NAME}%40127.0.0.1",
    f"127.0.0.1#@{NAME}",
    f"127.0.0.1\\@{NAME}",
    f"{NAME}:80@10.0.0.1",
]
"""Addresses that look like the publisher's own and are not."""


class World:
    """A resolver and a network: who was asked for, and which machines were connected to."""

    def __init__(self, server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.answers: list[str] = []
        """Addresses of the publisher's name in turn, the last for ever; public where empty."""
        self.connected: list[str] = []
        self.led_to = PUBLIC
        """The machine that really stands behind the public address."""
        self._resolve, self._connect, self._name = socket.getaddrinfo, socket.socket.connect, socket.socket.getpeername
        self._public: set[int] = set()
        monkeypatch.setattr(socket, "getaddrinfo", self.resolve)
        monkeypatch.setattr(socket.socket, "connect", lambda sock, where: self.connect(sock, where))  # noqa: PLW0108 - binds sock
        monkeypatch.setattr(socket.socket, "getpeername", lambda sock: self.peer(sock))  # noqa: PLW0108 - binds sock

    def resolve(self, host: str, port: int, **how: Any) -> list[Any]:
        """The publisher's name by our answers, numbers and this machine's names by the system, all else unknown."""
        if host == NAME:
            ip = PUBLIC if not self.answers else self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            return self._resolve(ip, port, **how)
        numeric = how if host.lower() == "localhost" else {**how, "flags": socket.AI_NUMERICHOST}
        return self._resolve(host, port, **numeric)

    def connect(self, sock: socket.socket, where: Any) -> None:
        """Leads the public address to the server; nobody else is there."""
        self.connected.append(where[0])
        if where[0] != PUBLIC:
            raise ConnectionRefusedError(111, "nobody is there")
        self._public.add(sock.fileno())
        self._connect(sock, ("127.0.0.1", int(self.server.host.split(":")[1])))

    def peer(self, sock: socket.socket) -> Any:
        """The other end, as the public world knows it."""
        return (self.led_to, 80) if sock.fileno() in self._public else self._name(sock)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world with one publisher, visited without pauses."""
    monkeypatch.setattr("scraper.manners.LEAST_PACE_SECONDS", 0.0)
    with RawServer() as server:
        server.answers["/a.csv"] = [answer(body=CSV)]
        yield World(server, monkeypatch)


def asked(world: World, address: str, *hosts: str) -> Capture:
    """The answer to one request of a public series that allows these hosts beside the publisher."""
    series = replace(world.server.series(local_publisher=False), page_hosts=(NAME, *hosts), file_hosts=(NAME, *hosts))
    return world.server.ask(address, series=series)[-1]


def test_the_pretended_public_world_works(world: World) -> None:
    """Without this the other stories would prove nothing: the public address is asked and answers."""
    capture = asked(world, f"http://{NAME}/a.csv")
    assert (capture.verdict, capture.remote_ip, capture.body) == ("accepted", PUBLIC, CSV)
    assert set(world.connected) == {PUBLIC}


@pytest.mark.fault("M07")
@pytest.mark.parametrize("spelling", SPELLINGS + HIDDEN)
def test_a_link_to_a_machine_that_is_not_public_reaches_nobody(world: World, spelling: str) -> None:
    """Even where the series file allows the host: no connection, and so no request."""
    capture = asked(world, f"http://{spelling}/a.csv", spelling, spelling.lower())
    assert capture.verdict != "accepted"
    assert [ip for ip in world.connected if ip != PUBLIC] == []
    assert all(seen.path == "/robots.txt" for seen in world.server.seen if not world.connected)


@pytest.mark.fault("M07", "H30")
@pytest.mark.parametrize("spelling", SPELLINGS + HIDDEN)
def test_a_redirect_to_a_machine_that_is_not_public_reaches_nobody(world: World, spelling: str) -> None:
    """The redirect is kept as evidence and not followed, even where the host is allowed."""
    location = f"Location: http://{spelling}/secret".encode().decode("latin-1")
    world.server.answers["/a.csv"] = [answer("302 Found", b"", location)]
    capture = asked(world, f"http://{NAME}/a.csv", spelling, spelling.lower())
    assert (capture.verdict, capture.status) != ("accepted", 200)
    assert set(world.connected) == {PUBLIC}
    assert "/secret" not in world.server.paths()


REBOUND = [one.strip("[]") for one in SPELLINGS if not set(one) - set("0123456789abcdef:.[]") and one[-1] != "."]


@pytest.mark.fault("M07", "M08")
@pytest.mark.parametrize("ip", REBOUND)
def test_a_name_that_turns_private_reaches_nobody(world: World, ip: str) -> None:
    """Public for robots.txt, private for the file: each connection is judged by its own peer."""
    world.answers = [PUBLIC, ip]
    capture = asked(world, f"http://{NAME}/a.csv")
    assert (capture.verdict, capture.error_code) == ("blocked", "private_address")
    assert world.connected == [PUBLIC]
    assert world.server.paths() == ["/robots.txt"]


@pytest.mark.fault("M07", "N14")
@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_connection_that_ends_at_a_private_machine_carries_no_request(world: World, ip: str) -> None:
    """The peer is judged once more when the connection stands, whatever the resolver said."""
    world.led_to = ip
    capture = asked(world, f"http://{NAME}/a.csv")
    assert capture.verdict == "blocked"
    assert world.server.seen == []


def test_there_are_enough_spellings() -> None:
    """Sixty or more, and as a link and a redirect all of them."""
    assert len(set(SPELLINGS + HIDDEN)) >= 60
    assert len(REBOUND) >= 40
