"""``python -m heph_nb.backend --state FILE``: the process that owns a state file."""

import sys

from heph_nb.backend.process import main

if __name__ == "__main__":
    sys.exit(main())
