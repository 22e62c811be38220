"""Everything that touches the world: sources, HTTP, stores, state, child processes."""
