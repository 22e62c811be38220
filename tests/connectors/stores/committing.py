"""A process that commits a fixed sequence of settlements, and goes on where an earlier one was killed.

python committing.py FOLDER
"""

import sys
from dataclasses import replace
from pathlib import Path

from newsbeam.connectors.state.state import open_state, this_owner
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import Reached, Span
from tests.connectors.stores.fakes import NOW, article, document, duplicate, origin, rejected

TURNS = 40
_SPAN = Span(kind="warc", path="a.warc", source="a.warc", identity="1:1", start=0, limit=25)


def settlement(turn: int) -> Settlement:
    """The turn's new stories, moves of earlier ones in both directions, and rejected rows that come and go."""
    stories = [document(f"t{turn}n{number}", "Much text. " * 200) for number in range(20)]
    earlier = [document(f"t{turn - 1}n{number}", "Much text. " * 200) for number in range(4)] if turn else []
    moved = [duplicate(one, stories[0]) for one in earlier[:2]] + [article(one, cluster_id="x") for one in earlier[2:]]
    records = [*(article(one) for one in stories[:3]), *(duplicate(one, stories[0]) for one in stories[3:])]
    return Settlement(
        records=(*records, *moved),
        rejected=tuple(rejected(origin(f"broken{turn}n{number}")) for number in range(5)),
        cleared=(origin(f"broken{turn - 1}n0"),),
        progress=(Reached(span=replace(_SPAN, start=turn), position=turn + 1, records=25),),
        seen=(("warc", "a.warc", 25),),
    )


def main(folder: Path) -> None:
    """Settle what is left of the sequence."""
    state = open_state(f"sqlite:///{folder}/state.db")
    stores = [open_store(f"jsonl:{folder}/out"), open_store(f"sqlite:///{folder}/news.db")]
    for store in stores:
        store.check()
    epoch = state.take_lease(owner=this_owner(), seconds=3600, now=NOW)
    recover(state, stores, epoch=epoch)
    reached = state.progress("warc", "a.warc", "1:1")
    for turn in range(reached.position if reached else 0, TURNS):
        commit(state, stores, settlement(turn), epoch=epoch, now=NOW, run_id="run")
    state.release_lease(epoch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
