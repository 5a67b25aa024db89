"""RewriteRule: single rules and lists of them, compiled, and carried out on a request.

Comes in: rules as they were read; a ``Course``. Goes out: what the list has come to (``Outcome``);
the request's `filename`, `query` and `status` are changed by then, its variables and cookies set.
Hides the order in which a rule's flags act. Source: RewriteRule; as observed with 2.4.71:

1. The pattern is tried first, then the conditions; only then anything is filled in. Variables and
   cookies are set before anything else happens, also by a rule that substitutes nothing.
2. A list of conditions with OR: the first that holds spares the others of its chain.
3. What a list has put into `filename` is what the next rule's pattern sees. In a section that is
   with the path information behind it, and without the section's directory before it.
4. A `?` that came out of the request, as `%3F` or in a field or variable, must not begin a query:
   that is a 403, unless UnsafeAllow3F is there. It counts where the query begins, with QSL at the
   last `?`.
5. A value that gets too long (`filling`) ends the list with 500. httpd's child dies of it.
6. A rule that ends a chain of C, or skips others, does so in this round only; N begins again. Its
   rounds end with 500, too, when they have cost as much as one request may.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from httpdlite.conf.directives.rewriting import Flags, RewriteRule
from httpdlite.routes.expressions.functions import to_lower
from httpdlite.routes.expressions.view import Outside
from httpdlite.routes.filling import TooLong
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.regex import WORK, Search, compile_regex, searcher
from httpdlite.routes.request import Request
from httpdlite.routes.rewriting.conditions import Condition, compile_condition
from httpdlite.routes.rewriting.cookies import set_cookie
from httpdlite.routes.rewriting.course import ERROR, MODULE, Course, Found, merge_vary
from httpdlite.routes.rewriting.targets import qualify, reduce, split_query
from httpdlite.routes.rewriting.urls import escapes_of, scheme_length
from httpdlite.routes.rewriting.words import Words, compile_words

PROXY: Final = "proxy:"
PASS_THROUGH: Final = "passthrough:"
FORCED_TYPE: Final = "rewrite-forced-mimetype"
FORCED_HANDLER: Final = "rewrite-forced-handler"
_FORBIDDEN: Final = 403
_SERVER_ERROR: Final = 500


class Outcome(Enum):
    """What a list of rules has come to."""

    UNCHANGED = auto()
    CHANGED = auto()
    UNESCAPED = auto()  # changed, the last time by a rule with NE
    STATUS = auto()  # the request's status is the answer


class Step(Enum):
    """What a rule has come to."""

    MISSED = auto()
    MATCHED = auto()  # nothing is substituted
    SUBSTITUTED = auto()
    STATUS = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule, compiled."""

    search: Search
    negated: bool
    pattern: str
    output: str  # as it was written
    words: Words | None  # None: `-`, or a status: nothing is substituted
    drops_query: bool  # it ends with `?`, or has none with QSD: no query is looked for in it
    query_last: bool
    conditions: tuple[Condition, ...]
    variables: tuple[Words, ...]
    cookies: tuple[Words, ...]
    type: Words | None
    handler: Words | None
    flags: Flags
    not_on_subrequests: bool
    ends: bool  # the list, if it matches
    chains: bool

    @property
    def weight(self) -> int:
        """How much work it is, compared to a rule without anything."""
        return 1 + len(self.conditions) + _OF_VALUE * (len(self.variables) + len(self.cookies))

    @property
    def key(self) -> str:
        """What it is called over reloads."""
        return rule_key(self.pattern, self.output, negated=self.negated)


def rule_key(pattern: str, output: str, *, negated: bool) -> str:
    """What a rule is called over reloads, by its words as latin-1."""
    return f"RewriteRule {'!' if negated else ''}{pattern} {output}"


class _Held:
    """What rules ask outside, as a key: the very same object."""

    __slots__ = ("outside",)

    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.outside is other.outside

    def __hash__(self) -> int:
        return id(self.outside)


def compile_in_advance(rules: Sequence[RewriteRule], outside: Outside) -> Iterator[None]:
    """Compiles one rule a step, to be found by `compile_rules`."""
    held = _Held(outside)
    for rule in rules:
        _compile_rule(rule, held)
        yield


def compile_rules(rules: Sequence[RewriteRule], outside: Outside) -> tuple[Rule, ...]:
    """Compile a list; rules that were compiled before are the same objects."""
    held = _Held(outside)
    return tuple(_compile_rule(rule, held) for rule in rules)


@lru_cache(20_000)
def _compile_rule(rule: RewriteRule, held: _Held) -> Rule:
    flags, output = rule.flags, rule.substitution
    escapes = escapes_of(flags)
    drops_query, query_last = False, flags.query_last
    if output.endswith("?") and flags.query_append:
        query_last = True
    elif output.endswith("?"):
        output, drops_query = output[:-1], True
    elif flags.query_discard and "?" not in output:
        drops_query = True
    substitutes = rule.substitution != "-" and not flags.only_status
    pattern = as_bytes_text(rule.pattern)
    return Rule(
        searcher(compile_regex(pattern, ignore_case=flags.ignore_case)),
        rule.negated,
        pattern,
        as_bytes_text(output),
        compile_words(output, escapes) if substitutes else None,
        drops_query,
        query_last,
        tuple(compile_condition(each, held.outside) for each in rule.conditions),
        tuple(map(compile_words, flags.variables)),
        tuple(map(compile_words, flags.cookies)),
        compile_words(flags.type, escapes) if flags.type else None,
        compile_words(flags.handler, escapes) if flags.handler else None,
        flags,
        flags.no_subrequest or flags.redirect,
        flags.proxy or flags.last or flags.end or flags.pass_through,
        flags.chain,
    )


# --- a list ---------------------------------------------------------------------------------------


def apply_rules(course: Course, rules: Sequence[Rule], longest: int) -> tuple[Outcome, Rule | None]:
    """Carry out a list; and: the last rule that has substituted something. ``longest``: what it
    makes must not be longer, else it ends with 500.
    """
    request = course.request
    outcome, last = Outcome.UNCHANGED, None
    at, rounds, count = 0, 1, len(rules)
    is_quick = course.place is None and not (course.traces or request.is_subrequest)
    while at < count:
        if is_quick:
            course.uri = request.filename or ""
            at, found = _first_match(rules, at, course)
            if at >= count:
                break
            rule = rules[at]
            at += 1
            step = _matched(rule, course, found)
        else:
            rule = rules[at]
            at += 1
            if rule.not_on_subrequests and request.is_subrequest:
                continue
            step = _apply(rule, course)
        if step is Step.MISSED:
            at = _behind_chain(rules, at) if rule.chains else at
            continue
        if step is not Step.MATCHED:
            last = rule
        if not _goes_on(rule, course, step, longest):
            return Outcome.STATUS, last
        outcome = _outcome(rule, step, outcome)
        if rule.ends:
            return _end(rule, course, outcome), last
        if rule.flags.rounds is not None:
            rounds, at = rounds + 1, 0
            steps = _of_round(rules, request)
            most = rule.flags.rounds if WORK.count(steps) else min(rounds, rule.flags.rounds)
            if rounds >= most:
                _say_rounds(rule, request, most)
                return Outcome.STATUS, last
        else:
            at += max(0, rule.flags.skip)
    return outcome, last


def _outcome(rule: Rule, step: Step, before: Outcome) -> Outcome:
    if step is not Step.SUBSTITUTED:
        return before
    return Outcome.UNESCAPED if rule.flags.no_escape else Outcome.CHANGED


def _first_match(rules: Sequence[Rule], at: int, course: Course) -> tuple[int, Found | None]:
    """Where the first rule stands whose pattern matches: most match nothing, most of the time."""
    count, uri = len(rules), course.uri
    while at < count:
        rule = rules[at]
        found = rule.search(uri)
        if (found is None) is rule.negated:
            return at, found
        at = _behind_chain(rules, at + 1) if rule.chains else at + 1
    return at, None


def _behind_chain(rules: Sequence[Rule], at: int) -> int:
    """Where the rules go on that are not chained to one before."""
    while at < len(rules) and rules[at].chains:
        at += 1
    return at + 1


def _goes_on(rule: Rule, course: Course, step: Step, longest: int) -> bool:
    """After a rule has matched: False if the request's status is the answer."""
    if step is not Step.MATCHED and course.traces:
        course.say(2, f"setting lastsub to rule with output {rule.output}")
    if _is_too_long(rule, course.request, longest):
        return False
    if course.vary:
        merge_vary(course.request, ", ".join(course.vary))
    return step is not Step.STATUS and not rule.flags.only_status


def _end(rule: Rule, course: Course, outcome: Outcome) -> Outcome:
    """A rule is the last one."""
    request = course.request
    if rule.flags.pass_through:
        text = "to get passed through to next API URI-to-filename handler"
        course.say(2, f"forcing '{request.filename}' {text}")
        request.filename = f"{PASS_THROUGH}{request.filename}"
        return Outcome.CHANGED
    if rule.flags.end:
        course.say(8, "Rule has END flag, no further rewriting for this request")
        request.rewriting_ended = True
    return outcome


def _is_too_long(rule: Rule, request: Request, longest: int) -> bool:
    filename = request.filename or ""
    if len(filename) <= longest:
        return False
    text = (
        f"RewriteRule '{rule.pattern}' and URI '{request.path}' exceeded maximum length ({longest})"
    )
    request.log(MODULE, ERROR, "", text)
    request.status = _SERVER_ERROR
    return True


def _say_rounds(rule: Rule, request: Request, most: int) -> None:
    text = (
        f"RewriteRule '{rule.pattern}' and URI '{request.path}' exceeded maximum number of rounds "
        f"({most}) via the [N] flag"
    )
    request.log(MODULE, ERROR, "AH02596", text)
    request.status = _SERVER_ERROR


def _of_round(rules: Sequence[Rule], request: Request) -> int:
    made = sum([len(field.value) for field in (*request.fields, *request.error_fields)])
    made += len(request.filename or "")
    return _OF_ROUND + _OF_RULE * sum([rule.weight for rule in rules]) + made // _PER_STEP


_OF_ROUND: Final = 100
_OF_RULE: Final = 10
_OF_VALUE: Final = 5
_PER_STEP: Final = 32
"""What a round of N counts for in what one request may cost: steps of 10 ns."""


# --- a rule ---------------------------------------------------------------------------------------


def _apply(rule: Rule, course: Course) -> Step:
    request = course.request
    uri = course.uri = _subject(course) if course.place is not None else request.filename or ""
    if course.traces:
        course.say(3, f"applying pattern '{rule.pattern}' to uri '{uri}'")
    found = rule.search(uri)
    if (found is None) is not rule.negated:
        return Step.MISSED
    return _matched(rule, course, found)


def _matched(rule: Rule, course: Course, found: Found | None) -> Step:
    """Its pattern has matched, or has not as it should."""
    course.rule = None if rule.negated else found
    course.condition = None
    if course.asked:
        course.asked.clear()
    if course.vary:
        course.vary.clear()
    try:
        if rule.conditions and not _hold(rule.conditions, course):
            return Step.MISSED
        return _act(rule, course)
    except TooLong as why:
        request = course.request
        text = f"RewriteRule '{rule.pattern}' and URI '{request.path}': {why}"
        request.log(MODULE, ERROR, "", text)
        request.status = _SERVER_ERROR
        return Step.STATUS


def _subject(course: Course) -> str:
    """What the patterns of a section see (rule 3)."""
    request, place = course.request, course.place
    assert place is not None
    uri = request.filename or ""
    if request.path_info:
        whole = uri + request.path_info
        if course.traces:
            course.say(3, f"add path info postfix: {uri} -> {whole}")
        uri = whole
    if uri.startswith(place) and not (request.is_proxied and _is_proxy(request)):
        bare = uri[len(place) :]
        if course.traces:
            course.say(3, f"strip per-dir prefix: {uri} -> {bare}")
        uri = bare
    return uri


def _is_proxy(request: Request) -> bool:
    return (request.filename or "").startswith(PROXY)


def _hold(conditions: Sequence[Condition], course: Course) -> bool:
    """Do they hold? Notes for Vary what was asked (rule 2)."""
    asked, at, count = course.asked, 0, len(conditions)
    while at < count:
        condition = conditions[at]
        holds = condition.holds(course)
        if asked and condition.no_vary:
            asked.clear()
        if condition.or_next:
            if not holds:
                asked.clear()
                at += 1
                continue
            while at < count and conditions[at].or_next:
                at += 1
        elif not holds:
            return False
        if asked:
            course.vary += asked
            asked.clear()
        at += 1
    return True


def _act(rule: Rule, course: Course) -> Step:
    request = course.request
    words = rule.words
    made = ""
    if words is not None:
        made = words.constant if words.constant is not None else words.fill(course)
        if course.traces:
            course.say(2, f"rewrite '{course.uri}' -> '{made}'")
    if rule.variables:
        _set_variables(rule.variables, course)
    for cookie in rule.cookies:
        set_cookie(course, cookie.fill(course))
    if words is None:
        _force(rule, course)
        if rule.flags.only_status:
            if course.traces:
                course.say(2, f"forcing responsecode {rule.flags.status} for {request.filename}")
            request.status = rule.flags.status
        return Step.MATCHED
    if "?" in made and _is_unsafe(rule, words, course):
        text = "Unsafe URL with %3f URL rewritten without UnsafeAllow3F"
        request.log(MODULE, ERROR, "AH10508", text)
        request.status = _FORBIDDEN
        return Step.STATUS
    return _substitute(rule, course, made)


def _is_unsafe(rule: Rule, words: Words, course: Course) -> bool:
    """Rule 4."""
    if rule.flags.unsafe_allow_3f or words.constant is not None:
        return False
    traces, course.traces = course.traces, False
    unsafe = words.splits_at_given(course, last=rule.query_last)
    course.traces = traces
    return unsafe


def _set_variables(variables: Sequence[Words], course: Course) -> None:
    environment, traces = course.request.environment, course.traces
    for words in variables:
        text = words.fill(course)
        if text.startswith("!"):
            environment.pop(text[1:].lower(), None)
            if traces:
                course.say_bare(5, f"unsetting env variable '{text[1:]}'")
        else:
            name, _, value = text.partition(":")
            environment[name.lower()] = value
            if traces:
                course.say_bare(5, f"setting env variable '{name}' to '{value}'")


def _force(rule: Rule, course: Course) -> None:
    """T and H: noted until the type is looked for."""
    request = course.request
    for words, note, what in (
        (rule.type, FORCED_TYPE, "MIME-type"),
        (rule.handler, FORCED_HANDLER, "Content-handler"),
    ):
        if words is not None and (text := to_lower(words.fill(course))):
            request.notes[note] = text
            course.say(2, f"remember {request.filename} to have {what} '{text}'")


def _substitute(rule: Rule, course: Course, made: str) -> Step:
    """The request's filename and query anew."""
    request, flags = course.request, rule.flags
    if course.place is not None and flags.discard_path_info:
        request.path_info = None
    if not (made.startswith("/") or scheme_length(made)):
        made = _with_prefix(flags, course, made)
    made = split_query(rule.flags, course, made, drops=rule.drops_query, last=rule.query_last)
    if flags.proxy:
        made = qualify(request, made)
        if course.traces:
            course.say(2, f"forcing proxy-throughput with {made}")
        request.filename = PROXY + made
        return Step.SUBSTITUTED
    if flags.redirect:
        request.filename = qualify(request, made)
        if course.traces:
            course.say(2, f"explicitly forcing redirect with {request.filename}")
        request.status = flags.status
        return Step.SUBSTITUTED
    request.filename = made = reduce(course, made)
    if scheme_length(made):
        if course.traces:
            course.say(2, f"implicitly forcing redirect (rc={flags.status} with {made}")
        request.status = flags.status
        return Step.SUBSTITUTED
    _force(rule, course)
    return Step.SUBSTITUTED


def _with_prefix(flags: Flags, course: Course, made: str) -> str:
    """A relative path with what it is relative to."""
    request, place = course.request, course.place
    if place is not None:
        if request.is_proxied and _is_proxy(request):
            return made
        if course.traces:
            course.say(3, f"add per-dir prefix: {made} -> {place}{made}")
        return place + made
    if flags.proxy or flags.redirect:
        return made
    if course.traces:
        course.say(3, f"add root prefix: {made} -> /{made}")
    return "/" + made
