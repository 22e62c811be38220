"""Stores in PostgreSQL: committed in one transaction, by one epoch, whatever ends in between; state and all."""

import gzip
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from newsbeam.connectors.state import engine
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores import bulk, database
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.database import open_database
from newsbeam.connectors.stores.rows import FIELDS, row
from newsbeam.connectors.stores.store import Changes, StoreError
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.records import COLLECTIONS
from tests.connectors.stores.fakes import (
    Killed,
    Place,
    Steps,
    article,
    document,
    duplicate,
    origin,
    rejected,
    stepping,
)
from tests.connectors.stores.test_commit import FIRST, SECOND, SEQUENCE, count_steps, settled
from tests.postgres import Server

SECOND_VERSION = Path(__file__).parents[2] / "data/stores/v2/news.postgres.sql.gz"
FORM = """
    SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT tablename, indexname, 0, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT '', proname, 0, prosrc, '', '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1, 3, 2
"""
"""The columns in their order, the indexes, and the functions."""
ONE, TWO = document("one", feed_url="https://one.example/feed"), document("two", paywalled=True)


class Servers(Place):
    """A state and a store in one database of a server; where a folder is asked for, there is one more store in it."""

    def __init__(self, server: Server, url: str, folder: Path | None = None, options: str = "") -> None:
        self.server, self.url, self.folder = server, url, folder or Path("nowhere")
        self.urls = [url + options, *([f"jsonl:{folder}/out"] if folder else [])]
        self.state_url = default_state_url(url + options)
        self.start()

    def end(self) -> None:
        """Let go of all connections."""
        self.state.close()
        for store in self.stores:
            store.close()

    def again(self) -> "Servers":
        """Another place with the same content."""
        self.end()
        return Servers(self.server, self.server.database(like=self.url))

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """What another program reads."""
        return self.server.execute(statement, database=self.url.partition("@/")[2].partition("?")[0])


@pytest.fixture
def place(postgres_server: Server, postgres: str) -> Servers:
    return Servers(postgres_server, postgres)


def changes(*names: str, **values: object) -> Changes:
    """Articles of these names, as a commit would write them."""
    rows = [row(article(document(one, **values)), run_id="run", updated_at="2026-11-20T12:00:00Z") for one in names]
    return Changes(rows={"articles": rows})


def test_a_sequence_of_commits_is_the_same_in_a_folder(postgres_server: Server, postgres: str, tmp_path: Path) -> None:
    place = Servers(postgres_server, postgres, tmp_path)
    for one in SEQUENCE:
        place.commit(one)
    held, folder = place.contents()
    assert held == folder
    assert place.stores[0].count() == place.state.counts()
    place.restart()
    (account,) = place.state.accounts(1)
    assert account.difference == 0


@pytest.mark.parametrize(
    "every", [31, pytest.param(3, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.full)]
)
def test_a_kill_at_any_step_leaves_nothing_behind(place: Servers, every: int) -> None:
    place.commit(FIRST)
    before = place.contents()
    undisturbed = place.again()
    undisturbed.commit(SECOND)
    wanted = undisturbed.contents()
    count = count_steps(place.again(), SECOND)
    assert count > 10
    for kill_at in range(1, count + 1, every):
        killed = place.again()
        with pytest.raises(Killed), stepping(killed, Steps(kill_at)):
            killed.commit(SECOND)
        killed.restart()
        if not settled(killed, SECOND):
            assert killed.contents() == before, "what was not settled is undone"
            killed.commit(SECOND)
        assert killed.contents() == wanted
        killed.end()
        place.server.drop(killed.url)


def test_other_programs_read_it_with_their_own_tools(place: Servers) -> None:
    place.commit(Settlement(records=(article(ONE), duplicate(TWO, ONE)), rejected=(rejected(origin("x")),)))
    assert place.query("SELECT title, authors, removed->0->>'kind', paywalled FROM articles") == [
        ("Story one", ["Ana Lind"], "notice", None)
    ]
    assert place.query("SELECT duplicate_of, paywalled, attribution IS NULL FROM duplicates") == [(ONE.id, True, True)]
    assert place.query("SELECT reason, retry_at FROM rejected") == [("timeout", None)]
    search = "newsbeam_text(title, body) @@ websearch_to_tsquery('simple', 'second paragraph')"
    assert place.query(f"SELECT id FROM articles WHERE {search}") == [(ONE.id,)]
    assert place.query(f"SELECT id FROM duplicates WHERE {search}") == [(TWO.id,)]
    assert place.query("SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'newsbeam_state'")


@pytest.mark.parametrize("count", [3, 200])
def test_rows_come_back_as_they_went_in(postgres: str, count: int) -> None:
    store = open_database(postgres)
    store.check()
    hard = 'back\\slash "quoted" \t tab \n line, {brace} \\N \\. NULL ünïcode 🦔'
    values = {"title": hard, "authors": (hard, "", "NULL"), "body": hard, "tags": (), "site": "\\N"}
    wanted = changes(*(f"n{number}" for number in range(count)), **values)
    assert (count >= bulk.FROM_ROWS) == (count == 200), "both ways are tried"
    store.prepare(wanted, (), epoch=1)
    store.prepare(wanted, (), epoch=1)
    found = list(store.rows("articles"))
    assert sorted(found, key=str) == sorted(map(dict, wanted.rows["articles"]), key=str)
    assert [tuple(one) for one in found] == [FIELDS["articles"]] * count
    moved = Changes(rows={}, gone={"articles": [str(one["id"]) for one in wanted.rows["articles"]]})
    store.restore(moved, epoch=1)
    assert store.count() == {"articles": 0, "duplicates": 0, "rejected": 0}
    store.close()


def test_rows_since_a_moment(postgres: str) -> None:
    store = open_database(postgres)
    store.check()
    store.prepare(changes("one"), (), epoch=1)
    assert len(list(store.rows("articles", since="2026-11-20T12:00:00Z"))) == 1
    assert list(store.rows("articles", since="2026-11-20T12:00:01Z")) == []
    store.close()


@pytest.mark.slow
def test_no_text_is_too_long_for_an_index(postgres: str) -> None:
    store = open_database(postgres)
    store.check()
    digits = "".join(f"{number:x}-" for number in range(1_000_000))
    worst = "".join(f"{chr(0x20000 + number)}{chr(0x21000 + number)}-" for number in range(20_000)) * 3
    store.prepare(changes("long", site=digits[:10_000], url=f"https://x.example/{digits[:100_000]}"), (), epoch=1)
    for name, body in (("dashes", digits[:5_000_000]), ("wide", worst), ("letters", "ab c d " * 700_000)):
        store.prepare(changes(name, body=body, title=body), (), epoch=1)
    assert store.count()["articles"] == 4
    store.close()


@pytest.mark.parametrize("options", [pytest.param("", marks=pytest.mark.slow), "&schema=order&prefix=nb_"])
def test_tables_have_the_contracts_columns(postgres_server: Server, postgres: str, options: str) -> None:
    store = open_database(postgres + options)
    store.check()
    schema, prefix = ('"order"', "nb_") if options else ("public", "")
    with psycopg.connect(postgres) as connection:
        for collection, names in FIELDS.items():
            found = connection.execute(f"SELECT * FROM {schema}.{prefix}{collection}")  # type: ignore[call-overload]
            assert tuple(column.name for column in found.description) == names
    store.close()


SEARCH = "newsbeam_text(title, body) @@ websearch_to_tsquery('simple', 'harbour')"


def test_the_indexes_are_used(place: Servers) -> None:
    plans = {
        "articles_site": "SELECT id FROM articles WHERE left(site, 200) = 'one.example'",
        "articles_url": "SELECT id FROM articles WHERE url = 'https://one.example/story'",
        "articles_updated_at": "SELECT id FROM articles WHERE updated_at >= '2026-11-20T12:00:00Z'",
        "articles_search": f"SELECT id FROM articles WHERE {SEARCH}",
        "duplicates_search": f"SELECT id FROM duplicates WHERE {SEARCH}",
        "duplicates_duplicate_of": "SELECT id FROM duplicates WHERE duplicate_of = 'x'",
        "rejected_retry_at": "SELECT id FROM rejected WHERE retry_at <= '2026-11-20T12:00:00Z'",
    }
    with psycopg.connect(place.url) as connection:
        connection.execute("SET enable_seqscan = off")
        for index, query in plans.items():
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {query}"))  # type: ignore[call-overload]
            assert index in plan, plan


@pytest.mark.parametrize("options", [pytest.param("", marks=pytest.mark.slow), "&schema=order&prefix=nb_"])
def test_a_dump_is_restored_with_its_index_for_search(postgres_server: Server, postgres: str, options: str) -> None:
    store = open_database(postgres + options)
    store.check()
    store.prepare(changes("one", body="The harbour."), (), epoch=1)
    store.close()
    copy = postgres_server.database()
    postgres_server.copy(postgres, copy)
    restored = open_database(copy + options)
    assert restored.present()
    assert [one["title"] for one in restored.rows("articles")] == ["Story one"]
    restored.check()
    restored.prepare(changes("two", body="Another harbour."), (), epoch=1)
    restored.close()
    place = '"order".nb_' if options else ""
    search = f"SELECT title FROM {place}articles WHERE {place}{SEARCH} ORDER BY title"
    with psycopg.connect(copy) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = str(connection.execute(f"EXPLAIN {search}").fetchall())  # type: ignore[call-overload]
        assert "articles_search" in plan
        assert connection.execute(search).fetchall() == [("Story one",), ("Story two",)]  # type: ignore[call-overload]
    postgres_server.drop(copy)


def test_the_function_of_the_text_weighs_and_cuts(place: Servers) -> None:
    query = "SELECT provolatile, proparallel FROM pg_proc WHERE proname = 'newsbeam_text'"
    assert place.query(query) == [("i", "s")]
    assert place.query("SELECT newsbeam_text('Salt', 'lane')::text") == [("'lane':2B 'salt':1A",)]
    assert place.query("SELECT newsbeam_text(NULL, NULL)::text") == [("",)]
    cut = "SELECT newsbeam_text(repeat('a ', 500) || 'late', repeat('b ', 25000) || 'later')"
    assert place.query(f"SELECT tsvector_to_array(({cut}))") == [(["a", "b"],)]


@pytest.mark.parametrize("options", [pytest.param("", marks=pytest.mark.slow), "&schema=order&prefix=nb_"])
def test_a_store_is_present_once_its_tables_are(postgres_server: Server, postgres: str, options: str) -> None:
    store = open_database(postgres + options)
    assert not store.present()
    store.check()
    assert store.present()
    for other in ("", "&schema=order", "&prefix=nb_", "&schema=order&prefix=nb_"):
        another = open_database(postgres + other)
        assert another.present() == (other == options), "another schema or prefix is another store"
        another.close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute('DROP TABLE "order".nb_rejected' if options else "DROP TABLE rejected")
    assert not store.present()
    store.close()


@pytest.mark.parametrize(
    "options",
    [
        ("", "&schema=news&prefix=nb_"),
        pytest.param(("", "&schema=news", "&prefix=nb_", "&schema=news&prefix=nb_"), marks=pytest.mark.slow),
    ],
)
def test_two_stores_of_one_database_have_nothing_in_common(
    postgres_server: Server, postgres: str, options: tuple[str, ...]
) -> None:
    places = [Servers(postgres_server, postgres, options=one) for one in options]
    for number, place in enumerate(places):
        place.commit(Settlement(records=(article(document(f"n{number}")),)))
    assert [set(place.contents()[0]) for place in places] == [
        {document(f"n{number}").id} for number in range(len(options))
    ]
    assert len({place.state.id for place in places}) == len(options)
    for place, one in zip(places, options, strict=True):
        assert set(place.stores[0].url.split("&")[1:]) == set(one.split("&")[1:])
    tables = places[0].query(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name LIKE '%newsbeam_meta'"
    )
    assert sorted(tables) == sorted(
        ("news" if "schema" in one else "public", f"{'nb_' if 'prefix' in one else ''}newsbeam_meta") for one in options
    )
    for place in places:
        place.restart()
        place.end()


def test_an_earlier_epoch_writes_no_more(postgres: str) -> None:
    early, late = open_database(postgres), open_database(postgres)
    early.check()
    early.hold("state", 1)
    early.prepare(changes("one"), (), epoch=1)
    late.hold("state", 2)
    for write in (early.prepare, lambda made, _, epoch: early.restore(made, epoch=epoch)):
        with pytest.raises(LeaseLost, match="epoch 2 writes the store now"):
            write(changes("two"), (), epoch=1)
    with pytest.raises(LeaseLost):
        early.hold("state", 1)
    with pytest.raises(StoreError, match="--state"):
        late.hold("another", 3)
    assert early.count()["articles"] == 1
    early.close()
    late.close()


def test_an_epoch_that_takes_the_store_waits_for_a_write_under_way(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = open_database(postgres), open_database(postgres)
    early.check()
    early.hold("state", 1)
    under_way, go_on, taken = threading.Event(), threading.Event(), threading.Event()
    apply = early._apply

    def slow(connection: object, made: Changes) -> None:
        under_way.set()
        assert go_on.wait(20)
        apply(connection, made)  # type: ignore[arg-type]

    monkeypatch.setattr(early, "_apply", slow)
    writer = threading.Thread(target=early.prepare, args=(changes("one"), ()), kwargs={"epoch": 1})
    taker = threading.Thread(target=lambda: (late.hold("state", 2), taken.set()))
    writer.start()
    assert under_way.wait(20)
    taker.start()
    assert not taken.wait(0.3), "the earlier epoch still writes"
    go_on.set()
    assert taken.wait(20)
    writer.join()
    taker.join()
    assert late.count()["articles"] == 1, "what the earlier epoch had begun is whole"
    with pytest.raises(LeaseLost):
        early.prepare(changes("two"), (), epoch=1)
    early.close()
    late.close()


@pytest.mark.slow
def test_a_server_restarted_between_two_commits_is_no_failure(place: Servers) -> None:
    place.commit(FIRST)
    place.server.restart()
    place.commit(SECOND)
    assert place.stores[0].count() == place.state.counts()


@pytest.mark.slow
def test_a_server_that_goes_in_mid_commit_is_named_and_made_up_for(
    place: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.commit(FIRST)
    before = place.contents()
    merge = bulk.merge
    monkeypatch.setattr(bulk, "FROM_ROWS", 1)

    def gone(*arguments: object) -> None:
        merge(*arguments)  # type: ignore[arg-type]
        place.server.stop()

    monkeypatch.setattr(database.bulk, "merge", gone)
    try:
        with pytest.raises(StoreError, match=r"^postgresql://postgres@/t\d+.*: .*run again"):
            place.commit(SECOND)
        with pytest.raises(StoreError, match="check that the server runs"):
            place.stores[0].count()
        with pytest.raises(StateError, match="check that the server runs"):
            place.state.counts()
    finally:
        place.server.start()
    monkeypatch.undo()
    place.restart()
    assert place.contents() == before
    place.commit(SECOND)
    assert place.stores[0].count() == place.state.counts()


def test_a_lock_is_not_waited_for_without_end(place: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOCK_SECONDS", 0.2)
    place.end()
    with psycopg.connect(place.url) as other:
        other.execute("LOCK TABLE articles")
        with pytest.raises(StoreError, match="lock timeout: another session has locked it"):
            place.commit(FIRST)
    place.commit(FIRST)
    assert place.stores[0].count()["articles"] == 3


def test_a_lock_timeout_that_is_given_is_kept(postgres: str) -> None:
    store = open_database(f"{postgres}&options=-c%20lock_timeout%3D7s&application_name=desk")
    with store._reading() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "7s"
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "desk"
    store.close()


def test_emptied_tables_are_refused(place: Servers) -> None:
    place.commit(FIRST)
    place.query("TRUNCATE rejected")
    with pytest.raises(StoreError, match="its table rejected is empty, but the state says that it holds 2 rows"):
        place.restart()
    place.query("TRUNCATE articles")
    with pytest.raises(StoreError, match="holds 5 records: restore it, or delete the state too"):
        place.restart()
    place.query("DROP TABLE articles, duplicates, rejected, newsbeam_meta")
    with pytest.raises(StoreError, match="holds 5 records"):
        place.restart()


def test_tables_of_somebody_else_are_left_alone(place: Servers) -> None:
    place.query("CREATE TABLE nb_articles (number int)")
    with pytest.raises(StoreError, match="a table nb_articles that newsbeam has not made: use \\?prefix="):
        open_database(f"{place.url}&prefix=nb_").check()
    place.query("UPDATE newsbeam_meta SET value = '4' WHERE name = 'schema_version'")
    with pytest.raises(StoreError, match="of version 4, this newsbeam knows 3: update"):
        open_database(place.url).check()


def test_a_store_of_version_2_is_read_as_it_is_and_brought_to_the_form_of_a_new_one(
    postgres_server: Server, postgres: str
) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute(gzip.decompress(SECOND_VERSION.read_bytes()))
        connection.execute("RESET ALL")
        connection.execute("CREATE VIEW mine AS SELECT * FROM articles WHERE language = 'fr'")
    store = open_database(postgres)
    before = {one: sorted(store.rows(one), key=str) for one in COLLECTIONS}
    assert [len(rows) for rows in before.values()] == [3, 2, 1]
    assert {tuple(one) for one in before["duplicates"]} == {FIELDS["duplicates"]}
    assert [one["reserved"] for one in before["articles"]] == [[], [], []]
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT value FROM newsbeam_meta WHERE name = 'schema_version'").fetchone() == ("2",)
        versions = "SELECT id, xmin::text FROM articles ORDER BY id"
        written = connection.execute(versions).fetchall()
    store.check()
    store.check()
    assert {one: sorted(store.rows(one), key=str) for one in COLLECTIONS} == before
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT value FROM newsbeam_meta WHERE name = 'schema_version'").fetchone() == ("3",)
        assert connection.execute(versions).fetchall() == written, "no row is written anew"
        assert connection.execute("SELECT count(*) FROM articles WHERE reserved = '{}'").fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (1,)
        connection.execute("DROP VIEW mine")
        migrated = connection.execute(FORM).fetchall()
    fresh = postgres_server.database()
    with psycopg.connect(fresh) as connection:
        open_database(fresh).check()
        assert migrated == connection.execute(FORM).fetchall()
    assert ("articles", "reserved", 30, "ARRAY", "NO", "'{}'::text[]") in migrated
    store.prepare(changes("new", reserved=("meta robots: noai", "x")), (), epoch=2)
    store.prepare(changes(*map(str, range(bulk.FROM_ROWS)), reserved=("meta robots: noai", "x")), (), epoch=2)
    found = [row["reserved"] for row in store.rows("articles") if row["reserved"]]
    assert found == [["meta robots: noai", "x"]] * (bulk.FROM_ROWS + 1)
    store.close()


def test_two_processes_that_bring_one_store_to_todays_form_do_not_fail(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute(gzip.decompress(SECOND_VERSION.read_bytes()))
    stores, failed = [open_database(postgres) for _ in range(4)], list[Exception]()

    def check(store: database.DatabaseStore) -> None:
        try:
            store.check()
        except Exception as error:  # told below, by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=check, args=(store,)) for store in stores]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert len(list(stores[0].rows("articles"))) == 3
    for store in stores:
        store.close()


def test_a_user_without_rights_is_told_which(postgres_server: Server, place: Servers) -> None:
    postgres_server.execute("DROP ROLE IF EXISTS reader")
    postgres_server.execute("CREATE ROLE reader LOGIN")
    url = place.url.replace("postgres@", "reader@")
    with pytest.raises(StoreError, match=r"permission denied.*grant the user"):
        open_database(f"{url}&schema=mine").check()
    with pytest.raises(StateError, match=r"permission denied.*grant the user"):
        open_state(f"{url}&schema=mine")
    place.query("CREATE SCHEMA mine AUTHORIZATION reader")
    open_database(f"{url}&schema=mine").check()
    open_state(f"{url}&schema=mine").close()


SECRET = "hunter2-is-secret"


@pytest.fixture
def guarded(postgres_server: Server, postgres: str) -> str:
    """The address of a database for a user who needs a password, without it."""
    postgres_server.execute("DROP ROLE IF EXISTS guarded")
    postgres_server.execute(f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{SECRET}'")
    return postgres.replace("postgres@", "guarded@")


def test_a_password_opens_and_is_never_seen(guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_url = guarded.replace("guarded@", f"guarded:{SECRET}@")
    for url in (in_url, f"{guarded}&password={SECRET}"):
        store, state = open_store(url), open_state(default_state_url(url))
        store.check()
        assert SECRET not in store.url + state.url + repr(state) + repr(store) + repr(vars(store))
        assert pickle.loads(pickle.dumps(state)).id == state.id, "a worker opens it again"
        state.close()
        store.close()
    with pytest.raises(StoreError, match=r"no password supplied.*PGPASSWORD"):
        open_store(guarded).check()
    monkeypatch.setenv("PGPASSWORD", SECRET)
    open_store(guarded).check()
    monkeypatch.delenv("PGPASSWORD")
    passes = tmp_path / "pass"
    passes.write_text(f"*:*:*:guarded:{SECRET}\n")
    passes.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passes))
    open_store(guarded).check()


WRONG: tuple[Callable[[str], str], ...] = (
    lambda url: url.replace("guarded@", "guarded:wrong-SECRET@"),
    lambda url: "postgresql://me:wrong-SECRET@no-such-host.invalid/db",
    lambda url: "postgresql://me:wrong-SECRET@127.0.0.1:1/db",
    lambda url: url.replace("guarded@", "guarded:wrong-SECRET@") + "&sslmode=maybe",
    lambda url: "postgresql://me:wrong-SECRET@host:port/db",
    lambda url: "postgresql://me:wrong-SECRET/with@odd@host:1x/db?sslpassword=wrong-SECRET",
    lambda url: "postgresql://me:wrong-SECRET@host/db?password=wrong-SECRET&colour=red",
    lambda url: "postgresql:me:wrong-SECRET@host/db?schema=1",
)


def test_a_wrong_password_is_in_no_message(guarded: str, caplog: pytest.LogCaptureFixture) -> None:
    for change in WRONG:
        said = messages(change(guarded))
        assert "SECRET" not in "\n".join((*said, caplog.text))
        assert "postgresql:" in said[0]


def messages(url: str) -> list[str]:
    """All that the errors of a store and of a state say which cannot be opened."""
    said = []
    for attempt in (lambda: open_store(url).check(), lambda: open_state(url)):
        with pytest.raises((StoreError, StateError)) as raised:
            attempt()
        error: BaseException | None = raised.value
        while error is not None:
            said.append(f"{error} {error!r}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


def test_a_commit_names_the_store_without_a_secret_in_the_state(guarded: str, postgres_server: Server) -> None:
    place = Servers(postgres_server, guarded.replace("guarded@", f"guarded:{SECRET}@"))
    place.commit(FIRST)
    dump = postgres_server.execute(
        "SELECT string_agg(t::text, '') FROM newsbeam_state.stores t", database=guarded.partition("@/")[2].split("?")[0]
    )
    assert "guarded" in str(dump)
    assert SECRET not in str(dump)
    assert place.state.expected(place.stores[0].url) == {"articles": 3, "duplicates": 0, "rejected": 2}
    place.end()


def test_reading_lets_a_writer_write(place: Servers) -> None:
    store = place.stores[0]
    store.prepare(changes(*(f"n{number}" for number in range(1500))), (), epoch=place.epoch)
    reading = store.rows("articles")
    assert next(reading)["language"] == "en"
    store.prepare(changes("more"), (), epoch=place.epoch)
    assert sum(1 for _ in reading) == 1499, "as it was when the reading began"
    assert store.count()["articles"] == 1501


def test_reading_asks_the_server_for_a_portion_at_a_time(place: Servers) -> None:
    store = open_database(place.url)
    store.prepare(changes(*(f"n{number}" for number in range(1200))), (), epoch=place.epoch)
    reading = store.rows("articles")
    next(reading)
    busy = "SELECT wait_event FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'FETCH FORWARD%'"
    assert place.query(busy) == [("ClientRead",)], "the rest waits in the server"
    assert sum(1 for _ in reading) == 1199
    store.close()
