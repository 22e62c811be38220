"""Beam's Prism engine on this machine: where its binary is, and that it ends with us."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import apache_beam

from newsbeam.pipelines.request import UsageError

HOW_TO_GET = (
    "build it with `make prism` in a checkout (needs Go), or give its path with --prism_location=PATH or NEWSBEAM_PRISM"
)


def location(arguments: Sequence[str]) -> str | None:
    """The path of a Prism binary: --prism_location, NEWSBEAM_PRISM, the checkout's own, PATH, Beam's cache; or None."""
    for argument in arguments:
        if argument.startswith("--prism_location="):
            return argument.partition("=")[2]
    checkout = Path(__file__).resolve().parent.parent / ".tools" / "bin" / "prism"
    version = f"apache_beam-v{apache_beam.__version__}-prism-linux-amd64.zip"
    cache = Path.home() / ".apache_beam" / "cache" / "prism" / "bin" / version
    for candidate in (os.environ.get("NEWSBEAM_PRISM"), str(checkout), shutil.which("prism"), str(cache)):
        if candidate and Path(candidate).is_file():
            return candidate
    return None


def with_location(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments with Prism's location among them.

    Raises:
        UsageError: there is no Prism on this machine.
    """
    found = location(arguments)
    if found is None or not Path(found).exists():
        named = f"--prism_location: {found}: no such file" if found else "no Prism on this machine"
        raise UsageError(f"{named}; {HOW_TO_GET}")
    quiet = () if any(one.startswith("--prism_log_level") for one in arguments) else ("--prism_log_level=warn",)
    return (*(one for one in arguments if not one.startswith("--prism_location")), f"--prism_location={found}", *quiet)


def end_children() -> None:
    """End the Prism processes that this process started: a bare SIGTERM to us would leave them running."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    for row in listed.stdout.splitlines():
        pid, _, name = row.strip().partition(" ")
        if "prism" in name:
            os.kill(int(pid), signal.SIGTERM)
