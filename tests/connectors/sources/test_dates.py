"""The dates that feeds state."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.sources.dates import agrees, iso_of


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20t10:00:00.123456789z", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20 10:00:00 +0200", "2026-11-20T10:00:00+02:00"),
        ("2026-11-20T10:00", "2026-11-20T10:00:00"),
        ("2026-11-20 10:00 CET", "2026-11-20T10:00:00+01:00"),
        ("2026-11-20 10:00 XYZ", "2026-11-20T10:00:00"),
        ("2026/11/20", "2026-11-20"),
        ("2026-1-2", "2026-01-02"),
        ("20261120T100000Z", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T25:00:00Z", "2026-11-20"),
        ("2026-02-30T10:00:00Z", None),
        ("Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00+00:00"),
        ("Fri, 20 Nov 2026 10:00:00 -0330", "2026-11-20T10:00:00-03:30"),
        ("Fri, 20 Nov 2026 10:00:00 MEZ", "2026-11-20T10:00:00+01:00"),
        ("Fri, 20 Nov 2026 10:00:00 XYZ", "2026-11-20T10:00:00"),
        ("20 Nov 2026", "2026-11-20"),
        ("Fri, 20 Nov 2026 10:00:60 GMT", "2026-11-20T10:00:59+00:00"),
        ("November 20, 2026 10:00 PM EST", "2026-11-20T22:00:00-05:00"),
        ("November 2026", None),
        ("Fri, 32 Nov 2026 10:00:00 GMT", None),
        ("11/12/2026", None),
        ("1672653600", None),
        ("in May, perhaps, or June", None),
        ("99999-01-01T00:00:00Z", None),
        ("Fri, 20 Nov 2026 10:00:00 " + "x" * 200, None),
        ("", None),
    ],
)
def test_forms(raw: str, iso: str | None) -> None:
    assert iso_of(raw) == iso


def test_a_lenient_reading_must_be_borne_out() -> None:
    moment = datetime.datetime(2026, 11, 20, 23, tzinfo=datetime.UTC)
    assert agrees(moment, "Παρ, 21 Νοέ 2026 01:00:00 EET")
    assert not agrees(moment, "Παρ, 25 Νοέ 2026 01:00:00 EET")
    assert not agrees(moment.replace(year=1672), "1672653600")
    assert not agrees(datetime.datetime(2023, 3, 2, tzinfo=datetime.UTC), "2023-02-30")


@given(st.text(alphabet="0123456789-:TZ+ JanFebMar,/.GMTEST", max_size=40))
def test_no_text_breaks_the_reader(raw: str) -> None:
    found = iso_of(raw)
    assert found is None or datetime.datetime.fromisoformat(found)
