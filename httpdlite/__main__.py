"""The command `httpdlite`, which `python -m httpdlite` is, too.

What is made at a start is to stay, and to look at it again and again takes a third of the time of a
start: the garbage collector looks seldom, until a server serves. (If it did not look at all, there
would be holes among what all children share, which they would fill, each with pages of its own.)
"""

import gc

gc.set_threshold(20_000)

from httpdlite.cli import run  # noqa: E402 - importing is most of a start

if __name__ == "__main__":
    run()
