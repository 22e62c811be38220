"""News in, clean records out, on Apache Beam."""

__version__ = "0.1.0"
