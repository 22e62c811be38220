import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard

from newsbeam.connectors.http import decode
from newsbeam.connectors.http.decode import Body, encoding, unlabelled
from newsbeam.connectors.http.failures import FetchFailed

TEXT = bytes(random.Random(3).choices(b"abcdefgh <>/", k=60_000))


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def brotli_compress(data: bytes) -> bytes:
    return bytes(decode.brotli.compress(data, quality=4))


FORMS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("zstd", zstandard.compress),
]
if decode.brotli is not None:
    FORMS.append(("br", brotli_compress))


def body_of(name: str | None, data: bytes, *, step: int = 1000, limit: int = 100_000, cut: bool = False) -> bytes:
    body = Body(name, limit, cut=cut)
    for start in range(0, len(data), step):
        body.add(data[start : start + step])
        if body.full:
            break
    return body.end()


@pytest.mark.parametrize(("name", "compress"), FORMS)
@pytest.mark.parametrize("step", [1, 777, 10**6])
def test_every_encoding_is_undone_however_it_arrives(name: str, compress: Callable[[bytes], bytes], step: int) -> None:
    assert body_of(name, compress(TEXT[:5000] if step == 1 else TEXT), step=step) == TEXT[: 5000 if step == 1 else None]


@pytest.mark.parametrize(("name", "compress"), FORMS)
def test_a_stream_without_its_end_is_truncated(name: str, compress: Callable[[bytes], bytes]) -> None:
    data = compress(TEXT)
    for end in (1, len(data) // 2, len(data) - 1):
        with pytest.raises(FetchFailed) as caught:
            body_of(name, data[:end])
        assert (caught.value.reason, caught.value.transient) == ("truncated", True)


@pytest.mark.parametrize(("name", "compress"), FORMS)
def test_other_bytes_are_a_bad_encoding(name: str, compress: Callable[[bytes], bytes]) -> None:
    with pytest.raises(FetchFailed) as caught:
        body_of(name, b"<html><body>plain text, whatever the header says</body></html>" * 9)
    assert caught.value.reason in ("bad_encoding", "truncated")


@pytest.mark.parametrize(("name", "compress"), FORMS)
def test_a_bomb_stops_at_the_limit_and_takes_no_memory(name: str, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(b" " * 60_000_000)
    tracemalloc.start()
    with pytest.raises(FetchFailed) as caught:
        body_of(name, bomb, step=65_536, limit=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.reason == "too_large"
    assert peak < 30_000_000


def test_gzip_members_follow_each_other_and_other_bytes_after_them_are_ignored() -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0padding"
    for step in (1, 5, 10**6):
        assert body_of("gzip", data, step=step) == b"one two"


def test_the_limit_counts_the_wire_too() -> None:
    assert body_of(None, b"x" * 1000, limit=1000) == b"x" * 1000
    with pytest.raises(FetchFailed, match="too_large"):
        body_of(None, b"x" * 1001, limit=1000)


def test_a_body_that_may_be_cut_is_cut_at_the_limit() -> None:
    assert body_of(None, b"x" * 5000, limit=1500, cut=True) == b"x" * 1500
    assert body_of("gzip", gzip.compress(TEXT), limit=1500, cut=True) == TEXT[:1500]


def test_an_empty_body_is_empty_whatever_its_encoding() -> None:
    assert body_of("gzip", b"") == b""


@pytest.mark.parametrize(
    ("header", "name"),
    [(None, None), ("", None), ("identity", None), (" GZip ", "gzip"), ("identity, deflate", "deflate")],
)
def test_content_encoding_is_read(header: str | None, name: str | None) -> None:
    assert encoding(header) == name


@pytest.mark.parametrize("header", ["gzip, gzip", "br, gzip", ", ".join(["gzip"] * 200), "x-unknown", "utf-8"])
def test_more_than_one_encoding_or_an_unknown_one_is_refused(header: str) -> None:
    with pytest.raises(FetchFailed, match="bad_encoding"):
        encoding(header)


def test_a_gzip_file_without_a_label_is_unpacked_and_bounded() -> None:
    assert unlabelled(gzip.compress(b"<rss/>"), 100) == b"<rss/>"
    assert unlabelled(b"<rss/>", 100) == b"<rss/>"
    with pytest.raises(FetchFailed, match="too_large"):
        unlabelled(gzip.compress(b" " * 1000), 100)
