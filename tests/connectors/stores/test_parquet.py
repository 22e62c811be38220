"""Parquet stores: what is written is what was given, by a documented schema, and other programs read it."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from newsbeam.connectors.stores import columns
from newsbeam.connectors.stores.columns import Columns
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.file_addresses import open_files
from newsbeam.connectors.stores.forms import Edit
from newsbeam.connectors.stores.rows import FIELDS, row
from newsbeam.connectors.stores.schemas import DESCRIPTIONS, SCHEMAS
from newsbeam.connectors.stores.store import StoreError
from newsbeam.records import COLLECTIONS, Attribution, Removed
from tests.connectors.stores.fakes import Place, article, document, duplicate, origin, rejected

PAGE = (Path(__file__).parents[3] / "docs/files.md").read_text("utf-8")
EL = document("el", language="el")
HOSTILE = {
    "nothing": document("nothing", title=None, authors=(), removed=(), tags=(), published=None),
    "emoji": document(
        "emoji",
        "Ein 🐳 und\u2028 \U0001f468\u200d\U0001f469 \u0000 \x1f\ttab",
        title="\ud800 alone",
        tags=("", "ß", "日本"),
    ),
    "large": document("large", "Wal 🐳. " * 700_000),
    "taken apart": document(
        "apart", removed=tuple(Removed(kind="notice", text=f"No {n}", position=n) for n in range(10_000))
    ),
    "credited": document("credited", attribution=Attribution(source="dpa", kind="agency", evidence="(dpa)")),
    "paywalled": document("paywalled", paywalled=False, language_confidence=1e-300, word_count=2**31 - 1),
}


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet"))


def test_the_layout(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("parquet",))
    place.commit(Settlement(records=(article(document("one")), article(EL)), rejected=(rejected(origin("x")),)))
    assert [name.rpartition("/part-00001-")[0] for name in files(tmp_path / "columns")] == [
        "articles/date=2026-11-20/lang=el",
        "articles/date=2026-11-20/lang=en",
        "rejected/date=2026-11-20",
    ]
    metadata = pq.read_metadata(next((tmp_path / "columns/rejected").rglob("*.parquet")))
    assert metadata.metadata[b"newsbeam.schema_version"] == b"1"
    assert metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize("kind", ["parquet", "jsonl-zstd-day", pytest.param("jsonl-gzip", marks=pytest.mark.slow)])
def test_rows_come_back_as_they_were(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, stores=(kind,))
    records = [article(one) for one in HOSTILE.values()]
    place.commit(Settlement(records=tuple(records), rejected=(rejected(origin("x"), retry_at="2026-11-21T00:00:00Z"),)))
    place.commit(Settlement(records=(article(document("later")), duplicate(EL, HOSTILE["emoji"]))))
    found = {one["id"]: one for one in place.stores[0].rows("articles")}
    for record in records:
        wanted = row(record, run_id="run", updated_at="2026-11-20T12:00:00Z")
        assert found[record.document.id] == wanted
        assert list(found[record.document.id]) == list(FIELDS["articles"])
    (copy,) = place.stores[0].rows("duplicates")
    assert (copy["relation"], copy["similarity"], list(copy)) == ("near", 0.75, list(FIELDS["duplicates"]))
    (one,) = place.stores[0].rows("rejected")
    assert (one["attempts"], one["retry_at"]) == (1, "2026-11-21T00:00:00Z")
    assert place.stores[0].count() == place.state.counts()
    assert [*place.stores[0].rows("articles", since="2026-11-20T12:00:01Z")] == []


def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "GROUP_BYTES", 20_000)
    rows = [row(article(document(f"s{n}", "Text. " * 300)), run_id="r", updated_at="u") for n in range(50)]
    with (tmp_path / "one").open("wb") as out:
        assert Columns().write(out, "articles", [], Edit(added=rows)) == 50
    with (tmp_path / "one").open("rb") as source, (tmp_path / "two").open("wb") as out:
        gone, changed = rows[0]["id"], rows[1] | {"title": "Another"}
        edit = Edit(gone=frozenset((gone,)), changed={rows[1]["id"]: changed})
        assert Columns().write(out, "articles", [source], edit) == 49
    for name in ("one", "two"):
        metadata = pq.read_metadata(tmp_path / name)
        assert 3 < metadata.num_row_groups < 12
        assert all(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))
    with (tmp_path / "two").open("rb") as source:
        held = {one["id"]: one for one in Columns().rows(source, "articles")}
    assert held == {one["id"]: one for one in [changed, *rows[2:]]}


def test_folders_of_partitions_that_became_empty_go(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("parquet",))
    folder = tmp_path / "columns"
    greek = document("greek", language="el")
    place.commit(Settlement(records=(article(document("one")), article(greek)), rejected=(rejected(origin("x")),)))
    assert (folder / "articles/date=2026-11-20/lang=el").is_dir()
    (folder / "rejected/date=2026-11-20/kept").write_bytes(b"somebody's own")
    place.commit(Settlement(records=(duplicate(greek, document("one")),), cleared=(origin("x"),)))
    folders = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_dir())
    assert folders == [
        "articles",
        "articles/date=2026-11-20",
        "articles/date=2026-11-20/lang=en",
        "duplicates",
        "duplicates/date=2026-11-20",
        "duplicates/date=2026-11-20/lang=el",
        "rejected",
        "rejected/date=2026-11-20",
    ]
    place.commit(Settlement(removed_ids=(document("one").id, greek.id)))
    assert sorted(path.name for path in folder.iterdir()) == ["articles", "duplicates", "rejected"]
    assert not any((folder / "articles").iterdir())
    place.restart()
    assert place.state.counts() == dict.fromkeys(COLLECTIONS, 0)


def test_a_commit_that_fails_leaves_no_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, stores=("parquet",))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            place.commit(Settlement(records=(article(document("one")),)))
    assert list((tmp_path / "columns").rglob("date=*")) == []


def test_the_schema_is_that_of_the_contract_and_of_the_page() -> None:
    documented = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+?) \|$", PAGE, re.MULTILINE)
    types = {name: kind for name, kind, _ in documented}
    for collection in COLLECTIONS:
        assert tuple(SCHEMAS[collection].names) == FIELDS[collection]
        for field in SCHEMAS[collection]:
            assert types[field.name] == str(field.type)
            assert field.metadata[b"description"].decode() == DESCRIPTIONS[field.name]
    assert {name: meaning for name, _, meaning in documented} == dict(DESCRIPTIONS)


def queries(language: str) -> list[str]:
    """The page's blocks of a language."""
    return re.findall(rf"```{language}\n(.+?)```", PAGE, re.DOTALL)


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder from which the page's queries are run."""
    one = document("one")
    kept = (article(one), article(EL), article(document("other", fetched_at="2026-11-21T01:00:00Z")))
    for name, form in (
        ("out", "jsonl:{}"),
        ("packed", "jsonl:{}?compression=zstd&partition=day"),
        ("zipped", "jsonl:{}?compression=gzip"),
        ("lake", "parquet:{}"),
    ):
        place = Place(tmp_path / f"of-{name}", stores=())
        place.urls = [form.format(tmp_path / name)]
        place.restart()
        place.commit(Settlement(records=kept))
        place.commit(Settlement(records=(duplicate(document("copy"), one), article(document("second")))))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_queries_of_the_page(read: Path) -> None:
    found = [duckdb.sql(query).fetchall() for query in queries("sql")]
    assert len(found) == 6
    assert [len(rows) for rows in found] == [4, 3, 4, 2, 1, 1]
    assert found[3] == [("en", 3, 7.0), ("el", 1, 7.0)]
    assert found[4] == [("Story one", "copy.example", "near", 0.75)]
    assert found[5] == [("notice", 4)]


def test_the_lines_of_the_page(read: Path) -> None:
    (lines,) = queries("python")
    names: dict[str, Any] = {}
    exec(lines, names)
    assert names["greek"].column("id").to_pylist() == [EL.id]
    assert names["greek"].column("language").to_pylist() == ["el"]
    assert names["everything"].num_rows == 4
    assert names["description"].decode() == DESCRIPTIONS["body"]


def test_programs_read_path_and_file_without_a_clash(read: Path) -> None:
    dataset = ds.dataset("lake/articles", partitioning="hive").to_table().to_pylist()
    assert all(one["language"] == one["lang"] and one["date"] == one["fetched_at"][:10] for one in dataset)
    table = pq.read_table("lake/articles")
    assert table.column("language").to_pylist() == table.column("lang").to_pylist()
    query = (
        "SELECT count(*) FROM read_parquet('lake/articles/**/*.parquet', hive_partitioning=true) WHERE lang = language"
    )
    assert duckdb.sql(query).fetchall() == [(4,)]


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    store = open_files(f"parquet:{tmp_path}")
    store.check()
    (tmp_path / "articles/part-1.parquet").write_bytes(b"nothing")
    with pytest.raises(StoreError, match=rf"^parquet:{tmp_path}: cannot be read"):
        list(store.rows("articles"))
    with pytest.raises(StoreError, match=rf"^parquet:{tmp_path}: cannot be read"):
        store.count()


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_compressed_lines_that_are_broken_are_named(tmp_path: Path, compression: str) -> None:
    store = open_files(f"jsonl:{tmp_path}?compression={compression}")
    store.check()
    suffix = {"zstd": "zst", "gzip": "gz"}[compression]
    (tmp_path / f"articles/part-1.jsonl.{suffix}").write_bytes(b"nothing at all")
    with pytest.raises(StoreError, match=rf"^jsonl:{tmp_path}: cannot be read"):
        list(store.rows("articles"))
