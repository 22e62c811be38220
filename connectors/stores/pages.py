"""What an archive is to forgetting: a store that holds pages, not records."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.store import Store


@runtime_checkable
class Archive(Protocol):
    """A store whose files hold pages by their addresses."""

    url: str

    def forget(self, drop: Callable[[str], bool], files: Sequence[HeldFile], *, epoch: int) -> Sequence[Part]:
        """Write each file that holds a page whose target is to be dropped anew under its temporary name, without it.

        files: as the manifest knows them. The parts say what those files are from then on; no rows: the file goes.
        They get their names by `publish`, once they are settled.

        Raises:
            StoreError: a file cannot be read or written.
        """

    def publish(self, parts: Sequence[Part]) -> None:
        """Give prepared files their names."""


def tells_records(store: Store) -> bool:
    """Whether the store can be asked for the records that it holds."""
    return not store.delivered and not isinstance(store, Archive)
