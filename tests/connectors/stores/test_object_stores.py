"""Stores in object stores: S3 (moto) and Google Cloud Storage (fake-gcs-server), both on loopback."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from newsbeam.connectors.stores.compacting import compact
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.remote import RemoteFolder
from tests.connectors.stores.fakes import Killed, Place, Steps
from tests.connectors.stores.test_commit import FIRST, SECOND, SEQUENCE, THIRD, settled

pytestmark = pytest.mark.slow

BUCKET = "newsbeam-tests"
FAKE_GCS = Path(__file__).parents[3] / ".tools/bin/fake-gcs-server"


@pytest.fixture(params=["s3", "gs"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The kind of an object store that is up, with an empty bucket."""
    yield from (_s3 if request.param == "s3" else _gcs)(monkeypatch)


def _s3(patch: pytest.MonkeyPatch) -> Iterator[str]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    patch.setenv("AWS_ACCESS_KEY_ID", "none")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield "s3"
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    server.stop()


def _gcs(patch: pytest.MonkeyPatch) -> Iterator[str]:
    if not FAKE_GCS.exists():
        pytest.skip("fake-gcs-server is not built (make fake-gcs)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    arguments = [
        "-scheme",
        "http",
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-backend",
        "memory",
        "-external-url",
        url,
    ]
    server = subprocess.Popen([FAKE_GCS, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    patch.setenv("STORAGE_EMULATOR_HOST", url)
    # Read when gcsfs is imported: without it, gcsfs asks Google by gRPC what kind of bucket an emulator's is.
    patch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    fsspec.get_filesystem_class("gs").clear_instance_cache()
    try:
        _make_bucket(url)
        yield "gs"
    finally:
        fsspec.get_filesystem_class("gs").clear_instance_cache()
        server.terminate()
        server.wait()


def _make_bucket(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/storage/v1/b?project=tests",
        data=json.dumps({"name": BUCKET}).encode(),
        headers={"Content-Type": "application/json"},
    )
    for _ in range(100):
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("fake-gcs-server does not answer")


def place_in(folder: Path, kind: str) -> Place:
    """A place with the object store and a database to compare with. The bucket has a prefix of its own for each."""
    folder = folder / uuid.uuid4().hex
    folder.mkdir()
    return Place(folder, stores=(kind, "sqlite"))


def objects(place: Place) -> list[str]:
    """All that lies below the store's prefix."""
    store = place.stores[0]
    assert isinstance(store, FileStore)
    return [name for collection in ("articles", "duplicates", "rejected") for name in store.folder.sizes(collection)]


def test_commits_moves_and_compaction(tmp_path: Path, kind: str) -> None:
    place = place_in(tmp_path, kind)
    for settlement in SEQUENCE:
        place.commit(settlement)
        far, database = place.contents()
        assert far == database
    place.restart()
    assert all(name.endswith(".parquet") for name in objects(place))
    store = place.stores[0]
    assert isinstance(store, FileStore)
    done = compact(place.state, store, epoch=place.epoch, target=1 << 20)
    assert done.after <= done.before
    assert place.contents()[0] == place.contents()[1]
    place.restart()


def test_a_kill_between_any_two_calls_of_the_object_store(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = place_in(tmp_path, kind)
    for settlement in SEQUENCE:
        wanted.commit(settlement)
    kill_at, killed = 0, True
    while killed:
        kill_at += 3
        place = place_in(tmp_path, kind)
        place.commit(FIRST)
        steps = Steps(kill_at)
        with monkeypatch.context() as patch:
            folder = place.stores[0].folder  # type: ignore[attr-defined]
            assert isinstance(folder, RemoteFolder)
            for name in ("cp_file", "rm_file", "open"):
                patch.setattr(folder._files, name, steps.around(getattr(folder._files, name)))
            try:
                place.commit(SECOND)
                killed = False
            except Killed:
                killed = True
        place.restart()
        assert all(name.endswith(".parquet") for name in objects(place))
        if not settled(place, SECOND):
            place.commit(SECOND)
        place.commit(THIRD)
        assert place.contents() == wanted.contents()
    assert kill_at > 10


def test_a_large_object_goes_up_in_parts(tmp_path: Path, kind: str) -> None:
    import os

    place = place_in(tmp_path, kind)
    store = place.stores[0]
    assert isinstance(store, FileStore)
    content = os.urandom(20 << 20)
    with store.folder.create("articles/.large.1.tmp") as out:
        out.write(content)
    store.folder.rename("articles/.large.1.tmp", "articles/large.parquet")
    assert store.folder.sizes("articles") == {"articles/large.parquet": len(content)}
    with store.folder.open("articles/large.parquet") as source:
        assert source.read() == content
