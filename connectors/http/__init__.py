"""Getting documents from the web: guarded, bounded, polite. Its modules are imported by name."""
