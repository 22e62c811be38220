"""Site memory: the lines at the edges of every document's text, and which of them are their site's furniture.

A row that is fresh has been written since it was last looked at: its site may have taught something, and its document
may hold what the site has taught. It stays fresh until both are done, so a process that is killed leaves nothing out.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_numbers, upsert
from newsbeam.records import SiteLines

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A site in one period, both as SiteLines has them."""

    site: int
    period: int


def enter(connection: Connection, told: Sequence[SiteLines]) -> None:
    """Enter what documents tell, in the place of what they told before; all of it is fresh."""
    if not told:
        return
    rows = [
        {
            "id": one.id,
            "site": one.site,
            "period": one.period,
            "story": one.story,
            "lines": array("q", one.lines).tobytes(),
            "fresh": True,
        }
        for one in told
    ]
    connection.execute(upsert(schema.site_documents, connection), rows)
    spread = sorted({(line, one.period, one.site) for one in told for line in one.lines})
    if spread:
        insert_numbers(schema.site_spread, connection, spread)


def remove(connection: Connection, ids: Iterable[str]) -> None:
    """Let go of what these documents told."""
    gone = [{"gone": one} for one in ids]
    if gone:
        delete = sa.delete(schema.site_documents).where(schema.site_documents.c.id == sa.bindparam("gone"))
        connection.execute(delete, gone)


def expire(connection: Connection, before: int) -> None:
    """Let go of all periods before this one."""
    for table in (schema.site_documents, schema.site_spread, schema.site_furniture):
        connection.execute(sa.delete(table).where(table.c.period < before))


def fresh_places(connection: Connection) -> list[Place]:
    """Where a document was written since it was last looked at."""
    columns = schema.site_documents.c
    query = sa.select(columns.site, columns.period).where(schema.is_fresh).distinct()
    return sorted(Place(row.site, row.period) for row in connection.execute(query))


def fresh(connection: Connection) -> list[str]:
    """The documents that were written since they were last looked at."""
    return sorted(connection.execute(sa.select(schema.site_documents.c.id).where(schema.is_fresh)).scalars())


def look_again(connection: Connection, place: Place, lines: Collection[int]) -> None:
    """Make the documents of a place and of its next period fresh that have one of these lines."""
    columns = schema.site_documents.c
    here = (columns.site == place.site) & columns.period.in_((place.period, place.period + 1)) & ~columns.fresh
    rows = connection.execute(sa.select(columns.id, columns.lines).where(here))
    found = [{"found": row.id} for row in rows if not set(lines).isdisjoint(array("q", row.lines))]
    if found:
        again = sa.update(schema.site_documents).where(columns.id == sa.bindparam("found")).values(fresh=True)
        connection.execute(again, found)


def looked_at(connection: Connection, ids: Iterable[str]) -> None:
    """These are fresh no more."""
    done = [{"done": one} for one in ids]
    if done:
        update = sa.update(schema.site_documents).where(schema.site_documents.c.id == sa.bindparam("done"))
        connection.execute(update.values(fresh=False), done)


def told(connection: Connection, place: Place) -> list[SiteLines]:
    """What the documents of a place tell."""
    columns = schema.site_documents.c
    query = sa.select(schema.site_documents).where(columns.site == place.site, columns.period == place.period)
    return [_told(row) for row in connection.execute(query)]


def spread(connection: Connection, lines: Collection[int], period: int, most: int) -> set[int]:
    """Those of the lines that stand on more than so many sites in a period."""
    columns = schema.site_spread.c
    asked = columns.line.in_(sa.bindparam("keys", expanding=True)) & (columns.period == period)
    query = sa.select(columns.line).where(asked).group_by(columns.line).having(sa.func.count() > most)
    found: set[int] = set()
    for portion in _portions(lines):
        found.update(connection.execute(query, {"keys": portion}).scalars())
    return found


def furniture(connection: Connection) -> dict[Place, frozenset[int]]:
    """Every line that was learnt, by the place that taught it."""
    found: dict[Place, set[int]] = {}
    for row in connection.execute(sa.select(schema.site_furniture)):
        found.setdefault(Place(row.site, row.period), set()).add(row.line)
    return {place: frozenset(lines) for place, lines in found.items()}


def furniture_at(connection: Connection, places: Iterable[Place]) -> Mapping[Place, frozenset[int]]:
    """What is to go out of the texts of each of these places: what it has taught, and what its period before has."""
    wanted = set(places)
    own: dict[Place, set[int]] = {}
    table = schema.site_furniture
    asked = table.c.site.in_(sa.bindparam("keys", expanding=True))
    for portion in _portions({place.site for place in wanted}):
        for row in connection.execute(sa.select(table).where(asked), {"keys": portion}):
            own.setdefault(Place(row.site, row.period), set()).add(row.line)
    return {
        place: frozenset(own.get(place, set()) | own.get(Place(place.site, place.period - 1), set()))
        for place in wanted
    }


def teach(connection: Connection, place: Place, lines: Collection[int], no_more: Collection[int]) -> None:
    """Note lines that a place has taught, and take out those that are furniture there no more."""
    columns = schema.site_furniture.c
    gone = [{"gone": line} for line in no_more]
    if gone:
        here = (columns.site == place.site) & (columns.period == place.period)
        connection.execute(sa.delete(schema.site_furniture).where(here, columns.line == sa.bindparam("gone")), gone)
    if lines:
        insert_numbers(schema.site_furniture, connection, [(place.site, place.period, line) for line in sorted(lines)])


def _portions(numbers: Collection[int]) -> Iterator[list[int]]:
    left = iter(sorted(numbers))
    while portion := list(islice(left, _AT_ONCE)):
        yield portion


def _told(row: sa.Row[tuple[object, ...]]) -> SiteLines:
    values = row._mapping
    return SiteLines(
        id=values["id"],
        site=values["site"],
        period=values["period"],
        story=values["story"],
        lines=tuple(array("q", values["lines"])),
    )
