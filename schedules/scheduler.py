"""Polls every series when it is due, one at a time, until told to stop. The only module that knows APScheduler.

Never remembers a due time of its own: what is due is worked out from the archive's record, before and after every poll.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from archive.store import close_interrupted, newest_poll
from schedules.alarming import Watch, tell
from schedules.alarms import stuck
from schedules.desk import Desk
from schedules.due import due_at, in_words, looked, soonest_first
from schedules.logs import Log
from schedules.nightly import WHEN, verify_by_night
from schedules.options import INCOMPLETE
from schedules.poll import Polled, poll_series
from schedules.pulse import Pulse, Running, guard
from schedules.stopping import StoppedError, stopped_by_signals
from schedules.telling_after import tell_and_ping
from scraper.model import Series

AFTER_AN_ERROR = timedelta(minutes=15)
"""Wait after a poll that failed by a fault of ours or of the disk: a full disk must not become a hot loop."""

_CATCH_UP = "catch up"

HEARTBEAT_SECONDS = 60
"""How often the wall clock is looked at: a machine that slept, or whose clock was set, is late by this much at most."""


ALARMS_SECONDS = 900
"""How often it is looked into what is wrong while no poll ends: a reminder or a repeated try is late by this much at most."""

_ALARMS = "alarms"
_NIGHTLY = "verify"


def keep_polling(desk: Desk, watch: Watch) -> None:
    """Poll what is due now, then whatever becomes due, until SIGTERM or SIGINT; the exchange in hand is finished first.

    To be called in the main thread, with the archive opened by this process, its one writer.
    """
    log, pulse = watch.log, Pulse(desk.clock)
    # Defaults would drop a job that is one second late, and run by the machine's own time zone.
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={name: ThreadPoolExecutor(1) for name in ("default", "heartbeat", "nightly")},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_listener(
        lambda event: _tell(event, log), EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
    )
    scheduler.add_job(pulse.beat, "interval", seconds=HEARTBEAT_SECONDS, executor="heartbeat", id="heartbeat")
    scheduler.add_job(_catch_up, args=(desk, watch, pulse), id=_CATCH_UP)
    scheduler.add_job(_tell_alarms, "interval", seconds=ALARMS_SECONDS, args=(desk, watch, pulse, ()), id=_ALARMS)
    scheduler.add_job(_nightly, "cron", args=(desk, watch), executor="nightly", id=_NIGHTLY, **WHEN)
    for series in soonest_first(desk.series, desk.clock()):
        _put_on(scheduler, desk, series, watch, pulse, desk.clock())
    guard(pulse, desk.stop, lambda reason, stuck: _give_up(desk, watch, reason, stuck))
    with stopped_by_signals(desk.stop, leave=True):
        try:
            scheduler.start()
        except SystemExit:
            log.info("ending", after="the exchange in hand, if there is one")
        finally:
            desk.stop.set()
            scheduler.shutdown(wait=True)


def _catch_up(desk: Desk, watch: Watch, pulse: Pulse) -> None:
    """Read what an earlier program kept and did not come to read: it was ended, or the reading copy was thrown away."""
    try:
        refreshed = desk.refresh()
    except StoppedError:
        return
    if refreshed.files_read:
        watch.log.info("read what was kept before", files=refreshed.files_read)
    _tell_alarms(desk, watch, pulse, ())


def _nightly(desk: Desk, watch: Watch) -> None:
    """Have the evidence verified. What does not hold is a finding, and told with the next look at what is wrong."""
    sound = verify_by_night(desk)
    if sound is not None:
        tell = watch.log.info if sound else watch.log.error
        tell("verified", sound=sound)


def _put_on(
    scheduler: BlockingScheduler, desk: Desk, series: Series, watch: Watch, pulse: Pulse, earliest: datetime
) -> None:
    """Enter the next poll of a series, by the archive's record, not before `earliest`."""
    now = desk.clock()
    due = max(due_at(series, looked(newest_poll(desk.evidence.db, series.slug)), now), earliest)
    job = (scheduler, desk, series, watch, pulse)
    scheduler.add_job(_turn, "date", run_date=due, args=job, id=series.slug, replace_existing=True)
    watch.log.info("next poll", series=series.slug, at="now" if due <= now else in_words(due, series, now))


def _turn(scheduler: BlockingScheduler, desk: Desk, series: Series, watch: Watch, pulse: Pulse) -> None:
    """One poll, and the next one entered, whatever becomes of this one; then whoever has to know is told."""
    if desk.stop.is_set():
        return
    earliest, done, log = desk.clock() + AFTER_AN_ERROR, [], watch.log
    try:
        log.info("poll begins", series=series.slug)
        pulse.poll_begins(series)
        polled = poll_series(desk, series, "due")
        tell = log.info if polled.outcome == "complete" else log.warning
        tell(f"poll {polled.outcome}", series=series.slug, summary=polled.summary)
        earliest, done = desk.clock(), [polled]
    finally:
        pulse.poll_ends()
        if not desk.stop.is_set():
            close_interrupted(desk.evidence.db, desk.now())
            _put_on(scheduler, desk, series, watch, pulse, earliest)
            _tell_alarms(desk, watch, pulse, done)


def _tell_alarms(desk: Desk, watch: Watch, pulse: Pulse, done: Sequence[Polled]) -> None:
    if not desk.stop.is_set():
        tell_and_ping(desk, watch, done, pulse.awake_since())


def _give_up(desk: Desk, watch: Watch, reason: str, running: Running | None) -> None:
    """End the program, since no thread can be ended from outside: whoever supervises it starts it anew."""
    watch.log.error("giving up", reason=reason, series=running.series.slug if running else "")
    try:
        if running:
            tell(watch, desk.clock(), None, more=[stuck(running.series, running.began_at)])
    finally:
        os._exit(INCOMPLETE)  # every capture was committed as it came: nothing is lost that was acknowledged


def _tell(event: JobEvent, log: Log) -> None:
    """A job failed or was passed over: APScheduler itself would say so to nobody."""
    error = getattr(event, "exception", None)
    if event.code == EVENT_JOB_ERROR:
        what = {_CATCH_UP: "reading failed", _NIGHTLY: "verification failed"}.get(event.job_id, "poll failed")
        log.error(what, series=event.job_id, error=f"{type(error).__name__}: {error}", trace=event.traceback)
    elif event.job_id != _ALARMS:  # a long poll: alarms are told when it ends
        log.warning("passed over", series=event.job_id)
