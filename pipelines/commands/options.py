"""Options that several commands share, and how a command speaks and ends."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from newsbeam.config.settings import Settings, load
from newsbeam.pipelines.request import UsageError

DONE, FAILED, MISTAKE = 0, 1, 2


def add_stores(parser: argparse.ArgumentParser) -> None:
    """`--store` (repeatable) and `--state`."""
    target = parser.add_argument_group("where to")
    target.add_argument(
        "--store", action="append", default=[], metavar="URL", help="a store such as jsonl:DIR; may be repeated"
    )
    target.add_argument("--state", metavar="URL", help="what outlives a run (default: beside the first store)")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--config` and `--set`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    parser.add_argument(
        "--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="one setting; may be repeated"
    )


def settings(known: argparse.Namespace) -> Settings:
    """The settings in force by `--config` and `--set`."""
    return load(known.config, known.set)


def say(message: str, status: int) -> int:
    """Tell a person why the command ends with this status."""
    print(f"newsbeam: {message}", file=sys.stderr)
    return status


def no_more(rest: Sequence[str]) -> None:
    """Raise UsageError for an option that the command does not know."""
    if rest:
        raise UsageError(f"{rest[0]}: unknown option; see `newsbeam COMMAND --help`")
