"""A run cut into slices: each is judged with the history of those before, in memory or in a state."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from newsbeam.connectors.state import history
from newsbeam.connectors.state.state import State
from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import Verdict, judge
from tests.transforms.sketching import MemoryHistory

BUCKET = 200
"""As in the settings' defaults."""


class StateHistory:
    """The index of a state. New documents are put in as settling does it; decisions and texts are kept here."""

    def __init__(self, state: State, bodies: Mapping[str, str] | None = None) -> None:
        self.state = state
        self.bodies = bodies or {}
        self.decisions: dict[str, Decision] = {}

    def candidates(
        self, bands_of: Mapping[str, Sequence[int]], *, limit: int, without: Collection[str]
    ) -> Mapping[str, Sequence[Sketch]]:
        return self.state.candidates(bands_of, limit=limit, without=without)

    def component(self, ids: Collection[str]) -> tuple[list[Sketch], list[Edge]]:
        return self.state.component(ids)

    def texts(self, ids: Collection[str]) -> Mapping[str, str]:
        return {one: self.bodies[one] for one in ids if one in self.decisions and one in self.bodies}

    def apply(self, new: Iterable[Sketch], verdicts: Iterable[Verdict]) -> None:
        sketches, found = list(new), list(verdicts)
        edges = [edge for verdict in found for edge in verdict.edges]
        with self.state.write() as connection:
            history.index(connection, sketches, {one.id: bands(one.fingerprint) for one in sketches}, edges)
        self.decisions |= {one.id: one for verdict in found for one in verdict.decisions}


def taken(known: MemoryHistory | StateHistory, new: Sequence[Sketch]) -> None:
    """One slice: paired by band, judged with the history, and what came of it put there."""
    known.apply(new, judge(new, candidates(new, BUCKET), known, Thresholds(), BUCKET, known.bodies))


def in_slices(known: MemoryHistory | StateHistory, sketches: Sequence[Sketch], count: int) -> dict[str, Decision]:
    """The decisions after so many slices of about one size, in the order given."""
    for at in range(count):
        taken(known, sketches[at * len(sketches) // count : (at + 1) * len(sketches) // count])
    return known.decisions
