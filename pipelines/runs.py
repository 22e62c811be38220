"""What is noted of each run: version, settings, sources, times, outcome, counts; and the end of what is not needed."""

import contextlib
import datetime
import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import orjson

import newsbeam
from newsbeam import times
from newsbeam.config.settings import Settings
from newsbeam.connectors.state import manifest, site_memory
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import store_name
from newsbeam.connectors.stores.names import store_url
from newsbeam.pipelines import progress, report, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.transforms.site_lines import period_of

DECIDING = ("apache-beam", "trafilatura", "lxml", "langdetect", "feedparser", "FastWARC", "charset-normalizer", "tld")
"""The libraries that decide what text a page gives, which language it is in and under which address it stands."""


def settings_hash(settings: Settings) -> str:
    """16 hex digits of all settings in force: the same for two runs that were set alike, in whatever way."""
    listed = "\n".join(sorted(f"{key}={value!r}" for key, value, _ in settings.listing()))
    return hashlib.blake2b(listed.encode(), digest_size=8).hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python and of what decides about text, by name."""
    found = {"python": platform.python_version()}
    for name in DECIDING:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def inputs(request: Request) -> dict[str, tuple[str, ...]]:
    """What each source option was given, and from when on; an address that holds credentials without them."""
    options = {"feeds": request.feeds, "warc": request.warc, "pages": request.pages, "texts": request.texts}
    options |= {"since": (request.since,)} if request.since else {}
    return {name: tuple(map(_public, values)) for name, values in options.items() if values}


def json_path(request: Request, state: State) -> Path | None:
    """The file that the run is told in, beside the state's; None where the state is in a server and none is named."""
    if request.run_json:
        return Path(request.run_json)
    path = state.path
    if path is None:
        return None
    if path.parent.name == ".newsbeam":
        return path.with_name("run.json")
    return path.with_name(f"{path.name.removesuffix('.state')}.run.json")


@dataclass(slots=True)
class Record:
    """The record of a run under way. report: what came of it, once that is known."""

    run: Run
    report: Report | None = None


@contextlib.contextmanager
def recorded(job: Job, request: Request, state: State) -> Iterator[Record]:
    """Note the run that is the block: that it began, and how it ended, in the state and in its file.

    A block that raises has failed, with the error's message; what cannot be noted then stays with the error.
    """
    started, path = time.monotonic(), json_path(request, state)
    _tell_of_new_stores(job, state)
    record = Record(_begun(job, request, _now()))
    _note(record.run, state, path)
    try:
        yield record
    except Exception as error:
        failed = replace(record.run, outcome="failed", message=_message(error), counts=_counts(job, state))
        with contextlib.suppress(StateError, LeaseLost, Failed):
            _note(_ended(failed, started), state, path)
        raise
    if record.report is not None:
        ended = "stopped" if record.report.stopped else "done"
        done = replace(record.run, outcome=ended, counts=report.counts(record.report))
        _note(_ended(done, started), state, path)


def summed_up(job: Job, state: State, *, seconds: float) -> Report:
    """What came of the run. What it leaves for the next one is counted as seen in it.

    No engine tells the counters of a job that was cancelled: a stream of many workers has its accounts alone.
    """
    pending, accounts = state.leave(epoch=job.epoch), tuple(state.accounts(job.epoch))
    settled = sum(one.articles + one.duplicates + one.rejected for one in accounts)
    return Report(
        run_id=job.run_id,
        accounts=accounts,
        pending=pending,
        seconds=seconds,
        new=settled if job.endless and job.spread else progress.counts()["new"],
        corrected=progress.counts()["corrected"],
        stopped=stopping.by_signal(),
        gaps=tuple(state.gaps(job.epoch)),
    )


def forget_old(job: Job, state: State) -> int:
    """Take documents more than two windows older than the newest out of the copy index; how many. Ids stay known.

    Counted from the newest capture, not from now: an archive of years ago is compared within itself, however late it
    is read. Two windows, because a document is compared with those up to one window older, which decide with theirs.
    Hosts that no worker has asked for a while go, too.
    """
    if job.spread:
        state.forget_hosts()
    newest = times.parse(state.newest() or "")
    if newest is None:
        return 0
    before = times.utc(newest - 2 * datetime.timedelta(days=job.settings.dedup.window_days))
    if job.period is not None:
        with state.write(job.epoch) as connection:
            site_memory.expire(connection, period_of(before, job.period))
    return state.expire(before=before, epoch=job.epoch)


def lacking(state: State, stores: Mapping[str, str]) -> list[str]:
    """What to tell of stores that are new to a state which holds records: the lines, for stores by name.

    stores: the address of each as it was given, without secrets.
    """
    held = state.counts()
    if not sum(held.values()):
        return []
    with state.read() as connection:
        known = manifest.known(connection)
    # One that this run writes, too, is surely there.
    earlier = next((store_url(state, one) for one in sorted(known, key=lambda one: one not in stores)), None)
    said = []
    for name, url in stores.items():
        if name in known:
            continue
        parts = ", ".join(f"{name} {count}" for name, count in held.items())
        fill = f"fill it with `newsbeam export --from {earlier} --to {url}`" if earlier else "give the earlier store"
        said.append(f"{url} is new here and lacks the {sum(held.values())} records taken in before ({parts}): {fill}")
    return said


def written(path: Path, run: Run) -> None:
    """Write a run's record so that a reader sees the whole of it or the one before; raises OSError."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as out:
        out.write(orjson.dumps(asdict(run), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)


def _begun(job: Job, request: Request, now: datetime.datetime) -> Run:
    return Run(
        run_id=job.run_id,
        epoch=job.epoch,
        version=newsbeam.__version__,
        settings_hash=settings_hash(job.settings),
        started=times.utc(now),
        inputs=inputs(request),
        stores=tuple(store.url for store in job.stores()),
        versions=versions(),
    )


def _ended(run: Run, started: float) -> Run:
    return replace(run, ended=times.utc(_now()), seconds=round(time.monotonic() - started, 3))


def _note(run: Run, state: State, path: Path | None) -> None:
    state.record_run(run, epoch=run.epoch)
    if path is None:
        return
    try:
        written(path, run)
    except OSError as error:
        raise Failed(f"--run-json {path}: cannot be written: {error.strerror or error}") from error


def _counts(job: Job, state: State) -> Mapping[str, int]:
    """What a run that failed had come to; nothing where the state cannot be read."""
    with contextlib.suppress(StateError):
        accounts = tuple(state.accounts(job.epoch))
        done = progress.counts()
        counted = Report(
            run_id=job.run_id,
            accounts=accounts,
            pending=0,
            seconds=0,
            new=done["new"],
            corrected=done["corrected"],
        )
        return report.counts(counted)
    return {}


def _message(error: Exception) -> str:
    """What is said of a failure; only messages that are made for people are known to hold no secret."""
    said = isinstance(error, Failed | UsageError | StateError | LeaseLost)
    return str(error) if said else type(error).__name__


def _tell_of_new_stores(job: Job, state: State) -> None:
    named: dict[str, str] = {store_name(state, store): store.url for store in job.stores()}
    for line in lacking(state, named):
        print(f"newsbeam: --store: {line}", file=sys.stderr)


def _public(value: str) -> str:
    """An address without what stands before its host's @; anything else as it is."""
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return value.partition("://")[0] + "://…"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
