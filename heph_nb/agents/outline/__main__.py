"""``python -m heph_nb.agents.outline``: the built-in agent, on stdin and stdout."""

import gc

gc.disable()  # nothing that importing makes is garbage; the agent enables it when it has imported everything

from heph_nb.agents.outline.agent import main  # noqa: E402

if __name__ == "__main__":
    main()
