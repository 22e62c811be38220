"""A store behind a sink of Beam that appends what it takes to a file, as BigQuery and Pub/Sub take it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam

from newsbeam.connectors.stores.delivered import Change, DeliveredStore
from newsbeam.connectors.stores.rows import VOLATILE
from newsbeam.connectors.stores.store import StoreError


class Ledger(DeliveredStore):
    """Appends to FOLDER/taken.jsonl, and fails while FOLDER/broken is there. at_once, every: as it is told."""

    read_with = "read the file"

    def __init__(self, folder: Path, *, at_once: int = 500, every: float = 0.0) -> None:
        self.url = f"pubsub:project-one/{folder.name}"
        self.folder, self.at_once, self.every = folder, at_once, every
        self.refused: set[str] = set()
        self.while_handing_on: Callable[[], None] = lambda: None

    def sink(self) -> beam.PTransform[Any, Any]:
        self.while_handing_on()
        return beam.Map(take, str(self.folder), self.url)

    def refusal(self, change: Change) -> str | None:
        return "too large" if change.id in self.refused else None

    @property
    def broken(self) -> Path:
        """Whether the service is away."""
        return self.folder / "broken"

    def taken(self) -> list[dict[str, Any]]:
        """Every change that came, in the order it came."""
        path = self.folder / "taken.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def latest(self) -> dict[str, dict[str, Any]]:
        """What a reader makes of them: the row of the highest number of each id, in the form of fakes.contents."""
        last: dict[str, dict[str, Any]] = {}
        for one in self.taken():
            if one["id"] not in last or one["number"] >= last[one["id"]]["number"]:
                last[one["id"]] = one
        return {
            name: {"collection": one["collection"], **_steady(one["row"])}
            for name, one in last.items()
            if one["operation"] == "UPSERT"
        }


def _steady(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in VOLATILE}


def take(change: Change, folder: str, url: str) -> None:
    if (Path(folder) / "broken").exists():
        raise StoreError(f"{url}: the service is away")
    values = {name: getattr(change, name) for name in ("id", "operation", "number", "changed_at", "collection")}
    with open(Path(folder) / "taken.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({**values, "row": change.row and dict(change.row)}) + "\n")
