"""Beam's side of the command line: which options it knows, and which runner they choose."""

import argparse
import contextlib
from collections.abc import Iterable, Sequence

from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

from newsbeam.pipelines.request import UsageError

_YEARS = 10 * 365 * 86_400


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
