"""Scrubbing: what was deleted leaves the file, too, not only the tables."""

import sqlite3
from pathlib import Path

_SECONDS = 30.0


def scrub(path: Path) -> str | None:
    """Write a SQLite database anew without its free pages, and empty its write-ahead log; what hindered that, if so.

    A deleted row stays readable in the file's free pages until they are used again (https://sqlite.org/lang_vacuum.html);
    VACUUM leaves none, and the truncating checkpoint keeps no old page in the log (https://sqlite.org/wal.html).
    """
    try:
        connection = sqlite3.connect(path, timeout=_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        return str(error)
    try:
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return "another process is reading it" if busy else None
