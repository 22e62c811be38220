"""A pair that only its texts tell: one batch, a run after a run, an overlapping window and a rebuilt state agree."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from newsbeam.connectors.state import history
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores import adopting
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines.rebuilding import Limits, rebuild
from newsbeam.records import Document, Edge
from newsbeam.transforms.bands import bands
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.outcomes import record_of
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.verdicts import judge
from newsbeam.transforms.wordings import compared
from tests.connectors.stores.fakes import NOW, document
from tests.transforms import borderline

BUCKET = 200


def documents(*, copies: bool) -> list[Document]:
    texts = borderline.misjudged(copies=copies)
    return [document(f"s{at}", text, fingerprint=fingerprint(compared(text))) for at, text in enumerate(texts)]


def run(state: State, store: Store, new: Sequence[Document]) -> None:
    """What a run does with documents that came in."""
    sketches = [sketch(one) for one in new]
    bodies = {one.id: one.body for one in new}
    verdicts = judge(sketches, candidates(sketches, BUCKET), state, Thresholds(), BUCKET, bodies)
    held = state.stored([decision.id for one in verdicts for decision in one.decisions])
    held |= {one.id: one for one in new}
    settlement = Settlement(
        records=tuple(record_of(held[one.id], one) for verdict in verdicts for one in verdict.decisions),
        sketches=tuple(sketches),
        bands={one.id: bands(one.fingerprint) for one in sketches},
        edges=tuple(edge for one in verdicts for edge in one.edges),
    )
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=0, now=NOW)
    commit(state, [store], settlement, epoch=epoch, now=NOW, run_id="run")


def outcome(state: State, ids: Sequence[str]) -> tuple[list[str], list[Edge]]:
    """The clusters of the documents, and the edges among them."""
    decisions = state.decisions(ids)
    with state.read() as connection:
        return [decisions[one].cluster_id for one in ids], history.component(connection, ids)[1]


def opened(folder: Path) -> tuple[State, Store]:
    folder.mkdir()
    return open_state(f"sqlite:///{folder}/state.db"), open_store(f"jsonl:{folder}/out")


@pytest.mark.parametrize("copies", [True, False])
def test_every_way_comes_to_what_the_texts_say(copies: bool, tmp_path: Path) -> None:
    new = documents(copies=copies)
    ids = [one.id for one in new]
    found = []
    for name, runs in {"once": [new], "forwards": [[one] for one in new], "back": [[one] for one in new[::-1]]}.items():
        state, store = opened(tmp_path / name)
        for one in runs:
            run(state, store, one)
        found.append(outcome(state, ids))
        state.close()
    assert found[0] == found[1] == found[2]
    clusters, edges = found[0]
    assert (len(set(clusters)) == 1, len(edges) == 1) == (copies, copies)

    again = open_state(f"sqlite:///{tmp_path}/again.db")
    epoch = again.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    limits = Limits(thresholds=Thresholds(), bucket=BUCKET, period=30)
    rebuild(again, [store], adopting.traces([store]), limits, epoch=epoch, now=NOW)
    assert outcome(again, ids) == found[0]
    again.close()
