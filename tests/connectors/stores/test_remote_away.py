"""Which failures of an object store are of a server that is away for a while."""

from pathlib import Path

import pytest

from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.folders import LocalFolder
from newsbeam.connectors.stores.remote import open_remote
from newsbeam.connectors.stores.store import StoreAway, StoreError
from newsbeam.connectors.stores.urls import open_store


def of_s3() -> list[tuple[BaseException, bool]]:
    """What s3fs raises, and whether it passes."""
    from botocore import exceptions as boto
    from s3fs.errors import translate_boto_error

    def answer(code: str) -> BaseException:
        told = boto.ClientError({"Error": {"Code": code, "Message": "words"}}, "PutObject")
        return translate_boto_error(told)  # type: ignore[no-any-return]

    return [
        (boto.EndpointConnectionError(endpoint_url="http://s3", error="refused"), True),
        (boto.ConnectTimeoutError(endpoint_url="http://s3", error="late"), True),
        (boto.ReadTimeoutError(endpoint_url="http://s3", error="late"), True),
        (boto.ConnectionClosedError(endpoint_url="http://s3", error="closed", request=None), True),
        *((answer(code), True) for code in ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout")),
        *((answer(code), False) for code in ("AccessDenied", "NoSuchBucket", "InvalidAccessKeyId", "InvalidRequest")),
        (boto.SSLError(endpoint_url="http://s3", error="certificate verify failed"), False),
        (boto.NoCredentialsError(), False),
    ]


def of_gcs() -> list[tuple[BaseException, bool]]:
    """What gcsfs raises, and whether it passes."""
    import aiohttp
    from gcsfs.retry import HttpError

    return [
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ServerTimeoutError(), True),
        *((HttpError({"code": code, "message": "words"}), True) for code in (429, 500, 503)),
        *((HttpError({"code": code, "message": "words"}), False) for code in (400, 401, 403, 404)),
    ]


def test_what_the_libraries_raise() -> None:
    folder = open_remote("jsonl", "memory://bucket/prefix")
    for error, away in (*of_s3(), *of_gcs(), (PermissionError(13, "no"), False), (ValueError("no"), False)):
        assert folder.is_away(error) == away, repr(error)


def test_what_is_raised_from_such_an_error_is_of_the_same_kind() -> None:
    error = OSError("the file cannot be written")
    error.__cause__ = ConnectionResetError()
    assert open_remote("jsonl", "memory://bucket/prefix").is_away(error)


def test_a_store_out_of_reach_is_away_and_a_disk_never_is(tmp_path: Path) -> None:
    far, near = open_store(f"jsonl:memory:/{tmp_path}/far"), open_store(f"jsonl:{tmp_path}/near")
    assert isinstance(far, FileStore)
    assert isinstance(near, FileStore)

    def refused(name: str) -> None:
        raise ConnectionRefusedError(111, "refused")

    with pytest.MonkeyPatch.context() as patch:
        for store in (far, near):
            patch.setattr(store.folder, "make", refused)
        with pytest.raises(StoreAway, match="refused"):
            far.check()
        with pytest.raises(StoreError) as raised:
            near.check()
    assert type(raised.value) is StoreError
    assert isinstance(near.folder, LocalFolder)
