"""Where requirements went, and what a person says of them."""

from __future__ import annotations

import pytest

from heph_nb.domain import requirements
from heph_nb.errors import RefusedError


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/x", "a\nb", "a\u202eb", "a\x1b[0m", "", "."]
)
def test_requirements_are_linked_to_plain_paths_inside_the_repository(world, path):
    with world.command() as draft, pytest.raises(RefusedError):
        requirements.link(draft, world.run, None, requirement_ids=["R-001"], file=path, ticket_id=None)


def test_a_path_is_kept_as_git_writes_it(world):
    with world.command() as draft:
        [trace] = requirements.link(draft, world.run, None, requirement_ids=["R-001"], file="./docs//a.md")
    assert trace.target == "docs/a.md"
