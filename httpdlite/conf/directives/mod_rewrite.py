"""mod_rewrite.c: the lines of its directives, judged as httpd does, and read.

In: the words of one directive. Out: a ``Rewriting`` with what the line says (``rewriting`` puts
lines together and merges them), or httpd's message for what it does not take. Hides how lines are
cut into words, the kinds of conditions, the sources of maps; flags are in ``rewrite_flags``. Rules:
mod_rewrite's documentation; wordings, order and leniencies as observed with 2.4.71.

1. Words are mod_rewrite's own: a backslash before a blank keeps the word together and stays, one
   before a quote does nothing; what follows a closing quote is the next word.
2. A condition asks something else than an expression only if its pattern is exactly one of those
   tests, or begins with a comparison that something follows.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from httpdlite.conf.call import EVERYWHERE, SERVERS, Call, ConfigError, Context, Module, Word
from httpdlite.conf.directives.core_content import Handler, refuse_handler
from httpdlite.conf.directives.mod_proxy import SUPPORTED_SCHEMES
from httpdlite.conf.directives.rewrite_flags import (
    BLANKS,
    CONDITION_FLAGS,
    RULE_FLAGS,
    check_flags,
    read_flags,
)
from httpdlite.conf.directives.rewriting import (
    NO_FLAGS,
    NO_PART,
    CondTest,
    MapKind,
    Part,
    RewriteCond,
    RewriteMap,
    RewriteRule,
    Rewriting,
    combine,
    merge,
)
from httpdlite.conf.files import absolute
from httpdlite.conf.rows import Arity, Directive, Refusal, Takes
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing
from httpdlite.conf.values import condition, log, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpdlite.conf.expressions.tree import Condition

MODULE: Final = Module("rewrite_module", "mod_rewrite.c")

_OPTIONS: Final = frozenset(
    "inherit inheritbefore inheritdown inheritdownbefore ignoreinherit allownoslash allowanyuri "
    "mergebase ignorecontextinfo legacyprefixdocroot unsafeprefixstat".split()
)


def _error(call: Call, message: str, word: Word | None = None) -> ConfigError:
    return ConfigError(f"{call.name}: {message}", word.span if word else call.span)


def _here(call: Call, part: Part) -> Rewriting:
    """What a line says, of the server or of the section it stands in."""
    if call.place.path is None:
        return Rewriting(server=part)
    return Rewriting(section=_in_section(call, part))


def _everywhere(call: Call, part: Part) -> Rewriting:
    """The same of a line that says it of a server and of what is in it."""
    if call.place.path is None:
        return Rewriting(server=part, section=part)
    return Rewriting(section=_in_section(call, part))


_CONDITIONAL: Final = frozenset({"<if", "<elseif", "<else"})


def _in_section(call: Call, part: Part) -> Part:
    inner = next(each for each in reversed(call.place.sections) if each.path is not None)
    place = "*If" if inner.key in _CONDITIONAL else inner.path
    return Part(place, part.engine, part.options, part.base, part.rules, (), part.pending)


# --- rules and conditions -------------------------------------------------------------------------

_BARE: Final = re.compile(r"(?:\\[ \t\n\v\f\r]|[^ \t\n\v\f\r])*")


def rewrite_words(call: Call) -> tuple[Word, ...]:
    """The words of a rule or condition, three at most, cut as mod_rewrite does it (rule 1)."""
    raw, words, at = call.raw.text, list[Word](), 0
    while len(words) < 3:
        at += len(raw[at:]) - len(raw[at:].lstrip(BLANKS))
        if len(words) == 2 and at == len(raw):
            break
        start, end = _extent(raw, at)
        words.append(Word(raw[start:end], call.line, call.raw.start + start, call.raw.start + end))
        if end == len(raw):
            break
        at = end + 1
    return tuple(words)


def _extent(raw: str, at: int) -> tuple[int, int]:
    if raw[at : at + 1] in {'"', "'"}:
        end = raw.find(raw[at], at + 1)
        return at + 1, end if end >= 0 else len(raw)
    found = _BARE.match(raw, at)
    assert found is not None
    return found.span()


def _words_and_flags(
    call: Call, known: frozenset[str]
) -> tuple[tuple[Word, ...], tuple[tuple[str, str], ...]]:
    words = rewrite_words(call)
    if len(words) < 2:
        raise _error(call, f"bad argument line '{call.raw.text}'")
    return words, check_flags(call, words[2], known) if len(words) > 2 else ()


def _read_rule(call: Call) -> Rewriting:
    words, named = _words_and_flags(call, RULE_FLAGS)
    text = words[0].text
    bare = text.removeprefix("!")
    _check_pattern(call, bare)
    flags = read_flags(named) if named else NO_FLAGS
    rule = RewriteRule(bare, bare != text, words[1].text, flags, span=call.span)
    return _here(call, Part(rules=(rule,)))


def _check_pattern(call: Call, text: str) -> None:
    pattern(call, text, None, f"{call.name}: cannot compile regular expression '{text}'")


_FILE_TESTS: Final = {
    "-f": CondTest.FILE,
    "-s": CondTest.SIZE,
    "-d": CondTest.DIRECTORY,
    "-l": CondTest.LINK,
    "-L": CondTest.LINK,
    "-h": CondTest.LINK,
    "-x": CondTest.EXECUTABLE,
    "-U": CondTest.URL,
    "-F": CondTest.FILE_URL,
}
_OF_NUMBERS: Final = re.compile(r"-(?:eq|ne|lt|le|gt|ge)(?=.)", re.DOTALL)
_OF_TEXTS: Final = re.compile(r"[<>]=|[<>=]")


def find_test(text: str) -> tuple[CondTest, str]:
    """What a condition's pattern asks, and what it is compared with (rule 2)."""
    if text in _FILE_TESTS:
        return _FILE_TESTS[text], text
    found = _OF_NUMBERS.match(text) or (_OF_TEXTS.match(text) if len(text) > 1 else None)
    if found is None:
        return CondTest.REGEX, text
    compared = text[found.end() :]
    if found[0] == "=" and compared == '""':
        compared = ""
    return CondTest(found[0]), compared


def _read_condition(call: Call) -> Rewriting:
    words, named = _words_and_flags(call, CONDITION_FLAGS)
    flags = {key for key, _ in named}
    subject, shown = words[0].text, words[1].text
    text = shown.removeprefix("!")
    ignores_case = bool(flags & {"nc", "nocase"})
    parsed: Condition | None = None
    if lower(subject) == "expr":
        test = CondTest.EXPRESSION
        braces = text.replace("{", "{{").replace("}", "}}")
        parsed = condition(
            call, text, None, f'{call.name}: cannot compile expression "{braces}" {{}}'
        )
    else:
        test, text = find_test(text)
        if test is CondTest.REGEX:
            _check_pattern(call, text)
    if ignores_case and test not in _WITH_CASE:
        _warn_of_case(call, text)
        ignores_case = False
    found = RewriteCond(
        subject,
        shown,
        test,
        text,
        negated=shown.startswith("!"),
        ignore_case=ignores_case,
        or_next=bool(flags & {"or", "ornext"}),
        no_vary=bool(flags & {"nv", "novary"}),
        expression=parsed,
    )
    return _here(call, Part(pending=(found,)))


_WITH_CASE: Final = frozenset(
    {
        CondTest.REGEX,
        CondTest.TEXT_EQ,
        CondTest.TEXT_LT,
        CondTest.TEXT_LE,
        CondTest.TEXT_GT,
        CondTest.TEXT_GE,
    }
)


def _warn_of_case(call: Call, text: str) -> None:
    place = f"{call.span.apache_file}:{call.span.apache_line}"
    message = (
        f"AH00665: RewriteCond: NoCase option for non-regex pattern '{text}' is not supported "
        f"and will be ignored. ({place})"
    )
    log(call, "rewrite", message, code="rewrite-condition-case")


# --- maps -----------------------------------------------------------------------------------------

_INTERNAL: Final = frozenset({"tolower", "toupper", "escape", "unescape"})
_DBM_ENDINGS: Final = {"default": "", "db": "", "gdbm": "", "sdbm": ".dir"}


def _read_map(call: Call) -> Rewriting:
    name, source = call.words[0].text, call.words[1].text
    kind, colon, rest = source.partition(":")
    kind = lower(kind) if colon else ""
    if lower(source).startswith("dbm"):
        _check_dbm(call, source)
        found = RewriteMap(name, MapKind.DATABASE, source)
    elif kind in {"txt", "rnd"}:
        found = RewriteMap(name, MapKind(kind), _check_file(call, rest))
    elif kind == "prg":
        words = _program_words(rest)
        program = _check_file(call, words[0] if words else "")
        found = RewriteMap(name, MapKind.PROGRAM, rest, (program, *words[1:]), call.text(2))
    elif kind == "int":
        if rest not in _INTERNAL:
            raise call.error(f"RewriteMap: internal map not found:{rest}", 1)
        found = RewriteMap(name, MapKind.INTERNAL, rest)
    elif kind in {"dbd", "fastdbd"}:
        if call.place.find_module("dbd_module") is None:
            message = "RewriteMap types dbd and fastdbd require mod_dbd!"
            raise call.error(message, 1, hint="LoadModule dbd_module modules/mod_dbd.so")
        found = RewriteMap(name, MapKind.DATABASE, source)
    else:
        found = RewriteMap(name, MapKind.TEXT, _check_file(call, source))
    return Rewriting(server=Part(maps=(found,)))


def _check_dbm(call: Call, source: str) -> None:
    kind, colon, path = source[3:].partition(":")
    if not colon or (kind and not kind.startswith("=")):
        raise call.error(f"RewriteMap: bad map:{source}", 1)
    name = lower(kind[1:]) if kind else "default"
    if name not in _DBM_ENDINGS:
        raise call.error(f"RewriteMap: dbm type {kind[1:]} is invalid", 1)
    _check_file(call, path, ending=_DBM_ENDINGS[name])


def _check_file(call: Call, text: str, *, ending: str = "") -> str:
    """The path of a file. Something must be there, a directory or a device will do."""
    root = call.place.server_root
    path = (absolute(root, text) if text else f"{root}/") + ending
    if call.place.files.kind(path) is None:
        name = call.words[0].text
        raise call.error(f"RewriteMap: file for map {name} not found:{path}", 1)
    return path


def _program_words(text: str) -> list[str]:
    """A command line as APR splits it: quotes and backslashes protect."""
    found = re.findall(r"""(?:"[^"]*"?|'[^']*'?|\\.|[^\s"'])+""", text, re.DOTALL)
    return [re.sub(r"""["']|\\(.)""", r"\1", word, flags=re.DOTALL) for word in found]


def _refuse_maps(value: Rewriting) -> "Iterator[Refusal]":
    for each in value.server.maps if value.server is not None else ():
        if each.kind is MapKind.DATABASE:
            kind = each.source.partition(":")[0]
            hint = "Write keys and values to a text file, one pair a line, and use txt:FILE."
            yield Refusal(f"RewriteMap of the kind {kind} is not supported", hint=hint)


# --- the others -----------------------------------------------------------------------------------


def _read_engine(call: Call) -> Rewriting:
    return _everywhere(call, Part(engine=call.words[0].text.lower() == "on"))


def _read_options(call: Call) -> Rewriting:
    given = set()
    for index, word in enumerate(call.words):
        option = lower(word.text)
        if option.startswith("maxredirects="):
            message = (
                "AH00664: RewriteOptions: MaxRedirects option has been removed in favor of the "
                "global LimitInternalRecursion directive and will be ignored."
            )
            log(call, "rewrite", message, code="rewrite-max-redirects")
        elif option not in _OPTIONS:
            raise call.error(f"RewriteOptions: unknown option '{word.text}'", index)
        else:
            given.add(option)
    return _everywhere(call, Part(options=frozenset(given)))


def _read_base(call: Call) -> Rewriting:
    if call.place.path is None:
        raise call.error("RewriteBase: only valid in per-directory config files", 0)
    if not call.words[0].text.startswith("/"):
        raise call.error("RewriteBase: argument is not a valid URL", 0)
    return _here(call, Part(base=call.words[0].text))


# --- what is not done --------------------------------------------------------------------------

_SCHEME: Final = re.compile(r"(?:unix:[^|]*\|)?([A-Za-z][A-Za-z0-9+.-]*)://")


def _refuse_conditions(value: Rewriting) -> "Iterator[Refusal]":
    from httpdlite.conf.expressions.undone import find_undone  # noqa: PLC0415 - few have any

    for part in (value.server or NO_PART, value.section):
        for each in part.pending:
            undone = find_undone(each.expression) if each.expression is not None else None
            if undone is not None:
                yield Refusal(f"{undone} in an expression is not supported")


def _refuse_rules(value: Rewriting) -> "Iterator[Refusal]":
    for rule in ((value.server or NO_PART).rules) + value.section.rules:
        flags, handler = rule.flags, rule.flags.handler or "none"
        if lower(handler[:6]) == "proxy:":
            hint = "Use [P], with the URL as the rule's target."
            yield Refusal("RewriteRule with [H=proxy:...] is not supported yet", hint=hint)
        else:
            yield from refuse_handler(Handler(handler, for_files=False))
        found = _SCHEME.match(rule.substitution) if flags.proxy else None
        scheme = lower(found[1]) if found is not None else "http"
        if scheme == "balancer":
            yield Refusal("balancers are not supported yet", hint="Name one worker by its URL.")
        elif scheme not in SUPPORTED_SCHEMES:
            hint = "Workers are http://, https://, ws:// or wss://."
            yield Refusal(f"workers of scheme {scheme}:// are not supported yet", hint=hint)


# --- rows -----------------------------------------------------------------------------------------

_RULES: Final = Standing(Class.SAME, answers=True)


def _row(
    name: str,
    arity: Arity,
    read: "Callable[[Call], Rewriting]",
    doc: str,
    *,
    contexts: Context = EVERYWHERE,
    **more: Any,
) -> Directive[Rewriting]:
    return Directive(
        name,
        Takes(arity, read),
        contexts,
        doc,
        combine=combine,
        combine_in_section=combine,
        merge=merge,
        standing=_RULES,
        **more,
    )


REWRITING: Final = _row(
    "RewriteRule",
    Arity.RAW,
    _read_rule,
    "An expression for URL paths, and what becomes of those it matches.",
    default=Rewriting(),
    refuse=_refuse_rules,
)
"""The key to all that the directives of this module say."""

ROWS: Final = (
    _row(
        "RewriteEngine",
        Arity.FLAG,
        _read_engine,
        "Whether the rules of this place are carried out.",
        usual="Off",
        into=REWRITING,
    ),
    _row(
        "RewriteOptions",
        Arity.EACH,
        _read_options,
        "How rules are inherited and what they are tried on.",
        into=REWRITING,
    ),
    _row(
        "RewriteBase",
        Arity.ONE,
        _read_base,
        "The URL path that relative targets in a section begin with.",
        into=REWRITING,
    ),
    _row(
        "RewriteCond",
        Arity.RAW,
        _read_condition,
        "A condition of the rule that follows.",
        into=REWRITING,
        refuse=_refuse_conditions,
    ),
    REWRITING,
    _row(
        "RewriteMap",
        Arity.TWO_OR_THREE,
        _read_map,
        "A table or program that rules look things up in.",
        contexts=SERVERS,
        into=REWRITING,
        refuse=_refuse_maps,
    ),
)

MODULES: Final = ((MODULE, ROWS),)
