"""Hosts: several worker processes agree on which of them asks a host, so that no two do at once.

The row of a host names the process that asks it, until when that may go on, and the moment before which nobody may
begin. A process that is refused puts its name into a second row, the promise: who asked first gets the host next, even
before the one that has it now. Each call is one small transaction that leaves the lease's row alone, so that
fetching does not queue behind commits; what it decides, it decides in one statement.
"""

import time
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_or
from newsbeam.connectors.state.lease import is_gone

PROMISED = 3.0
"""Seconds for which a promise outlives its last asking: some more than lie between two."""
RESTING = 3600.0
"""Seconds after which a host that nobody has asked for is forgotten."""

_hosts = schema.hosts.c
_host, _promise, _owner = (sa.bindparam(name, type_=sa.Text) for name in ("asked", "promise", "asker"))
_seconds, _gap = (sa.bindparam(name, type_=sa.Float) for name in ("seconds", "gap"))


def take(connection: Connection, host: str, *, owner: str, seconds: float, gap: float) -> float | None:
    """None: the owner may begin now, and has the host for so many seconds. Else: how long to wait before asking again.

    That is 0 where another process has the host: nobody knows when it ends. gap: seconds in which nobody else may begin
    if the owner is never heard of again.
    """
    if _taken(connection, host, owner=owner, seconds=seconds, gap=gap):
        return None
    row = _row(connection, host)
    if row is not None and row.owner not in (None, owner) and is_gone(row.owner):
        of_the_dead = (_hosts.host == host) & (_hosts.owner == row.owner)
        connection.execute(sa.update(schema.hosts).where(of_the_dead).values(owner=None, until=0.0))
        if _taken(connection, host, owner=owner, seconds=seconds, gap=gap):
            return None
        row = _row(connection, host)
    free = row is not None and (row.owner in (None, owner) or row.until <= row.now)
    wait = max(row.next_start - row.now, 0.0) if row is not None and free else 0.0
    known = {"promise": _promise_of(host), "asker": owner, "seconds": wait + PROMISED}
    connection.execute(_statements(connection).promise, known)
    return wait


def give_back(connection: Connection, host: str, *, owner: str, gap: float) -> None:
    """Let go of a host, which nobody may ask for so many seconds; nothing happens when another has it by now."""
    connection.execute(_statements(connection).give_back, {"asked": host, "asker": owner, "gap": gap})


def forget(connection: Connection) -> None:
    """Drop hosts at rest. Rows that somebody is writing to are passed over: they are not at rest."""
    long_ago = moment(connection) - RESTING
    at_rest = (_hosts.until < long_ago) & (_hosts.next_start < long_ago)
    resting = sa.select(_hosts.host).where(at_rest).with_for_update(skip_locked=True)
    connection.execute(sa.delete(schema.hosts).where(_hosts.host.in_(resting.scalar_subquery())))


def moment(connection: Connection) -> sa.ColumnElement[float]:
    """This moment in Unix seconds, by one clock for all: the server's, or this machine's where the state is a file."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return sa.bindparam("moment", callable_=time.time, type_=sa.Float)


def _taken(connection: Connection, host: str, *, owner: str, seconds: float, gap: float) -> bool:
    """Whether the host could be taken; a promise to the owner has then been kept and is gone."""
    known = {"asked": host, "promise": _promise_of(host), "asker": owner}
    statements = _statements(connection)
    if connection.execute(statements.take, {**known, "seconds": seconds, "gap": gap}).first() is None:
        return False
    connection.execute(statements.keep, {"promise": known["promise"], "asker": owner})
    return True


def _row(connection: Connection, host: str) -> Any:
    now = moment(connection).label("now")
    return connection.execute(sa.select(*_hosts, now).where(_hosts.host == host)).first()


class _Statements(NamedTuple):
    """take: a host that is free, past its pace and promised to no other; its name comes back. keep: removes the promise
    that was kept so. promise: the asker is the next to have the host, unless another was promised that before."""

    take: sa.Executable
    keep: sa.Executable
    promise: sa.Executable
    give_back: sa.Executable


_made: dict[str, _Statements] = {}


def _statements(connection: Connection) -> _Statements:
    """Made once for each dialect: to make them takes longer than to run them."""
    name = connection.dialect.name
    if name not in _made:
        mine = _hosts.owner == _owner
        free = {"owner": None, "until": 0.0, "next_start": moment(connection) + _gap}
        _made[name] = _Statements(
            take=_taking(connection),
            keep=sa.delete(schema.hosts).where(_hosts.host == _promise, mine),
            promise=_promising(connection),
            give_back=sa.update(schema.hosts).where(_hosts.host == _host, mine).values(free),
        )
    return _made[name]


def _taking(connection: Connection) -> sa.Executable:
    now, promised = moment(connection), schema.hosts.alias("promised").c
    to_another = sa.exists().where(promised.host == _promise, promised.owner != _owner, promised.until > now)
    row = sa.select(_host, _owner, now + _seconds, now + _gap).where(~to_another)
    insert = insert_or(schema.hosts, connection).from_select([column.name for column in _hosts], row)
    free = sa.or_(_hosts.owner.is_(None), _hosts.owner == _owner, _hosts.until <= now)
    changed = {name: insert.excluded[name] for name in ("owner", "until", "next_start")}
    due = sa.and_(free, _hosts.next_start <= now)
    upsert = insert.on_conflict_do_update(index_elements=[_hosts.host], set_=changed, where=due)
    taking: sa.Executable = upsert.returning(_hosts.host)
    return taking


def _promising(connection: Connection) -> sa.Executable:
    now = moment(connection)
    row = {"host": _promise, "owner": _owner, "until": now + _seconds, "next_start": 0.0}
    insert = insert_or(schema.hosts, connection).values(row)
    free = sa.or_(_hosts.owner == _owner, _hosts.until <= now)
    changed = {name: insert.excluded[name] for name in ("owner", "until")}
    promising: sa.Executable = insert.on_conflict_do_update(index_elements=[_hosts.host], set_=changed, where=free)
    return promising


def _promise_of(host: str) -> str:
    # No name of a host has a blank in it, so this is none.
    return f"{host} next"
