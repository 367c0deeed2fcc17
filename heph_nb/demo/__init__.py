"""The demonstration: a shipped PRD in a repository of its own, worked on from start to end."""

from heph_nb.demo.show import run_demo

__all__ = ["run_demo"]
