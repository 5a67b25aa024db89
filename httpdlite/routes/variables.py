"""SetEnvIf and its like: variables of a request by what it is. Pure.

Comes in: the lines of a server, or of the sections that cover a request; then the request. Goes
out: its variables. Source: mod_setenvif; as observed with 2.4.71:

1. A name is, in this order: one of httpd's own (Remote_Addr and so on), a field of the request, a
   variable that was set before. What is not there is empty, and may match.
2. A name that is an expression stands for the last field that it matches.
3. `$1` and so on stand for what the pattern's groups have matched. Values are taken as they are,
   `$` and backslashes included, where the pattern is plain text to httpd (no letter of it is
   special, or a backslash makes it plain), and where the last pattern with groups of an expression
   does not match.
4. What is made so must stay below 64 KiB, else the request is answered with 500.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from httpdlite.conf.directives.mod_setenvif import Feature, VariableRule
from httpdlite.conf.expressions.tree import And, Condition, Match, Not, Or
from httpdlite.routes.conditionals import outside
from httpdlite.routes.expressions import EvaluationError, Outcome, View, compile_outcome
from httpdlite.routes.filling import TooLong, replaced
from httpdlite.routes.pattern import as_bytes_text, expand, parse_substitution
from httpdlite.routes.regex import compile_regex, searcher
from httpdlite.routes.request import Request
from httpdlite.routes.route import Refusal

Search = Callable[[str], Any]
_CRITICAL: Final = 2


class _Line:
    """One line, compiled."""

    __slots__ = ("_features", "_search", "_value")

    def __init__(self, rule: VariableRule) -> None:
        read = _plain_feature if _PLAIN_PATTERN.fullmatch(rule.pattern) else _feature
        self._features = [read(feature) for feature in rule.features]
        self._search: Search = searcher(
            compile_regex(as_bytes_text(rule.pattern), ignore_case=rule.ignores_case)
        )
        self._value = _value_of(rule)

    def run(self, request: Request) -> Refusal | None:
        found = self._search(self._value(request) or "")
        if found is None:
            return None
        environment = request.environment
        for name, parts in self._features:
            if parts is None:
                environment.pop(name, None)
            elif len(parts) == 1:
                environment[name] = parts[0]
            else:
                try:
                    environment[name] = expand(parts, found)
                except TooLong:
                    return _too_long(request, name)
        return None


def _too_long(request: Request, name: str) -> Refusal:
    """A value that cannot be made (rule 4)."""
    request.environment.pop(name, None)
    text = f"Regular expression replacement failed for '{name}', value too long?"
    request.log("setenvif", _CRITICAL, "AH01505", text)
    return Refusal(500, "", settings=request.settings)


class _Conditional:
    """SetEnvIfExpr, compiled. A condition that cannot be evaluated sets nothing."""

    __slots__ = ("_evaluate", "_features", "_place", "_plain")

    def __init__(self, rule: VariableRule) -> None:
        assert rule.condition is not None
        self._evaluate: Callable[[View], Outcome] = compile_outcome(rule.condition, outside())
        self._features = [_feature(feature) for feature in rule.features]
        self._plain = self._features
        if _has_pattern(rule.condition):
            self._plain = [_plain_feature(feature) for feature in rule.features]
        self._place = f"{rule.span.file}:{rule.span.line}"

    def run(self, request: Request) -> Refusal | None:
        try:
            outcome = self._evaluate(request)
        except EvaluationError as why:
            text = f"Evaluation of expression from {self._place} failed: {why}"
            request.log("setenvif", 3, "", text)
            return None
        if not outcome.holds:
            return None
        features = self._plain if outcome.groups is None else self._features
        for name, parts in features:
            if parts is None:
                request.environment.pop(name, None)
            else:
                try:
                    request.environment[name] = _fill(parts, outcome)
                except TooLong:
                    return _too_long(request, name)
        return None


def _fill(parts: tuple[str, ...], outcome: Outcome) -> str:
    filled = list(parts)
    for index in range(1, len(parts), 2):
        filled[index] = _group(outcome, int(parts[index]))
    return replaced(filled)


def _group(outcome: Outcome, number: int) -> str:
    if outcome.groups is None:
        return ""
    try:
        return outcome.groups(number) or ""
    except IndexError:
        return ""


_PLAIN_PATTERN: Final = re.compile(r"(?:[^\\^$*+?.()\[\]{}|]|\\[\\^$*+?.()\[\]{}|])*\\?", re.DOTALL)
"""What httpd compares as text."""

Parts = tuple[str, ...]


def _feature(feature: Feature) -> tuple[str, Parts | None]:
    name, value = feature
    return as_bytes_text(name), parse_substitution(value) if value is not None else None


def _plain_feature(feature: Feature) -> tuple[str, Parts | None]:
    name, value = feature
    return as_bytes_text(name), (as_bytes_text(value),) if value is not None else None


def _has_pattern(condition: Condition) -> bool:
    match condition:
        case Match():
            return True
        case Not():
            return _has_pattern(condition.operand)
        case And() | Or():
            return any(map(_has_pattern, condition.operands))
    return False


_OWN: Final[dict[str, Callable[[Request], str | None]]] = {
    "remote_addr": lambda request: request.client_ip,
    "remote_host": lambda request: request.client_name,
    "server_addr": lambda request: request.connection.local_ip,
    "request_uri": lambda request: request.path,
    "request_method": lambda request: request.method,
    "request_protocol": lambda request: request.protocol,
}


def _value_of(rule: VariableRule) -> Callable[[Request], str | None]:
    own = _OWN.get(rule.name.lower())
    if own is not None:
        return own
    if rule.name_is_pattern:
        return _of_fields(searcher(compile_regex(as_bytes_text(rule.name), ignore_case=True)))
    name = rule.name.lower()
    key = name.encode("ascii")

    def value(request: Request) -> str | None:
        field = request.head.get(key)
        return field.decode("latin-1") if field is not None else request.environment.get(name)

    return value


def _of_fields(matches: Search) -> Callable[[Request], str | None]:
    def value(request: Request) -> str | None:
        found = None
        for name, text in request.head.named_fields():
            if matches(name.decode("latin-1")):
                found = text.decode("latin-1")
        return found

    return value


@dataclass(frozen=True, slots=True)
class Variables:
    """The lines of a place, in the order of the file."""

    lines: tuple[_Line | _Conditional, ...]

    def run(self, request: Request) -> Refusal | None:
        """Set the request's variables; the answer, if one cannot be made (rule 4)."""
        for line in self.lines:
            refusal = line.run(request)
            if refusal is not None:
                return refusal
        return None


def compile_variables(rules: tuple[VariableRule, ...]) -> Variables | None:
    """Compile lines; None if there are none."""
    return Variables(tuple(map(_compile, rules))) if rules else None


def compile_variables_in_advance(rules: tuple[VariableRule, ...]) -> Iterator[None]:
    """Compiles one line a step, to be found by `compile_variables`."""
    for rule in rules:
        _compile(rule)
        yield


@lru_cache(20_000)
def _compile(rule: VariableRule) -> _Line | _Conditional:
    return _Conditional(rule) if rule.condition is not None else _Line(rule)
