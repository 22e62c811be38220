"""The demo: a small invented world of publishers on loopback, and the main job over it."""
