"""The journal: what each run made of each document that it wrote, so that two runs can be compared afterwards."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert
from newsbeam.connectors.state.held import HeldDocument
from newsbeam.records import Article, Duplicate


def note(
    connection: Connection,
    written: Sequence[tuple[Article | Duplicate, HeldDocument]],
    gone: Sequence[str],
    *,
    epoch: int,
) -> None:
    """Note what was written and what left all stores; of several writings in an epoch the last one stands."""
    rows: list[dict[str, object]] = [
        {
            "id": held.id,
            "epoch": epoch,
            "collection": held.collection,
            "text_hash": held.text_hash,
            "language": record.document.language,
            "cluster_id": record.decision.cluster_id,
        }
        for record, held in written
    ]
    nothing = dict.fromkeys(("collection", "text_hash", "language", "cluster_id"))
    rows += [{"id": one, "epoch": epoch, **nothing} for one in gone]
    if rows:
        connection.execute(upsert(schema.journal, connection), rows)
