"""What is wrong enough to be told, and how often: pure decisions from what the record says. All of it made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.history import PollRecord
from archive.standing import OpenFinding, UnreadFile
from archive.unsettled import Facts, Unsettled
from schedules.alarms import Alarm, Message, Told, alarms_of, alarms_of_nobody, kept, messages, of_machine
from schedules.due import text_of
from schedules.series import load_series, series_named

NDOP = series_named(load_series(), "national-data-opt-out")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def poll(number: int, outcome: str | None = "complete", began: datetime = NOW - timedelta(hours=2)) -> PollRecord:
    """The record of one poll."""
    at, due = text_of(began), text_of(began + timedelta(days=1))
    ended = None if outcome is None else text_of(began + timedelta(minutes=5))
    return PollRecord(number, NDOP.slug, "due", at, "x/1", "", ended, outcome, 1, 0, 0, due, f"summary {number}")


def unsettled(outcome: str, code: str | None = None, *, polls: int = 1, purpose: str = "file", **more) -> Unsettled:
    """An address whose newest answer is not what it is for."""
    given = {"robots_sha256": None, "link_text": None, **more}
    since = text_of(NOW - timedelta(hours=1))
    return Unsettled(
        "https://files.digital.nhs.uk/x", purpose, outcome, code, None, since_at=since, polls=polls, **given
    )


def finding(code: str, subject: str = "https://digital.nhs.uk/page") -> OpenFinding:
    """A finding that stands."""
    return OpenFinding(1, text_of(NOW), "warning", code, subject, "", "this", "that", "")


COMPLETE = (poll(1),)


def causes(*, findings=(), addresses=(), unread=(), polls=COMPLETE, awake=None, lasting=(), patience=3) -> list[str]:
    """The causes of the alarms that these facts give."""
    facts = Facts(NDOP.slug, list(findings), list(addresses), list(unread), list(polls), text_of(NOW))
    found = alarms_of(facts, NDOP, NOW, patience=patience, awake_since=awake, lasting=lasting)
    return [one.cause for one in found]


def test_a_quiet_month_tells_nobody():
    """Polls that found everything as it was are no news, for however long."""
    assert causes(polls=[poll(n) for n in range(20, 0, -1)]) == []


@pytest.mark.parametrize(("address", "expected"), [
    (unsettled("blocked", "challenge"), ["blocked"]),
    (unsettled("blocked", "robots", robots_sha256="0" * 64), ["robots"]),
    (unsettled("blocked", "robots"), []),
    (unsettled("blocked", "robots", polls=3), ["unreachable"]),
    (unsettled("blocked", "too_many_requests"), []),
    (unsettled("blocked", "too_many_requests", polls=3), ["blocked"]),
    (unsettled("blocked", "host", polls=9), []),
    (unsettled("suspect", "magic"), ["suspect"]),
    (unsettled("soft_error", "html"), ["suspect"]),
    (unsettled("soft_error", "maintenance"), []),
    (unsettled("soft_error", "maintenance", polls=3), ["suspect"]),
    (unsettled("failed", "dns", polls=2), []),
    (unsettled("failed", "dns", polls=3), ["unreachable"]),
    (unsettled("absent", "status_404", polls=9), []),
    (unsettled("absent", "status_404", purpose="series_page"), ["gone"]),
    (unsettled("failed", "dns", polls=9, link_text="canary: sitemap"), []),
])  # fmt: skip
def test_what_an_address_answers_decides(address, expected):
    """A refusal is told at once, silence once it lasts, an answer that something is gone only of the series page."""
    assert causes(addresses=[address]) == expected


def test_a_redesign_is_one_alarm_however_many_pages_it_touches():
    """Findings of one cause are lines of one alarm, no more than a person reads."""
    many = [finding("page.kind", f"https://digital.nhs.uk/{n}") for n in range(30)]
    facts = Facts(NDOP.slug, many, [], [], [poll(1, "incomplete")], None)
    (alarm,) = alarms_of(facts, NDOP, NOW, patience=3, awake_since=None)
    assert (alarm.cause, len(alarm.lines)) == ("layout", 9)
    assert alarm.lines[-1] == "and 22 more"


@pytest.mark.fault("A06")
def test_a_finding_that_nobody_foresaw_is_told():
    """Without a rule it alarms: silence is never the default."""
    assert causes(findings=[finding("tea.cold")]) == ["unknown"]


def test_a_finding_of_no_series_is_told_as_the_machine_s_own():
    """Whatever is found about the archive itself has no series, and is not passed over for that."""
    (alarm,) = alarms_of_nobody([finding("log.unsigned", "the log"), finding("page.retitled")])
    assert alarm.key == "machine/unsigned"


def test_an_unread_file_is_told():
    """Kept and not readable is something to do for a person."""
    assert causes(unread=[UnreadFile("july-2021", "x.csv", "0" * 64, "an unknown header")]) == ["unread"]


def test_polls_that_never_manage_are_told_whatever_the_reason():
    """Three incomplete polls in a row that nothing else explains; an unread file explains nothing."""
    short = [poll(n, "incomplete") for n in (3, 2, 1)]
    assert causes(polls=short) == ["incomplete"]
    assert causes(polls=short[:2]) == []
    assert causes(polls=short, unread=[UnreadFile("a", "b", "c", "d")]) == ["unread", "incomplete"]
    assert causes(polls=short, findings=[finding("page.kind")]) == ["layout"]


def test_polls_that_break_off_are_told_at_the_second():
    """A machine may lose its power once."""
    broken = [poll(2, "interrupted"), poll(1, "interrupted")]
    assert causes(polls=broken) == ["failing"]
    assert causes(polls=[broken[0], poll(1)]) == []


def test_a_stuck_poll_lasts_until_another_came_to_its_end():
    """The program ended itself and was started anew: that alone is no recovery."""
    assert causes(polls=[poll(2, "interrupted"), poll(1)], lasting=["national-data-opt-out/stuck"]) == ["stuck"]
    assert causes(polls=[poll(3), poll(2, "interrupted")], lasting=["national-data-opt-out/stuck"]) == []


@pytest.mark.fault("A01")
def test_a_poll_that_is_overdue_is_told_by_a_program_that_could_have_made_it():
    """Two hours after the slot, counted from when the program was awake; without such a program nothing is said."""
    old = [poll(1, began=NOW - timedelta(days=2))]
    assert causes(polls=old) == []
    assert causes(polls=old, awake=NOW - timedelta(hours=3)) == ["overdue"]
    assert causes(polls=old, awake=NOW - timedelta(hours=1)) == []
    assert causes(polls=[poll(2, None), *old], awake=NOW - timedelta(hours=3)) == []


def test_what_lies_with_the_machine_is_told_once():
    """Two series whose log cannot be signed are one alarm."""
    one, two = (Alarm("", "unsigned", text_of(NOW - timedelta(hours=n)), (f"line {n}",)) for n in (1, 2))
    (told,) = of_machine([one, two])
    assert (told.since_at, told.lines) == (two.since_at, ("line 1", "line 2"))


# ---------------------------------------------------------------- how often

LAYOUT = Alarm("a", "layout", text_of(NOW), ("line",))


class World:
    """An alarm that lasts or not, seen every so often, and a channel that takes messages or not."""

    def __init__(self) -> None:
        self.told: dict[str, Told] = {}
        self.heard: list[str] = []

    def look(self, now: datetime, *, lasts: bool, taken: bool = True) -> None:
        """One look, and whatever is due delivered."""
        on = [LAYOUT] if lasts else []
        self.told = kept(self.told, on, ["hook"])
        for message in messages(self.told, on, ["hook"], now, DAY):
            if taken:
                self.heard.append(message.event)
                self._note(message, now)

    def _note(self, message: Message, now: datetime) -> None:
        by = {} if message.event == "resolved" else {"hook": text_of(now)}
        self.told = {message.alarm.key: self.told[message.alarm.key]._replace(by=by)}


def test_the_same_fault_every_hour_is_one_alarm_a_reminder_a_day_and_one_all_clear():
    """Three days of it, looked at every hour."""
    world = World()
    for hour in range(73):
        world.look(NOW + timedelta(hours=hour), lasts=True)
    for hour in range(73, 100):
        world.look(NOW + timedelta(hours=hour), lasts=False)
    assert world.heard == ["alarm", "reminder", "reminder", "reminder", "resolved"]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_alarms_and_their_ends_take_turns_whatever_is_delivered(looks):
    """However often deliveries fail: never two alarms or two ends in a row, and a delivered alarm gets its end."""
    world = World()
    for n, (lasts, taken) in enumerate(looks):
        world.look(NOW + timedelta(minutes=n), lasts=lasts, taken=taken)
    world.look(NOW + timedelta(hours=3), lasts=False)
    assert world.heard == ["alarm", "resolved"] * (len(world.heard) // 2)


def test_an_alarm_that_nobody_heard_has_no_end_to_be_told():
    """What came and went while the channel was down is in the record, not in a message about nothing."""
    world = World()
    world.look(NOW, lasts=True, taken=False)
    world.look(NOW + timedelta(minutes=1), lasts=False)
    assert (world.heard, world.told) == ([], {})


def test_a_clock_that_is_set_back_neither_silences_nor_floods():
    """A told time in the future by more than a day is told anew, once."""
    world = World()
    for hours in (0, -30, -30, -29):
        world.look(NOW + timedelta(hours=hours), lasts=True)
    assert world.heard == ["alarm", "reminder"]


def test_the_beginning_stays_when_an_alarm_goes_on():
    """Since when is since the first time, however the lines change."""
    later = LAYOUT._replace(since_at=text_of(NOW + DAY), lines=("another",))
    told = kept({LAYOUT.key: Told(LAYOUT, {"hook": text_of(NOW)})}, [later], ["hook", "mail"])
    assert told[LAYOUT.key].alarm == later._replace(since_at=LAYOUT.since_at)
    assert [one.channel for one in messages(told, [later], ["hook", "mail"], NOW, DAY)] == ["mail"]
