"""The runs that this state has seen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run or stream. outcome: `running`, `done`, `stopped` or `failed`. started, ended: ISO 8601, UTC."""

    run_id: str
    epoch: int
    version: str
    settings_hash: str
    started: str
    ended: str | None = None
    outcome: str = "running"
    counts: Mapping[str, int] = field(default_factory=dict)


def record(connection: Connection, run: Run) -> None:
    """Note a run, or how it ended."""
    connection.execute(upsert(schema.runs, connection), asdict(run))


def all_runs(connection: Connection) -> list[Run]:
    """Every run, in the order they started."""
    query = sa.select(schema.runs).order_by(schema.runs.c.started, schema.runs.c.run_id)
    return [Run(**row._mapping) for row in connection.execute(query)]
