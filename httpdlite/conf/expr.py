"""httpd's expressions: a text in, what it says out, or httpd's message.

In: the text of a condition (<If>, Require expr, SetEnvIfExpr, SSLRequire, `expr=` behind Header or
CustomLog) or of a value (`expr=` in ErrorDocument, Header, SetHandler; Redirect, Alias, AuthName):
unquoted, without `expr=`. Out: a tree of `conf/exprtree.py`. Hides Lark and the grammar, which is
loaded when the first expression is read. Rules: grammar/expr.lark; "Expressions in Apache HTTP
Server" (mod/expr.html); messages and limits as httpd 2.4.71 gives them.

1. Messages are what stands behind the directive's own "Cannot parse condition clause: ".
2. Names that no loaded module knows are errors, but the text is read on: an error of syntax comes
   first, with the last unknown name behind it.
3. An expression needs a place on the stack for what is open: at 10,000 it is refused.
4. SSLRequire is read like any condition. It differs when it is evaluated: `<` and its like compare
   the lengths of strings first.
"""

from collections.abc import Container
from functools import cache
from typing import Final, NamedTuple, TypeVar

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.parsers.lalr_interactive_parser import InteractiveParser

from httpdlite.conf.exprnames import Kind, UnknownName, check_network, find_name
from httpdlite.conf.exprscan import JAMMED, START, Scanner, ScannerJammed, unescape
from httpdlite.conf.exprtree import (
    And,
    BackReference,
    BinaryTest,
    Call,
    Comparison,
    Compare,
    Concat,
    Condition,
    Constant,
    Contained,
    Expression,
    ListCall,
    Match,
    Not,
    Number,
    Or,
    Pattern,
    Text,
    UnaryTest,
    Variable,
    Word,
)
from httpdlite.conf.regex import BadRegex, ForeignRegex, compile_regex
from httpdlite.conf.syntax import read_grammar

GRAMMAR: Final = "expr.lark"
DEEPEST: Final = 9999  # states on our stack; bison has one more of the 10,000 (YYMAXDEPTH)

T = TypeVar("T")


class BadExpression(ValueError):  # noqa: N818 - named as httpd's messages speak of it
    """The expression is wrong: httpd's message, and the place in the text that it is about.

    With `jammed`, httpd ends with status 2 and nothing but the message.
    """

    def __init__(self, message: str, start: int, end: int, *, jammed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.jammed = jammed


def parse_condition(text: str, modules: Container[str] = ()) -> Condition:
    """Reads what is true or false; `modules` are the identifiers of those loaded."""
    condition: Condition = _parse(text, "condition", modules)
    return condition


def parse_string(text: str, modules: Container[str] = ()) -> Word:
    """Reads a text with variables in it."""
    word: Word = _parse(text, "value", modules)
    return word


def parse_ssl_require(text: str, modules: Container[str] = ()) -> Condition:
    """Reads the argument of SSLRequire (rule 4)."""
    return parse_condition(text, modules)
