"""The command `httpdlite`, which `python -m httpdlite` is, too.

The garbage collector rests from here until a server serves: what is made at a start is to stay, and
to look at it again and again takes a third of the time of a start.
"""

import gc

gc.disable()

from httpdlite.cli import run  # noqa: E402 - importing is most of a start

if __name__ == "__main__":
    run()
