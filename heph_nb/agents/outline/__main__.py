"""``python -m heph_nb.agents.outline``: the built-in agent, on stdin and stdout."""

from heph_nb.agents.outline.agent import main

if __name__ == "__main__":
    main()
