"""All that an expression is made of.

In: a tree. Out: its nodes, whatever they are. Without recursion: trees may be as deep as texts are
long.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass


def parts_of(expression: object) -> Iterator[object]:
    """All nodes, in the order of the text."""
    left: list[object] = [expression]
    while left:
        node = left.pop()
        yield node
        if isinstance(node, tuple):
            left += reversed(node)
        elif is_dataclass(node):
            left += [getattr(node, field.name) for field in reversed(fields(node))]
