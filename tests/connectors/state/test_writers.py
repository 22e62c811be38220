"""Threads that write to one SQLite file: in turns, over one connection."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from newsbeam.connectors.state import engine
from newsbeam.connectors.state.address import parse

WRITERS, WRITES = 8, 100


def test_threads_that_write_take_turns_over_one_connection(tmp_path: Path) -> None:
    """Each that waited inside of SQLite would hold a connection: descriptors and a cache that only grow."""
    opened: list[object] = []
    database = engine.open_engine(parse(f"sqlite:///{tmp_path}/state.db", ours=()))
    sa.event.listen(database, "connect", lambda made, _: opened.append(made))
    with engine.writing(database) as connection:
        connection.exec_driver_sql("create table seen (number integer)")

    def write(number: int) -> None:
        with engine.writing(database) as connection:
            connection.exec_driver_sql("insert into seen values (?)", (number,))

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITES)))
    with engine.reading(database) as connection:
        assert connection.exec_driver_sql("select count(distinct number) from seen").scalar() == WRITES
    assert len(opened) == 1


def test_a_thread_may_write_to_two_files_at_a_time(tmp_path: Path) -> None:
    addresses = (parse(f"sqlite:///{tmp_path}/{name}", ours=()) for name in ("state.db", "news.db"))
    one, other = (engine.open_engine(address) for address in addresses)
    with engine.writing(one) as first, engine.writing(other) as second:
        for connection in (first, second):
            connection.exec_driver_sql("create table seen (number integer)")
            assert connection.exec_driver_sql("select count(*) from seen").scalar() == 0


def test_connections_that_are_kept_are_there_from_the_start(tmp_path: Path) -> None:
    opened: list[object] = []
    database = engine.open_engine(parse(f"sqlite:///{tmp_path}/state.db", ours=()))
    sa.event.listen(database, "connect", lambda made, _: opened.append(made))
    engine.fill(database)
    assert len(opened) == engine._KEPT
    with engine.reading(database) as first, engine.reading(database) as second, engine.writing(database) as third:
        for connection in (first, second, third):
            connection.exec_driver_sql("select 1")
    assert len(opened) == engine._KEPT
