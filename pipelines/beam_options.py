"""Beam's side of the command line: which options it knows, and which runner they choose."""

import argparse
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

from newsbeam.pipelines.request import UsageError

_YEARS = 10 * 365 * 86_400

View = TypeVar("View", bound=PipelineOptions)


class Options(PipelineOptions):
    """Options whose views are made once.

    Beam makes a view, and a parser with it, whenever it looks at an option, hundreds of times in a graph of ours
    (pipeline_options.py, Beam 2.77): a quarter of the time that a turn's graph takes. Views share their values anyway.
    """

    def view_as(self, cls: type[View]) -> View:
        """These options as those of a class."""
        views: dict[type[PipelineOptions], PipelineOptions] = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return cast(View, views[cls])

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()  # type: ignore[no-untyped-call]
        return {name: value for name, value in state.items() if name != "_views"}


def of(arguments: Sequence[str]) -> Options:
    """Beam's options for a pipeline, of its arguments."""
    return Options(list(arguments))


def check(arguments: Sequence[str], *, more: Iterable[str] | None = None) -> None:
    """Raise UsageError for an option that Beam does not know either.

    Beam itself only logs such options and goes on, so a misspelt one would be lost in silence. more: names of options
    that the engine's job server knows; where there will be one that has not been asked yet, nothing is refused.
    """
    if more is None and with_runner(arguments, "")[1].rpartition(".")[2].lower() == "flinkrunner":
        return
    parser = _BeamArgumentParser(allow_abbrev=False)
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(parser)
    for name in more or ():
        with contextlib.suppress(argparse.ArgumentError):  # Beam knows that one, too
            parser.add_argument(f"--{name}", nargs="?")
    _, unknown = parser.parse_known_args(list(arguments))
    if unknown:
        raise UsageError(
            f"{unknown[0]}: neither newsbeam nor Beam knows this option; `newsbeam run --help` lists newsbeam's"
        )


def with_runner(arguments: Sequence[str], default: str) -> tuple[tuple[str, ...], str]:
    """The arguments with a runner among them, and its name.

    The default is named outright because Beam's own choice depends on whether it can download Prism: the same
    command would use another engine with and without a network (SwitchingDirectRunner, Beam 2.77).
    """
    known = PipelineOptions(list(arguments)).get_all_options(drop_default=True)
    runner = known.get("runner")
    if runner:
        return tuple(arguments), str(runner)
    return (*arguments, f"--runner={default}"), default


def of_long_jobs(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments for jobs of any length.

    After `--job_server_timeout`, 300 s, Beam ends the streams by which it hears of a job's state and errors: a longer
    job fails where its end is waited for, and what an endless one failed of is lost (portable_runner.py, Beam 2.77).
    """
    if "job_server_timeout" in PipelineOptions(list(arguments)).get_all_options(drop_default=True):
        return tuple(arguments)
    return (*arguments, f"--job_server_timeout={_YEARS}")
