"""Commands beside run, stream, config and demo: a module each, with `add` to enter it on the command line."""

from typing import Any


def add_all(commands: Any) -> None:
    """Enter every command. Imported here, so that a mistake in the options of `run` is told without loading them."""
    from newsbeam.pipelines.commands import compact, dedup, diff, export, feeds, forget, replay, runs, state, status

    modules: tuple[Any, ...] = (runs, status, feeds, diff, export, compact, forget, replay, dedup, state)
    for module in modules:
        module.add(commands)
