"""The graph's shape, read from the proto that an engine gets: the same stages in batch and in stream."""

from typing import Any

import apache_beam as beam
import pytest
from apache_beam.portability.api import beam_runner_api_pb2

from newsbeam.config.settings import Settings
from newsbeam.config.tables import Stream
from newsbeam.pipelines import graph, session
from newsbeam.pipelines.job import Job, Tick

JOB = Job(
    state_url="sqlite:////nowhere/state.db",
    store_urls=("jsonl:/nowhere",),
    settings=Settings(),
    epoch=1,
    run_id="run",
)
STAGES = (
    "Poll", "Claim", "Fetch", "Read", "ExtractFetched", "ExtractLinkless", "ExtractArchived", "Resolve", "Copies",
    "Decide", "Store",
)  # fmt: skip


def proto(endless: bool) -> beam_runner_api_pb2.Pipeline:
    pipeline = beam.Pipeline(runner="FnApiRunner")
    ticks = session.ticks(pipeline, Stream()) if endless else pipeline | beam.Create([Tick()], reshuffle=False)
    graph.build(ticks, JOB)
    made: Any = pipeline.to_runner_api()
    return made


def below(made: beam_runner_api_pb2.Pipeline, name: str) -> list[str]:
    """The steps of one stage, by their own names."""
    names = [one.unique_name for one in made.components.transforms.values()]
    # A Reshuffle keeps windows and moments in one way or the other, as the windows are global or not.
    return sorted(one for one in names if one.startswith(f"{name}/") and "/ReshufflePerKey" not in one)


@pytest.mark.parametrize("endless", [False, True], ids=["batch", "stream"])
def test_every_step_is_a_stage_of_its_own(endless: bool) -> None:
    made = proto(endless)
    root = made.components.transforms[made.root_transform_ids[0]]
    top = {made.components.transforms[one].unique_name for one in root.subtransforms}
    assert top >= set(STAGES)
    for one in ("Poll/Poll", "Claim/Claim", "Fetch/Fetch", "Copies/Judge", "Store/Store"):
        assert one in below(made, one.partition("/")[0]), one


def test_batch_and_stream_have_the_same_stages() -> None:
    batch, endless = proto(False), proto(True)
    for stage in STAGES:
        assert below(batch, stage) == below(endless, stage), stage
        assert below(batch, stage), stage


def test_html_goes_straight_from_fetch_to_extract() -> None:
    """Pages are produced and consumed by ParDos alone: an engine fuses them, and no page crosses a shuffle."""
    made = proto(False)
    transforms = made.components.transforms
    fetch = next(one for one in transforms.values() if one.unique_name == "Fetch/Fetch")
    pages = [value for tag, value in fetch.outputs.items() if "settled" not in tag]
    readers = [one for one in transforms.values() if set(pages) & set(one.inputs.values()) and not one.subtransforms]
    assert [one.unique_name for one in readers] == ["ExtractFetched/Extract/ParDo(_Extract)"]
    assert {one.spec.urn for one in readers} == {"beam:transform:pardo:v1"}


@pytest.mark.parametrize("endless", [False, True], ids=["batch", "stream"])
def test_only_what_every_engine_has_is_used(endless: bool) -> None:
    """No keyed state, no timers, no side inputs: Prism and Flink differ there (docs/decisions.md)."""
    for one in proto(endless).components.transforms.values():
        if one.spec.urn == "beam:transform:pardo:v1" and not one.unique_name.startswith("Clock/"):
            payload = beam_runner_api_pb2.ParDoPayload.FromString(one.spec.payload)
            assert not payload.state_specs, one.unique_name
            assert not payload.timer_family_specs, one.unique_name
            assert not payload.side_inputs, one.unique_name
