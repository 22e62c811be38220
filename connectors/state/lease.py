"""The lease: one run or stream holds the state at a time, and every write checks that it still does."""

import datetime
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.errors import LeaseLost, StateHeld

_OWNER = re.compile(r"(?P<host>.+):(?P<pid>\d+):(?P<start>\d+)\Z")
_UNKNOWN = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the state. owner: None when nobody does. until: Unix seconds."""

    epoch: int
    owner: str | None
    until: float


def this_owner() -> str:
    """This process as a holder: host, process id, and when it started."""
    return f"{socket.gethostname()}:{os.getpid()}:{process_start(os.getpid()) or _UNKNOWN}"


def process_start(pid: int) -> str | None:
    """When a process of this host started, in clock ticks since boot; None where the system does not tell.

    The 22nd field of /proc/PID/stat (proc(5)); the second, the name, may hold blanks and brackets.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this host that no longer runs. Of other hosts nothing is known."""
    found = _OWNER.match(owner)
    if not found or found["host"] != socket.gethostname():
        return False
    pid = int(found["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    # A process id is used again; only its start tells whether it is the same process.
    now = process_start(pid)
    return now is not None and found["start"] not in (_UNKNOWN, now)


def take(
    connection: Connection, *, owner: str, seconds: float, now: datetime.datetime, instead_of: int | None = None
) -> int:
    """Take the lease in a new epoch, and free what earlier epochs had claimed.

    instead_of: the epoch of a lease that the owner could not give back, which is in nobody's way.

    Raises:
        StateHeld: another holder's time is not over and its process may still run.
    """
    held = holder(connection, lock=True)
    another = held.owner is not None and (held.owner, held.epoch) != (owner, instead_of)
    if another and held.until > now.timestamp() and not is_gone(str(held.owner)):
        until = times.utc(datetime.datetime.fromtimestamp(held.until, datetime.UTC))
        raise StateHeld(f"the state is held by {held.owner} until {until}: wait for it to end, or stop it")
    epoch = held.epoch + 1
    _write(connection, epoch=epoch, owner=owner, until=now.timestamp() + seconds, closing=False)
    return epoch


def renew(connection: Connection, epoch: int, *, seconds: float, now: datetime.datetime) -> None:
    """Hold the lease for so many seconds from now on; raises LeaseLost."""
    check(connection, epoch)
    update = sa.update(schema.lease).where(schema.lease.c.id == 1)
    connection.execute(update.values(until=now.timestamp() + seconds))


def release(connection: Connection, epoch: int) -> None:
    """Give the lease back; nothing happens when another epoch holds it."""
    mine = (schema.lease.c.id == 1) & (schema.lease.c.epoch == epoch)
    connection.execute(sa.update(schema.lease).where(mine).values(owner=None, until=0.0))


def close_intake(connection: Connection) -> None:
    """Have nothing new taken up until another epoch holds the lease."""
    _write(connection, closing=True)


def is_closing(connection: Connection) -> bool:
    """Whether the holder is about to end, so that nothing new is taken up."""
    return bool(connection.execute(sa.select(schema.lease.c.closing).where(schema.lease.c.id == 1)).scalar_one())


def check(connection: Connection, epoch: int) -> None:
    """Make sure, for the rest of the transaction, that `epoch` holds the lease.

    Raises:
        LeaseLost: another epoch holds it, or nobody.
    """
    held = holder(connection, lock=True)
    if held.epoch != epoch or held.owner is None:
        by = f"{held.owner} (epoch {held.epoch})" if held.owner else "nobody"
        raise LeaseLost(f"the lease of epoch {epoch} is lost: the state is held by {by}; nothing more is written")


def holder(connection: Connection, *, lock: bool = False) -> Holder:
    """Who holds the lease. lock: keep it so until the transaction ends, where the database has such locks.

    The lock is for one transaction at a time, so that in PostgreSQL, too, those that write come one after the other, as
    in SQLite: what they read (the next number, what is claimed) is still so when they write.
    """
    columns = schema.lease.c
    query = sa.select(columns.epoch, columns.owner, columns.until).where(columns.id == 1)
    row = connection.execute(query.with_for_update() if lock else query).one()
    return Holder(epoch=row.epoch, owner=row.owner, until=row.until)


def _write(connection: Connection, **values: object) -> None:
    connection.execute(sa.update(schema.lease).where(schema.lease.c.id == 1).values(**values))
