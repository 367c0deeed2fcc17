"""Questions about runs, answered with pandas: frames in, frames and figures out."""

from heph_nb.analysis.activity import activity
from heph_nb.analysis.coverage import coverage
from heph_nb.analysis.timeline import timeline

__all__ = ["activity", "coverage", "timeline"]
