"""What changed between the ends of two runs: two snapshots by id, merged as they stream."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsbeam.connectors.state.journal import Noted
from newsbeam.connectors.state.runs import Run


class UnknownRun(Exception):
    """A name that is no run's, or more than one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one document differs. before, after: None where it was not held."""

    id: str
    before: Noted | None
    after: Noted | None

    @property
    def what(self) -> tuple[str, ...]:
        """`came`, `left`, or which of `text`, `language`, `cluster` and `collection` differ.

        A text or a language that one of the two snapshots does not know is not taken for another.
        """
        before, after = self.before, self.after
        if before is None:
            return ("came",)
        if after is None:
            return ("left",)
        differ = {
            "text": None not in (before.text_hash, after.text_hash) and before.text_hash != after.text_hash,
            "language": None not in (before.language, after.language) and before.language != after.language,
            "cluster": before.cluster_id != after.cluster_id,
            "collection": before.collection != after.collection,
        }
        return tuple(name for name, is_other in differ.items() if is_other)


def changes(before: Iterable[Noted], after: Iterable[Noted]) -> Iterator[Change]:
    """The documents that differ, by id. Both must be sorted by id; of each only one document is held at a time."""
    older, newer = iter(before), iter(after)
    left, right = next(older, None), next(newer, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.id < right.id):
            assert left is not None
            yield Change(id=left.id, before=left, after=None)
            left = next(older, None)
        elif left is None or right.id < left.id:
            yield Change(id=right.id, before=None, after=right)
            right = next(newer, None)
        else:
            # Most are the same, which is told faster than in what they differ.
            if left != right and (change := Change(id=left.id, before=left, after=right)).what:
                yield change
            left, right = next(older, None), next(newer, None)


def chosen(name: str, runs: Iterable[Run]) -> Run:
    """The run that a name means: its id, the start of one, `latest` or `previous`.

    Raises:
        UnknownRun: it means none, or several; the message names those that there are.
    """
    known = sorted(runs, key=lambda run: (run.started, run.epoch, run.run_id))
    place = {"latest": 1, "previous": 2}.get(name)
    if place is not None and len(known) >= place:
        return known[-place]
    found = [] if place or not name else [run for run in known if run.run_id.startswith(name)]
    exact = [run for run in found if run.run_id == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    listed = ", ".join(f"{run.run_id} ({run.started})" for run in (found or known)[-10:]) or "none"
    problem = f"{len(found)} runs begin so" if found else "no such run"
    raise UnknownRun(f"{name}: {problem}; known: {listed}")
