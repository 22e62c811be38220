"""Where the evaluation data lies: beside the checkout, or where NEWSBEAM_SHARED says. It is no part of newsbeam."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
NEWSBEAM = Path(sys.executable).with_name("newsbeam")


def shared() -> Path:
    """The folder of evaluation data; ends the program with a message where there is none."""
    folder = Path(os.environ.get("NEWSBEAM_SHARED", ROOT.parent / "shared"))
    if not (folder / "eval" / "score.py").exists():
        sys.exit(f"skipped: no evaluation data in {folder}; set NEWSBEAM_SHARED to its folder")
    return folder


def loaded(path: Path) -> ModuleType:
    """The module that a file holds which lies in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(*arguments: object) -> str:
    """Run a program of the evaluation data or newsbeam itself; its output. A failure ends this program."""
    done = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{arguments}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def score(*arguments: object) -> str:
    """What the scorer prints."""
    return call(sys.executable, shared() / "eval" / "score.py", *arguments)


def warc(folder: Path, name: str, *, limit: int = 0) -> Path:
    """A WARC of one data set's pages, made in `folder`."""
    out = folder / f"{name}.warc.gz"
    extra = ["--limit", limit] if limit else []
    call(sys.executable, shared() / "eval" / "pages_to_warc.py", shared() / "data" / name, out, *extra)
    return out
