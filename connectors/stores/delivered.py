"""Stores that the driver delivers to: settled changes wait in the state's outbox, and go through a connector of Beam.

Such a store takes nothing in `prepare`, so there is nothing to undo; what the connector took is told as done only
after its pipeline has ended well. So each change comes at least once, with all that a reader needs to take the latest.
"""

import importlib.util
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes, Files, StoreError, UnknownStore
from newsbeam.records import Collection

if TYPE_CHECKING:
    import apache_beam as beam

Operation = Literal["UPSERT", "DELETE"]

_PROJECT = re.compile(r"(?:[a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_SECOND = {"bigquery": "DATASET", "pubsub": "TOPIC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an id has become.

    operation: UPSERT, the row stands in its collection and nowhere else; DELETE, it stands nowhere any more. number: of
    the commit that made it so; of two changes of one id the one with the higher number holds. changed_at: ISO 8601,
    UTC. collection, row: None for DELETE.
    """

    id: str
    operation: Operation
    number: int
    changed_at: str
    collection: Collection | None = None
    row: Row | None = None


class DeliveredStore:
    """A store behind a connector of Beam. at_once: changes of one pipeline. every: seconds between two deliveries."""

    shows_early = False
    delivered = True
    at_once = 500
    every = 1.0
    needs: tuple[str, ...] = ()
    """Modules that its connector imports."""

    url: str
    read_with: str
    """What reads the store, for people who ask newsbeam to."""

    def present(self) -> bool:
        return True

    def sink(self) -> "beam.PTransform[Any, Any]":
        """The transform that hands on a bounded collection of Change; its pipeline fails where one is not taken."""
        raise NotImplementedError

    def refusal(self, change: Change) -> str | None:
        """Why the service can never take this change, for a person; None where it can."""
        return None

    def check(self) -> None:
        """Make sure that the connector is installed; nothing is asked of the service."""
        for name in self.needs:
            if not _installed(name):
                raise StoreError(f"{self.url}: {name} is not installed: pip install 'newsbeam[gcp]'")

    def hold(self, state_id: str, epoch: int) -> None:
        """Nothing: a late delivery of an earlier epoch has a lower commit number, and is told by it."""

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        """Nothing: what the service holds is not asked for."""

    def sweep(self) -> None:
        """Nothing: there are no files."""

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        return ()

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        return tuple(parts)

    def publish(self, parts: Sequence[Part]) -> None:
        """Nothing: see the outbox."""

    def discard(self, parts: Sequence[Part]) -> None:
        """Nothing: nothing was prepared."""

    def restore(self, changes: Changes, *, epoch: int) -> None:
        """Nothing: what was not settled was never handed on."""

    def count(self) -> dict[Collection, int]:
        raise StoreError(f"{self.url}: newsbeam does not count here: {self.read_with}")

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        raise StoreError(f"{self.url}: newsbeam does not read it back: {self.read_with}")

    def close(self) -> None:
        """Nothing: connections are the connector's own."""


def parse_address(url: str, options: Sequence[str]) -> tuple[tuple[str, str], dict[str, str]]:
    """The project and the other name of FORM:PROJECT/NAME?OPTION=VALUE&…, and the options.

    Raises:
        UnknownStore: another form, no id of a project, or an option that is not among `options` or stands twice.
    """
    form, _, rest = url.partition(":")
    path, _, query = rest.partition("?")
    project, slash, name = path.partition("/")
    if not (project and slash and name) or "/" in name:
        raise UnknownStore(f"{url}: two names are needed, {form}:PROJECT/{_SECOND.get(form, 'NAME')}")
    if not _PROJECT.fullmatch(project):
        raise UnknownStore(
            f"{url}: {project!r} is no project id: 6 to 30 small letters, digits and hyphens, the first a letter"
        )
    found: dict[str, str] = {}
    for option, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        if option not in options:
            known = f"known: {', '.join(options)}" if options else "there are none"
            raise UnknownStore(f"{url}: option {option}={value}: not known here; {known}")
        if option in found:
            raise UnknownStore(f"{url}: option {option}: given twice ({found[option]}, {value}); give it once")
        found[option] = value
    return (project, name), found


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a package above it is not there either
        return False
