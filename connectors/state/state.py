"""The state: what must outlive a run, in one database. The parts are in the files beside this one."""

import contextlib
import datetime
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from newsbeam.connectors.state import (
    accounts,
    claims,
    feeds,
    forgotten,
    frontier,
    held,
    history,
    hosts,
    inputs,
    journal,
    lags,
    lease,
    manifest,
    migrations,
    reach,
    runs,
    schema,
    standing,
    watched,
)
from newsbeam.connectors.state.accounts import Account, Amounts
from newsbeam.connectors.state.address import STATE_SCHEMA, Address, AddressError, parse
from newsbeam.connectors.state.committing import CommitLock
from newsbeam.connectors.state.engine import fill, make_schema, open_engine, reading, sqlite_path, writing
from newsbeam.connectors.state.errors import LeaseLost, StateAway, StateError, StateHeld
from newsbeam.connectors.state.faults import is_away, told
from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.frontier import Known, PollCount
from newsbeam.connectors.state.inputs import Progress
from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.standing import Standing
from newsbeam.connectors.state.watched import Watched
from newsbeam.records import Decision, Document, Edge, Entry, Feed, Poll, Rejected, Sketch

__all__ = [
    "Account",
    "LeaseLost",
    "PollCount",
    "Progress",
    "Run",
    "Standing",
    "State",
    "StateAway",
    "StateError",
    "StateHeld",
    "look_at",
    "open_state",
    "this_owner",
]


def open_state(url: str) -> "State":
    """The state at `url`, made when there is none: `sqlite:///FILE` or `postgresql://USER@HOST/DB?schema=NAME`.

    In PostgreSQL it has a schema of its own, `newsbeam_state` where none is named.

    Raises:
        StateError: it cannot be opened or made, or a newer version of newsbeam has written it.
    """
    try:
        address = parse(url, ours=("schema",), default_schema=STATE_SCHEMA)
        engine = open_engine(address)
    except AddressError as error:
        raise StateError(f"this is no address of a state: {error}") from error
    except ImportError as error:
        form = url.partition(":")[0]
        raise StateError(
            f"no driver is installed for the state at {form}:… ({error}): pip install 'psycopg[binary]'"
        ) from error
    except OSError as error:
        raise StateError(f"the folder for the state at {address.public} cannot be made: {error}") from error
    if address.is_sqlite and address.path is None:
        raise StateError(f"{url!r} names no file, and a state must outlive the process: use sqlite:///FILE")
    state = State(address=address, engine=engine)
    with state.write() as connection:
        make_schema(connection, address.schema)
        version = schema.create(connection)
        if version:
            migrations.migrate(connection, version)
    if version > schema.VERSION:
        state.close()
        raise StateError(
            f"the state at {state.url} is of version {version}; this newsbeam knows {schema.VERSION}: update it"
        )
    return state


def look_at(url: str) -> "State":
    """The state at `url` to be read only: nothing is made, and what is of today's form is not written to.

    Raises:
        StateError: there is none, or it cannot be opened.
    """
    with contextlib.suppress(AddressError, sa.exc.DBAPIError, sa.exc.TimeoutError, ImportError):
        address = parse(url, ours=("schema",), default_schema=STATE_SCHEMA)
        if address.path is not None and not address.path.is_file():
            raise StateError(f"there is no state at {address.public}: no run has made one there")
        engine = open_engine(address)
        with reading(engine) as connection:
            if not sa.inspect(connection).has_table("meta", schema=None if address.is_sqlite else address.schema):
                raise StateError(f"there is no state at {address.public}: no run has made one there")
            version = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.name == "version")).scalar()
        if version == str(schema.VERSION):
            return State(address=address, engine=engine)
    return open_state(url)


class State:
    """Feeds, frontier, documents, index, accounts and manifest. Usable from several threads.

    url: without password, to be shown. full_url: as it was given, from which another process opens the state. Every
    call that writes takes the epoch of the lease and raises LeaseLost when another epoch holds it. committing: the lock
    of a commit. What cannot be done raises StateError; StateAway where the server may be back soon.
    """

    def __init__(self, *, address: Address, engine: Engine) -> None:
        self.url = address.public
        self.full_url = address.full
        self._engine = engine
        self.committing = CommitLock(engine, url=self.url, key=lambda: self.id, said=self._said)

    def __reduce__(self) -> tuple[Callable[[str], "State"], tuple[str]]:
        return open_state, (self.full_url,)

    def close(self) -> None:
        """Close the connections; the object can still be used and opens them again."""
        self._engine.dispose()

    @property
    def path(self) -> Path | None:
        """The file that holds the state; None when it is in a server."""
        return sqlite_path(self.url)

    def fill(self) -> None:
        """Open the connections that are kept, for a process that is at work for long."""
        with self._said():
            fill(self._engine)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads; raises StateError when the database cannot."""
        with self._said(), reading(self._engine) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, epoch: int | None = None) -> Iterator[Connection]:
        """A transaction that writes, under the lease of `epoch`; raises LeaseLost, StateError."""
        with self._said(), writing(self._engine) as connection:
            if epoch is not None:
                lease.check(connection, epoch)
            yield connection

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            kind = StateAway if is_away(error) else StateError
            raise kind(f"the state at {self.url} cannot be used: {told(error)}") from error

    @functools.cached_property
    def id(self) -> str:
        """What tells this state from every other one, for as long as it exists."""
        with self.read() as connection:
            query = sa.select(schema.meta.c.value).where(schema.meta.c.name == "state_id")
            return str(connection.execute(query).scalar_one())

    # The lease

    def take_lease(self, *, owner: str, seconds: float, now: datetime.datetime, instead_of: int | None = None) -> int:
        """Hold the state for so many seconds, in a new epoch; raises StateHeld. `this_owner()` names this process.

        instead_of: the epoch of a lease that the owner could not give back.
        """
        with self.write() as connection:
            epoch = lease.take(connection, owner=owner, seconds=seconds, now=now, instead_of=instead_of)
            accounts.forget(connection, epoch)
            lags.forget(connection, epoch)
            journal.expire(connection, epoch)
            hosts.forget(connection)
        return epoch

    def renew_lease(self, epoch: int, *, seconds: float, now: datetime.datetime) -> None:
        """Hold the state for so many seconds more; raises LeaseLost."""
        with self.write() as connection:
            lease.renew(connection, epoch, seconds=seconds, now=now)

    def release_lease(self, epoch: int) -> None:
        """Give the state free."""
        with self.write() as connection:
            lease.release(connection, epoch)

    def close_intake(self, epoch: int) -> None:
        """Have this epoch take up nothing new: what is under way comes to its end, and then nothing is."""
        with self.write(epoch) as connection:
            lease.close_intake(connection)

    # Feeds

    def subscribe(self, feeds_: Sequence[Feed], *, epoch: int) -> None:
        """Add unknown feeds; all are wanted in this epoch."""
        with self.write(epoch) as connection:
            feeds.subscribe(connection, feeds_, epoch)

    def knows_feed(self, url: str) -> bool:
        """Whether the address was read as a feed, in this or an earlier run."""
        with self.read() as connection:
            return feeds.is_known(connection, url)

    def reach_back(self, since: str | None, *, epoch: int) -> None:
        """Note from when on entries are taken in this epoch; feeds are asked anew where that is earlier than before."""
        with self.write(epoch) as connection:
            reach.note(connection, since)

    def feed_rejected(self, url: str) -> bool:
        """Whether a rejected row stands for the feed itself."""
        with self.read() as connection:
            return held.feed_rejected(connection, url)

    def take_feeds(
        self,
        *,
        limit: int,
        due_only: bool,
        epoch: int,
        now: datetime.datetime,
        until: datetime.datetime | None = None,
        most: int | None = None,
    ) -> list[Feed]:
        """Feeds to poll now, marked as taken: each once in the epoch, or with `due_only` those that are due.

        until: when one whose poll was not noted may be taken again; None: not in this epoch. most: how many may be
        taken and not noted at a time. None while the intake is closed.
        """
        with self.write(epoch) as connection:
            if lease.is_closing(connection):
                return []
            return feeds.take(connection, limit=limit, due_only=due_only, epoch=epoch, now=now, until=until, most=most)

    def give_back_feeds(self, urls: Sequence[str], *, epoch: int) -> None:
        """Let go of feeds that were taken and not asked for."""
        with self.write(epoch) as connection:
            feeds.give_back(connection, urls, epoch)

    def record_poll(
        self,
        poll: Poll,
        *,
        epoch: int,
        now: datetime.datetime,
        next_poll: feeds.NextPoll,
        not_before: datetime.datetime | None = None,
    ) -> PollCount:
        """Note a poll: validators, health and new entries in one transaction.

        next_poll: a moment, or what chooses it by the feed's health after this poll.

        A rejected row for the feed itself is left to the caller to settle, and counted as seen when it is; those for
        its entries become pending with the entries.
        """
        failures = [row for row in poll.rejected if held.is_feed_itself(row)]
        entries: list[Entry | Rejected] = [
            *poll.entries,
            *(row for row in poll.rejected if not held.is_feed_itself(row)),
        ]
        amounts = Amounts()
        for skip in poll.skipped:
            accounts.saw(amounts, skip.origin.kind, skip.origin.source, skip.count)
            accounts.skipped(amounts, skip.origin, skip.reason, skip.count)
        if poll.not_modified and not poll.skipped:
            accounts.not_modified(amounts, poll.feed)
        accounts.repeated(amounts, poll.feed, poll.repeated)
        with self.write(epoch) as connection:
            failure = failures[0] if failures else None
            new, known, unseen = frontier.announce(connection, entries, epoch=epoch, now=now)
            feeds.record(
                connection,
                poll,
                failure,
                new=min(new, unseen),  # what was forgotten is unseen for ever, and what is taken up anew is not new
                epoch=epoch,
                now=now,
                next_poll=next_poll,
                not_before=not_before,
            )
            accounts.add(connection, epoch, amounts)
            return PollCount(
                new=new, known=known + poll.repeated, recovered=held.feed_rejected(connection, poll.feed.url)
            )

    def watched(self) -> list[Watched]:
        """Every feed that was subscribed to, with its health, by address."""
        with self.read() as connection:
            return watched.all_feeds(connection)

    def gaps(self, epoch: int) -> list[str]:
        """The feeds that may have had entries which no poll saw, by the polls of an epoch."""
        with self.read() as connection:
            return watched.gaps(connection, epoch)

    # The frontier

    def claim(
        self,
        *,
        limit: int,
        host_share: int,
        epoch: int,
        now: datetime.datetime,
        again: bool = False,
        until: datetime.datetime | None = None,
        most: int | None = None,
    ) -> list[Entry | Rejected]:
        """Pending entries and due retries to take up, at most `host_share` of a host under way at a time.

        None twice in an epoch, unless `again`: then a retry is taken up each time that it is due. until: when an entry
        that was not settled may be taken up again; None: not in this epoch. most: how many may be under way at a time,
        all hosts together. None while the intake is closed.
        """
        with self.write(epoch) as connection:
            if lease.is_closing(connection):
                return []
            return claims.claim(
                connection,
                limit=limit,
                host_share=host_share,
                again=again,
                epoch=epoch,
                now=now,
                until=until,
                most=most,
            )

    def give_back(self, keys: Sequence[str], *, epoch: int) -> None:
        """Let go of claimed entries whose work was not begun."""
        with self.write(epoch) as connection:
            claims.give_back(connection, keys, epoch=epoch)

    def free_claims(self, epoch: int) -> int:
        """Let go of what is claimed or taken and not settled, when no worker has it any more; how much there was."""
        with self.write(epoch) as connection:
            return claims.free(connection, epoch) + feeds.free(connection, epoch)

    def under_way(self, epoch: int, *, now: datetime.datetime | None = None) -> int:
        """How many entries are claimed and not settled, and feeds taken and not noted.

        now: those left out whose worker is taken to be gone by then.
        """
        with self.read() as connection:
            return claims.under_way(connection, epoch, now) + feeds.taken(connection, epoch, now)

    def pending(self) -> int:
        """How many entries have no fate yet."""
        with self.read() as connection:
            return claims.pending(connection)

    def standing(self, epoch: int, now: datetime.datetime) -> Standing:
        """What is before the epoch, and how it keeps up."""
        with self.read() as connection:
            return standing.standing(connection, epoch, now)

    def known(self, keys: Collection[str]) -> dict[str, Known]:
        """Those of the keys that the frontier holds, and how each entry stands."""
        with self.read() as connection:
            return frontier.known(connection, keys)

    def leave(self, *, epoch: int) -> int:
        """How many entries this epoch leaves pending; from now on they count as seen in it."""
        with self.write(epoch) as connection:
            return frontier.leave(connection, epoch=epoch)

    def claimable(self, *, epoch: int, now: datetime.datetime) -> int:
        """How many could be claimed now."""
        with self.read() as connection:
            return claims.claimable(connection, epoch=epoch, now=now)

    # Hosts

    def take_host(self, host: str, *, owner: str, seconds: float, gap: float) -> float | None:
        """None: the owner may ask the host for so many seconds. Else: seconds to wait, 0 while another owner asks it.

        gap: seconds in which nobody else may begin if the owner is never heard of again. Under no lease.
        """
        with self.write() as connection:
            return hosts.take(connection, host, owner=owner, seconds=seconds, gap=gap)

    def give_back_host(self, host: str, *, owner: str, gap: float) -> None:
        """Let go of a host, which nobody may ask for so many seconds."""
        with self.write() as connection:
            hosts.give_back(connection, host, owner=owner, gap=gap)

    def forget_hosts(self) -> None:
        """Drop hosts that nobody has asked for a while."""
        with self.write() as connection:
            hosts.forget(connection)

    # Archives and files

    def progress(self, kind: str, path: str, identity: str) -> Progress | None:
        """How far a file was read; None when it was not, or is another file now."""
        with self.read() as connection:
            return inputs.progress(connection, kind, path, identity)

    # Documents and their copies

    def stored(self, ids: Collection[str]) -> dict[str, Document]:
        """The documents with these ids, as last settled, that the window still holds."""
        with self.read() as connection:
            return history.stored(connection, ids)

    def revisions(self, ids: Collection[str]) -> dict[str, list[Document]]:
        """The earlier texts of these articles, by capture."""
        with self.read() as connection:
            return history.revisions(connection, ids)

    def decisions(self, ids: Collection[str]) -> dict[str, Decision]:
        """What was last decided about these documents."""
        with self.read() as connection:
            return history.decisions(connection, ids)

    def candidates(
        self, bands: Mapping[str, Sequence[int]], *, limit: int, without: Collection[str] = ()
    ) -> dict[str, list[Sketch]]:
        """For each document, by its bands, others of the window that share one with it, the nearest `limit` of them."""
        with self.read() as connection:
            return history.candidates(connection, bands, limit=limit, without=without)

    def component(self, ids: Collection[str]) -> tuple[list[Sketch], list[Edge]]:
        """Every document that stored edges connect with these, these included, and those edges."""
        with self.read() as connection:
            return history.component(connection, ids)

    def texts(self, ids: Collection[str]) -> dict[str, str]:
        """The bodies of those of these documents that the window still holds."""
        with self.read() as connection:
            return history.texts(connection, ids)

    def commits(self) -> int:
        """How many commits have changed documents; decisions made at another count may not know of all of them."""
        with self.read() as connection:
            return history.commits(connection)

    def newest(self) -> str | None:
        """The moment of the newest capture in the index; None when it is empty."""
        with self.read() as connection:
            return history.newest(connection)

    def expire(self, *, before: str, epoch: int) -> int:
        """Take documents captured before that moment out of the index; their ids and hashes stay known."""
        with self.write(epoch) as connection:
            return history.expire(connection, before)

    # What was forgotten

    def kept_out(self, ids: Collection[str], addresses: Collection[str]) -> Forgotten:
        """What could concern records under these ids and addresses of all that must not come in again."""
        with self.read() as connection:
            return forgotten.among(connection, ids, addresses)

    # Accounts and runs

    def accounts(self, epoch: int) -> list[Account]:
        """Each source's account in an epoch, by kind and source."""
        with self.read() as connection:
            return accounts.of_epoch(connection, epoch)

    def record_run(self, run: Run, *, epoch: int) -> None:
        """Note a run, or how it ended."""
        with self.write(epoch) as connection:
            runs.record(connection, run)

    def holder(self) -> lease.Holder:
        """Who holds the state."""
        with self.read() as connection:
            return lease.holder(connection)

    def started(self, epoch: int) -> str | None:
        """When the run of an epoch started; None while it is not noted."""
        with self.read() as connection:
            return runs.started(connection, epoch)

    def runs(self) -> list[Run]:
        """Every run, in the order they started."""
        with self.read() as connection:
            return runs.all_runs(connection)

    def counts(self) -> dict[str, int]:
        """How many rows of each collection the stores hold, by what was settled."""
        with self.read() as connection:
            return held.counts(connection)

    def expected(self, store: str) -> Mapping[Any, int] | None:
        """How many rows each collection of one store must hold; None for a store that is new to the state."""
        with self.read() as connection:
            return manifest.expected(connection, store)
