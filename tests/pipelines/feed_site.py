"""A server of feeds on loopback, whose answers a test chooses."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = tuple[int, dict[str, str], bytes]


def body(*names: str, head: str = "") -> bytes:
    """An RSS feed of these stories."""
    items = "".join(f"<item><title>{one}</title><link>http://a.example/{one}</link></item>" for one in names)
    return f'<rss version="2.0"><channel><title>A</title>{head}{items}</channel></rss>'.encode()


class Site:
    """A server whose answers a test chooses by path. asked: (path, whether validators were sent) of each request."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bool], Answer]] = {}
        self.asked: list[tuple[str, bool]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                conditional = bool(self.headers["If-None-Match"] or self.headers["If-Modified-Since"])
                site.asked.append((self.path, conditional))
                status, headers, content = site.answers[self.path](conditional)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing: the test's output is its own."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.root = f"http://127.0.0.1:{self.port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
