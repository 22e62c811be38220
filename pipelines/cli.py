"""The command line. Beam is imported only once a command needs it, so that mistakes are told at once."""

import argparse
import datetime
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import newsbeam
from newsbeam import times
from newsbeam.config.errors import ConfigError
from newsbeam.connectors.sources import recency
from newsbeam.pipelines import commands as others
from newsbeam.pipelines import parsers, trim
from newsbeam.pipelines.commands.options import DONE, FAILED, MISTAKE, add_settings, add_stores, no_more, say, settings
from newsbeam.pipelines.request import Request, UsageError, check

if TYPE_CHECKING:
    from newsbeam.pipelines.report import Report


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 the run failed and nothing is lost, 2 the caller's mistake."""
    parser = _parser()
    known, rest = parser.parse_known_args(argv)
    # Beam warns of every optional cloud library that is not installed; what fails raises.
    logging.basicConfig(level=logging.ERROR, format="newsbeam: %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    try:
        status: int = known.run(known, rest)
    except (UsageError, ConfigError) as error:
        return say(str(error), MISTAKE)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="newsbeam", description="News in, clean, deduplicated records out.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"newsbeam {newsbeam.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="take in what the sources hold now, then stop", allow_abbrev=False)
    stream = commands.add_parser("stream", help="take in what comes, without an end", allow_abbrev=False)
    for one in (run, stream):
        _add_sources(one)
        one.add_argument(
            "--since",
            metavar="WHEN",
            help="leave entries of feeds alone that are older: 7d, 48h, or a date such as 2026-11-01",
        )
        one.add_argument("--run-json", metavar="FILE", help="where the run's record is written (default: by the state)")
        one.add_argument("--quiet", action="store_true", help="report totals only, not each source")
    stream.add_argument(
        "--interval",
        metavar="TIME",
        help="run the batch again and again instead, such as every 5m: no engine is needed",
    )
    stream.add_argument(
        "--drain",
        action="store_true",
        help="when asked to stop, finish what was taken up first (a second signal: stop)",
    )
    run.set_defaults(run=_run)
    stream.set_defaults(run=_stream)
    config = commands.add_parser("config", help="print the settings in force and where each comes from")
    add_settings(config)
    config.set_defaults(run=_config)
    demo = commands.add_parser("demo", help="run the main job over a small bundled world of news sites on loopback")
    demo.add_argument("--out", type=Path, default=Path("demo-out"), metavar="DIR", help="where to write (demo-out)")
    demo.set_defaults(run=_demo)
    others.add_all(commands)
    return parser


def _add_sources(parser: argparse.ArgumentParser) -> None:
    sources = parser.add_argument_group("sources (any mix, each may be repeated)")
    sources.add_argument(
        "--feeds",
        action="append",
        default=[],
        metavar="X",
        help="OPML or list (file, URL); URL of a feed, sitemap or site",
    )
    sources.add_argument("--warc", action="append", default=[], metavar="GLOB", help="WARC files")
    sources.add_argument("--pages", action="append", default=[], metavar="GLOB", help="saved HTML files, or JSON lines")
    sources.add_argument(
        "--texts", action="append", default=[], metavar="GLOB", help="plain texts, boilerplate still in"
    )
    add_stores(parser)
    add_settings(parser)
    parser.add_argument(
        "--allow-address",
        action="append",
        default=[],
        metavar="NET:PORT",
        help="let the fetcher connect to this network and port, such as 127.0.0.0/8:8099",
    )


def _request(known: argparse.Namespace, rest: Sequence[str], runner: str) -> Request:
    request = Request(
        feeds=tuple(known.feeds),
        warc=tuple(known.warc),
        pages=tuple(known.pages),
        texts=tuple(known.texts),
        stores=tuple(known.store),
        state=known.state,
        allow=tuple(known.allow_address),
        settings=settings(known),
        run_json=known.run_json,
        since=_since(known.since),
    )
    check(request)
    trim.few_arenas()
    # Its processes load their modules while Beam is imported here.
    parsers.pool(request.settings.extract, request.settings.language.detector)
    from newsbeam.pipelines import beam_options

    beam_options.check(rest)
    arguments, name = beam_options.with_runner(rest, runner)
    return replace(request, beam=arguments, runner=name)


def _since(text: str | None) -> str | None:
    """The moment that `--since` stands for, from now; raises UsageError."""
    if text is None:
        return None
    try:
        return times.utc(recency.moment_of(text, now=datetime.datetime.now(datetime.UTC)))
    except ValueError as error:
        raise UsageError(f"--since: {error}") from error


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    request = _request(known, rest, "FnApiRunner")
    from newsbeam.pipelines import batch, stopping

    stopping.on_signals()
    stopped = "stopped by {0.stopped}; {0.pending} entries are left for the next run"
    return _told(lambda: batch.run(request), known, stopped)


def _stream(known: argparse.Namespace, rest: Sequence[str]) -> int:
    if known.interval is not None and known.drain:
        raise UsageError("--drain: a round of --interval always finishes what it has; leave one of the two out")
    request = _request(known, rest, "PrismRunner" if known.interval is None else "FnApiRunner")
    from newsbeam.pipelines import rounds, stopping, stream

    stopping.on_signals(patient=known.drain)
    if known.interval is not None:
        interval = rounds.seconds_of(known.interval)
        return _told(lambda: rounds.run(request, interval, quiet=known.quiet), known)
    return _told(lambda: stream.run(request, drain=known.drain), known)


def _told(work: "Callable[[], Report]", known: argparse.Namespace, stopped: str | None = None) -> int:
    """Do the work and print what came of it. stopped: what to say of an early end that counts as a failure."""
    from newsbeam.pipelines import report
    from newsbeam.pipelines.failures import Failed

    try:
        outcome = work()
    except Failed as error:
        return say(str(error), FAILED)
    print(report.text(outcome, quiet=known.quiet))
    if stopped and outcome.stopped:
        return say(stopped.format(outcome), FAILED)
    return DONE


def _config(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    for key, value, origin in settings(known).listing():
        print(f"{key} = {value!r}  # {origin}")
    return DONE


def _demo(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    from newsbeam.pipelines import stopping
    from newsbeam.pipelines.demo import show
    from newsbeam.pipelines.failures import Failed

    stopping.on_signals()
    try:
        show.run(known.out)
    except Failed as error:
        return say(str(error), FAILED)
    return DONE
