"""Which documents of the index have most bands in common with new ones: counted and ranked in the database.

Where many texts share a sentence, a window meets a hundred thousand rows of the index, of which a few hundred count.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

HOT = 16
"""Documents of one band that are looked at: the newest, since who shares a passage with thousands meets the others by
the stored edges of these."""

STRONG = 4
"""Bands in common, of 32 or more, from which two texts share more than a sentence."""

WEAK = 32
"""Candidates of one document that are compared though they share fewer: an edited copy may be one of them."""

_RANKED = """
, met AS (
  SELECT document, number, count(*) AS shared FROM pairs GROUP BY document, number
), ranked AS (
  SELECT document, number, shared,
         row_number() OVER (PARTITION BY document ORDER BY shared DESC, number DESC) AS place,
         row_number() OVER (PARTITION BY document, shared < :strong ORDER BY shared DESC, number DESC) AS among
  FROM met
)
SELECT document, number FROM ranked WHERE place <= :limit AND (shared >= :strong OR among <= :weak)
"""

_SQLITE = sa.text(
    """
WITH wanted AS (
  SELECT json_extract(value, '$[0]') AS document,
         json_extract(value, '$[1]') AS own,
         json_extract(value, '$[2]') AS band
  FROM json_each(:wanted)
), pairs AS (
  SELECT w.document, b.number FROM wanted AS w JOIN bands AS b
      ON b.band = w.band
     AND b.number > coalesce((SELECT x.number FROM bands AS x WHERE x.band = w.band
                              ORDER BY x.number DESC LIMIT 1 OFFSET :hot), -1)
  WHERE b.number <> w.own AND b.number NOT IN (SELECT value FROM json_each(:apart))
)"""
    + _RANKED
)

_POSTGRESQL = sa.text(
    """
WITH wanted AS (
  SELECT * FROM unnest(CAST(:documents AS integer[]), CAST(:owns AS integer[]), CAST(:bands AS bigint[]))
      AS w (document, own, band)
), pairs AS (
  SELECT w.document, b.number FROM wanted AS w
  CROSS JOIN LATERAL (SELECT x.number FROM bands AS x WHERE x.band = w.band ORDER BY x.number DESC LIMIT :hot) AS b
  WHERE b.number <> w.own AND b.number <> ALL (CAST(:apart AS integer[]))
)"""
    + _RANKED
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A document whose candidates are sought. number: its own in the index, 0 where it has none."""

    number: int
    bands: Sequence[int]


def of(connection: Connection, wanted: Sequence[Wanted], *, limit: int, apart: Sequence[int]) -> dict[int, list[int]]:
    """For the place of each document in `wanted`, the numbers of at most `limit` others; none where there are none.

    Those with most bands in common come first, then the newest. Of those that share less than STRONG bands only the
    nearest WEAK count: where stories are put together from sentences that many others have, those are nearly all of the
    index. apart: numbers of documents that are no candidates.
    """
    rows = [(place, one.number, band) for place, one in enumerate(wanted) for band in sorted(set(one.bands))]
    values: dict[str, Any] = {"hot": HOT, "strong": STRONG, "weak": WEAK, "limit": limit}
    if connection.dialect.name == "postgresql":
        documents, owns, bands = ([row[at] for row in rows] for at in range(3))
        values |= {"documents": documents, "owns": owns, "bands": bands, "apart": list(apart)}
        found = connection.execute(_POSTGRESQL, values)
    else:
        values |= {"wanted": orjson.dumps(rows).decode(), "apart": orjson.dumps(list(apart)).decode()}
        found = connection.execute(_SQLITE, values)
    nearest: dict[int, list[int]] = defaultdict(list)
    for place, number in found:
        nearest[place].append(number)
    return nearest
