"""Options of a store's address, as in `parquet:DIR?roll_mb=64&roll_minutes=60`: taken apart, checked by name and value.

Messages name the form and the option, never the rest of the address, which may hold a password.
"""

import math
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from newsbeam.connectors.stores.store import UnknownStore


def split(url: str) -> tuple[str, dict[str, str]]:
    """(the address without options, the options by name). What stands after the first `?` is percent-decoded.

    Raises:
        UnknownStore: an option is not of the form NAME=VALUE, or stands twice.
    """
    address, _, query = url.partition("?")
    form, options = address.partition(":")[0], dict[str, str]()
    for piece in filter(None, query.split("&")):
        pairs = parse_qsl(piece, keep_blank_values=True)
        if "=" not in piece or len(pairs) != 1 or not pairs[0][0]:
            raise UnknownStore(f"{form}: ?{piece.partition('=')[0]}: an option is written NAME=VALUE, joined by &")
        name, value = pairs[0]
        if name in options:
            raise UnknownStore(f"{form}: ?{name}= stands twice: give it once")
        options[name] = value
    return address, options


def check_known(form: str, options: Mapping[str, str], known: Collection[str]) -> None:
    """Raise UnknownStore for an option that the form does not have."""
    for name in options:
        if name not in known:
            has = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise UnknownStore(f"{form}: ?{name}= is no option of this form of store: {has}")


def choice(form: str, options: Mapping[str, str], name: str, among: Collection[str], default: str) -> str:
    """The option's value, which is one of a few; raises UnknownStore."""
    value = options.get(name, default)
    if value not in among:
        raise UnknownStore(f"{form}: ?{name}={value}: use one of {', '.join(among)} (without it: {default})")
    return value


def number(form: str, options: Mapping[str, str], name: str, *, least: float, most: float, default: float) -> float:
    """The option's value, a number within limits; raises UnknownStore."""
    text = options.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        usual = "no limit" if math.isinf(default) else f"{default:g}"
        raise UnknownStore(f"{form}: ?{name}={text}: use a number from {least:g} to {most:g} (without it: {usual})")
    return value
