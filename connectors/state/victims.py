"""What the state still holds of what is to be forgotten, and how it lets go of what it keeps beside the records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import urls
from newsbeam.connectors.state import journal, payload, schema
from newsbeam.connectors.state.forgotten import FATE, Forgotten, names
from newsbeam.connectors.state.frontier import rows_of
from newsbeam.connectors.state.held import is_feed_itself
from newsbeam.records import Origin, digest

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Victims:
    """What is to go. documents: ids, earlier texts among them, in their order. rejections: origins of rejected rows."""

    documents: Sequence[str]
    rejections: Sequence[Origin]

    def __bool__(self) -> bool:
        return bool(self.documents or self.rejections)


def victims(connection: Connection, forgotten: Forgotten, also: Collection[str] = ()) -> Victims:
    """The records that are forgotten, as far as the state can tell, with the earlier texts of them.

    also: ids that the stores have told; of a document that has left the window the state knows no address (see
    `is_textless`). A rejected row without an address goes by its feed's; the row of a feed that could not be polled
    stays.
    """
    columns = schema.documents.c
    found = set(_ids(connection, columns.id, {*forgotten.ids, *also}))
    if forgotten.sites:
        query = sa.select(columns.id, columns.payload).where(columns.payload.is_not(None))
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            if forgotten.covers(payload.document(row.payload).url, row.id):
                found.add(row.id)
    found |= set(_ids(connection, columns.revision_of, found | forgotten.ids))
    rejections = []
    for kept in connection.execute(sa.select(schema.rejections.c.payload)).scalars():
        one = payload.rejected(kept)
        if not is_feed_itself(one) and forgotten.covers(one.url or one.feed_url):
            rejections.append(one.origin)
    return Victims(documents=sorted(found), rejections=sorted(rejections, key=lambda one: one.key))


def is_textless(connection: Connection) -> bool:
    """Whether there are documents whose address only the stores can tell."""
    query = sa.select(schema.documents.c.id).where(schema.documents.c.payload.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def redirected(connection: Connection, url: str) -> list[str]:
    """The ids of articles that came in as a feed's entry of this address, whatever they stand under now."""
    columns = schema.documents.c
    rows = rows_of(connection, schema.documents, columns.key, [digest("feed", urls.without_tracking(url))])
    return sorted(row.id for row in rows if row.revision_of is None)


def revisions(connection: Connection, ids: Collection[str]) -> list[str]:
    """The ids of the earlier texts of these articles."""
    return sorted(_ids(connection, schema.documents.c.revision_of, ids))


def companions(connection: Connection, gone: Collection[str]) -> list[str]:
    """The documents that stay of all clusters that lose a document."""
    columns = schema.documents.c
    clusters = {row.cluster_id for row in rows_of(connection, schema.documents, columns.id, gone)}
    if not clusters:
        return []
    left = set(gone)
    # No index stands on the cluster: one pass over ids and clusters.
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(sa.select(columns.id, columns.cluster_id))
    return sorted(row.id for row in rows if row.cluster_id in clusters and row.id not in left)


def let_go(connection: Connection, forgotten: Forgotten, found: Victims) -> None:
    """Empty entries of the frontier, and take hashes of texts out of the journal."""
    columns = schema.frontier.c
    keys = {row.key for row in rows_of(connection, schema.documents, schema.documents.c.id, found.documents)}
    keys |= {one.key for one in found.rejections}
    waiting = sa.select(columns.key, columns.payload).where(schema.waiting)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(waiting):
        one = payload.entry_or_rejected(row.payload)
        if forgotten.covers(one.url or one.origin.source):
            keys.add(row.key)
    hosts = connection.execute(sa.select(columns.host).distinct()).scalars()
    gone = [host for host in hosts if not forgotten.sites.isdisjoint(names(f"http://{host}/"))]
    for column, values in ((columns.key, sorted(keys)), (columns.host, gone)):
        update = sa.update(schema.frontier).where(column == sa.bindparam("gone"))
        if values:
            emptied = update.values(fate=FATE, payload=None, retry_at=None)
            connection.execute(emptied, [{"gone": one} for one in values])
    journal.wipe(connection, {*found.documents, *forgotten.ids})


def _ids(connection: Connection, column: sa.Column[str], values: Collection[str]) -> list[str]:
    return [row.id for row in rows_of(connection, schema.documents, column, sorted(values))]
