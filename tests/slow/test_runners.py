"""The same input on every local engine gives the same records."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import apache_beam
import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.running import Run, Stores, run, same
from tests.slow.worlds import QUICK, allowed

pytestmark = pytest.mark.slow

SLICED = ("--set", "run.slice=20")


def options(stores: Stores, world: DemoServer) -> Sequence[str]:
    """A run over the demo's world, in more than one slice."""
    return "run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK, *SLICED


def compared(folder: Path, world: DemoServer, expected: Stores, *more: str, **environment: str) -> Run:
    """A run with more options, whose records are as expected."""
    stores = Stores(folder / "stores")
    done = run(folder, *options(stores, world), *more, env=environment)
    same(stores.rows(), expected.rows())
    stores.check()
    assert done.left() == []
    return done


def test_the_in_process_runner_by_name(tmp_path: Path, world: DemoServer, undisturbed: Stores) -> None:
    done = compared(tmp_path, world, undisturbed, "--runner=FnApiRunner")
    assert not any("prism" in one for one in done.names)


def test_prism(tmp_path: Path, world: DemoServer, undisturbed: Stores, prism_binary: str) -> None:
    done = compared(tmp_path, world, undisturbed, "--runner=PrismRunner", f"--prism_location={prism_binary}")
    assert any("prism" in one for one in done.names)


def test_the_direct_runner_with_prism_in_the_cache_of_beam(
    tmp_path: Path, world: DemoServer, undisturbed: Stores, prism_binary: str
) -> None:
    name = f"apache_beam-v{apache_beam.__version__}-prism-linux-amd64.zip"
    cached = tmp_path / ".apache_beam" / "cache" / "prism" / "bin" / name
    cached.parent.mkdir(parents=True)
    shutil.copy(prism_binary, cached)
    done = compared(
        tmp_path, world, undisturbed, "--runner=DirectRunner", HOME=str(tmp_path), NEWSBEAM_PRISM=str(cached)
    )
    assert any(one.startswith("apache_beam") or "prism" in one for one in done.names)


def test_the_direct_runner_without_prism(tmp_path: Path, world: DemoServer, undisturbed: Stores) -> None:
    # A proxy that nothing listens at: Beam must not find one in the network either.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = compared(
        tmp_path, world, undisturbed, "--runner=DirectRunner", HOME=str(tmp_path), NEWSBEAM_PRISM="", **nowhere
    )
    assert not any("prism" in one for one in done.names)


def test_prism_that_is_asked_for_and_not_there_is_the_callers_mistake(tmp_path: Path, world: DemoServer) -> None:
    stores = Stores(tmp_path / "stores")
    asked = run(tmp_path, *options(stores, world), "--runner=PrismRunner", status=2, env={"NEWSBEAM_PRISM": ""})
    assert "no Prism on this machine; build it with `make prism`" in asked.said
    named = run(tmp_path, *options(stores, world), "--prism_location=/nowhere/prism", "--runner=PrismRunner", status=2)
    assert "/nowhere/prism: no such file" in named.said
