"""What went wrong in a database, and what to do about it, in words for a person."""

import sqlite3
from collections.abc import Mapping

import sqlalchemy as sa

from newsbeam.text import one_line

_BUSY = "another program has held it for too long: end that program or let it finish, then run again"
_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: "make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "make the file and its folder writable",
    sqlite3.SQLITE_PERM: "make the file and its folder writable",
    sqlite3.SQLITE_FULL: "make room on the disk and run again; what was committed is kept",
    sqlite3.SQLITE_IOERR: "look to the disk, make room on it, and run again; what was committed is kept",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore it from a copy",
    sqlite3.SQLITE_NOTADB: "name another file, or remove this one",
}
_STATES: Mapping[str, str] = {
    "28": "check the user and the password (PGPASSWORD, ~/.pgpass, or a service)",
    "3D000": "create it with createdb, or name another database",
    "42501": "grant the user what is missing: CREATE on the database for a new schema, USAGE and CREATE on a schema",
    "55P03": "another session has locked it for too long: pg_stat_activity and pg_locks show which; then run again",
    "57014": "the statement took longer than statement_timeout allows: raise it, or end what blocks it; then run again",
    "40P01": "run again",
    "53": "make room on the server (disk, memory, connections) and run again; what was committed is kept",
    "25006": "the server takes no writes: connect to the primary (target_session_attrs=read-write)",
    "57P": "the server has stopped or closed the connection: run again when it runs",
    "08": "check that the server runs and can be reached, then run again",
    "XX": "the server reports damage: see its log",
}
"""Advice by the start of an SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), the longest match first."""

_PASSING = ("08", "57P01", "57P02", "57P03", "57P05", "53300", "40001", "40P01", "55P03")
"""The starts of those that pass by themselves: no connection, too many of them, or a lock that others held."""

_UNREACHED = "check that the server runs and can be reached, then run again"
_WORDS: Mapping[str, str] = {
    "password": _STATES["28"],
    "authentication": _STATES["28"],
    "no pg_hba.conf entry": _STATES["28"],
    "does not exist": "create it, or name another one",
    "too many": _STATES["53"],
}
"""Advice by words of libpq, which gives no SQLSTATE where no connection came about."""
_REFUSED = ("FATAL", "password", "authentication", "certificate", "SSL", "GSS", "does not exist")
_STARTING = ("starting up", "shutting down", "recovery", "not yet accepting", "terminating connection", "too many")
"""Words of a refusal to connect, which stays, and of one that passes: the server starts, ends, or is full."""


def told(error: Exception) -> str:
    """The database's own words on one line, and what to do."""
    cause = _cause(error)
    words = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
    return f"{one_line(words)}: {advice(cause)}"


def advice(error: BaseException) -> str:
    """What to do about an error of a driver."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, "make it a database that can be written")
    state = getattr(error, "sqlstate", None)
    if state:
        for start in sorted(_STATES, key=len, reverse=True):
            if state.startswith(start):
                return _STATES[start]
        return "make it a database that can be written"
    for words, what in _WORDS.items():
        if words in str(error):
            return what
    return _UNREACHED if _is_operational(error) else "see the server's log"


def is_away(error: BaseException) -> bool:
    """Whether the server is out of reach, or busy, for a while, so that the same may succeed later. Of a file: never.

    A refusal to connect has no SQLSTATE: one in words that are not known is taken to stay.
    """
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return False
    state = getattr(cause, "sqlstate", None)
    if state:
        return bool(state.startswith(_PASSING))
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    words = str(cause)
    refused = any(one in words for one in _REFUSED) and not any(one in words for one in _STARTING)
    return _is_operational(cause) and not refused


def _cause(error: BaseException) -> BaseException:
    """The driver's own error."""
    return error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error


def _is_operational(error: BaseException) -> bool:
    """Whether it is about the connection or the server, not about what was asked; TimeoutError: of the pool."""
    return any(one.__name__ in ("OperationalError", "TimeoutError") for one in type(error).__mro__)
