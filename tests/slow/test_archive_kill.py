"""A power cut in the middle of a run with an archive: each settled page is in it once, and reads as the stores say."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from newsbeam.connectors.sources.warc import read_warc
from newsbeam.pipelines.demo.server import DemoServer
from newsbeam.records import Page
from tests.slow.running import Stores, same, start
from tests.slow.worlds import QUICK, allowed

pytestmark = pytest.mark.slow

SLICES = ("--set", "run.slice=10")


def pages(folder: Path) -> Counter[str]:
    """How often each entry's page stands in the archive."""
    found: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.warc.gz")):
        found.update(item.origin.key for item in read_warc(str(path), limit=10**6) if isinstance(item, Page))
    return found


def run_through(folder: Path, *arguments: str) -> None:
    """A run to its end, on a machine that may be busy."""
    done = start(folder, *arguments)
    assert done.end(seconds=400) == 0, done.said


def test_killed_in_mid_run_and_run_again(tmp_path: Path, world: DemoServer) -> None:
    def options(stores: Stores) -> tuple[str, ...]:
        kept = ("--store", f"warc:{stores.folder}/kept")
        return "run", "--feeds", world.opml_url, *stores.options, *kept, *allowed(world.port), *QUICK, *SLICES

    undisturbed = Stores(tmp_path / "undisturbed")
    run_through(tmp_path, *options(undisturbed))
    expected, whole = undisturbed.rows(), undisturbed.count()
    wanted, chance = pages(undisturbed.folder / "kept"), random.Random(12)
    assert len(wanted) > 30
    assert set(wanted.values()) == {1}
    for rows in chance.sample(range(1, whole // 2), 2):
        stores = Stores(tmp_path / f"after-{rows}")
        cut = start(tmp_path, *options(stores), "--set", "fetch.host_delay=0.3")
        cut.until(lambda stores=stores, rows=rows: stores.count() >= rows)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3))
        assert cut.process.poll() is None, "it must be under way"
        cut.kill()
        assert cut.left() == []
        assert stores.count() < whole
        run_through(tmp_path, *options(stores))
        same(stores.rows(), expected, f"killed after {rows} of {whole} rows")
        assert pages(stores.folder / "kept") == wanted, f"killed after {rows} of {whole} rows"
        strays = [path for path in (stores.folder / "kept").rglob("*") if path.name.endswith(".tmp")]
        assert strays == []

    again = Stores(tmp_path / "again")
    run_through(tmp_path, "run", "--warc", f"{stores.folder}/kept/**/*.warc.gz", *again.options, *QUICK)
    read, settled = again.rows(), stores.rows()
    assert read["articles"] == settled["articles"]
    assert read["duplicates"] == settled["duplicates"]
    assert read["rejected"] == {key: row for key, row in settled["rejected"].items() if row["stage"] == "extract"}
