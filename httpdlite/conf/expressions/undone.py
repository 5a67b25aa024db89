"""What of an expression httpd understands and httpdlite does not do.

In: a tree. Out: the first name in it that nothing here can answer, as it is written: PeerExtList(),
and what only health checks can ask. Whoever keeps a tree refuses to start with such a one.
"""

from httpdlite.conf.expressions.parts import parts_of
from httpdlite.conf.expressions.tree import Call, Expression, ListCall, Variable


def find_undone(expression: Expression) -> str | None:
    """The name, None if everything can be done."""
    return next((name for part in parts_of(expression) if (name := _undone(part))), None)


def _undone(part: object) -> str | None:
    if isinstance(part, ListCall) or (isinstance(part, Call) and part.name == "hc"):
        return f"{part.name}()"
    if isinstance(part, Variable) and part.name.startswith("HC_"):
        return f"%{{{part.name}}}"
    return None
