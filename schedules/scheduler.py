"""Polls every series when it is due, one at a time, until told to stop. The only module that knows APScheduler.

Never remembers a due time of its own: what is due is worked out from the archive's record, before and after every poll.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from archive.store import close_interrupted, newest_poll
from schedules.desk import Desk
from schedules.due import due_at, in_words, looked, soonest_first
from schedules.logs import Log
from schedules.poll import poll_series
from schedules.stopping import StoppedError, stopped_by_signals
from scraper.model import Series

AFTER_AN_ERROR = timedelta(minutes=15)
"""Wait after a poll that failed by a fault of ours or of the disk: a full disk must not become a hot loop."""

_CATCH_UP = "catch up"

HEARTBEAT_SECONDS = 60
"""How often the wall clock is looked at: a machine that slept, or whose clock was set, is late by this much at most."""


def keep_polling(desk: Desk, log: Log) -> None:
    """Poll what is due now, then whatever becomes due, until SIGTERM or SIGINT; the exchange in hand is finished first.

    To be called in the main thread, with the archive opened by this process, its one writer.
    """
    # Defaults would drop a job that is one second late, and run by the machine's own time zone.
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1), "heartbeat": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_listener(
        lambda event: _tell(event, log), EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
    )
    scheduler.add_job(_beat, "interval", seconds=HEARTBEAT_SECONDS, executor="heartbeat", id="heartbeat")
    scheduler.add_job(_catch_up, args=(desk, log), id=_CATCH_UP)
    for series in soonest_first(desk.series, desk.clock()):
        _put_on(scheduler, desk, series, log, desk.clock())
    with stopped_by_signals(desk.stop, leave=True):
        try:
            scheduler.start()
        except SystemExit:
            log.info("ending", after="the exchange in hand, if there is one")
        finally:
            desk.stop.set()
            scheduler.shutdown(wait=True)


def _beat() -> None:
    """Nothing: that it runs makes the scheduler look at the clock."""


def _catch_up(desk: Desk, log: Log) -> None:
    """Read what an earlier program kept and did not come to read: it was ended, or the reading copy was thrown away."""
    try:
        refreshed = desk.refresh()
    except StoppedError:
        return
    if refreshed.files_read:
        log.info("read what was kept before", files=refreshed.files_read)


def _put_on(scheduler: BlockingScheduler, desk: Desk, series: Series, log: Log, earliest: datetime) -> None:
    """Enter the next poll of a series, by the archive's record, not before `earliest`."""
    now = desk.clock()
    due = max(due_at(series, looked(newest_poll(desk.evidence.db, series.slug)), now), earliest)
    job = (scheduler, desk, series, log)
    scheduler.add_job(_turn, "date", run_date=due, args=job, id=series.slug, replace_existing=True)
    log.info("next poll", series=series.slug, at="now" if due <= now else in_words(due, series, now))


def _turn(scheduler: BlockingScheduler, desk: Desk, series: Series, log: Log) -> None:
    """One poll, and the next one entered, whatever becomes of this one."""
    if desk.stop.is_set():
        return
    earliest = desk.clock() + AFTER_AN_ERROR
    try:
        log.info("poll begins", series=series.slug)
        polled = poll_series(desk, series, "due")
        tell = log.info if polled.outcome == "complete" else log.warning
        tell(f"poll {polled.outcome}", series=series.slug, summary=polled.summary)
        earliest = desk.clock()
    finally:
        if not desk.stop.is_set():
            close_interrupted(desk.evidence.db, desk.now())
            _put_on(scheduler, desk, series, log, earliest)


def _tell(event: JobEvent, log: Log) -> None:
    """A job failed or was passed over: APScheduler itself would say so to nobody."""
    error = getattr(event, "exception", None)
    if event.code == EVENT_JOB_ERROR:
        what = "reading failed" if event.job_id == _CATCH_UP else "poll failed"
        log.error(what, series=event.job_id, error=f"{type(error).__name__}: {error}", trace=event.traceback)
    else:
        log.warning("passed over", series=event.job_id)
