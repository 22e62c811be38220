"""A store's name in the state leads back to the store."""

from pathlib import Path

import pytest

from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import store_name
from newsbeam.connectors.stores.names import open_known, store_url
from newsbeam.connectors.stores.store import StoreError
from newsbeam.connectors.stores.urls import open_store


class Elsewhere:
    """A state in a server has no path."""

    path = None


@pytest.mark.parametrize("form", ["jsonl:{0}/out", "jsonl:{0}/in/a/deep", "sqlite:///{0}/news.db", "sqlite:///{0}/b/n"])
def test_the_address_is_found_again(tmp_path: Path, form: str) -> None:
    state = open_state(f"sqlite:///{tmp_path}/in/state.db")
    store = open_store(form.format(tmp_path))
    name = store_name(state, store)
    assert str(tmp_path) not in name
    assert store_url(state, name) == store.url
    assert store_name(state, open_store(store_url(state, name))) == name


@pytest.mark.parametrize(
    "name", ["postgresql+psycopg://user@host/news", "parquet:s3://bucket/news", "kafka://host:9092/news"]
)
def test_an_address_with_a_host_is_its_own_name(tmp_path: Path, name: str) -> None:
    assert store_url(open_state(f"sqlite:///{tmp_path}/state.db"), name) == name


@pytest.mark.parametrize("name", ["jsonl:/a/b", "sqlite:////a/b.db"])
def test_a_state_in_a_server_knows_whole_addresses(name: str) -> None:
    assert store_url(Elsewhere(), name) == name  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["jsonl:{0}/none", "sqlite:///{0}/none.db"])
def test_where_a_store_must_be_none_is_made(tmp_path: Path, form: str) -> None:
    with pytest.raises(StoreError, match="bring it back"):
        open_known(form.format(tmp_path))
    assert list(tmp_path.iterdir()) == []
