"""`httpdlite explain-code CODE`: the page of a code of a finding; without CODE, all codes.

In: the arguments after the word. Out: pages on standard output, an exit status. The pages are those
of diagnostics/codes.py.
"""

import sys
from collections.abc import Sequence

from httpdlite.conf.spelling import did_you_mean
from httpdlite.diagnostics.codes import CODES, listing


def main(arguments: Sequence[str]) -> int:
    """Prints the pages; 1 if there is a code that is none."""
    if not arguments:
        print(listing(), end="")
        return 0
    status = 0
    for number, argument in enumerate(arguments):
        code = CODES.get(_plain(argument))
        if code is None:
            guess = did_you_mean(_plain(argument), list(CODES))
            hint = f"; {guess}" if guess else ": explain-code alone lists all codes"
            print(f"httpdlite: there is no code {argument!a}{hint}", file=sys.stderr)
            status = 1
        else:
            print(("\n" if number else "") + code.page())
    return status


def _plain(argument: str) -> str:
    """The code, also where it was copied with what is around it: `error[bad-value]:`."""
    return argument.rstrip(":").partition("[")[2].rstrip("]") or argument.lower()
