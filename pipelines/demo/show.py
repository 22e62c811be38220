"""`newsbeam demo`: the main job over the bundled world, and what a newcomer may want to look at."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from newsbeam.config.settings import load
from newsbeam.pipelines import batch, report
from newsbeam.pipelines.demo.server import DemoServer
from newsbeam.pipelines.request import Request

HURRIED = (
    "fetch.host_delay=0.02",
    "fetch.host_connections=4",
    "fetch.retry_wait=0.1",
    "extract.deadline=4",
)
"""A loopback world needs no politeness; and its one page that never ends need not be waited for long."""


def run(out: Path) -> report.Report:
    """Fetch the bundled world into SQLite and JSON lines below `out`, and say what became of it."""
    lines, database = out / "jsonl", out / "news.db"
    with DemoServer() as server:
        print(f"a world of {len(server.feeds)} feeds is served on 127.0.0.1:{server.port} …", flush=True)
        outcome = batch.run(
            Request(
                feeds=(server.opml_url,),
                stores=(f"jsonl:{lines}", f"sqlite:///{database}"),
                allow=(f"127.0.0.0/8:{server.port}",),
                settings=load(assignments=HURRIED),
                beam=("--runner=FnApiRunner",),
            )
        )
    print(report.text(outcome))
    print(_fates(lines))
    print(_commands(lines, database))
    return outcome


def _rows(lines: Path, collection: str) -> Iterator[dict[str, Any]]:
    for file in sorted((lines / collection).glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield json.loads(line)


def _fates(lines: Path) -> str:
    """What lies in the store now: languages, copies with the kept one, rejected rows by reason."""
    articles = {row["id"]: row for row in _rows(lines, "articles")}
    languages = Counter(row["language"] for row in articles.values())
    said = ["", "In the stores:"]
    said.append(f"  {len(articles)} articles: " + ", ".join(f"{code} {n}" for code, n in sorted(languages.items())))
    for row in _rows(lines, "duplicates"):
        kept = articles.get(row["duplicate_of"], {})
        where = f"at {row['site']} of {kept.get('title')!r} at {kept.get('site')}"
        said.append(f"  copy ({row['relation']}): {row['title']!r} {where}")
    for row in _rows(lines, "rejected"):
        said.append(f"  rejected ({row['stage']}: {row['reason']}): {row['url'] or row['feed_url']}")
    return "\n".join(said)


def _commands(lines: Path, database: Path) -> str:
    """Commands that run on this machine: the database is asked by sqlite3 where there is one, else by Python."""
    queries = (
        "select site, title, word_count from articles where language = 'en'",
        "select site, relation, similarity, duplicate_of from duplicates",
    )
    asked = [_query(database, query) for query in queries]
    return "\n".join(("", "Look at it:", f"  head -n 1 {lines}/articles/*.jsonl | python3 -m json.tool", *asked))


def _query(database: Path, query: str) -> str:
    if shutil.which("sqlite3"):
        return f'  sqlite3 {database} "{query}"'
    asked = f"*sqlite3.connect('{database}').execute(\\\"{query}\\\")"
    return f"  python3 -c \"import sqlite3; print({asked}, sep='\\\\n')\""
