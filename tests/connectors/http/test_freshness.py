"""For how long an answer says that it stays as it is."""

import pytest

from newsbeam.connectors.http.freshness import lifetime

DATE = "Thu, 26 Nov 2026 12:00:00 GMT"
LATER = "Thu, 26 Nov 2026 12:05:00 GMT"
NOW = "2026-11-26T12:01:00Z"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=300"}, 300),
        ({"cache-control": 'public, Max-Age="300", s-maxage=9'}, 300),
        ({"cache-control": "s-maxage=900"}, None),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "400"}, None),
        ({"cache-control": "max-age=300", "age": "old"}, 300),
        ({"cache-control": "max-age=0, must-revalidate"}, None),
        ({"cache-control": "max-age=300, no-cache"}, None),
        ({"cache-control": "no-store", "expires": LATER, "date": DATE}, None),
        ({"cache-control": "max-age=soon", "expires": LATER, "date": DATE}, 300),
        ({"cache-control": "max-age=60", "expires": LATER, "date": DATE}, 60),
        ({"expires": LATER, "date": DATE}, 300),
        ({"expires": LATER}, 240),
        ({"expires": DATE, "date": LATER}, None),
        ({"expires": "0"}, None),
        ({"expires": "-1", "date": DATE}, None),
    ],
)
def test_seconds_left(headers: dict[str, str], seconds: float | None) -> None:
    assert lifetime(headers, fetched_at=NOW) == seconds
