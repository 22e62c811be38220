"""One turn of the graph on Beam, and what the run keeps open around its turns."""

import contextlib
import datetime
import threading
import time
import uuid
from collections.abc import Iterator

import apache_beam as beam

from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import recover
from newsbeam.connectors.stores.store import StoreError, UnknownStore
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.pipelines import beam_options, graph, kept_open, progress, stopping, trim
from newsbeam.pipelines.engines import Engine
from newsbeam.pipelines.failures import Failed, of_connector, of_pipeline, passes
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.request import Request, UsageError

_unreleased: dict[str, int] = {}
"""The epochs of leases that this process could not give back, by the state's address."""


def now() -> datetime.datetime:
    """This moment, UTC."""
    return datetime.datetime.now(datetime.UTC)


def turn(job: Job, tick: Tick, runs_on: Engine) -> None:
    """Run the graph over one tick, to its end.

    Raises:
        Failed: a stage broke; what the turn had not settled is pending.
    """
    state_id = job.state().id
    pipeline = beam.Pipeline(options=beam_options.of(runs_on.arguments(state_id)))
    graph.build(pipeline | "Ticks" >> beam.Create([tick], reshuffle=False), job)
    try:
        result = pipeline.run()
        runs_on.finish(result, state_id)
        if job.spread:
            progress.take(result)
    except Exception as error:  # whatever a runner raises, the run has failed and says with what
        raise of_pipeline(error) from error
    finally:
        del pipeline
        trim.give_back()


@contextlib.contextmanager
def opened(request: Request, *, runs_on: Engine | None = None, endless: bool = False) -> Iterator[tuple[Job, State]]:
    """The job, with the state's lease held and renewed, earlier leftovers tidied, and every store checked.

    runs_on: the engine, on which a job of an earlier process may be left that must not write any more.

    Raises:
        UsageError: the address of a store is of no known form.
        Failed: a store or the state cannot be used, or another run holds the state.
    """
    try:
        stores = {url: open_store(url) for url in request.stores}
        for store in stores.values():
            store.check()
        state = open_state(request.state or default_state_url(request.stores[0]))
        lease = request.settings.run.lease
        left = _unreleased.get(state.full_url)
        epoch = state.take_lease(owner=this_owner(), seconds=lease, now=now(), instead_of=left)
        _unreleased.pop(state.full_url, None)
        kept_open.use(state, stores)
    except UnknownStore as error:
        raise UsageError(f"--store: {error}") from error
    except (StoreError, StateError) as error:
        raise Failed(str(error), passing=passes(error)) from error
    job = Job(
        state_url=state.full_url,
        store_urls=request.stores,
        settings=request.settings,
        epoch=epoch,
        run_id=uuid.uuid4().hex[:12],
        allow=request.allow,
        endless=endless,
        spread=request.spread,
        since=request.since,
    )
    with _renewed(state, epoch, lease, endless=endless):
        try:
            if runs_on is not None:
                runs_on.retire(state.id)
            recover(state, job.stores(), epoch=epoch)
            yield job, state
        except (StoreError, StateError) as error:
            raise of_connector(error) from error
        finally:
            # Where even this fails, the lease ends by itself, is taken over by who finds this process gone, or by a
            # stream's next session, which knows it for its own.
            try:
                state.release_lease(epoch)
            except StateError:
                _unreleased[state.full_url] = epoch


@contextlib.contextmanager
def _renewed(state: State, epoch: int, seconds: float, *, endless: bool) -> Iterator[None]:
    """Renew the lease in the background; a lost lease stops the run, whose writes would be refused anyway.

    A batch stops, too, when its lease has run out because the state is away. A stream waits for the state.
    """
    done = threading.Event()

    def renew() -> None:
        until = time.monotonic() + seconds
        while not done.wait(seconds / 4):
            try:
                state.renew_lease(epoch, seconds=seconds, now=now())
                until = time.monotonic() + seconds
            except LeaseLost:
                stopping.request()
            except StateError:  # a busy database is tried again for as long as the lease holds
                if time.monotonic() >= until and not endless:
                    stopping.request()
            if stopping.requested() and stopping.by_signal() is None:
                return

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
