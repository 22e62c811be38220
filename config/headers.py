"""Request headers that the settings give for a host or a feed, and their values that stand in the environment."""

import re
from collections.abc import Mapping

from newsbeam.config.errors import ConfigError

Headers = tuple[tuple[str, str], ...]
"""(name, value) in the order of the names; a value `$NAME` stands for that of the environment variable NAME."""

LONGEST = 8_192
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_SECRET = re.compile(r"auth|cookie|credential|key|passw|secret|session|signature|token", re.IGNORECASE)
# What a request says of itself, of its connection and of what is known already is not for the settings to say.
_OURS = {
    "accept-encoding": "it is what can be decoded",
    "connection": "it is the connection's own",
    "content-length": "requests have no body",
    "host": "it follows from the address",
    "if-modified-since": "it is kept by feed",
    "if-none-match": "it is kept by feed",
    "proxy-authorization": "no proxy is used",
    "te": "it is the connection's own",
    "transfer-encoding": "requests have no body",
    "upgrade": "it is the connection's own",
    "user-agent": "set fetch.user_agent, which robots.txt is read for, too",
}


def of_table(key: str, table: object) -> Headers:
    """The headers of a TOML table. key: what a message begins with.

    Raises:
        ConfigError: no table of strings, a name or a value that cannot be sent, a header that is not for the settings,
            or a secret that is written out; such a value is never repeated.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{key}: {table!r} is not a table of headers, such as {{ Accept-Language = 'de' }}")
    found: dict[str, tuple[str, str]] = {}
    for name, value in table.items():
        one = f"{key}.{name}"
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{one}: {name!r} is not the name of a header")
        if name.lower() in _OURS:
            raise ConfigError(f"{one}: this header cannot be set: {_OURS[name.lower()]}")
        if name.lower() in found:
            raise ConfigError(f"{one}: given twice, in different cases")
        if not isinstance(value, str):
            raise ConfigError(f"{one}: the value is not a string")
        if not _VARIABLE.fullmatch(value):
            if _SECRET.search(name):
                raise ConfigError(
                    f"{one}: the value stands in the settings; put it into the environment, and write '$NAME' here"
                )
            _ensure(one, value)
        found[name.lower()] = (name, value)
    return tuple(found[name] for name in sorted(found))


def resolved(key: str, headers: Headers, environment: Mapping[str, str]) -> dict[str, str]:
    """The headers as they are sent. key: what a message begins with.

    Raises:
        ConfigError: a variable that is not set, or whose value cannot be sent; the value is not told.
    """
    sent = {}
    for name, value in headers:
        variable = _VARIABLE.fullmatch(value)
        if variable is not None:
            found = environment.get(variable[1])
            if not found:
                raise ConfigError(
                    f"{key}.{name}: {value} is not set in the environment; set it for every process that fetches"
                )
            _ensure(f"{key}.{name}: {value}", found)
            value = found
        sent[name] = value
    return sent


def _ensure(key: str, value: str) -> None:
    if not _VALUE.fullmatch(value) or len(value) > LONGEST:
        raise ConfigError(f"{key}: not within one line of at most {LONGEST} characters of Latin-1")
