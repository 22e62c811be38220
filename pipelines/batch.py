"""The batch driver: the graph over the turns that a run needs, each settled before the next."""

import time

from newsbeam.pipelines import (
    delivery,
    engine,
    engines,
    fitness,
    forgetting,
    inputs,
    learning,
    progress,
    runs,
    stopping,
    subscribing,
    turns,
)
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request


def run(request: Request) -> Report:
    """Take in what the sources hold now.

    Raises:
        UsageError: a source that cannot be read, or an engine that cannot do it.
        Failed: a store or the state broke; what is not settled is taken up by the next run.
    """
    fitness.check(request)
    files, feeds = inputs.files_of(request), inputs.feeds_of(request)
    started = time.monotonic()
    progress.reset()
    with (
        engines.beside(request) as runs_on,
        engine.opened(request, runs_on=runs_on) as (job, state),
        runs.recorded(job, request, state) as record,
        progress.Display(),
    ):
        forgetting.complete(job, state)
        state.reach_back(request.since, epoch=job.epoch)
        feeds = subscribing.subscribe(feeds, request, job, state)
        handing = delivery.Delivery(job, state, runs_on.arguments(state.id))
        handing.all()
        needed = turns.slices if request.sliced else turns.portions
        for tick in needed(request, job, state, files, polls=len(feeds)):
            if stopping.requested():
                break
            engine.turn(job, tick, runs_on)
            handing.due()
        handing.all()
        if stopping.requested() and stopping.by_signal() is None:
            raise Failed("the lease on the state was lost to another run; nothing more was written by this one")
        if not stopping.requested():
            learning.learn(job, lambda: not stopping.requested())
            handing.all()
        runs.forget_old(job, state)
        outcome = record.report = runs.summed_up(job, state, seconds=time.monotonic() - started)
    return outcome
