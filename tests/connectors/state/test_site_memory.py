"""What the state keeps of lines that sites repeat, in each database."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import site_memory
from newsbeam.connectors.state.site_memory import Place
from newsbeam.connectors.state.state import open_state
from newsbeam.records import SiteLines
from tests.connectors.stores.fakes import NOW

HERE, NEXT, LATER, ELSEWHERE = Place(-7, 10), Place(-7, 11), Place(-7, 12), Place(2**62, 10)
LOW, HIGH, RARE = -(2**63), 2**63 - 1, 5


def told(name: str, place: Place, *lines: int, story: int = 1) -> SiteLines:
    return SiteLines(id=name, site=place.site, period=place.period, story=story, lines=tuple(sorted(lines)))


@pytest.fixture
def connection(new_state: Callable[[], str]) -> Iterator[Connection]:
    state = open_state(new_state())
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=3600, now=NOW)
    with state.write(epoch) as connection:
        yield connection


def test_what_is_entered_is_told_and_fresh_until_it_was_looked_at(connection: Connection) -> None:
    rows = [told("a", HERE, LOW, HIGH), told("b", HERE), told("c", ELSEWHERE, RARE)]
    site_memory.enter(connection, rows)
    assert site_memory.fresh_places(connection) == sorted([HERE, ELSEWHERE])
    assert sorted(site_memory.told(connection, HERE), key=lambda one: one.id) == rows[:2]
    site_memory.looked_at(connection, ["a", "c"])
    assert (site_memory.fresh(connection), site_memory.fresh_places(connection)) == (["b"], [HERE])
    site_memory.enter(connection, [told("a", NEXT, RARE)])
    assert site_memory.fresh(connection) == ["a", "b"]
    assert [one.id for one in site_memory.told(connection, HERE)] == ["b"]
    site_memory.remove(connection, ["a", "b"])
    assert site_memory.fresh(connection) == []


def test_lines_on_many_sites_are_told(connection: Connection) -> None:
    sites = [Place(site, 10) for site in range(4)]
    rows = [told(f"{place.site} {name}", place, LOW, HIGH) for place in sites[:2] for name in "ab"]
    site_memory.enter(connection, [*rows, *(told(f"{place.site}", place, HIGH) for place in sites[2:])])
    assert site_memory.spread(connection, {LOW, HIGH, RARE}, 10, 2) == {HIGH}
    assert site_memory.spread(connection, {LOW, HIGH, RARE}, 11, 2) == set()


def test_what_a_place_teaches_holds_in_it_and_in_its_next_period(connection: Connection) -> None:
    site_memory.teach(connection, HERE, {LOW, HIGH}, ())
    site_memory.teach(connection, NEXT, {RARE}, ())
    assert site_memory.furniture(connection) == {HERE: {LOW, HIGH}, NEXT: {RARE}}
    found = site_memory.furniture_at(connection, [HERE, NEXT, LATER, ELSEWHERE])
    assert found == {HERE: {LOW, HIGH}, NEXT: {LOW, HIGH, RARE}, LATER: {RARE}, ELSEWHERE: frozenset()}
    site_memory.teach(connection, HERE, (), {LOW})
    assert site_memory.furniture(connection) == {HERE: {HIGH}, NEXT: {RARE}}


def test_only_documents_with_a_line_are_looked_at_again(connection: Connection) -> None:
    rows = [told("a", HERE, LOW), told("b", NEXT, LOW), told("c", LATER, LOW), told("d", HERE, RARE)]
    site_memory.enter(connection, [*rows, told("e", ELSEWHERE, LOW)])
    site_memory.looked_at(connection, "abcde")
    site_memory.look_again(connection, HERE, {LOW, HIGH})
    assert site_memory.fresh(connection) == ["a", "b"]


def test_periods_expire_whole(connection: Connection) -> None:
    site_memory.enter(connection, [told("a", HERE, LOW), told("b", NEXT, LOW)])
    site_memory.teach(connection, HERE, {LOW}, ())
    site_memory.teach(connection, NEXT, {LOW}, ())
    site_memory.expire(connection, NEXT.period)
    assert site_memory.fresh(connection) == ["b"]
    assert site_memory.furniture(connection) == {NEXT: {LOW}}
    assert site_memory.spread(connection, {LOW}, HERE.period, 0) == set()
