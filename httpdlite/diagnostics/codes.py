"""Every code that a finding can have, with the page that explains it.

In: the rows of codes_*.py. Out: `CODES` by name, all
of them as a list, and as docs/codes.md, which `python -m httpdlite.diagnostics.codes` makes. This
is the one table: a test holds it against the codes that the package uses, and another reads each
example and finds its code there. Codes are stable: one that is gone is not used again. Imported
only when needed.
"""

from collections.abc import Iterable
from typing import Final

from httpdlite.diagnostics.code import Code
from httpdlite.diagnostics.codes_reading import READING
from httpdlite.diagnostics.codes_remarks import REMARKS
from httpdlite.diagnostics.codes_tls import TLS
from httpdlite.diagnostics.codes_walking import CHECKING, WALKING

CODES: Final = {row.name: row for row in (*READING, *WALKING, *REMARKS, *CHECKING, *TLS)}
"""Every code, in the order of Apache's phases."""


def listing(codes: Iterable[Code] = CODES.values()) -> str:
    """All codes with their titles, one per line."""
    return "".join(f"{code.name:<24} {code.title}\n" for code in codes)


_HEAD: Final = """\
# Codes of findings

Each finding of `httpdlite -t` has a code in brackets, such as `error[unknown-directive]`.
`httpdlite explain-code CODE` prints the page of one. Codes are stable: scripts may rely on them.
This file is made by `python -m httpdlite.diagnostics.codes`.
"""


def document() -> str:
    """docs/codes.md."""
    return "\n".join((_HEAD, *(code.markdown() for code in CODES.values())))


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - it makes the page
