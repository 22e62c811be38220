"""Addresses of databases: what the driver gets, what is shown, and advice about what went wrong."""

import sqlite3

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state.address import STATE_SCHEMA, AddressError, parse, redacted, state_beside
from newsbeam.connectors.state.faults import advice, told

OURS = ("schema", "prefix")


def test_our_options_are_kept_from_the_driver_and_theirs_reach_it() -> None:
    url = "postgresql://me:secret@host:5433/db?schema=news&prefix=nb_&sslmode=require&connect_timeout=3"
    address = parse(url, ours=OURS)
    assert (address.schema, address.prefix, address.url.port) == ("news", "nb_", 5433)
    assert address.url.drivername == "postgresql+psycopg"
    assert dict(address.url.query) == {"sslmode": "require", "connect_timeout": "3"}
    assert address.public == "postgresql://me@host:5433/db?prefix=nb_&schema=news"
    assert parse(address.full, ours=OURS) == address
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("postgresql://me:s@host/db", "postgresql://me@host/db"),
        ("postgresql://me@host/db?password=s", "postgresql://me@host/db"),
        ("postgresql:///db?host=/run/pg&port=5433", "postgresql:///db?host=%2Frun%2Fpg&port=5433"),
        ("postgresql:///?service=news&sslpassword=s", "postgresql:///?service=news"),
        ("postgresql+psycopg://me@host/db?application_name=x", "postgresql://me@host/db"),
        ("sqlite:////data/news.db?prefix=nb_", "sqlite:////data/news.db?prefix=nb_"),
    ],
)
def test_what_is_shown_tells_the_place_and_no_secret(url: str, public: str) -> None:
    assert parse(url, ours=OURS).public == public


@pytest.mark.parametrize(
    ("options", "schema"),
    [
        ("", "newsbeam_state"),
        ("?schema=news", "newsbeam_state_news"),
        ("?prefix=nb_", "newsbeam_state$nb_"),
        ("?schema=news&prefix=nb_", "newsbeam_state_news$nb_"),
        ("?schema=newsbeam", "newsbeam_state_newsbeam"),
    ],
)
def test_every_store_has_a_state_of_its_own(options: str, schema: str) -> None:
    beside = state_beside(parse(f"postgresql://me:secret@host/db{options}", ours=OURS))
    state = parse(beside, ours=("schema",), default_schema=STATE_SCHEMA)
    assert (state.schema, state.prefix, state.url.password) == (schema, "", "secret")


def test_a_state_whose_schema_would_have_too_long_a_name_must_be_named() -> None:
    with pytest.raises(AddressError, match="longer than 63 bytes: name a state with --state"):
        state_beside(parse(f"postgresql://host/db?schema={'a' * 60}", ours=OURS))


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "postgresql://me:secret@host:port/db", "me:secret@host"])
def test_another_form_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(AddressError, match="use sqlite:///FILE or postgresql://") as raised:
        parse(url, ours=OURS)
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_redacting_leaves_the_rest() -> None:
    assert redacted("postgresql://me:a@b:c/d@host/db?password=x&schema=y") == (
        "postgresql://me@host/db?password=***&schema=y"
    )
    assert redacted("sqlite:///a.db") == "sqlite:///a.db"


class Refusal(Exception):
    """An error of a driver. sqlstate: as psycopg gives it."""

    def __init__(self, words: str, sqlstate: str | None = None) -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


OperationalError = type("OperationalError", (Refusal,), {})


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (Refusal("x", "28P01"), "PGPASSWORD"),
        (Refusal("x", "3D000"), "createdb"),
        (Refusal("x", "55P03"), "pg_locks"),
        (Refusal("x", "53100"), "make room"),
        (Refusal("x", "57P01"), "when it runs"),
        (Refusal("x", "22P02"), "can be written"),
        (OperationalError('password authentication failed for user "me"'), "PGPASSWORD"),
        (OperationalError('database "x" does not exist'), "create it"),
        (OperationalError("connection refused"), "server runs"),
        (Refusal("odd"), "log"),
    ],
)
def test_advice(error: Exception, what: str) -> None:
    assert what in advice(error)


def test_what_is_told_is_one_line_of_the_drivers_words() -> None:
    busy = sqlite3.OperationalError("database\nis locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY | 0x500
    wrapped = sa.exc.OperationalError("SELECT secret", {"a": "secret"}, busy)
    assert told(wrapped).startswith("database is locked: another program has held it")
