"""BigQuery and Pub/Sub without their packages: addresses, options, columns, rows and messages."""

import datetime
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from newsbeam.connectors.stores import rows
from newsbeam.connectors.stores.bigquery import MAX_BYTES, BigQueryStore, open_bigquery, row, schema
from newsbeam.connectors.stores.bigquery_views import views
from newsbeam.connectors.stores.delivered import Change, DeliveredStore
from newsbeam.connectors.stores.pubsub import PubSubStore, attributes, data
from newsbeam.connectors.stores.store import StoreError, UnknownStore
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.records import COLLECTIONS, Article, Attribution, Collection, Duplicate, Rejected
from tests.connectors.stores.fakes import article, document, duplicate, origin, rejected

DOCS = Path(__file__).parents[3] / "docs" / "bigquery-pubsub.md"
FULL = document(
    "full",
    feed_url="https://full.example/feed",
    modified="2026-11-20",
    comments=("First!",),
    attribution=Attribution(source="AP", kind="agency", evidence="(AP)"),
    paywalled=False,
    image="https://full.example/a.png",
)
RECORDS: Mapping[Collection, Article | Duplicate | Rejected] = {
    "articles": article(FULL, kept_because=("earliest",)),
    "duplicates": duplicate(FULL, document("kept")),
    "rejected": rejected(origin("slow"), feed_url="https://slow.example/feed", retry_at="2026-11-20T12:00:00Z"),
}


def change(record: Article | Duplicate | Rejected, number: int = 7, **changes: Any) -> Change:
    values = rows.row(record, run_id="run", updated_at="2026-11-20T12:00:00Z") | changes
    return Change(
        id=str(values["id"]),
        operation="UPSERT",
        number=number,
        changed_at="2026-11-20T12:00:00Z",
        collection=rows.collection_of(record),
        row=values,
    )


def gone(name: str, number: int = 8) -> Change:
    return Change(id=name, operation="DELETE", number=number, changed_at="2026-11-20T13:00:00Z")


# Addresses


def test_addresses_name_their_store_without_options() -> None:
    one = open_store("bigquery:my-project/news")
    assert isinstance(one, BigQueryStore)
    assert (one.url, one.method, one.table, one.delivered) == (
        "bigquery:my-project/news",
        "STREAMING_INSERTS",
        "changes",
        True,
    )
    loads = open_bigquery("bigquery:example.com:my-project/news?method=FILE_LOADS&temp=gs://my-bucket/tmp&prefix=uk_")
    assert (loads.project, loads.url) == ("example.com:my-project", "bigquery:example.com:my-project/news/uk_")
    assert (loads.temp, loads.table) == ("gs://my-bucket/tmp", "uk_changes")
    topic = open_store("pubsub:my-project/news.all")
    assert isinstance(topic, PubSubStore)
    assert (topic.url, topic.topic) == ("pubsub:my-project/news.all", "projects/my-project/topics/news.all")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("bigquery:my-project", "two names are needed, bigquery:PROJECT/DATASET"),
        ("bigquery:my-project/a/b", "two names are needed, bigquery:PROJECT/DATASET"),
        ("bigquery:My-Project/news", "'My-Project' is no project id: 6 to 30 small letters"),
        ("bigquery:abc/news", "'abc' is no project id: 6 to 30 small letters"),
        ("bigquery:my-project/my-news", "'my-news' is no dataset: letters, digits and underscores only, at most 1,024"),
        ("bigquery:my-project/news?method=CDC", "option method=CDC: give one of STREAMING_INSERTS, FILE_LOADS"),
        ("bigquery:my-project/news?method=FILE_LOADS", "option method=FILE_LOADS: files need a place on their way"),
        ("bigquery:my-project/news?temp=gs://my-bucket", "option temp=gs://my-bucket: only loads use it"),
        ("bigquery:my-project/news?method=FILE_LOADS&temp=/tmp", "option temp=/tmp: give a place in Cloud Storage"),
        ("bigquery:my-project/news?prefix=a-b", "option prefix=a-b: letters, digits and underscores only, at most 100"),
        ("bigquery:my-project/news?location=EU", "option location=EU: not known here; known: method, temp, prefix"),
        ("bigquery:my-project/news?prefix=a&prefix=b", "option prefix: given twice (a, b); give it once"),
        ("pubsub:my-project", "two names are needed, pubsub:PROJECT/TOPIC"),
        ("pubsub:my_project/news", "'my_project' is no project id"),
        ("pubsub:my-project/goognews", "'goognews' is no topic: 3 to 255 letters"),
        ("pubsub:my-project/no", "'no' is no topic: 3 to 255 letters"),
        ("pubsub:my-project/news?ordering=no", "option ordering=no: not known here; there are none"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_before_anything_is_asked(url: str, said: str) -> None:
    with pytest.raises(UnknownStore) as error:
        open_store(url)
    assert str(error.value).startswith(f"{url}: {said}")


@pytest.mark.parametrize("url", ["bigquery:my-project/news", "pubsub:my-project/news"])
def test_such_a_store_has_no_place_for_a_state_and_is_read_elsewhere(url: str) -> None:
    with pytest.raises(UnknownStore, match="--state"):
        default_state_url(url)
    store = open_store(url)
    store.verify(dict.fromkeys(COLLECTIONS, 5), [])
    with pytest.raises(StoreError, match=r"newsbeam does not read it back: (query the views|subscribe to the topic)"):
        store.rows("articles")
    with pytest.raises(StoreError, match="newsbeam does not count here"):
        store.count()


@pytest.mark.parametrize("url", ["bigquery:my-project/news", "pubsub:my-project/news"])
def test_an_extra_that_is_missing_is_named(url: str) -> None:
    store = open_store(url)
    assert isinstance(store, DeliveredStore)
    store.needs = ("json",)
    store.check()
    store.needs = ("json", "google.no_such_package.at_all")
    with pytest.raises(StoreError) as error:
        store.check()
    expected = f"{url}: google.no_such_package.at_all is not installed: pip install 'newsbeam[gcp]'"
    assert str(error.value) == expected


@pytest.mark.skipif(importlib.util.find_spec("apitools") is not None, reason="the extra is installed here")
def test_the_extra_is_missed_where_it_is_not_installed() -> None:
    with pytest.raises(StoreError, match=r"pip install 'newsbeam\[gcp\]'"):
        open_store("bigquery:my-project/news").check()


# BigQuery's columns and rows


def test_every_field_of_the_contract_has_a_column() -> None:
    names = [column["name"] for column in schema()]
    assert len(names) == len(set(names))
    assert names[:5] == ["id", "operation", "changed_at", "commit_number", "collection"]
    assert set(names[5:]) == {name for fields in rows.FIELDS.values() for name in fields} - {"id"}


def test_columns_have_the_types_of_the_contract() -> None:
    by_name = {column["name"]: column for column in schema()}
    strings = (
        "url canonical_url feed_url site title published modified language declared_language body cluster_id "
        "duplicate_of extracted_from image fingerprint relation stage reason detail run_id collection"
    ).split()
    expected = {
        **dict.fromkeys(strings, ("STRING", "NULLABLE")),
        **dict.fromkeys(("id", "operation"), ("STRING", "REQUIRED")),
        **dict.fromkeys(("authors", "comments", "kept_because", "tags", "reserved"), ("STRING", "REPEATED")),
        **dict.fromkeys(("schema_version", "word_count", "attempts"), ("INTEGER", "NULLABLE")),
        **dict.fromkeys(("language_confidence", "similarity"), ("FLOAT", "NULLABLE")),
        **dict.fromkeys(("fetched_at", "first_seen", "last_seen", "retry_at", "updated_at"), ("TIMESTAMP", "NULLABLE")),
        "changed_at": ("TIMESTAMP", "REQUIRED"),
        "commit_number": ("INTEGER", "REQUIRED"),
        "paywalled": ("BOOLEAN", "NULLABLE"),
        "removed": ("RECORD", "REPEATED"),
        "attribution": ("RECORD", "NULLABLE"),
    }
    assert {name: (column["type"], column["mode"]) for name, column in by_name.items()} == expected
    parts = {
        name: [(field["name"], field["type"]) for field in by_name[name]["fields"]]
        for name in ("removed", "attribution")
    }
    assert parts == {
        "removed": [("kind", "STRING"), ("text", "STRING"), ("position", "INTEGER")],
        "attribution": [("source", "STRING"), ("kind", "STRING"), ("evidence", "STRING")],
    }


def fits(value: Any, column: Mapping[str, Any]) -> bool:
    """Whether BigQuery would take the value in the column."""
    if column["mode"] == "REPEATED":
        return isinstance(value, list) and all(fits(one, {**column, "mode": "REQUIRED"}) for one in value)
    match column["type"]:
        case "RECORD":
            return [*value] == [field["name"] for field in column["fields"]] and all(
                fits(value[field["name"]], field) for field in column["fields"]
            )
        case "TIMESTAMP":
            return datetime.datetime.fromisoformat(value).tzinfo is not None
        case other:
            types = {"STRING": str, "INTEGER": int, "FLOAT": float, "BOOLEAN": bool}
            return type(value) is types[other]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_record_fits_the_columns_and_none_of_its_values_is_lost(collection: Collection) -> None:
    one, columns = change(RECORDS[collection]), {column["name"]: column for column in schema()}
    values = row(one)
    assert [name for name, value in values.items() if not fits(value, columns[name])] == []
    assert {name for name, column in columns.items() if column["mode"] == "REQUIRED"} <= values.keys()
    assert one.row is not None
    assert {name: value for name, value in values.items() if name in one.row} == {
        name: value for name, value in one.row.items() if value is not None
    }
    told = {name: values[name] for name in ("operation", "changed_at", "commit_number", "collection")}
    assert told == {
        "operation": "UPSERT",
        "changed_at": "2026-11-20T12:00:00Z",
        "commit_number": 7,
        "collection": collection,
    }
    assert orjson.loads(orjson.dumps(values)) == values


def test_a_removal_is_a_row_of_its_id_alone() -> None:
    assert row(gone("x")) == {
        "id": "x",
        "operation": "DELETE",
        "changed_at": "2026-11-20T13:00:00Z",
        "commit_number": 8,
    }


def test_a_row_that_no_insert_takes_is_refused_and_a_load_takes_it() -> None:
    inserts = BigQueryStore("my-project", "news")
    loads = BigQueryStore("my-project", "news", method="FILE_LOADS", temp="gs://my-bucket")
    large = change(RECORDS["articles"], body="x" * MAX_BYTES["STREAMING_INSERTS"])
    said = inserts.refusal(large)
    assert said is not None
    assert said.endswith("STREAMING_INSERTS takes 9437184")
    assert loads.refusal(large) is None
    wide = change(RECORDS["articles"], body="\N{GRINNING FACE}" + "x" * (MAX_BYTES["STREAMING_INSERTS"] // 3))
    assert inserts.refusal(wide) is not None, "Beam measures what it takes in memory: four bytes a character here"
    assert inserts.refusal(change(RECORDS["articles"])) is None
    assert (inserts.every, loads.every) == (1.0, 60.0)


# The views, in an SQL that they share with DuckDB

_DUCK = {"STRING": "VARCHAR", "INTEGER": "BIGINT", "FLOAT": "DOUBLE", "BOOLEAN": "BOOLEAN", "TIMESTAMP": "TIMESTAMPTZ"}


def _duck(column: Mapping[str, Any]) -> str:
    """The column's type."""
    if column["type"] == "RECORD":
        inner = ", ".join(f"{field['name']} {_duck(field)}" for field in column["fields"])
        kind = f"STRUCT({inner})"
    else:
        kind = _DUCK[column["type"]]
    return kind + ("[]" if column["mode"] == "REPEATED" else "")


def seen(*changes: Change, then: str = "SELECT 1") -> dict[str, dict[str, dict[str, Any]]]:
    """What the views show, by collection and id, after another statement."""
    with duckdb.connect() as database:
        columns = ", ".join(f"{column['name']} {_duck(column)}" for column in schema())
        database.execute(f'CREATE TABLE "my-project.news.changes" ({columns})')
        for one in changes:
            values = row(one)
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            database.execute(f'INSERT INTO "my-project.news.changes" ({names}) VALUES ({marks})', [*values.values()])
        database.execute(views(BigQueryStore("my-project", "news")).replace("`", '"'))
        database.execute(then.replace("`", '"'))
        found = {}
        for collection in COLLECTIONS:
            shown = database.execute(f'SELECT * FROM "my-project.news.{collection}"')
            names = [one[0] for one in shown.description]
            assert tuple(names) == rows.FIELDS[collection]
            lines = [dict(zip(names, line, strict=True)) for line in shown.fetchall()]
            found[collection] = {line["id"]: line for line in lines}
            assert len(found[collection]) == len(lines), "an id stands once"
        return found


def test_the_views_show_the_latest_row_of_each_id_where_it_stands() -> None:
    one, two, slow = document("one"), document("two"), RECORDS["rejected"]
    changes = [
        change(article(one), 1),
        change(article(two), 1),
        change(slow, 1),
        change(article(document("one", title="Corrected")), 2),
        change(duplicate(two, one), 3),
        gone(change(slow).id, 4),
        change(article(document("one", title="Corrected")), 2),
        change(RECORDS["articles"], 5),
    ]
    for order in (changes, changes[::-1]):
        found = seen(*order)
        assert {name: sorted(ids) for name, ids in found.items()} == {
            "articles": sorted((one.id, FULL.id)),
            "duplicates": [two.id],
            "rejected": [],
        }
        assert found["articles"][one.id]["title"] == "Corrected"
        assert found["articles"][FULL.id]["removed"] == [
            {"kind": "notice", "text": "All rights reserved.", "position": 3}
        ]
        assert found["articles"][FULL.id]["attribution"]["source"] == "AP"
        assert found["duplicates"][two.id]["relation"] == "near"


def test_the_documented_views_are_those_that_are_made() -> None:
    assert views(BigQueryStore("my-project", "news")) in DOCS.read_text("utf-8")


def test_dropping_what_is_superseded_changes_nothing_that_a_view_shows() -> None:
    one, two = document("one"), document("two")
    changes = [
        change(article(one), 1),
        change(article(two), 1),
        change(article(document("one", title="Corrected")), 2),
        change(duplicate(two, one), 3),
        change(RECORDS["rejected"], 4),
        gone(change(RECORDS["rejected"]).id, 5),
    ]
    (drop,) = re.findall(r"^DELETE FROM .*?;$", DOCS.read_text("utf-8"), re.M | re.S)
    assert seen(*changes, then=drop) == seen(*changes)


# Pub/Sub's messages


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_message_is_the_record_as_json_and_tells_what_it_is(collection: Collection) -> None:
    one = change(RECORDS[collection])
    assert orjson.loads(data(one)) == one.row
    assert [*orjson.loads(data(one))] == [*rows.FIELDS[collection]]
    assert attributes(one) == {
        "id": one.id,
        "operation": "UPSERT",
        "collection": collection,
        "schema_version": "1",
        "commit_number": "7",
        "changed_at": "2026-11-20T12:00:00Z",
    }


def test_a_removal_is_a_message_without_a_collection() -> None:
    one = gone("x")
    assert data(one) == b'{"id":"x"}'
    assert (attributes(one)["operation"], "collection" in attributes(one)) == ("DELETE", False)


def test_a_message_over_ten_megabytes_is_refused() -> None:
    store = PubSubStore("my-project", "news")
    said = store.refusal(change(RECORDS["articles"], body="x" * 10_000_000))
    assert said is not None
    assert said.endswith("Pub/Sub takes 10000000")
    assert store.refusal(change(RECORDS["articles"], body="x" * 9_900_000)) is None
