"""Pure text work, one idea a file; and the names of its Beam transforms, for pipelines of one's own.

    from newsbeam.transforms import ClusterCopies, DetectLanguage, ExtractArticles, RemoveBoilerplate

docs/transforms.md tells what they take and give. Each is loaded when it is first asked for: the processes that parse
import this package and never Beam.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsbeam.pipelines.shells.copies import ClusterCopies, Clustered
    from newsbeam.pipelines.shells.language import DetectLanguage
    from newsbeam.pipelines.shells.reading import Documents, ExtractArticles, RemoveBoilerplate

__all__ = ["ClusterCopies", "Clustered", "DetectLanguage", "Documents", "ExtractArticles", "RemoveBoilerplate"]

_SHELLS = {
    "ClusterCopies": "newsbeam.pipelines.shells.copies",
    "Clustered": "newsbeam.pipelines.shells.copies",
    "DetectLanguage": "newsbeam.pipelines.shells.language",
    "Documents": "newsbeam.pipelines.shells.reading",
    "ExtractArticles": "newsbeam.pipelines.shells.reading",
    "RemoveBoilerplate": "newsbeam.pipelines.shells.reading",
}


def __getattr__(name: str) -> Any:
    if name not in _SHELLS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_SHELLS[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
