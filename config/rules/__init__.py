"""Rules that are data: read once from the TOML files beside this one."""

import functools
import tomllib
from importlib import resources
from typing import Any


@functools.cache
def table(name: str) -> dict[str, Any]:
    """The parsed TOML of one rule file, named without its ending."""
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))


@functools.cache
def tracking_parameters() -> tuple[frozenset[str], tuple[str, ...]]:
    """(names, prefixes of names), lower case, of query parameters that do not tell pages apart."""
    rules = table("tracking")
    return frozenset(rules["exact"]), tuple(rules["prefixes"])


@functools.cache
def trainers() -> tuple[str, ...]:
    """The product tokens, as written, of crawlers that gather texts to train models on."""
    return tuple(table("trainers")["agents"])
