"""Delivery: what is settled and waits in the outbox is handed on to the stores that a connector of Beam writes to.

Ids wait, not records: what is handed on is what the state holds when it is, so that many corrections of one record
make one change. An id leaves the outbox after the pipeline that took it has ended well, and only if no commit has
changed it meanwhile. So a change comes at least once, and the last one always comes.
"""

import logging
import math
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import apache_beam as beam

from newsbeam import times
from newsbeam.connectors.state import held, outbox
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.held import Stamped
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores import rows
from newsbeam.connectors.stores.commit import store_name
from newsbeam.connectors.stores.delivered import Change, DeliveredStore
from newsbeam.pipelines import beam_options, stopping, trim
from newsbeam.pipelines.failures import Failed, of_connector
from newsbeam.pipelines.job import Job

_OF_THE_ENGINE = ("--runner", "--direct_running_mode", "--direct_num_workers", "--job_endpoint", "--environment_type")
_NAMED = re.compile(r"^(?:\w+\.)*([A-Z]\w*): (.+)$")
_TOLD = ("StoreError", "StateError", "StoreAway", "StateAway")
_log = logging.getLogger(__name__)


class Delivery:
    """Hands on what waits, by small pipelines in this process, one after the other.

    arguments: Beam's, of the run; those that concern its engine are not used. clock: seconds, for tests.
    """

    def __init__(
        self, job: Job, state: State, arguments: Sequence[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job, self._state, self._clock = job, state, clock
        self._options = beam_arguments(arguments)
        self._stores = {store_name(state, store): store for store in job.stores() if isinstance(store, DeliveredStore)}
        self._last: dict[str, float] = {}

    def due(self) -> None:
        """Hand on what waits for the stores whose last delivery is long enough ago.

        Raises:
            Failed: a store did not take it; what it did not take waits on.
        """
        now = self._clock()
        self._to([name for name, one in self._stores.items() if now - self._last.get(name, -math.inf) >= one.every])

    def all(self) -> None:
        """Hand on all that waits, unless the process is asked to stop; raises Failed."""
        self._to(self._stores)

    def _to(self, names: Iterable[str]) -> None:
        """Hand on to each of the stores; one that fails keeps no other waiting."""
        failures = []
        for name in names:
            try:
                self._hand_on(name, self._stores[name])
            except Failed as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _hand_on(self, name: str, store: DeliveredStore) -> None:
        """Hand on until nothing waits."""
        try:
            while not stopping.requested():
                with self._state.read() as connection:
                    taken = outbox.waiting(connection, name, store.at_once)
                    known, textless = held.stamped(connection, taken)
                if not taken:
                    break
                now = times.now()
                wanted = [one for one in changes(taken, known, textless, now=now) if _can_be_taken(store, one)]
                if wanted:
                    self._run(store, wanted)
                with self._state.write(self._job.epoch) as connection:
                    outbox.handed_on(connection, name, taken)
        except LeaseLost:
            stopping.request()  # the run's end says so; who holds the state now hands it on again
        except StateError as error:
            raise of_connector(error) from error
        self._last[name] = self._clock()

    def _run(self, store: DeliveredStore, wanted: Sequence[Change]) -> None:
        """One pipeline, to its end; raises Failed."""
        try:
            run_pipeline(store, wanted, self._options)
        except Exception as error:  # whatever a connector raises, the store was not reached and says with what
            said, ours = cause(error)
            if not ours:
                _log.error("a delivery broke", exc_info=error)
            said = said.removeprefix(f"{store.url}: ")
            raise Failed(
                f"{store.url}: {len(wanted)} changes could not be handed on: {said}; nothing is lost: they wait in the "
                "state, and the next run hands them on first"
            ) from error


def run_pipeline(store: DeliveredStore, wanted: Sequence[Change], options: Sequence[str]) -> None:
    """Hand changes on to the store; raises what its connector does."""
    pipeline = beam.Pipeline(options=beam_options.of(options))
    try:
        _ = pipeline | "Changes" >> beam.Create(wanted) | "Deliver" >> store.sink()
        pipeline.run().wait_until_finish()
    finally:
        del pipeline
        trim.give_back()


def changes(
    taken: Mapping[str, int], known: Mapping[str, Stamped], textless: Collection[str], *, now: str
) -> list[Change]:
    """What became of each id, in the order of the commits that made it so.

    taken: the commit's number by id. known: what is held; an id that is not has been deleted. textless: held without
    its text, which has been handed on long ago. now: ISO 8601, UTC.
    """
    found = []
    for one, number in sorted(taken.items(), key=lambda pair: (pair[1], pair[0])):
        stamped = known.get(one)
        if stamped is not None:
            found.append(
                Change(
                    id=one,
                    operation="UPSERT",
                    number=number,
                    changed_at=stamped.updated_at,
                    collection=rows.collection_of(stamped.record),
                    row=rows.row(stamped.record, run_id=stamped.run_id, updated_at=stamped.updated_at),
                )
            )
        elif one not in textless:
            found.append(Change(id=one, operation="DELETE", number=number, changed_at=now))
    return found


def beam_arguments(arguments: Sequence[str]) -> tuple[str, ...]:
    """The run's arguments for a delivery: a bounded pipeline in this process, wherever the run itself is.

    The driver reads what it hands on from the state, and a pipeline's description carries it: engines elsewhere bound
    its size, and take longer to start than the delivery takes.
    """
    kept, skip = [], False
    for at, one in enumerate(arguments):
        name, found, _ = one.partition("=")
        if skip:
            skip = False
        elif name in _OF_THE_ENGINE:
            skip = not found and at + 1 < len(arguments) and not arguments[at + 1].startswith("--")
        elif name != "--streaming":
            kept.append(one)
    return ("--runner=FnApiRunner", *kept)


def cause(error: BaseException) -> tuple[str, bool]:
    """What broke a delivery, in a line, and whether it was written for people.

    A worker's exception comes as text with its traceback, whose last line that names an exception is the cause.
    """
    named = [found for line in str(error).splitlines() if (found := _NAMED.match(line.strip()))]
    if named:
        name, message = named[-1].groups()
    else:
        name, message = type(error).__name__, str(error)
    message = message.split(" [while running", 1)[0]
    return (message, True) if name in _TOLD else (f"{message} ({name})", False)


def _can_be_taken(store: DeliveredStore, change: Change) -> bool:
    """Whether the service can take a change; one that it never can is told, and keeps no other waiting."""
    refusal = store.refusal(change)
    if refusal is not None:
        _log.warning(
            "%s: %s (%s, commit %d) is not handed on: %s; the run's other stores have it",
            store.url,
            change.id,
            change.collection,
            change.number,
            refusal,
        )
    return refusal is None
