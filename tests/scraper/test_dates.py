"""Stories of dates: every form that the publisher prints is read, and nothing else is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.dates import day, edited_at, is_month, iso_period, notice_day, period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 October 2021", "2021-10-14"), ("14 Oct 2021", "2021-10-14"), ("01 May 2021", "2021-05-01"),
        ("2 Sep 2021", "2021-09-02"), ("2 Sept 2021", "2021-09-02"), ("2 September 2021", "2021-09-02"),
        ("  2\u00a0Sep\n 2021 ", "2021-09-02"), ("29 Feb 2024", "2024-02-29"), ("2021-10-14", "2021-10-14"),
    ],
)  # fmt: skip
def test_printed_days_are_read(text: str, expected: str) -> None:
    """Short and full months, Sep and Sept, ISO days and odd blanks give the same day."""
    assert day(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Feb 2026", "30 Feb 2021", "29 Feb 2023", "14 Octember 2021", "14/10/2021", "October 14 2021", "14th October 2021",
     "14 October 21", "14 October 2021 to 15 October 2021", "2021-13-01", "2021-1-1", "٣ May 2021", "14 Oct 0000"],
)  # fmt: skip
def test_what_is_no_printed_day_is_none(text: str) -> None:
    """Months without a day, impossible days and forms that the publisher does not use are not guessed at."""
    assert day(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("Feb 2026", True), ("Sept 2026", True), ("14 Feb 2026", False), ("Foo 2026", False)]
)
def test_a_month_alone_is_told_from_a_day(text: str, expected: bool) -> None:
    """Dates more than eight weeks ahead are printed without a day."""
    assert is_month(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20 May 2024 11:30 AM", "2024-05-20"), ("1 May 2024 00:00 AM", "2024-05-01"), ("1 May 2024 14:30 PM", "2024-05-01"),
        ("25 June 2020", "2020-06-25"), ("on 25 June 2020", None), ("25 June", None), ("31 June 2020 10:00 AM", None),
    ],
)  # fmt: skip
def test_notices_are_dated_by_their_day(text: str, expected: str | None) -> None:
    """The clock of a notice mixes 24 hours with AM and PM: it is ignored, the day is not."""
    assert notice_day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16 October 2025 10:28 am", "2025-10-16T10:28"), ("13 August 2021 1:31 pm", "2021-08-13T13:31"),
        ("1 June 2021 12:05 am", "2021-06-01T00:05"), ("1 June 2021 12:05 pm", "2021-06-01T12:05"),
        ("1 June 2021 0:05 am", None), ("1 June 2021 13:05 pm", None), ("1 June 2021 1:60 pm", None), ("1 June 2021", None),
    ],
)  # fmt: skip
def test_last_edited_is_read_to_the_minute(text: str, expected: str | None) -> None:
    """Twelve-hour times become the page's own clock; impossible ones are None."""
    assert edited_at(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01 May 2021 to 01 Apr 2022", ("2021-05-01", "2022-04-01")),
        ("Snapshot on  10 Jun 2018", ("2018-06-10", "2018-06-10")),
        ("(Not specified)", (None, None)), ("01 May 2021 to", (None, None)), ("Snapshot on", (None, None)), ("", (None, None)),
        ("01 May 2021", (None, None)),
    ],
)  # fmt: skip
def test_printed_ranges_have_two_ends_or_none(text: str, expected: tuple[str | None, str | None]) -> None:
    """A range, and a snapshot with its double blank; a half range is no range."""
    assert period(text) == expected


def test_machine_readable_ranges_have_two_ends_or_none() -> None:
    """A temporalCoverage of two ISO days is read, anything else is not."""
    assert iso_period("2021-05-01/2022-04-01") == ("2021-05-01", "2022-04-01")
    assert [iso_period(t) for t in ("2021-05-01", "2021-05-01/..", "1 May 2021/2 May 2021", "")] == [(None, None)] * 4


@given(st.dates(min_value=date(1948, 7, 5)), st.sampled_from(["%d %b %Y", "%d %B %Y", "%Y-%m-%d"]))
def test_every_day_comes_back(on: date, form: str) -> None:
    """Any day that is printed in one of the forms is read as that day."""
    assert day(on.strftime(form)) == on.isoformat()


@given(st.text(max_size=40))
def test_any_text_is_read_or_none(text: str) -> None:
    """No text crashes a reader of dates, and what is read is a day of the calendar."""
    for found in (day(text), notice_day(text), *period(text), *iso_period(text)):
        assert found is None or date.fromisoformat(found)
    assert edited_at(text) is None or not is_month(text)
