"""How far archives and files were read, so that a long reading resumes and a finished one is not read again."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert
from newsbeam.records import Reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a file was read. position: where to go on. records: read so far. done: nothing is left."""

    position: int
    records: int
    done: bool


def progress(connection: Connection, kind: str, path: str, identity: str) -> Progress | None:
    """How far the file was read; None when it was not, or when it is another file now."""
    columns = schema.inputs.c
    same = (columns.kind == kind) & (columns.path == path) & (columns.identity == identity)
    row = connection.execute(sa.select(columns.position, columns.records, columns.done).where(same)).one_or_none()
    return Progress(position=row.position, records=row.records, done=row.done) if row else None


def reach(connection: Connection, reached: Iterable[Reached]) -> None:
    """Note how far spans were read. A span that starts at 0 starts the file's count anew."""
    for one in sorted(reached, key=lambda one: (one.span.kind, one.span.path, one.span.start)):
        span = one.span
        before = progress(connection, span.kind, span.path, span.identity) if span.start else None
        values = {
            "kind": span.kind,
            "path": span.path,
            "identity": span.identity,
            "source": span.source,
            "position": span.start if one.position is None else one.position,
            "records": one.records + (before.records if before else 0),
            "done": one.position is None,
        }
        connection.execute(upsert(schema.inputs, connection), values)
