"""``python -m heph_nb.backend --state FILE``: the process that owns a state file."""

import gc
import sys

gc.disable()  # nothing that importing makes is garbage; the process enables it when it has imported everything

from heph_nb.backend.process import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
