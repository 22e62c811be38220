"""The runs that this state has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert
from newsbeam.connectors.state.lease import Holder, is_gone

LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run or stream.

    outcome: `running`, `done`, `stopped` or `failed`; message: why it failed. started, ended: ISO 8601, UTC. inputs:
    the values that each source option had; stores: their addresses, without secrets. seconds: how long it took; None
    while it is under way. versions: of Python and of the libraries that decide about text, by their names.
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
    versions: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None


def record(connection: Connection, run: Run) -> None:
    """Note a run, or how it ended."""
    connection.execute(upsert(schema.runs, connection), asdict(run))


def started(connection: Connection, epoch: int) -> str | None:
    """When the run of an epoch started; None while it is not noted."""
    query = sa.select(schema.runs.c.started).where(schema.runs.c.epoch == epoch)
    return connection.execute(query.order_by(schema.runs.c.started)).scalars().first()


def all_runs(connection: Connection) -> list[Run]:
    """Every run, in the order they started."""
    columns = schema.runs.c
    rows = connection.execute(sa.select(schema.runs).order_by(columns.started, columns.epoch, columns.run_id))
    return [_run(dict(row._mapping)) for row in rows]


def outcome(run: Run, holder: Holder) -> str:
    """What became of the run: `lost` where its process ended without a word.

    It did when the lease is another epoch's or nobody's, or when its holder was a process of this host that is gone.
    """
    if run.outcome != "running":
        return run.outcome
    alive = holder.epoch == run.epoch and holder.owner is not None and not is_gone(holder.owner)
    return run.outcome if alive else LOST


def _run(values: dict[str, object]) -> Run:
    """A run from its row; an earlier version noted less."""
    empty: dict[str, object] = {"inputs": {}, "stores": (), "versions": {}}
    values |= {name: values[name] or nothing for name, nothing in empty.items()}
    values["stores"] = tuple(values["stores"])  # type: ignore[arg-type]  # a list in JSON
    return Run(**values)  # type: ignore[arg-type]  # the table's columns are the fields
