"""What every test may ask for."""

from collections.abc import Iterator

import pytest

from tests.postgres import Server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The session's PostgreSQL server, started when it is first asked for; whoever stops it starts it again."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The address of a fresh PostgreSQL database."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)
