"""News in, clean records out, on Apache Beam."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from collections.abc import Generator, Mapping
    from typing import Any

__all__ = ["__version__", "read"]
__version__ = "0.1.0"


def read(
    store: str,
    collection: str = "articles",
    since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
) -> Generator[Mapping[str, Any], None, None]:
    """The rows of a store's collection, as docs/records.md has them, in no order and with flat memory.

    store: any address that `--store` takes. collection: `articles`, `duplicates` or `rejected`. since: only rows whose
    `updated_at` is at or after a moment: ISO 8601, a datetime or date (UTC where no zone is given), a timedelta back
    from now, or an age such as "36h", "7d", "2w". Each id comes at most once, also while a run writes; `close()`, or
    the end of the rows, lets go of files and connections. What a run that writes meanwhile means: docs/export.md.

    Raises:
        newsbeam.connectors.stores.store.StoreError: there is no such store (none is made), or it cannot be read.
        ValueError: the collection is unknown, or `since` is no moment.
    """
    # Imported here: `import newsbeam` stays light, also in the processes that parse.
    from newsbeam.connectors.stores import reading

    return reading.read(store, collection, since)
