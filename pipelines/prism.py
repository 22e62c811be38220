"""Beam's Prism engine on this machine: where its binary is, and a Prism of our own that ends with us.

Beam would start one by itself. That one takes over our SIGINT, dies of a Ctrl-C before its job has stopped, and
outlives us when we are killed.
"""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import apache_beam

from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.launching import launched, listens
from newsbeam.pipelines.request import Request, UsageError, value_of, without

_NAME = f"apache_beam-v{apache_beam.__version__}-prism-linux-amd64.zip"
HOW_TO_GET = (
    "build it with `make prism` in a checkout (needs Go), or give its path with --prism_location=PATH or "
    "NEWSBEAM_PRISM; online, Beam downloads it: --prism_location=https://github.com/apache/beam/releases/download/"
    f"v{apache_beam.__version__}/{_NAME}; `newsbeam stream --interval 5m` needs none"
)
_OURS = ("--prism_location", "--prism_log_level")
_START = 20.0


def location(arguments: Sequence[str]) -> str | None:
    """The path of a Prism binary: --prism_location, NEWSBEAM_PRISM, the checkout's own, PATH, Beam's cache; or None.

    The first two decide where they are set, an empty NEWSBEAM_PRISM for none at all.
    """
    given = value_of(arguments, "--prism_location")
    if given is None:
        given = os.environ.get("NEWSBEAM_PRISM")
    if given is not None:
        return given or None
    checkout = Path(__file__).resolve().parent.parent / ".tools" / "bin" / "prism"
    cache = Path.home() / ".apache_beam" / "cache" / "prism" / "bin" / _NAME
    for candidate in (str(checkout), shutil.which("prism"), str(cache)):
        if candidate and Path(candidate).is_file():
            return candidate
    return None


@contextlib.contextmanager
def beside(request: Request) -> Iterator[tuple[str, ...]]:
    """Beam's arguments for the request: those given and, where the runner is Prism, the address of one that runs now.

    DirectRunner uses Prism where there is one, so it gets ours too; where there is none it is left to Beam.

    Raises:
        UsageError: Prism was asked for, and there is none on this machine.
        Failed: it does not start.
    """
    arguments, name = request.beam, request.engine
    found = location(arguments)
    asked = name == "PrismRunner" or value_of(arguments, "--prism_location") is not None
    if name not in ("PrismRunner", "DirectRunner") or value_of(arguments, "--job_endpoint") is not None:
        yield arguments
    elif found is not None and (_is_url(found) or Path(found).is_file()):
        with _serving(found, value_of(arguments, "--prism_log_level")) as endpoint:
            yield (*without(arguments, *_OURS), f"--job_endpoint={endpoint}")
    elif asked:
        named = f"{found}: no such file" if found else "no Prism on this machine"
        raise UsageError(f"{named}; {HOW_TO_GET}")
    else:
        yield arguments


@contextlib.contextmanager
def _serving(path: str, log_level: str | None) -> Iterator[str]:
    """The address of a running Prism, which ends with the context, and with this process however that ends."""
    from apache_beam.runners.portability.prism_runner import PrismJobServer

    try:
        # Downloads what has an address, into Beam's cache, and unpacks what is an archive.
        binary = PrismJobServer.local_bin(path if _is_url(path) else os.path.abspath(path))
    except (OSError, RuntimeError) as error:
        raise Failed(f"--prism_location={path}: Beam could not download it ({error}); {HOW_TO_GET}") from error
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(binary), f"--job_port={port}", f"--log_level={log_level or 'warn'}", "--serve_http=false"]
    process = launched(command, None if log_level else subprocess.DEVNULL)
    try:
        if not listens(process, port, seconds=_START):
            raise Failed(f"Prism at {path} did not start ({process.poll()}); nothing was taken in")
        yield f"localhost:{port}"
    finally:
        process.kill()  # it keeps nothing that would have to be saved
        process.wait()


def _is_url(location: str) -> bool:
    return location.startswith(("https://", "http://"))
