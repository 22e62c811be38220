"""What the caller asked for on the command line, checked before anything is opened."""

from dataclasses import dataclass

from newsbeam.config.settings import Settings
from newsbeam.connectors.http.guard import AllowedAddress

LOCAL_RUNNERS = ("FnApiRunner", "DirectRunner", "BundleBasedDirectRunner", "PrismRunner")


class UsageError(Exception):
    """The caller's mistake. The message names the option, the value given, the limit, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `run` and `stream`. beam: what only Beam knows, untouched; runner: the name Beam was given.

    run_json: where the run's record is written; None: beside the state.
    """

    feeds: tuple[str, ...] = ()
    warc: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    state: str | None = None
    allow: tuple[str, ...] = ()
    settings: Settings
    beam: tuple[str, ...] = ()
    runner: str = "FnApiRunner"
    run_json: str | None = None

    @property
    def local(self) -> bool:
        """Whether the runner works in this process or on this machine, where slices keep memory flat."""
        return self.runner.rpartition(".")[2] in LOCAL_RUNNERS


def check(request: Request) -> None:
    """Raise UsageError where the options cannot make a run."""
    if not (request.feeds or request.warc or request.pages or request.texts):
        raise UsageError("no source: give --feeds, --warc, --pages or --texts at least once")
    if not request.stores:
        raise UsageError("--store: none given; give at least one, such as --store jsonl:DIR or --store sqlite:///FILE")
    for text in request.allow:
        try:
            AllowedAddress.parse(text)
        except ValueError as error:
            raise UsageError(f"--allow-address: {error}") from error
