"""The stages that touch the world: thin Beam transforms around connectors and child processes."""
