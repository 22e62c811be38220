"""What the engine of a request cannot do is refused before anything is opened, with what to use instead."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newsbeam.connectors.state.address import redacted
from newsbeam.connectors.stores.names import file_of
from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.connectors.stores.urls import default_state_url
from newsbeam.pipelines.request import Request, UsageError, value_of

_NO_STREAMS = ("FnApiRunner", "BundleBasedDirectRunner")
_SERVER = "postgresql://USER@HOST/DB"
_SHARED = "or say with --set run.shared_paths=true that they all see the same files under the same paths"


def check(request: Request) -> None:
    """Raise UsageError where the options cannot work together with the engine that they name."""
    if not request.spread:
        return
    where = f"the workers of {_engine(request)} are processes of their own"
    state = request.state or _state_by_default(request.stores[0])
    if state is not None and state.startswith("sqlite:"):
        given = f"--state {redacted(request.state)}" if request.state else f"no --state, which gives {redacted(state)}"
        raise UsageError(f"{given}: {where}, and one SQLite file cannot serve them: give --state {_SERVER}")
    for url in request.stores:
        path = file_of(url)
        if url.startswith("sqlite:"):
            raise UsageError(
                f"--store {redacted(url)}: {where}, and one SQLite file cannot serve them: give --store {_SERVER}"
            )
        if path is not None:
            _check_folder(request, url, path, where)
    if not request.settings.run.shared_paths:
        for option, pattern in _files(request):
            raise UsageError(
                f"{option} {pattern}: {where}, which may not see this machine's files: put them elsewhere, {_SHARED}"
            )


def for_a_stream(request: Request) -> Request:
    """The request with an engine that streams; raises UsageError where a source or the engine cannot."""
    if request.warc or request.pages or request.texts:
        raise UsageError("stream takes --feeds only: archives and files have an end; give them to `newsbeam run`")
    if request.engine in _NO_STREAMS:
        raise UsageError(f"--runner={request.engine}: this engine cannot stream; use PrismRunner or FlinkRunner")
    arguments, runner = request.beam, request.runner
    if request.engine == "DirectRunner":  # what streams in it is Prism
        kept = (one for one in arguments if one not in ("--runner", runner) and not one.startswith("--runner="))
        arguments, runner = (*kept, "--runner=PrismRunner"), "PrismRunner"
    request = replace(request, beam=(*(one for one in arguments if one != "--streaming"), "--streaming"), runner=runner)
    check(request)
    _check_savepoint(request)
    return request


def _check_savepoint(request: Request) -> None:
    """Raise UsageError for a savepoint whose windows could name segments of an archive that were swept since."""
    savepoint = value_of(request.beam, "--savepoint_path")
    archive = next((one for one in request.stores if one.startswith("warc:")), None)
    if savepoint is not None and archive is not None:
        raise UsageError(
            f"--savepoint_path={savepoint}: with --store {archive} a savepoint may hold parts of the archive that were "
            "removed since; leave it out: the state goes on from where it was, and nothing is lost"
        )


def _check_folder(request: Request, url: str, path: Path, where: str) -> None:
    """Raise UsageError for a folder of this machine that workers elsewhere would not write to."""
    form = url.partition(":")[0]
    if not request.settings.run.shared_paths:
        remote = f"{form}:s3://BUCKET/PATH or " if form != "warc" else ""
        raise UsageError(
            f"--store {url}: {where}, which may not see this folder: use {remote}--store {_SERVER}, {_SHARED}"
        )
    if not path.is_absolute():
        raise UsageError(
            f"--store {url}: {where}, with working directories of their own: give the whole path, "
            f"such as {form}:{os.path.abspath(path)}"
        )


def _engine(request: Request) -> str:
    return f"{request.engine}" + (" in this mode" if request.engine not in ("FlinkRunner", "DataflowRunner") else "")


def _files(request: Request) -> Iterator[tuple[str, str]]:
    """The options that name files of this machine, with the first pattern of each."""
    for option, patterns in (("--warc", request.warc), ("--pages", request.pages), ("--texts", request.texts)):
        yield from ((option, one) for one in patterns[:1])


def _state_by_default(store: str) -> str | None:
    """The state's address where none is given; None where the store has no place for one, which is told later."""
    try:
        return default_state_url(store)
    except UnknownStore:
        return None
