"""What is wrong with the settings, said to a person."""


class ConfigError(Exception):
    """A setting that cannot be used. The message starts with its key."""
