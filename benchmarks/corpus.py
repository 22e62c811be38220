"""A WARC of dev pages from every set of the evaluation data, in an order that depends on nothing but their names."""

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

from places import shared
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

_CAPTURED = "2023-05-03T12:00:00Z"


def mixed_warc(out: Path, pages: int) -> int:
    """Write up to `pages` dev pages to `out`; how many there were."""
    chosen = sorted(_dev_pages(shared() / "data"), key=lambda one: hashlib.sha1(one[0].encode()).digest())[:pages]
    taken: set[str] = set()
    with out.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for name, url, page in chosen:
            if url in taken:
                url = f"https://{name.replace('/', '.example/')}"
            taken.add(url)
            _write(writer, url, gzip.decompress(page.read_bytes()))
    return len(chosen)


def _dev_pages(data: Path) -> Iterator[tuple[str, str, Path]]:
    """Name (set/id), address and file of each dev page that has one."""
    for folder in sorted(one.parent for one in data.glob("*/dev.ids")):
        dev = set((folder / "dev.ids").read_text("utf-8").split())
        for line in (folder / "gold.jsonl").read_bytes().split(b"\n"):
            row = json.loads(line or b"{}")
            page = folder / "pages" / f"{row.get('id')}.html.gz"
            if row.get("id") in dev and page.exists():
                yield f"{folder.name}/{row['id']}", _address(folder.name, row), page


def _address(name: str, row: dict[str, str]) -> str:
    url = (row.get("url") or "").strip().partition("#")[0].replace(" ", "%20")
    return (
        url
        if url.startswith(("http://", "https://"))
        else f"https://{row.get('host') or name + '.example'}/{row['id']}"
    )


def _write(writer: WARCWriter, url: str, body: bytes) -> None:
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], "HTTP/1.1")
    record = writer.create_warc_record(
        url, "response", payload=io.BytesIO(body), http_headers=head, warc_headers_dict={"WARC-Date": _CAPTURED}
    )
    writer.write_record(record)
