"""Later."""
def running():
    yield from ()
