"""How far back the polls of this state have taken entries (`--since`), and what follows when one reaches further back.

A feed that has not changed is not sent again, though entries of it were left alone for their age.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert

_NAME = "since"
_UNREAD = {"etag": None, "last_modified": None, "body_hash": None}


def note(connection: Connection, since: str | None) -> None:
    """Note that entries with an earlier date are left alone from now on; None: none is.

    since: ISO 8601, UTC, with seconds. Where earlier polls left alone what this one takes, every feed is asked anew.
    """
    meta = schema.meta.c
    before = connection.execute(sa.select(meta.value).where(meta.name == _NAME)).scalar()
    if before is not None and (since is None or since < before):
        connection.execute(sa.update(schema.feeds).values(**_UNREAD))
    if since is not None:
        connection.execute(upsert(schema.meta, connection), {"name": _NAME, "value": since})
    elif before is not None:
        connection.execute(sa.delete(schema.meta).where(meta.name == _NAME))
