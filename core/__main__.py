"""`python -m core`: the command line over the functions that the dashboard's pages use."""

import sys

from core.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
