"""The runs that this state has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run or stream.

    outcome: `running`, `done`, `stopped` or `failed`. started, ended: ISO 8601, UTC. inputs: the values that each
    source option had; stores: their addresses, without secrets. seconds: how long it took; None while it is under way.
    """

    run_id: str
    epoch: int
    version: str
    settings_hash: str
    started: str
    ended: str | None = None
    outcome: str = "running"
    counts: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    stores: Sequence[str] = ()
    seconds: float | None = None


def record(connection: Connection, run: Run) -> None:
    """Note a run, or how it ended."""
    connection.execute(upsert(schema.runs, connection), asdict(run))


def all_runs(connection: Connection) -> list[Run]:
    """Every run, in the order they started."""
    query = sa.select(schema.runs).order_by(schema.runs.c.started, schema.runs.c.run_id)
    rows = (dict(row._mapping) for row in connection.execute(query))
    return [Run(**{**row, "inputs": row["inputs"] or {}, "stores": tuple(row["stores"] or ())}) for row in rows]
