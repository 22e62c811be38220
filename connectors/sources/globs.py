"""The files that a pattern names."""

import glob
import os

from newsbeam.connectors.sources.errors import SourceError


def files_of(pattern: str, *, option: str) -> list[str]:
    """The files of a pattern, absolute and sorted; `**` reaches into folders, `~` is the home folder.

    A name that exists is itself, even with brackets in it. option: as the caller wrote it, for the message.

    Raises:
        SourceError: no file matches, or only folders do.
    """
    wanted = os.path.expanduser(pattern)
    found = [wanted] if os.path.exists(wanted) else glob.glob(wanted, recursive=True)
    files = sorted({os.path.abspath(one) for one in found if not os.path.isdir(one)})
    if files:
        return files
    if found:
        inside = os.path.join(pattern, "**", "*")
        raise SourceError(f"{option} {pattern}: is a folder: give its files, as in {option} '{inside}'")
    raise SourceError(
        f"{option} {pattern}: no file matches: check the path, and quote the pattern for newsbeam to expand"
    )
