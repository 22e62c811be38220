"""Settings as frozen tables, their defaults, and the rules that are data."""
