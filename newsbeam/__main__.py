"""`python -m newsbeam`: the command line."""

import sys

from newsbeam.pipelines.cli import main

if __name__ == "__main__":
    sys.exit(main())
