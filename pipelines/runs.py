"""What is noted of each run: version, settings, times, outcome, counts; and the end of what it no longer needs."""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import replace

import newsbeam
from newsbeam import times
from newsbeam.config.settings import Settings
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import State
from newsbeam.pipelines import progress, stopping
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.report import Report


def settings_hash(settings: Settings) -> str:
    """16 hex digits of all settings in force: the same for two runs that were set alike."""
    listed = "\n".join(f"{key}={value!r}" for key, value, _ in settings.listing())
    return hashlib.blake2b(listed.encode(), digest_size=8).hexdigest()


def begin(job: Job, state: State, now: datetime.datetime) -> Run:
    """Note that the run began."""
    run = Run(
        run_id=job.run_id,
        epoch=job.epoch,
        version=newsbeam.__version__,
        settings_hash=settings_hash(job.settings),
        started=times.utc(now),
    )
    state.record_run(run, epoch=job.epoch)
    return run


def summed_up(job: Job, state: State, *, seconds: float) -> Report:
    """What came of the run. What it leaves for the next one is counted as seen in it."""
    pending = state.leave(epoch=job.epoch)
    return Report(
        run_id=job.run_id,
        accounts=tuple(state.accounts(job.epoch)),
        pending=pending,
        seconds=seconds,
        new=progress.counts()["new"],
        corrected=progress.counts()["corrected"],
        stopped=stopping.by_signal(),
    )


def end(run: Run, state: State, now: datetime.datetime, *, outcome: str, counts: Mapping[str, int]) -> None:
    """Note how the run ended."""
    state.record_run(replace(run, ended=times.utc(now), outcome=outcome, counts=counts), epoch=run.epoch)


def forget_old(job: Job, state: State) -> int:
    """Take documents more than two windows older than the newest out of the copy index; how many. Ids stay known.

    Counted from the newest capture, not from now: an archive of years ago is compared within itself, however late it
    is read. Two windows, because a document is compared with those up to one window older, which decide with theirs.
    """
    newest = times.parse(state.newest() or "")
    if newest is None:
        return 0
    before = times.utc(newest - 2 * datetime.timedelta(days=job.settings.dedup.window_days))
    return state.expire(before=before, epoch=job.epoch)
