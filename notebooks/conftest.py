"""nbval runs every notebook here and compares all it shows, each notebook in a temporary directory of its own."""

from collections.abc import Generator
from contextlib import ExitStack

import pytest

from tests.notebooks.place import fresh_place

PREPARED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Let the kernel, which starts with the first cell, find the environment of a fresh place."""
    notebook = item.parent
    if notebook is None or PREPARED in notebook.stash:
        return (yield)
    with ExitStack() as stack:
        environment = stack.enter_context(fresh_place())
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            done = yield
        notebook.addfinalizer(stack.pop_all().close)
    notebook.stash[PREPARED] = True
    return done
