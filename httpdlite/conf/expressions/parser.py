"""httpd's expressions: a text in, what it says out, or httpd's message.

In: the text of a condition (<If>, Require expr, SetEnvIfExpr, SSLRequire, `expr=` behind Header or
CustomLog) or of a value (`expr=` in ErrorDocument, Header, SetHandler; Redirect, Alias, AuthName):
unquoted, without `expr=`. Out: a tree of `tree`. Hides Lark and the grammar, which is
loaded when the first expression is read. Rules: grammar/expr.lark; "Expressions in Apache HTTP
Server" (mod/expr.html); messages and limits as httpd 2.4.71 gives them.

1. Messages are what stands behind the directive's own "Cannot parse condition clause: ".
2. Names that no loaded module knows are errors, but the text is read on: an error of syntax comes
   first, with the last unknown name behind it.
3. An expression needs a place on the stack for what is open: at 10,000 it is refused.
4. SSLRequire is read like any condition. It differs when it is evaluated: comparisons take
   both kinds as strings, shorter ones first.
"""

from collections.abc import Container, Iterator
from functools import cache
from typing import Final, cast

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.parsers.lalr_interactive_parser import InteractiveParser

from httpdlite.conf.expressions.names import SSL, Kind, UnknownName, check_network, find_name
from httpdlite.conf.expressions.scanner import JAMMED, START, Scanner, ScannerJammed, unescape
from httpdlite.conf.expressions.tree import (
    And,
    BackReference,
    BinaryTest,
    Call,
    Compare,
    Comparison,
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
from httpdlite.conf.patterns import BadRegex, check_regex
from httpdlite.conf.syntax import read_grammar

GRAMMAR: Final = "expr.lark"
DEEPEST: Final = 9999  # states on our stack; bison has one more of the 10,000 (YYMAXDEPTH)


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
    return cast(Condition, _parse(text, "condition", modules))


def parse_string(text: str, modules: Container[str] = ()) -> Word:
    """Reads a text with variables in it."""
    return cast(Word, _parse(text, "value", modules))


def parse_ssl_require(text: str, modules: Container[str] = frozenset({SSL})) -> Condition:
    """Reads the argument of SSLRequire (rule 4), which is not there without mod_ssl."""
    return parse_condition(text, modules)


_COMPARISONS: Final[dict[str, Comparison]] = {
    "=": "eq", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
    "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
}  # fmt: skip


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """Makes the tree while Lark reads; remembers the last name that nobody knows (rule 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(())

    def begin(self, modules: Container[str]) -> None:
        """Forgets the expression before."""
        self.modules = modules
        self.problem = ""
        self.about: Token | None = None

    def _find(self, kind: Kind, token: Token) -> str:
        name = token.lstrip("-")
        try:
            return find_name(kind, name, self.modules)
        except UnknownName as why:
            self.problem, self.about = str(why), token
            return name

    def _find_test(self, kind: Kind, operator: Token, word: Word) -> str:
        name = self._find(kind, operator)
        if name in {"R", "ipmatch"}:
            try:
                check_network(operator[1:], word)
            except UnknownName as why:
                self.problem, self.about = str(why), operator
        return name

    def condition(self, condition: Condition) -> Condition:
        return condition

    def value(self, pieces: list[Word]) -> Word:
        return _concat(pieces)

    def either(self, left: Condition, _: Token, right: Condition) -> Condition:
        return Or((left, *(right.operands if isinstance(right, Or) else (right,))))

    def both(self, left: Condition, _: Token, right: Condition) -> Condition:
        return And((left, *(right.operands if isinstance(right, And) else (right,))))

    def negated(self, _: Token, operand: Condition) -> Condition:
        return operand.operand if isinstance(operand, Not) else Not(operand)

    def constant(self, token: Token) -> Condition:
        return Constant(token.type == "TRUE")

    def compared(self, left: Word, operator: Token, right: Word) -> Condition:
        return Compare(_COMPARISONS[operator], left, right)

    def compared_as_numbers(self, left: Word, operator: Token, right: Word) -> Condition:
        return Compare(_COMPARISONS[operator.lstrip("-")], left, right, numbers=True)

    def matched(self, word: Word, operator: Token, pattern: Token) -> Condition:
        return Match(word, _pattern(pattern), negated=operator.type == "OP_NRE")

    def contained(self, word: Word, _: Token, among: tuple[Word, ...] | ListCall) -> Condition:
        return Contained(word, among)

    def unary(self, operator: Token, word: Word) -> Condition:
        return UnaryTest(self._find_test(Kind.UNARY, operator, word), word)

    def binary(self, left: Word, operator: Token, right: Word) -> Condition:
        return BinaryTest(self._find_test(Kind.BINARY, operator, right), left, right)

    def these(self, words: list[Word]) -> tuple[Word, ...]:
        return tuple(words)

    def list_call(self, name: Token, argument: Word) -> ListCall:
        return ListCall(self._find(Kind.LIST, name), argument)

    def first(self, word: Word) -> list[Word]:
        return [word]

    def more(self, words: list[Word], word: Word) -> list[Word]:
        words.append(word)
        return words

    def joined(self, left: Word, _: Token, right: Word) -> Word:
        return Concat((*_parts(left), *_parts(right)))

    def number(self, digits: Token) -> Word:
        return Number(str(digits))

    def back_reference(self, token: Token) -> Word:
        return BackReference(int(token[1:]))

    def call(self, name: Token, argument: Word) -> Word:
        return Call(self._find(Kind.FUNCTION, name), argument)

    def empty(self, _: Token, __: Token) -> Word:
        return Text("")

    def quoted(self, _: Token, pieces: list[Word], __: Token) -> Word:
        return _concat(pieces)

    def literal(self, piece: Token) -> Word:
        return Text(str(unescape(piece)).partition("\0")[0])  # tokens of two kinds are never equal

    def variable(self, _: Token, name: Token, __: Token) -> Word:
        return Variable(self._find(Kind.VARIABLE, name))

    def variable_call(self, _: Token, name: Token, pieces: list[Word], __: Token) -> Word:
        return Call(self._find(Kind.FUNCTION, name), _concat(pieces))


def _parts(word: Word) -> tuple[Word, ...]:
    return word.parts if isinstance(word, Concat) else (word,)


def _concat(pieces: list[Word]) -> Word:
    """A string of its pieces; the last one of a value can be empty."""
    if len(pieces) > 1 and pieces[-1] == Text(""):
        pieces = pieces[:-1]
    return pieces[0] if len(pieces) == 1 else Concat(tuple(pieces))


def _pattern(token: Token) -> Pattern:
    body = token.removesuffix("i")
    return Pattern(body[2:-1] if body.startswith("m") else body[1:-1], token.endswith("i"))


@cache
def _machinery() -> tuple[Lark, _Builder, Scanner]:
    """The grammar and what works with it, built on first use and kept in memory only."""
    builder = _Builder()
    grammar = Lark(
        read_grammar(GRAMMAR),
        parser="lalr",
        lexer="basic",  # not used: the scanner's tokens are fed one by one
        start=list(START),
        maybe_placeholders=False,
        transformer=builder,
    )
    terminals = {terminal.name: terminal.pattern.to_regexp() for terminal in grammar.terminals}
    return grammar, builder, Scanner(terminals.__getitem__)


def _parse(text: str, start: str, modules: Container[str]) -> object:
    grammar, builder, scanner = _machinery()
    builder.begin(modules)
    machine = grammar.parse_interactive(start=start)
    taken: list[Token] = []
    expression: object = None
    try:
        for token in _to_the_end(scanner.scan(text, START[start]), len(text)):
            expression = _feed(machine, builder, token)
            taken.append(token)
    except ScannerJammed as why:
        raise BadExpression(JAMMED, why.at, why.at + 1, jammed=True) from None
    except UnexpectedToken as why:
        machine = grammar.parse_interactive(start=start)
        for token in taken:
            machine.feed_token(token)
        raise _unexpected(machine, builder, why.token) from None
    if builder.about is not None:
        raise _bad("", builder, builder.about)
    return expression


def _to_the_end(tokens: Iterator[Token], length: int) -> Iterator[Token]:
    yield from tokens
    yield Token("$END", "", start_pos=length)


def _feed(machine: InteractiveParser, builder: _Builder, token: Token) -> object:
    """One step; raises what httpd says as soon as it would, but for errors of syntax."""
    result: object = machine.feed_token(token)
    if len(machine.parser_state.state_stack) >= DEEPEST:
        raise _bad("memory exhausted", builder, token)
    if token.type == "ERROR":
        builder.problem = ""
        raise _bad(str(token), builder, token)
    if token.type == "REGEX" and not _compiles(_pattern(token)):
        raise _bad("Failed to compile regular expression", builder, token)
    return result


def _compiles(pattern: Pattern) -> bool:
    """Whether PCRE takes the pattern, be it that Python does not."""
    try:
        check_regex(pattern.text)
    except BadRegex:
        return False
    return True


def _bad(message: str, builder: _Builder, token: Token) -> BadExpression:
    start = token.start_pos or 0
    full = ": ".join(filter(None, (message, builder.problem)))
    return BadExpression(full, start, token.end_pos or start)


# In the order of bison's token numbers, in which it lists what it expects.
_TOKENS: Final = """
    $END TRUE FALSE ERROR DIGIT ID STRING REGEX REGEX_I REGEX_BACKREF OP_UNARY OP_BINARY STR_BEGIN
    STR_END VAR_BEGIN VAR_END OP_EQ OP_NE OP_LT OP_LE OP_GT OP_GE OP_REG OP_NRE OP_IN OP_STR_EQ
    OP_STR_NE OP_STR_LT OP_STR_LE OP_STR_GT OP_STR_GE OP_CONCAT OP_OR OP_AND OP_NOT LPAR RPAR LBRACE
    RBRACE COMMA COLON""".split()
_SIGNS: Final = {
    "$END": "$end",
    "LPAR": "'('",
    "RPAR": "')'",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "COMMA": "','",
    "COLON": "':'",
}
_READ_AHEAD: Final = frozenset({"OP_UNARY", "OP_BINARY"})  # judged behind the next token
_MOST_EXPECTED: Final = 4  # bison's own limit; with more it lists none


def _unexpected(machine: InteractiveParser, builder: _Builder, token: Token) -> BadExpression:
    """The syntax error at `token`; the machine has not been shown it, which would change it."""
    accepted: set[str] = machine.accepts()  # type: ignore[no-untyped-call]
    last = _finish(machine, builder, accepted)
    if token.type == "ERROR" and (last is None or last.type not in _READ_AHEAD):
        builder.problem = str(token)
    name = "REGEX_I" if token.type == "REGEX" and token.endswith("i") else token.type
    expected = _expected(accepted)
    message = f"syntax error, unexpected {_shown(name)}"
    if expected:
        message += ", expecting " + " or ".join(map(_shown, expected))
    return _bad(message, builder, token)


def _finish(machine: InteractiveParser, builder: _Builder, accepted: set[str]) -> Token | None:
    """Lets the machine finish what is complete, as bison does, and returns the last name not known.

    A token that continues any condition does it, or else one that continues any word.
    """
    builder.about = None
    if "OP_OR" in accepted:
        machine.feed_token(Token("OP_OR", "||"))
    elif "OP_CONCAT" in accepted:
        machine.feed_token(Token("OP_CONCAT", "."))
    return builder.about


def _expected(accepted: set[str]) -> list[str]:
    """What bison lists: it looks only once all that is complete has been reduced."""
    if "$END" in accepted:
        return ["$END"]
    if "RBRACE" in accepted:
        return ["RBRACE", "COMMA"]
    if {"OP_OR", "RPAR"} <= accepted:
        return ["OP_OR", "OP_AND", "RPAR"]
    names = {"STRING" if name.endswith("_TEXT") else name for name in accepted}
    if "REGEX" in names:
        names.add("REGEX_I")
    return sorted(names, key=_TOKENS.index) if len(names) <= _MOST_EXPECTED else []


def _shown(name: str) -> str:
    return _SIGNS.get(name) or ("T_STRING" if name.endswith("_TEXT") else f"T_{name}")
