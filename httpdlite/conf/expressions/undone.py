"""What of an expression httpd understands and httpdlite does not do.

In: a tree. Out: the first name in it that nothing here can answer, as it is written: PeerExtList(),
and what only health checks can ask. Whoever keeps a tree refuses to start with such a one.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from httpdlite.conf.expressions.tree import Call, Expression, ListCall, Variable


def find_undone(expression: Expression) -> str | None:
    """The name, None if everything can be done."""
    return next((name for part in _parts(expression) if (name := _undone(part))), None)


def _undone(part: object) -> str | None:
    if isinstance(part, ListCall) or (isinstance(part, Call) and part.name == "hc"):
        return f"{part.name}()"
    if isinstance(part, Variable) and part.name.startswith("HC_"):
        return f"%{{{part.name}}}"
    return None


def _parts(expression: Expression) -> Iterator[object]:
    """All nodes, in no order; without recursion, since trees may be as deep as texts are long."""
    left: list[object] = [expression]
    while left:
        node = left.pop()
        yield node
        if isinstance(node, tuple):
            left += node
        elif is_dataclass(node):
            left += [getattr(node, field.name) for field in fields(node)]
