"""Which errors of a database pass by themselves."""

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from newsbeam.connectors.state.errors import StateAway, StateError
from newsbeam.connectors.state.faults import is_away, told
from newsbeam.connectors.state.state import look_at, open_state
from newsbeam.connectors.stores.store import StoreAway, StoreError
from newsbeam.connectors.stores.urls import open_store
from tests.postgres import Server

PASSING = ("08000", "08006", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03")
STAYING = ("28P01", "3D000", "42501", "53100", "XX001", "57014", "25006", "42P01", "23505")


def refusal(words: str) -> sa.exc.DBAPIError:
    """What libpq says where no connection comes about, as SQLAlchemy hands it on."""
    return sa.exc.OperationalError("SELECT 1", {}, psycopg.OperationalError(words))


@pytest.mark.parametrize(("state", "away"), [*((one, True) for one in PASSING), *((one, False) for one in STAYING)])
def test_by_sqlstate(state: str, away: bool) -> None:
    kind = psycopg.errors.lookup(state) if not state.startswith("0800") else psycopg.errors.ConnectionException
    error = kind("words of the server")
    assert (error.sqlstate or "")[:2] == state[:2]
    assert is_away(error) == away
    assert is_away(sa.exc.DBAPIError("SELECT 1", {}, error)) == away


@pytest.mark.parametrize(
    "words",
    [
        "connection failed: Connection refused\n\tIs the server running on that host?",
        "connection is bad: connection to server on socket failed: No such file or directory",
        "consuming input failed: server closed the connection unexpectedly",
        "the connection is closed",
        "connection timeout expired",
        "failed to resolve host 'db': [Errno -3] Temporary failure in name resolution",
        "connection failed: FATAL:  the database system is starting up",
        "connection failed: FATAL:  the database system is shutting down",
        "connection failed: FATAL:  the database system is in recovery mode",
        "connection failed: FATAL:  sorry, too many clients already",
    ],
)
def test_a_connection_that_did_not_come_about_may_come_about_later(words: str) -> None:
    assert is_away(refusal(words))
    assert is_away(psycopg.errors.ConnectionTimeout(words))


@pytest.mark.parametrize(
    "words",
    [
        'connection failed: FATAL:  password authentication failed for user "me"',
        "connection failed: fe_sendauth: no password supplied",
        'connection failed: FATAL:  database "nope" does not exist',
        'connection failed: FATAL:  no pg_hba.conf entry for host "1.2.3.4"',
        'connection failed: FATAL:  permission denied for database "news"',
        "connection failed: SSL error: certificate verify failed",
        "connection failed: FATAL:  la base n'existe pas",
    ],
)
def test_a_refusal_stays(words: str) -> None:
    assert not is_away(refusal(words))


def test_waiting_for_a_connection_of_the_pool_passes() -> None:
    error = sa.exc.TimeoutError("QueuePool limit of size 5 overflow 10 reached")
    assert is_away(error)
    assert "run again" in told(error)


def test_a_file_is_never_away() -> None:
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    for error in (busy, sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed")):
        assert not is_away(sa.exc.OperationalError("SELECT 1", {}, error))


def test_a_server_that_is_down_is_away_wherever_it_is_asked(postgres: str, postgres_server: Server) -> None:
    store, state = open_store(postgres), open_state(postgres)
    store.check()
    postgres_server.stop()
    try:
        for ask in (store.present, store.check, store.count, lambda: list(store.rows("articles"))):
            with pytest.raises(StoreAway, match=r"^postgresql://"):
                ask()
        for ask in (lambda: state.id, state.commits, lambda: state.release_lease(1), state.committing.__enter__):
            with pytest.raises(StateAway, match=r"^the state at postgresql://"):
                ask()
        for open_anew in (open_state, look_at):
            with pytest.raises(StateAway):
                open_anew(postgres)
    finally:
        postgres_server.start()
    assert store.present()
    assert state.id
    store.close()
    state.close()


@pytest.mark.parametrize("wrong", ["postgresql://nobody@/postgres", "postgresql://postgres@/nope"])
def test_an_address_that_is_wrong_is_not_away(postgres: str, wrong: str) -> None:
    url = f"{wrong}?{postgres.partition('?')[2]}"
    for ask, kind in ((lambda: open_state(url), StateError), (lambda: open_store(url).check(), StoreError)):
        with pytest.raises(kind) as raised:
            ask()
        assert type(raised.value) is kind
