"""A backend whose agent ``scripted`` does what the title of its task says."""

import sys
from pathlib import Path

from heph_nb.agents.catalog import PRESETS, Preset
from heph_nb.backend.process import main

SCRIPTED = Preset(
    name="scripted",
    command=(sys.executable, "-S", "-E", str(Path(__file__).parent / "scripted_agent.py")),
    label="for a test",
    reuse=True,
)

if __name__ == "__main__":
    sys.exit(main(presets={**PRESETS, "scripted": SCRIPTED}))
