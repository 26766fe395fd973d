"""Stories of addresses: one page has one address, however it was linked, and only files of the publisher are files."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.addresses import absolute, file_name_of, host_of, is_file, page_address, path_below, publication_of
from scraper.model import Manners, Series

SEED = "https://digital.nhs.uk/data-and-information/publications/statistical/national-data-opt-out"
FILES = "https://files.digital.nhs.uk/"
SERIES = Series(
    "national-data-opt-out", "National Data Opt-out", "NHS England", "OGL", "https://example.org/licence", SEED + "/",
    ("digital.nhs.uk",), ("files.digital.nhs.uk", "127.0.0.1:8080"), "opt-out", "Europe/London", (), 60, 7, (),
    Manners(contact="tests@example.org"),
)  # fmt: skip


@pytest.mark.fault("M11")
@pytest.mark.parametrize(
    "href",
    [
        "july-2021", "./july-2021/", "/data-and-information/publications/statistical/national-data-opt-out/july-2021",
        "//digital.nhs.uk/data-and-information/publications/statistical/national-data-opt-out/july-2021?key=",
        "HTTPS://Digital.NHS.uk:443/data-and-information/publications/statistical/national-data-opt-out/july-2021/content",
        "  ../national-data-opt-out/july-2021/content/#resources ", "july-2021?sort=date&key=abc", "july\u200b-2021",
    ],
)  # fmt: skip
def test_one_page_has_one_address(href: str) -> None:
    """Query, fragment, slash, `/content`, port and letter case of the host do not make another page."""
    assert page_address(href, SEED + "/") == SEED + "/july-2021"


@pytest.mark.fault("M09")
@pytest.mark.parametrize(
    "href",
    [
        "javascript:void(0)", "mailto:enquiries@example.org", "ftp://files.digital.nhs.uk/x.csv", "data:text/csv,1",
        "http://[::1", "http://host:port/", "http:///x", "https://digital.nhs.uk@elsewhere.example/x",
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_none(href: str) -> None:
    """Other schemes, broken hosts and addresses that pretend to be of another host are not addresses."""
    assert absolute(href, SEED) is None
    assert page_address(href, SEED) is None


@pytest.mark.parametrize(
    ("href", "address", "name"),
    [
        (FILES + "0A/a b%2c(c).XLS?key=1", FILES + "0A/a%20b%2C(c).XLS", "a b,(c).XLS"),
        (FILES + "0A/100%.csv", FILES + "0A/100%25.csv", "100%.csv"),
        ("https://files.digital.nhs.uk/0A/é.csv#p", "https://files.digital.nhs.uk/0A/%C3%A9.csv", "é.csv"),
        ("/binaries/x.csv?v=2&key=9", "https://digital.nhs.uk/binaries/x.csv?v=2", "x.csv"),
        ("http://127.0.0.1:8080/a/..%2Fb", "http://127.0.0.1:8080/a/..%2Fb", "../b"),
        ("https://files.digital.nhs.uk/0A/a%00%E2%80%AEb.csv", "https://files.digital.nhs.uk/0A/a%00%E2%80%AEb.csv", "ab.csv"),
        ("http://[2001:db8::1]:81/x.csv", "http://[2001:db8::1]:81/x.csv", "x.csv"),
    ],
)  # fmt: skip
def test_files_keep_their_path_and_get_a_readable_name(href: str, address: str, name: str) -> None:
    """Blanks and odd letters are encoded for the address and decoded for the name; a query but `key` is kept."""
    assert absolute(href, SEED) == address
    assert file_name_of(address) == name


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://files.digital.nhs.uk/0A/1B/x.csv", True),
        ("http://127.0.0.1:8080/x.csv", True),
        ("https://digital.nhs.uk/binaries/x.csv", True),
        ("https://digital.nhs.uk/data/x.csv", False),
        ("https://files.digital.nhs.uk/", False),
        ("https://files.digital.nhs.uk/folder/", False),
        ("https://files.digital.nhs.uk.elsewhere.example/x.csv", False),
        ("http://127.0.0.1:8081/x.csv", False),
        ("http://127.0.0.1/x.csv", False),
    ],
)
def test_host_and_path_tell_a_file(address: str, expected: bool) -> None:
    """A file is on a file host, port included, or below /binaries/ of a page host; nothing else is."""
    assert is_file(address, SERIES) is expected


@pytest.mark.parametrize(
    ("address", "publication"),
    [
        (SEED + "/october-2018/ndop-oct-18", "october-2018/ndop-oct-18"),
        (SEED + "/july-2021", "july-2021"),
        (SEED + "-two/july-2021", "july-2021"),
        ("https://elsewhere.example/data/july-2021", "july-2021"),
        ("https://elsewhere.example", "elsewhere.example"),
    ],
)
def test_a_publication_is_named_by_its_path_below_the_series(address: str, publication: str) -> None:
    """The name is the path below the seed, with every level, and the last part for a page that lies elsewhere."""
    assert publication_of(address, SERIES) == publication


def test_below_means_below_on_the_same_host() -> None:
    """A sibling with a longer name, the page itself and the same path elsewhere are not below a page."""
    assert path_below(SEED + "/a/b", SEED) == "a/b"
    assert [path_below(a, SEED) for a in (SEED, SEED + "/", SEED + "x/a", SEED.replace("digital", "other") + "/a")] == [
        None
    ] * 4


@example("\x0c?", "//")  # a host that is no host, which the second time round was no host any more
@given(st.text(max_size=60), st.sampled_from(["", "/", "//", "https://", "http://h/", "?", "https://h/%"]))
def test_normalising_twice_changes_nothing(text: str, start: str) -> None:
    """Any text at all gives None or an address that normalises to itself and can be stored."""
    found = absolute(start + text, SEED)
    if found is not None:
        assert absolute(found, SEED) == found
        assert found.encode("utf-8")
        assert host_of(found)
        file_name_of(found).encode("utf-8")
        page = page_address(found, SEED)
        assert page is not None
        assert page_address(page, SEED) == page
