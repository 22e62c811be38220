"""What finding copies costs as articles grow in number: `python -m benchmarks.copies_scale MODE SIZE...`.

batch: all articles at once, as in a pipeline that takes no slices: time of an article for its fingerprint and for the
decision, peak memory, and what was found of the copies that every tenth article is. history: an index of so many
articles in a SQLite state, its size on disk, and what 2,000 further articles cost that are judged against it in slices
of 500. phrase: a batch in which one paragraph stands under every article, beside the batch without it.

Each size is run in a process of its own. 10,000 take half a minute, 100,000 some five minutes, 1,000,000 an hour.
"""

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.synthetic import Corpus, original, phrase
from newsbeam.connectors.state import history, schema
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.state import State, open_state
from newsbeam.records import Edge, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.verdicts import Verdict, judge
from newsbeam.transforms.wordings import compared

_BUCKET, _SLICE, _FURTHER, _PORTION = 200, 500, 2_000, 5_000
_MODES = ("batch", "history", "phrase")


def _batch(size: int, corpus: Corpus, label: str = "") -> float:
    """Sketch and judge all at once; print a row, and give the microseconds of an article."""
    sketches, sketching = [], 0.0
    for number in range(size):
        text = corpus.text(number)
        began = time.process_time()
        own = fingerprint(compared(text))
        sketching += time.process_time() - began
        sketches.append(corpus.sketched(number, own, text.count(" ") + 1))
    gc.freeze()
    before = _peak()
    began = time.process_time()
    pairs = candidates(sketches, _BUCKET)
    pairing = time.process_time() - began
    verdicts = judge(sketches, pairs, None, Thresholds(), _BUCKET, corpus)
    judging = time.process_time() - began - pairing
    each = [1e6 * one / size for one in (sketching, pairing, judging)]
    memory = f"{_peak():.0f} ({before:.0f})"
    _row(f"{size}{label}", *(f"{one:.0f}" for one in (*each, sum(each))), memory, len(pairs), *_found(verdicts))
    return sum(each)


def _found(verdicts: Sequence[Verdict]) -> tuple[str, int]:
    """(copies that stand in a cluster with their original, of all; articles in a cluster that is not theirs)."""
    cluster = {int(one.id): int(one.cluster_id) for each in verdicts for one in each.decisions}
    copies = [number for number in cluster if original(number) != number]
    right = sum(cluster[number] == cluster[original(number)] for number in copies)
    wrong = sum(original(number) != original(found) for number, found in cluster.items())
    return f"{right}/{len(copies)}", wrong


def _history(size: int, corpus: Corpus) -> None:
    """Index so many articles, then judge further ones against them; print a row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        state = open_state(f"sqlite:///{path}")
        began = time.process_time()
        for start in range(0, size, _PORTION):
            _index(state, [corpus.sketch(number) for number in range(start, min(size, start + _PORTION))], corpus)
        building = time.process_time() - began
        state.close()
        on_disk = path.stat().st_size
        state = open_state(f"sqlite:///{path}")
        further = [corpus.sketch(number) for number in range(size, size + _FURTHER)]
        looking = judging = 0.0
        found = 0
        for start in range(0, _FURTHER, _SLICE):
            new = further[start : start + _SLICE]
            keys = {one.id: bands(one.fingerprint) for one in new}
            began = time.process_time()
            found += sum(map(len, state.candidates(keys, limit=_BUCKET).values()))
            looking += time.process_time() - began
            began = time.process_time()
            judge(new, candidates(new, _BUCKET), _Texts(state, corpus), Thresholds(), _BUCKET, corpus)
            judging += time.process_time() - began
        each = (1e6 * looking / _FURTHER, 1e6 * judging / _FURTHER)
        _row(size, f"{1e6 * building / size:.0f}", *(f"{one:.0f}" for one in each), f"{found / _FURTHER:.1f}",
             f"{on_disk / 2**20:.0f}", f"{on_disk / size:.0f}", _parts(state), f"{_peak():.0f}")  # fmt: skip
        state.close()


class _Texts:
    """The index of a state, with texts that are made anew instead of read back."""

    def __init__(self, state: State, corpus: Corpus) -> None:
        self.candidates, self.component = state.candidates, state.component
        self._corpus = corpus

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        return {one: self._corpus[one] for one in ids}


def _index(state: State, sketches: Sequence[Sketch], corpus: Corpus) -> None:
    """Put articles into the index with the edges of the copies among them to their originals, as settling does it."""
    edges: list[Edge] = []
    for one in sketches:
        of = original(int(one.id))
        if of != int(one.id) and (edge := relate(one, corpus.sketch(of), Thresholds())) is not None:
            edges.append(edge)
    with state.write() as connection:
        history.index(connection, sketches, {one.id: bands(one.fingerprint) for one in sketches}, edges)


def _parts(state: State) -> str:
    """MiB of the sketches and of their bands, indexes included, where this SQLite can tell."""
    query = "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE '%' || ? || '%' GROUP BY 1"
    found = []
    try:
        with state.read() as connection:
            for table in (schema.sketches.name, schema.bands.name):
                rows = connection.exec_driver_sql(query, (table,)).all()
                found.append(f"{sum(size for _, size in rows) / 2**20:.0f}")
    except StateError as error:  # dbstat is not compiled in everywhere
        return type(error).__name__
    return " + ".join(found)


def _phrase(size: int) -> None:
    """The batch with and without a paragraph that all share; print both rows and their ratio."""
    usual = _batch(size, Corpus(size=size))
    shared = _batch(size, Corpus(size=size, phrase=phrase()), " and the paragraph")
    print(f"\n{shared / usual:.2f} times the usual cost", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def _head(mode: str) -> None:
    if mode == "history":
        _row("articles in the index", "µs to put one in", "µs to look one up", "µs to judge one, look-up included",
             "candidates", "MiB on disk", "bytes an article", "MiB of sketches + bands", "peak MiB")  # fmt: skip
        print("|---" * 9 + "|", flush=True)
        return
    _row("articles", "µs fingerprint", "µs pairing", "µs judging", "µs in all", "peak MiB (before pairing)", "pairs",
         "copies found", "articles in a wrong cluster")  # fmt: skip
    print("|---" * 9 + "|", flush=True)


def main() -> None:
    """Print a table: a row a size, each made in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=_MODES)
    parser.add_argument("sizes", nargs="+", type=int, metavar="SIZE")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.here:
        _head(args.mode)
        for size in args.sizes:
            subprocess.run(
                [sys.executable, "-m", "benchmarks.copies_scale", args.mode, str(size), "--here"], check=True
            )
    elif args.mode == "batch":
        _batch(args.sizes[0], Corpus(size=args.sizes[0]))
    elif args.mode == "history":
        _history(args.sizes[0], Corpus(size=args.sizes[0]))
    else:
        _phrase(args.sizes[0])


if __name__ == "__main__":
    main()
