"""What Beam is told besides what was given."""

import pickle

import pytest
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, StandardOptions

from newsbeam.config.settings import load
from newsbeam.pipelines import beam_options, engines
from newsbeam.pipelines.request import Request


def seconds(arguments: tuple[str, ...]) -> int:
    """After how long Beam stops listening to a job."""
    return int(PipelineOptions(list(arguments)).view_as(PortableOptions).job_server_timeout)


def test_a_job_is_listened_to_for_as_long_as_it_lasts() -> None:
    assert seconds(("--runner=PrismRunner",)) < 3_600, "else nothing is needed any more"
    assert seconds(beam_options.of_long_jobs(("--runner=PrismRunner",))) > 365 * 86_400


@pytest.mark.parametrize("given", [("--job_server_timeout=9",), ("--job-server-timeout", "9")])
def test_another_time_stays(given: tuple[str, ...]) -> None:
    assert beam_options.of_long_jobs(given) == given


def test_every_engine_is_listened_to() -> None:
    with engines.beside(Request(settings=load(), beam=("--runner=FnApiRunner",))) as engine:
        assert seconds(engine.arguments("state")) > 365 * 86_400


def test_views_are_made_once_and_share_their_values() -> None:
    options = beam_options.of(("--runner=FnApiRunner", "--streaming"))
    view = options.view_as(StandardOptions)
    assert view is options.view_as(StandardOptions)
    assert (view.runner, view.streaming) == ("FnApiRunner", True)
    options.view_as(StandardOptions).streaming = False
    assert options.get_all_options()["streaming"] is False
    other = pickle.loads(pickle.dumps(options))
    assert other.view_as(StandardOptions) is not view
    assert other.view_as(StandardOptions).runner == "FnApiRunner"
