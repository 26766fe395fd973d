"""A series is one TOML file: what is read from it, and how a mistake in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.series import (
    checked_contact,
    definition_sha256,
    load_series,
    load_series_file,
    schedule_in_words,
    series_named,
)
from scraper.errors import DefinitionError
from scraper.model import At

GOOD = """
title = "A series"
publisher = "A publisher"
licence = "Open Government Licence v3.0"
licence_url = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
seed = "https://pages.example.org/series"
page_hosts = ["pages.example.org"]
file_hosts = ["files.example.org"]
title_pattern = "(?i)series"
time_zone = "Europe/London"

[[when]]
weekdays = ["tue", "mon"]
at = "09:35"

[[expects]]
files = "A_*.csv"
schemas = ["age_gen_2021"]
required = true
rows = [400, 600]

[manners]
contact = "https://example.org/contact"
"""


def written(directory: Path, text: str, name: str = "a-series.toml") -> Path:
    """A series file with this text."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(directory: Path, old: str, new: str) -> str:
    """What the loader says of the good file with one thing in it changed."""
    assert old in GOOD
    with pytest.raises(DefinitionError) as refused:
        load_series_file(written(directory, GOOD.replace(old, new)))
    return str(refused.value)


def test_a_good_file_is_read_in_full(tmp_path):
    """Every key has its place, and what is not stated gets the documented value."""
    series = load_series_file(written(tmp_path, GOOD))
    assert series.slug == "a-series"
    assert series.when == (At(("mon", "tue"), 9, 35),)
    assert series.expects[0].rows == (400, 600)
    assert series.expects[0].required
    assert (series.recent_days, series.recheck_days) == (60, 7)
    assert series.manners.pace_seconds == 5.0
    assert series.manners.robots_exception is None
    assert not series.made_up


def test_the_programs_own_series_are_sound():
    """Both series that come with the program load; the National Data Opt-out is read, the older series is only kept."""
    ndop, older = (series_named(load_series(), slug) for slug in ("national-data-opt-out", "care-information-choices"))
    assert {name for kind in ndop.expects for name in kind.schemas} >= {"age_gen_2021", "age_gen_2023", "res_geo_2023"}
    assert ndop.manners.robots_exception
    assert schedule_in_words(ndop) == "Monday to Friday at 09:35 and 15:35, Europe/London time"
    assert not any(kind.schemas for kind in older.expects)
    assert all(one.manners.pace_seconds >= 5 and not one.manners.local_publisher for one in (ndop, older))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('["tue", "mon"]', '["2", "1"]', "weekday names"),
        ('["tue", "mon"]', "[1, 2]", "never numbers"),
        ('["tue", "mon"]', '["tuesday"]', "found 'tuesday'"),
        ('at = "09:35"', 'at = "9:35"', "two digits"),
        ('at = "09:35"', 'at = "24:00"', "time of day"),
        ('title = "A series"', 'titel = "A series"', "title: found nothing"),
        ('title = "A series"', 'title = "A series"\npages = 3', "pages: found 3; expected only these keys"),
        ('contact = "https', 'pase_seconds = 9\ncontact = "https', "Did you mean 'pace_seconds'?"),
        ('"pages.example.org"]', '"https://pages.example.org"]', "without scheme or path"),
        ('"pages.example.org"]', '"127.0.0.1"]', "lower-case names"),
        ('"pages.example.org"]', '"10.0.0.8"]', "lower-case names"),
        ('"pages.example.org"]', '"localhost"]', "lower-case names"),
        ('"files.example.org"]', '"*.example.org"]', "file_hosts: found '*.example.org'"),
        ('"files.example.org"]', '"files.example.org:99999"]', "file_hosts"),
        ('"files.example.org"]', "]", "file_hosts: found []"),
        ("https://pages.example.org/series", "https://elsewhere.example.org/series", "on one of page_hosts"),
        ("https://pages.example.org/series", "http://pages.example.org/series", "begins with https://"),
        ("https://pages.example.org/series", "ftp://pages.example.org/series", "seed: found 'ftp:"),
        ('contact = "https', 'pace_seconds = 1\ncontact = "https', "from 5 to 3600"),
        ('contact = "https', 'local_publisher = true\ncontact = "https', "local_publisher allows this machine only"),
        ('contact = "https://example.org/contact"', 'contact = "me"', "reach the operator"),
        ('contact = "https://example.org/contact"', 'contact = "a@b.org\\nX: y"', "reach the operator"),
        ('"Europe/London"', '"Europe/Londonn"', "time zone"),
        ('"Europe/London"', '"../../etc/passwd"', "time zone"),
        ('"(?i)series"', '"(series"', "regular expression"),
        ('schemas = ["age_gen_2021"]', "", "either schemas"),
        ('schemas = ["age_gen_2021"]', 'schemas = ["a"]\nkeep_only = true', "found 'both of schemas and keep_only'"),
        ("rows = [400, 600]", "rows = [600, 400]", "the least and the most"),
        ("required = true", 'required = "yes"', "true or false"),
        ("[manners]", "[revisit]\nrecheck_days = 0\n[manners]", "from 1 to 365"),
        ('title = "A series"', "title = A series", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_expectation(tmp_path, old, new, says):
    """Each mistake is refused with the file's name, the key, what was found and what was expected."""
    told = refusal(tmp_path, old, new)
    assert "a-series.toml" in told
    assert says in told


def test_a_pretend_publisher_may_be_asked_faster_but_only_on_this_machine(tmp_path):
    """`local_publisher` allows loopback hosts and any pace, and no other host."""
    local = GOOD.replace("https://pages.example.org", "http://127.0.0.1:8080").replace(
        "pages.example.org", "127.0.0.1:8080"
    )
    local = local.replace("files.example.org", "[::1]:8081").replace(
        "[manners]", "[manners]\nlocal_publisher = true\npace_seconds = 0"
    )
    assert load_series_file(written(tmp_path, local)).manners.pace_seconds == 0
    with pytest.raises(DefinitionError, match="on this machine"):
        load_series_file(written(tmp_path, local.replace("[::1]:8081", "10.0.0.1")))


@pytest.mark.parametrize("name", ["Series.toml", "my series.toml", "-.toml"])
def test_a_file_name_is_the_series_name(tmp_path, name):
    """A file whose name cannot be a slug is refused, since the slug stands in addresses and in the evidence."""
    with pytest.raises(DefinitionError, match="file name"):
        load_series_file(written(tmp_path, GOOD, name))


def test_missing_folders_and_files_are_told(tmp_path):
    """A folder that is not there, an empty one, a missing file and bytes that are no text are each said in one line."""
    with pytest.raises(DefinitionError, match="no folder"):
        load_series(tmp_path / "nowhere")
    with pytest.raises(DefinitionError, match="one TOML file per series"):
        load_series(tmp_path)
    with pytest.raises(DefinitionError, match="No such file"):
        load_series_file(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(DefinitionError, match="not UTF-8 at byte 10"):
        load_series(tmp_path)


def test_an_unknown_series_is_answered_with_the_known_ones(tmp_path):
    """Whoever names a series that is not there is told which are."""
    written(tmp_path, GOOD)
    with pytest.raises(DefinitionError, match="a-series"):
        series_named(load_series(tmp_path), "b-series")


def test_the_definitions_fingerprint_follows_its_meaning(tmp_path):
    """Comments and order do not change the fingerprint that every poll carries; any stated value does."""
    plain = definition_sha256(load_series_file(written(tmp_path, GOOD)))
    assert definition_sha256(load_series_file(written(tmp_path, "# a remark\n" + GOOD))) == plain
    assert definition_sha256(load_series_file(written(tmp_path, GOOD.replace("09:35", "09:36")))) != plain


@given(st.text(max_size=60))
def test_a_contact_never_smuggles_anything_into_a_header(text):
    """Whatever is given as contact is refused or is one line of ASCII that fits inside parentheses."""
    contact = checked_contact(text)
    assert contact is None or (contact.isascii() and contact.isprintable() and not set(contact) & set("() <>"))


@given(st.text(alphabet='ab="[]{}\n.#0123456789-:', max_size=80))
def test_any_text_is_a_series_or_a_named_error(text):
    """No text whatever makes the loader fail otherwise than by naming what is wrong."""
    path = Path("any.toml")
    from schedules.series import _read

    with pytest.raises(DefinitionError):
        _read(path.name, text.encode(), str(path))
