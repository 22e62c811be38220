"""The one graph, its two drivers, the command line, the run report and the demo."""
