"""Options of addresses."""

import pytest

from newsbeam.connectors.stores.addresses import check_known, choice, number, split
from newsbeam.connectors.stores.store import UnknownStore


@pytest.mark.parametrize(
    ("url", "address", "options"),
    [
        ("jsonl:out", "jsonl:out", {}),
        ("jsonl:out?", "jsonl:out", {}),
        ("parquet:s3://bucket/a?roll_mb=8&x=", "parquet:s3://bucket/a", {"roll_mb": "8", "x": ""}),
        ("postgresql://me:pw@host/db?schema=a%26b", "postgresql://me:pw@host/db", {"schema": "a&b"}),
        ("jsonl:out?a=b=c?d", "jsonl:out", {"a": "b=c?d"}),
    ],
)
def test_split(url: str, address: str, options: dict[str, str]) -> None:
    assert split(url) == (address, options)


@pytest.mark.parametrize("query", ["a", "=b", "a=1&b", "a=1&a=2"])
def test_what_is_no_option_is_refused_without_the_address(query: str) -> None:
    with pytest.raises(UnknownStore, match=r"^postgresql: \?") as raised:
        split(f"postgresql://me:secret@host/db?{query}")
    assert "secret" not in str(raised.value)


def test_unknown_options_are_refused_with_the_known_ones() -> None:
    check_known("jsonl", {"a": "1"}, ("a", "b"))
    with pytest.raises(UnknownStore, match=r"jsonl: \?c= is no option .* it has a, b"):
        check_known("jsonl", {"c": "1"}, ("b", "a"))
    with pytest.raises(UnknownStore, match="it has none"):
        check_known("sqlite", {"c": "1"}, ())


def test_choices() -> None:
    assert choice("jsonl", {}, "compression", ("none", "zstd"), "none") == "none"
    assert choice("jsonl", {"compression": "zstd"}, "compression", ("none", "zstd"), "none") == "zstd"
    with pytest.raises(UnknownStore, match=r"\?compression=lz4: use one of none, zstd"):
        choice("jsonl", {"compression": "lz4"}, "compression", ("none", "zstd"), "none")


@pytest.mark.parametrize("value", ["", "0", "1025", "nan", "many", "inf"])
def test_numbers_outside_of_their_limits(value: str) -> None:
    assert number("jsonl", {"roll_mb": "8"}, "roll_mb", least=1, most=1024, default=4) == 8
    assert number("jsonl", {}, "roll_mb", least=1, most=1024, default=4) == 4
    with pytest.raises(UnknownStore, match=rf"\?roll_mb={value}: use a number from 1 to 1024 \(without it: 4\)"):
        number("jsonl", {"roll_mb": value}, "roll_mb", least=1, most=1024, default=4)
