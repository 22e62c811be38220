"""newsbeam's feed reader beside feedparser alone, by the test suites of other readers: `python -m benchmarks.feeds`.

Of feedparser's own suite each expectation is put to feedparser given the bytes alone, and to feedparser given what
newsbeam's decoding and mending made of them; what newsbeam itself reads is judged where it has the field.
"""

import argparse
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser

from benchmarks import feed_expectations as expectations
from newsbeam.connectors.sources.charset import decode_xml
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.formats import channel_of
from newsbeam.connectors.sources.items import Channel
from newsbeam.connectors.sources.repair import mended

_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_MOST = 2_000


@dataclass(slots=True)
class Score:
    """How many of the judged expectations were met. missed: the ids of the others."""

    judged: int = 0
    met: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, name: str, *, met: bool) -> None:
        """Count one."""
        self.judged += 1
        self.met += met
        if not met:
            self.missed.append(name)

    def __str__(self) -> str:
        return f"{self.met} of {self.judged}"


def scores(data: Path) -> dict[str, Score]:
    """The figures by what was compared: see the module. data: the folder with gold.jsonl and files/."""
    found = {name: Score() for name in ("feedparser alone", "feedparser behind newsbeam's decoding and mending")}
    found |= {name: Score() for name in ("newsbeam: feedparser's suite", "feedparser alone, the same expectations")}
    found |= {name: Score() for name in ("newsbeam: gofeed's suite", "newsbeam: rss-parser's suite")}
    found["newsbeam: every file a channel or NotAFeed"] = Score()
    alone, behind, ours, beside, gofeed, rss_parser, read = found.values()
    for row, body in _files(data):
        name, suite = row["id"], row["suite"]
        try:
            channel: Channel | None
            channel, codec = channel_of(body, max_items=_MOST)
        except NotAFeed:
            channel, codec = None, ""
        except (ValueError, ArithmeticError, LookupError, TypeError):
            read.add(name, met=False)
            continue
        read.add(name, met=True)
        if suite == "feedparser" and (wanted := expectations.without_bozo(row.get("expect_py") or "")):
            of_bytes = _holds(wanted, body)
            alone.add(name, met=of_bytes)
            behind.add(name, met=_holds(wanted, body, mend=True))
            claims = expectations.claims_of(row["expect_py"])
            if claims and "/sanitize/" not in name:  # newsbeam leaves the cleaning of HTML to extraction
                ours.add(name, met=all(_met(one, channel, codec, body) for one in claims))
                beside.add(name, met=of_bytes)
        elif suite in ("gofeed", "rss-parser") and "expect_json" in row:
            of_suite = expectations.claims_of_gofeed if suite == "gofeed" else expectations.claims_of_rss_parser
            claims = of_suite(row["expect_json"])
            if claims:
                score = gofeed if suite == "gofeed" else rss_parser
                score.add(name, met=all(_met(one, channel, codec, body) for one in claims))
    return found


def _met(claim: expectations.Claim, channel: Channel | None, codec: str, body: bytes) -> bool:
    if channel is None:
        return False
    if claim.name == "encoding":
        return expectations.same_charset(body, codec, claim.expected)
    return expectations.is_met(claim, channel)


def _holds(expression: str, body: bytes, *, mend: bool = False) -> bool:
    """Whether an expectation holds for what feedparser makes of the bytes, or of the mended text of them."""
    decoded = decode_xml(body) if mend else None
    given = io.BytesIO(mended(decoded.text).encode("utf-8") if decoded else body)
    try:
        parsed: Any = feedparser.parse(given, response_headers=_UTF8 if mend else None)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return False
    charset = decoded.charset if decoded else parsed.get("encoding")
    names = {"feed": parsed["feed"], "entries": parsed["entries"], "version": parsed.get("version"), **parsed}
    names["encoding"] = _Charset(body, charset)
    try:
        return bool(eval(expression, {"__builtins__": {"len": len}}, names))  # the suite's own expressions
    except (LookupError, AttributeError, TypeError, NameError):
        return False


class _Charset:
    """A charset that equals every other one that makes the same text of the bytes."""

    def __init__(self, body: bytes, label: str | None) -> None:
        self._body = body
        self._label = label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and expectations.same_charset(self._body, self._label, other)

    def __hash__(self) -> int:
        return hash(self._label)


def _files(data: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    with (data / "gold.jsonl").open(encoding="utf-8") as rows:
        for line in rows:
            row = json.loads(line)
            path = data / "files" / row["id"]
            if path.is_file():
                yield row, path.read_bytes()


def main() -> None:
    """Print the figures."""
    from benchmarks.places import shared

    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--missed", action="store_true", help="name the files whose expectations were not met")
    args = parser.parse_args()
    for name, score in scores(shared() / "data" / "feeds").items():
        print(f"{name}: {score}")
        for missed in score.missed if args.missed else ():
            print(f"  {missed}")


if __name__ == "__main__":
    main()
