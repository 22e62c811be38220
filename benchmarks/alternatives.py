"""How newsbeam finds copies beside other recipes, in Markdown: `python benchmarks/alternatives.py`; needs the data.

Two sets. `gold texts`: the bodies of all dev pages that have one, of which pairs are known that are the same text; any
other two in one cluster are a false merge, except grey pairs. `pages`: the pages of labelled pairs, read by newsbeam,
so that every recipe gets the same clean text; only the labelled pairs are judged. The copies of a recipe are what its
pairs connect; newsbeam's are its clusters.
"""

import datetime
import gzip
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from near_duplicates import Method, datasketch, datatrove, simhash
from places import shared

from newsbeam.records import Document, Origin, Page, Sketch
from newsbeam.transforms import documents
from newsbeam.transforms.bands import bands
from newsbeam.transforms.clusters import components
from newsbeam.transforms.copies import paired
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.shingles import tokens
from newsbeam.transforms.tasks import Options, Task
from newsbeam.transforms.verdicts import judge

MOMENT = "2023-05-03T12:00:00Z"
BUCKET = 200
SETS = ("daniel", "dragnet", "fundus", "scrapinghub")
COPIES = ("same_text", "edited_copy", "recrawl")
NO_COPIES = ("different", "template")

Pair = frozenset[str]


@dataclass(frozen=True)
class Text:
    """name: set and id."""

    name: str
    url: str
    body: str
    published: str | None = None


@dataclass(frozen=True)
class Truth:
    """copies: pairs to be found. wrong: pairs that must not be found; None: all that are neither copies nor grey."""

    copies: set[Pair]
    wrong: set[Pair] | None = None
    grey: frozenset[Pair] = frozenset()


def main() -> None:
    """Print a table for each set."""
    methods: dict[str, Method | None] = {
        "newsbeam": None,
        "datasketch, MinHash 128, .5": datasketch(0.5),
        "datasketch, MinHash 128, .8": datasketch(0.8),
        "datatrove's defaults, 5-grams, 14 x 8": datatrove,
        "simhash, 64 bits, distance 3": simhash,
    }
    for title, (texts, truth) in (("Gold texts", gold_texts(shared() / "data")), ("Pages", pages(shared() / "data"))):
        print(f"## {title}: {len(texts)} texts, {len(truth.copies)} pairs of copies\n")
        print("| recipe | copies found | recall | false merges | CPU s | ms a text |")
        print("|---|---|---|---|---|---|")
        for name, method in methods.items():
            began = time.process_time()
            together = clusters(texts) if method is None else joined(texts, method)
            spent = time.process_time() - began
            found = {frozenset(pair) for names in together for pair in itertools.combinations(names, 2)}
            right = len(found & truth.copies)
            wrong = len(found & truth.wrong if truth.wrong is not None else found - truth.copies - truth.grey)
            recall = right / len(truth.copies)
            each = 1000 * spent / len(texts)
            print(f"| {name} | {right} | {recall:.3f} | {wrong} | {spent:.1f} | {each:.2f} |", flush=True)
        print()


def joined(texts: Sequence[Text], method: Method) -> list[list[str]]:
    """What the recipe's pairs connect."""
    found = method([tokens(one.body) for one in texts])
    names = [one.name for one in texts]
    return components(names, [(names[a], names[b]) for a, b in found])


def clusters(texts: Sequence[Text]) -> list[list[str]]:
    """newsbeam's clusters: of the texts, their sites and dates."""
    sketches = [_sketch(one) for one in texts]
    met: dict[int, list[str]] = {}
    for one in sketches:
        for band in bands(one.fingerprint):
            met.setdefault(band, []).append(one.id)
    pairs, _ = paired(sketches, [(band, tuple(ids)) for band, ids in met.items() if len(ids) > 1], BUCKET)
    members: dict[str, list[str]] = {}
    for verdict in judge(sketches, pairs, None, Thresholds(), BUCKET):
        for decision in verdict.decisions:
            members.setdefault(decision.cluster_id, []).append(decision.id)
    return list(members.values())


def _sketch(text: Text) -> Sketch:
    words = len(tokens(text.body))
    return Sketch(
        id=text.name,
        url=text.url,
        canonical_url=text.url,
        site="",
        fingerprint=fingerprint(text.body),
        fetched_at=MOMENT,
        published=text.published,
        words=words,
    )


def gold_texts(data: Path) -> tuple[list[Text], Truth]:
    """The bodies that people have marked, and what is known of their pairs."""
    texts = [
        Text(f"{name}/{row['id']}", _address(name, row), row["body"], row.get("published"))
        for name in SETS
        for row in _dev(data / name)
        if row.get("body")
    ]
    names = {one.name for one in texts}
    rows = [row for row in _rows(data / "copies.jsonl") if {row["a"], row["b"]} <= names]
    same = components(sorted(names), [(row["a"], row["b"]) for row in rows if row["verdict"] == "same"])
    place = {name: at for at, group in enumerate(same) for name in group}
    grey = {frozenset((place[row["a"]], place[row["b"]])) for row in rows if row["verdict"] != "same"}
    free = {
        frozenset((a, b))
        for pair in grey
        for first, second in [(min(pair), max(pair))]
        for a, b in itertools.product(same[first], same[second])
    }
    return texts, Truth(_pairs(same), grey=frozenset(free))


def pages(data: Path) -> tuple[list[Text], Truth]:
    """The pages of the labelled pairs as newsbeam reads them."""
    texts = [one for row in _rows(data / "syndication" / "gold.jsonl") if (one := _read(data / "syndication", row))]
    names = {one.name for one in texts}
    rows = [row for row in _rows(data / "syndication" / "pairs.jsonl") if {row["a"], row["b"]} <= names]
    labelled = [(frozenset((row["a"], row["b"])), row["label"]) for row in rows]
    return texts, Truth(
        {pair for pair, label in labelled if label in COPIES}, {pair for pair, label in labelled if label in NO_COPIES}
    )


def _read(folder: Path, row: Mapping[str, Any]) -> Text | None:
    file = folder / "pages" / f"{row['id']}.html.gz"
    if not file.exists():
        return None
    origin = Origin(kind="pages", source=str(folder), key=row["id"])
    page = Page(
        url=_address("syndication", row), body=gzip.decompress(file.read_bytes()), fetched_at=MOMENT, origin=origin
    )
    found = documents.read(Task(source=page, options=Options(), now=datetime.datetime.fromisoformat(MOMENT)))
    return Text(row["doc"], found.url, found.body, found.published) if isinstance(found, Document) else None


def _pairs(groups: Iterable[Sequence[str]]) -> set[Pair]:
    return {frozenset(pair) for group in groups for pair in itertools.combinations(group, 2)}


def _dev(folder: Path) -> Iterator[dict[str, Any]]:
    dev = set((folder / "dev.ids").read_text("utf-8").split())
    return (row for row in _rows(folder / "gold.jsonl") if row["id"] in dev)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]


def _address(name: str, row: Mapping[str, Any]) -> str:
    url = (row.get("url") or "").strip().partition("#")[0]
    host = row.get("host") or row.get("publisher") or f"{name}.example"
    return url if url.startswith(("http://", "https://")) else f"https://{host}/{row['id']}"


if __name__ == "__main__":
    main()
