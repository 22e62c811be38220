"""Folders in an object store: objects appear whole once they are written, and are renamed by a copy and a removal.

Addresses, keys and endpoints that are not in the store's address come from the environment, as s3fs and gcsfs read them
(AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, …; STORAGE_EMULATOR_HOST, GOOGLE_APPLICATION_CREDENTIALS).
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import fsspec

from newsbeam.connectors.stores.store import StoreError, UnknownStore

EXTRAS = {"s3": "s3", "gs": "gcs"}
"""The extra that each protocol's library comes with."""

PROTOCOLS = ("s3", "gs", "memory")
_AWAY = (
    *("ConnectionError", "TimeoutError", "ClientConnectionError", "HTTPClientError"),
    *("Timeout", "ServiceUnavailable", "TooManyRequests", "InternalServerError", "TransportError"),
)
"""Classes of what is raised when a server cannot be reached: builtin, botocore's, aiohttp's, requests', Google's."""
_STAYS = ("SSL", "Certificate")
"""In the names of those among them that do not pass by waiting."""
_BUSY = (errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO))
"""What s3fs makes of an answer that says 503 or 500."""
_BLOCK = 8 * 1024 * 1024


def open_remote(form: str, url: str) -> "RemoteFolder":
    """The folder at `PROTOCOL://BUCKET/PREFIX`; nothing is connected yet.

    Raises:
        UnknownStore: the protocol is not known, or no bucket is named, or the address holds a key.
        StoreError: the library for it is not installed.
    """
    protocol, _, rest = url.partition("://")
    if protocol not in PROTOCOLS:
        known = ", ".join(f"{one}://" for one in PROTOCOLS[:-1])
        raise UnknownStore(f"{form}:{protocol}://…: no such kind of folder: use {known} or a folder of this machine")
    path = rest.strip("/")
    if not path:
        raise UnknownStore(f"{form}:{url}: no bucket is named: use {form}:{protocol}://BUCKET/PREFIX")
    if "@" in path.partition("/")[0]:
        raise UnknownStore(f"{form}:{protocol}://…: keys do not belong into the address: set them in the environment")
    # What another process wrote must be seen, so that listings are never remembered.
    options: dict[str, Any] = {} if protocol == "memory" else {"use_listings_cache": False}
    if protocol == "gs" and "STORAGE_EMULATOR_HOST" in os.environ:
        options["token"] = "anon"  # an emulator knows no keys, and without any gcsfs asks the network for them
    try:
        filesystem = fsspec.filesystem(protocol, **options)
    except ImportError as error:
        extra = EXTRAS.get(protocol, protocol)
        raise StoreError(
            f"{form}:{url}: its library is not installed: pip install 'newsbeam[{extra}]' ({error})"
        ) from error
    return RemoteFolder(filesystem, f"{protocol}://{path}")


class RemoteFolder:
    """A prefix of a bucket."""

    failures: tuple[type[Exception], ...] = (Exception,)
    """Their libraries' errors have no common class below Exception."""

    def __init__(self, filesystem: Any, address: str) -> None:
        self.address = address
        self._files = filesystem
        self._root = filesystem._strip_protocol(address).rstrip("/")

    def make(self, name: str) -> None:
        probe = self._path(f"{name}/.probe.tmp")
        self._files.pipe_file(probe, b"")
        self._files.rm_file(probe)

    def sizes(self, name: str) -> dict[str, int]:
        try:
            found = self._files.find(self._path(name), detail=True)
        except FileNotFoundError:
            return {}
        start = len(self._root) + 1
        return {path[start:]: int(about["size"]) for path, about in found.items() if about["type"] == "file"}

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, self._files.open(self._path(name), "rb", block_size=_BLOCK))

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with self._files.open(self._path(name), "wb", block_size=_BLOCK) as out:
            yield cast(BinaryIO, out)

    def exists(self, name: str) -> bool:
        return bool(self._files.exists(self._path(name)))

    def rename(self, old: str, new: str) -> None:
        # A copy puts the whole object in place at once, and can be repeated after a kill.
        self._files.cp_file(self._path(old), self._path(new))
        self._files.rm_file(self._path(old))

    def remove(self, name: str) -> None:
        try:
            self._files.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def prune(self, names: Iterable[str]) -> None:
        """Nothing: a prefix without objects is none."""

    def sync(self, names: Iterable[str]) -> None:
        """Nothing: an object that was written is kept."""

    def is_away(self, error: BaseException) -> bool:
        classes = [one for cause in _causes(error) for one in type(cause).__mro__]
        if any(words in one.__name__ for one in classes for words in _STAYS):
            return False
        code = getattr(error, "code", None)  # of gcsfs' HttpError: the answer's status
        refused = isinstance(code, int) and (code >= 500 or code in (408, 429))
        busy = isinstance(error, OSError) and error.args[:1] and error.args[0] in _BUSY
        return bool(refused or busy or any(one.__name__ in _AWAY for one in classes))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it was raised from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__
