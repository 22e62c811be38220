"""What of a document decides about copies, the day included that a line of its text tells."""

import pytest

from newsbeam.records import Removed
from newsbeam.transforms.sketches import sketch, sketched
from tests.connectors.stores.fakes import document


def taken_out(*lines: tuple[str, str]) -> tuple[Removed, ...]:
    return tuple(Removed(kind=kind, text=text, position=0) for kind, text in lines)


@pytest.mark.parametrize(
    ("removed", "day"),
    [
        ((("share_buttons", "Facebook"), ("date_line", "October 29, 2012")), "2012-10-29"),
        ((("date_line", "Veröffentlicht am 3. Mai 2023"),), "2023-05-03"),
        ((("date_line", "2 hours ago"), ("date_line", "2012-11-01 14:30")), "2012-11-01"),
        ((("date_line", "05/06/2012"),), None),
        ((("notice", "© October 29, 2012"),), None),
        ((), None),
    ],
)
def test_the_day_of_the_first_date_line_that_tells_one(removed: tuple[tuple[str, str], ...], day: str | None) -> None:
    assert sketch(document("x", removed=taken_out(*removed))).told == day


def test_the_text_goes_with_the_sketch() -> None:
    one = document("x", "A text.")
    assert (sketched(one).sketch, sketched(one).body) == (sketch(one), "A text.")
