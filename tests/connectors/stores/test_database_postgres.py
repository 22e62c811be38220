"""x"""

from pathlib import Path

from tests.connectors.stores.fakes import Place
from tests.connectors.stores.test_commit import SEQUENCE
from tests.postgres import Server


def test_x(postgres: str, tmp_path: Path) -> None:
    place = Place.__new__(Place)
    place.folder = tmp_path
    place.urls = [postgres]
    place.state_url = f"{postgres}&schema=newsbeam_state"
    place.start()
    for one in SEQUENCE:
        place.commit(one)
    print(place.contents())
    place.restart()


def test_y(postgres_server: Server, postgres: str):
    postgres_server.restart()
    postgres_server.execute("select 1")
