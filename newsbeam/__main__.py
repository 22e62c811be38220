"""`python -m newsbeam`: the command line."""

import gc
import sys

from newsbeam.pipelines import cli


def main() -> int:
    """Run this process's command. Exit status: 0 done, 1 the run failed and nothing is lost, 2 the caller's mistake."""
    status = cli.main()
    if "apache_beam" in sys.modules:
        from newsbeam.pipelines import quiet

        quiet.for_good()
    # The interpreter would search all of Beam for garbage once more before it ends: a fifth of a short run's time.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
