"""Beam's own connectors for BigQuery and Pub/Sub, before clients that stand for Google's; no service is asked.

They need the extra `gcp`: `make test-slow` runs them in an environment that has it.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from newsbeam.connectors.state import outbox
from newsbeam.connectors.stores.bigquery import BigQueryStore, row, schema
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.delivered import Change
from newsbeam.connectors.stores.pubsub import PubSubStore, attributes, data
from newsbeam.pipelines import delivery
from newsbeam.pipelines.failures import Failed
from tests.connectors.stores.fakes import article, document, duplicate
from tests.connectors.stores.test_delivered import RECORDS, change, gone
from tests.pipelines.test_delivery import Delivering

pytestmark = pytest.mark.slow
REASON = "the extra is not installed here: `make test-gcp` runs this in .tools/gcp"
pytest.importorskip("apitools", reason=REASON)
pytest.importorskip("google.cloud.bigquery", reason=REASON)
pytest.importorskip("google.cloud.pubsub", reason=REASON)

CHANGES = [*(change(one) for one in RECORDS.values() if one is not RECORDS["duplicates"]), gone("x")]


class Client:
    """Google's BigQuery client, as far as inserts need it. It travels to workers, so it notes all in a folder."""

    def __init__(self, folder: Path, *, errors: dict[str, str] | None = None) -> None:
        self.folder, self.errors = folder, errors or {}
        self.tables = SimpleNamespace(Get=self.get, Insert=self.insert)
        self.jobs = SimpleNamespace(Get=self.state_of, Insert=self.begin)

    def __reduce__(self) -> Any:
        return _client, (self.folder, self.errors)

    def get(self, request: Any) -> Any:
        from apitools.base.py.exceptions import HttpError

        path = self.folder / "table.json"
        if not path.exists():
            raise HttpError({"status": "404"}, b"", "")
        return SimpleNamespace(schema=None)

    def insert(self, request: Any) -> Any:
        from apitools.base.py import encoding

        (self.folder / "table.json").write_text(encoding.MessageToJson(request.table))
        return request.table

    def begin(self, request: Any, upload: Any = None) -> Any:
        """Begin a load: its files are there only now."""
        from apitools.base.py import encoding

        with (self.folder / "loads.jsonl").open("a") as file:
            file.write(encoding.MessageToJson(request.job) + "\n")
        with (self.folder / "rows.jsonl").open("a") as file:
            for uri in request.job.configuration.load.sourceUris:
                file.write(Path(uri).read_text())
        return request.job

    def state_of(self, request: Any) -> Any:
        failed = SimpleNamespace(message="no such dataset") if (self.folder / "fails").exists() else None
        return SimpleNamespace(id=request.jobId, status=SimpleNamespace(state="DONE", errorResult=failed))

    def loads(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "loads.jsonl").read_text().splitlines()]

    def insert_rows_json(self, table: str, json_rows: list[dict[str, Any]], **named: Any) -> list[dict[str, Any]]:
        with (self.folder / "rows.jsonl").open("a") as file:
            for one in json_rows:
                if one["id"] not in self.errors:
                    file.write(json.dumps({"table": table, "row": one}) + "\n")
        return [
            {"index": at, "errors": [{"reason": self.errors[one["id"]], "message": "said so"}]}
            for at, one in enumerate(json_rows)
            if one["id"] in self.errors
        ]

    def rows(self) -> list[dict[str, Any]]:
        path = self.folder / "rows.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _client(folder: Path, errors: dict[str, str]) -> Client:
    return Client(folder, errors=errors)


class Faked(BigQueryStore):
    """The store with a client that stands for Google's."""

    client: Client

    def sink(self) -> Any:
        sink = super().sink()
        sink._test_client = self.client
        return sink


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    from apache_beam.io.gcp import bigquery

    monkeypatch.setattr(bigquery, "_KNOWN_TABLES", set())
    (tmp_path / "service").mkdir()
    return Client(tmp_path / "service")


def store(client: Client, **options: Any) -> Faked:
    one = Faked("my-project", "news", **options)
    one.client = client
    return one


def hand_on(one: Any, changes: list[Change]) -> None:
    delivery.run_pipeline(one, changes, ("--runner=FnApiRunner",))


def test_the_extra_is_found_where_it_is_installed() -> None:
    BigQueryStore("my-project", "news").check()
    PubSubStore("my-project", "news").check()


def test_inserts_make_the_table_and_append_every_change(client: Client) -> None:
    hand_on(store(client, prefix="uk_"), CHANGES)
    found = client.rows()
    assert {one["table"] for one in found} == {"my-project.news.uk_changes"}
    assert sorted((one["row"] for one in found), key=lambda one: one["id"]) == sorted(
        (row(one) for one in CHANGES), key=lambda one: one["id"]
    )
    made = json.loads((client.folder / "table.json").read_text())
    assert made["schema"]["fields"] == [dict(column) for column in schema()]
    assert made["clustering"] == {"fields": ["collection", "id"]}


def test_an_insert_that_is_not_taken_fails_with_the_id_and_its_reason(client: Client) -> None:
    client.errors["x"] = "invalid"
    with pytest.raises(Exception, match="my-project/news: BigQuery did not take the row x: ") as error:
        hand_on(store(client), CHANGES)
    said, ours = delivery.cause(error.value)
    assert ours
    assert "'reason': 'invalid'" in said
    assert len(client.rows()) == len(CHANGES) - 1


def test_changes_of_several_commits_are_appended_under_their_numbers(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "place").mkdir()
    place, one = Delivering(tmp_path / "place"), store(client)
    place.ledger = one  # type: ignore[assignment]
    place.stores[-1] = one
    handing = place.delivery(monkeypatch)
    a, b = document("a"), document("b")
    place.commit(Settlement(records=(article(a), article(b))))
    client.errors[a.id] = "invalid"
    with pytest.raises(Failed, match=r"bigquery:my-project/news: 2 changes could not be handed on: BigQuery did not"):
        handing.all()
    with place.state.read() as connection:
        assert len(outbox.waiting(connection, one.url, 10)) == 2
    client.errors.clear()
    handing.all()
    place.commit(Settlement(records=(duplicate(b, a),)))
    handing.all()
    latest: dict[str, dict[str, Any]] = {}
    for line in sorted((line["row"] for line in client.rows()), key=lambda one: one["commit_number"]):
        latest[line["id"]] = line
    assert {name: (line["collection"], line["commit_number"]) for name, line in latest.items()} == {
        a.id: ("articles", 1),
        b.id: ("duplicates", 2),
    }


def test_loads_write_files_and_append_them_in_one_job(client: Client, tmp_path: Path) -> None:
    loads = store(client, method="FILE_LOADS", temp=str(tmp_path / "files"))
    hand_on(loads, CHANGES)
    (job,) = client.loads()
    load = job["configuration"]["load"]
    target = load["destinationTable"]
    assert [target[name] for name in ("projectId", "datasetId", "tableId")] == ["my-project", "news", "changes"]
    assert (load["writeDisposition"], load["createDisposition"]) == ("WRITE_APPEND", "CREATE_IF_NEEDED")
    assert load["schema"]["fields"] == [dict(column) for column in schema()]
    assert load["clustering"] == {"fields": ["collection", "id"]}
    assert sorted(client.rows(), key=lambda one: str(one["id"])) == sorted(
        (row(one) for one in CHANGES), key=lambda one: one["id"]
    )


def test_a_load_that_fails_fails_the_delivery(client: Client, tmp_path: Path) -> None:
    (client.folder / "fails").touch()
    with pytest.raises(Exception, match="BigQuery job") as error:
        hand_on(store(client, method="FILE_LOADS", temp=str(tmp_path / "files")), CHANGES)
    assert "no such dataset" in delivery.cause(error.value)[0]


def test_messages_carry_the_record_its_attributes_and_its_ordering_key() -> None:
    with mock.patch("google.cloud.pubsub.PublisherClient") as made:
        publisher = made.return_value
        publisher.topic_path.side_effect = lambda project, topic: f"projects/{project}/topics/{topic}"
        hand_on(PubSubStore("my-project", "news"), CHANGES)
    assert made.call_args.kwargs["publisher_options"].enable_message_ordering
    calls = {call.kwargs["id"]: call for call in publisher.publish.call_args_list}
    assert calls.keys() == {one.id for one in CHANGES}
    for one in CHANGES:
        assert calls[one.id].args == ("projects/my-project/topics/news", data(one))
        assert calls[one.id].kwargs == {**attributes(one), "ordering_key": one.id}
    assert publisher.publish.return_value.result.call_count == len(CHANGES), "each answer is waited for"


def test_a_message_that_is_not_taken_fails_the_delivery() -> None:
    with mock.patch("google.cloud.pubsub.PublisherClient") as made:
        made.return_value.publish.return_value.result.side_effect = RuntimeError("no such topic")
        with pytest.raises(Exception, match="no such topic") as error:
            hand_on(PubSubStore("my-project", "news"), CHANGES)
    assert delivery.cause(error.value) == ("no such topic (RuntimeError)", False)
