"""What the caller asked for on the command line, checked before anything is opened."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.config.settings import Settings
from newsbeam.connectors.http.guard import AllowedAddress

LOCAL_RUNNERS = ("FnApiRunner", "DirectRunner", "BundleBasedDirectRunner", "PrismRunner")
_RUNNERS = (*LOCAL_RUNNERS, "FlinkRunner", "SparkRunner", "PortableRunner", "DataflowRunner")
_IN_PROCESS = ("LOOPBACK", "BEAM:ENV:EMBEDDED_PYTHON:V1", "BEAM:ENV:EMBEDDED_PYTHON_GRPC:V1")
"""Environments of Beam whose workers are threads of the process that submits a job."""


class UsageError(Exception):
    """The caller's mistake. The message names the option, the value given, the limit, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `run` and `stream`. beam: what only Beam knows, untouched; runner: the name Beam was given.

    run_json: where the run's record is written; None: beside the state. since: entries of feeds with an earlier date
    are left alone, ISO 8601 UTC; counted from the start of the command, so that every poll of it has the same one.
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
    since: str | None = None

    @property
    def engine(self) -> str:
        """The runner's name as Beam writes it; it may have been given with its module, or in another case."""
        name = self.runner.rpartition(".")[2]
        return next((one for one in _RUNNERS if one.lower() == name.lower()), name)

    @property
    def spread(self) -> bool:
        """Whether several worker processes, perhaps on several machines, do the work: what they share is in servers."""
        environment = value_of(self.beam, "--environment_type")
        if environment is not None:
            return environment.upper() not in _IN_PROCESS
        match self.engine:
            case "FnApiRunner" | "DirectRunner" | "BundleBasedDirectRunner" | "PrismRunner":
                return value_of(self.beam, "--direct_running_mode") == "multi_processing"
            case "FlinkRunner":  # which makes a cluster of its own where it is given none, and works in this process
                return (value_of(self.beam, "--flink_master") or "[auto]") not in ("[auto]", "[local]")
            case "SparkRunner":
                return not (value_of(self.beam, "--spark_master_url") or "local").startswith("local")
        return True

    @property
    def sliced(self) -> bool:
        """Whether turns are cheap and all that they hold is in this process: many small ones keep its memory flat."""
        return self.engine in LOCAL_RUNNERS and not self.spread


def value_of(arguments: Sequence[str], option: str) -> str | None:
    """What an option was given last, as --option=VALUE or as two arguments; None without it."""
    found = None
    for at, argument in enumerate(arguments):
        if argument.startswith(f"{option}="):
            found = argument.partition("=")[2]
        elif argument == option and at + 1 < len(arguments):
            found = arguments[at + 1]
    return found


def without(arguments: Sequence[str], *options: str) -> tuple[str, ...]:
    """The arguments but these options and what they were given, as --option=VALUE or as two arguments."""
    kept: list[str] = []
    is_value = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if name in options:
            is_value = not equals
        elif is_value:
            is_value = False
        else:
            kept.append(argument)
    return tuple(kept)


def check(request: Request) -> None:
    """Raise UsageError, or ConfigError for a setting that leans on the environment, where they cannot make a run."""
    if not (request.feeds or request.warc or request.pages or request.texts):
        raise UsageError("no source: give --feeds, --warc, --pages or --texts at least once")
    if not request.stores:
        raise UsageError("--store: none given; give at least one, such as --store jsonl:DIR or --store sqlite:///FILE")
    if request.feeds:
        request.settings.require_environment(os.environ)
    check_addresses(request.allow)


def check_addresses(allow: Sequence[str]) -> None:
    """Raise UsageError where what `--allow-address` was given is none."""
    for text in allow:
        try:
            AllowedAddress.parse(text)
        except ValueError as error:
            raise UsageError(f"--allow-address: {error}") from error
