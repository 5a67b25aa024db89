r"""Whether PCRE takes a regular expression: its syntax, without compiling anything.

In: a pattern as httpd hands it to PCRE2 (bytes, DOTALL, DOLLAR_ENDONLY, DUPNAMES). Out: nothing, or
`BadRegex` with what is wrong. Hides what Python's `re` knows nothing of: verbs, conditions, calls
of groups, branch reset, options within. Rules: pcre2pattern(3), and PCRE2 10.42 as observed.

1. Work is done on bytes, each one a character: httpd does not set PCRE2_UTF.
2. References are checked at the end, since they may point forward; so are lookbehinds, each
   alternative of which must have a fixed length (`pcre_lengths`).
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NoReturn

from httpdlite.conf.patterns.pcre_escapes import Escape, Escaped, Reader, read_escape, read_set
from httpdlite.conf.patterns.pcre_lengths import Call, Group, Item, Mark, Repeat, has_fixed_length
from httpdlite.conf.patterns.regex import BadRegex

DEEPEST: Final = 250  # groups within groups
LARGEST_COUNT: Final = 65535
LONGEST_NAME: Final = 32
LARGEST_UNICODE: Final = 0x10FFFF
LARGEST: Final = 65536  # bytes compiled; ours is an estimate, wrong near the limit only
GROUP_SIZE: Final = 8
SET_SIZE: Final = 33
CARET: Final = "^"

_AT_START: Final = re.compile(
    r"\(\*(?:UTF8?|UCP|NOTEMPTY|NOTEMPTY_ATSTART|NO_AUTO_POSSESS|NO_DOTSTAR_ANCHOR|NO_JIT"
    r"|NO_START_OPT|CR|LF|CRLF|ANY|NUL|ANYCRLF|BSR_ANYCRLF|BSR_UNICODE"
    r"|LIMIT_(?:HEAP|MATCH|DEPTH|RECURSION)=[0-9]{1,9})\)"
)
_VERB: Final = re.compile(r"\(\*([A-Z]*)(?::([^)]*))?\)")
_VERBS: Final = frozenset({"ACCEPT", "F", "FAIL", "COMMIT", "PRUNE", "SKIP", "THEN", "MARK", ""})
_ALPHA: Final = re.compile(r"\(\*([a-z_]+):")
_AHEAD: Final = frozenset(
    "pla positive_lookahead nla negative_lookahead napla non_atomic_positive_lookahead".split()
)
_BEHIND: Final = frozenset(
    "plb positive_lookbehind nlb negative_lookbehind naplb non_atomic_positive_lookbehind".split()
)
_NOT_ATOMIC: Final = frozenset(
    "napla non_atomic_positive_lookahead naplb non_atomic_positive_lookbehind".split()
)
_ATOMIC: Final = frozenset("atomic sr script_run asr atomic_script_run".split())

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_NAMED: Final = re.compile(rf"\(\?(?:P?<({_NAME})>|'({_NAME})')")
_CALL: Final = re.compile(
    rf"\(\?(?:(?P<whole>R)|(?P<number>[+-]?[0-9]+)|(?:&|P>)(?P<name>{_NAME})|P=(?P<back>{_NAME}))\)"
)
_CONDITION: Final = re.compile(
    rf"\(\?\((?:(?P<number>[+-]?[0-9]+)|R(?P<recursion>[0-9]*)|R&(?P<call><?{_NAME})"
    rf"|VERSION>?=[0-9]{{1,4}}(?:\.[0-9]{{1,3}})?|(?P<define>DEFINE)"
    rf"|<(?P<angled>{_NAME})>|'(?P<quoted>{_NAME})'|(?P<name>{_NAME}))\)"
)
_OPTIONS: Final = re.compile(r"\(\?(\^?)([imsxnJU]*)(-?)([imsxnJU]*)([:)])")
_CALLOUT: Final = re.compile(
    r"\(\?C(?:([0-9]*)|([`'\"^%#$])(?:(?!\2).|\2\2)*\2|\{(?:[^}]|\}\})*\})\)", re.DOTALL
)
_COUNT: Final = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_POSIX_OUTSIDE: Final = re.compile(r"\[([:.=])(?:\\[\]\\]|(?!\[\1|\]|\1\]).)*\1\]", re.DOTALL)
_BLANKS: Final = frozenset(" \t\n\v\f\r")


@lru_cache(4096)
def check_regex(pattern: str, *, extended: bool = False) -> None:
    """Raises BadRegex if PCRE refuses the pattern; `extended` ignores blanks, as (?x) does."""
    data = pattern.encode("utf-8", "surrogateescape")
    _Parser(data.decode("latin-1"), extended=int(extended)).parse()


@lru_cache(256)
def find_edits(pattern: str) -> list[tuple[int, int, str]]:
    """What `library` writes differently: from, to, the text instead. May raise BadRegex."""
    parser = _Parser(pattern)
    parser.parse()
    return parser.reader.edits


@dataclass(slots=True)
class _Open:
    """A group that is not closed yet, and what counts again after it."""

    group: Group
    extended: int
    no_auto: bool
    in_lookaround: bool
    is_reset: bool = False
    base: int = 0
    most: int = 0
    is_condition: bool = False  # may have two branches
    wants_assertion: bool = False


@dataclass(slots=True)
class _Parser:
    """One pass over a pattern. Everything that is wrong is a BadRegex."""

    text: str
    extended: int = 0  # 1 is (?x), 2 is (?xx)
    reader: Reader = field(init=False)
    no_auto: bool = False
    in_lookaround: bool = False
    count: int = 0
    most: int = 0
    can_repeat: bool = False
    last_size: int = 0
    stack: list[_Open] = field(default_factory=list)
    groups: dict[int, Group] = field(default_factory=dict)
    names: dict[str, list[int]] = field(default_factory=dict)
    behind: list[Group] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    has_twins: bool = False  # groups may share numbers

    def parse(self) -> None:
        """Reads all, then checks what could not be checked on the way."""
        reader = self.reader = Reader(self.text)
        while found := _AT_START.match(self.text, reader.at):
            reader.at = found.end()
            if found[0].startswith("(*UTF"):
                reader.largest = LARGEST_UNICODE
        whole = Group()
        self.groups[0] = whole
        self.stack.append(_Open(whole, self.extended, self.no_auto, in_lookaround=False))
        while not reader.is_done:
            self._step(reader.text[reader.at])
        if len(self.stack) > 1:
            _fail("missing closing parenthesis")
        for call in self.calls:
            self._resolve(call)
        for group in self.behind:
            if not has_fixed_length(group, has_twins=self.has_twins):
                _fail("lookbehind assertion is not fixed length")
        if whole.size > LARGEST:
            _fail("regular expression is too large")

    def _step(self, char: str) -> None:
        """Reads one item; can_repeat says whether a quantifier may follow."""
        reader = self.reader
        if self.extended and self._skip_blanks(char):
            return
        if self.stack[-1].wants_assertion and char != "(":
            _fail("assertion expected after (?( or (?(?C)")
        if char == "(":
            self._open()
        elif char == "[":
            self._set()
        elif char == "\\":
            self._escape()
        elif char in "*+?" or (char == "{" and _COUNT.match(reader.text, reader.at)):
            self._repeat(char)
        elif char == ")":
            self._close()
        elif char == "|":
            self._alternative()
        else:
            if char in "{^":
                reader.edits.append((reader.at, reader.at + 1, "\\{" if char == "{" else CARET))
            reader.at += 1
            self._add(0 if char in "^$" else 1, can_repeat=char not in "^$")

    def _skip_blanks(self, char: str) -> bool:
        if char in _BLANKS:
            self.reader.at += 1
        elif char == "#":
            self.reader.at = self.text.find("\n", self.reader.at) + 1 or len(self.text)
        else:
            return False
        return True

    def _add(self, item: Item, *, can_repeat: bool = True, size: int = 2) -> None:
        group = self.stack[-1].group
        group.branches[-1].append(item)
        group.size += size
        self.last_size = size
        self.can_repeat = can_repeat

    # --- groups -----------------------------------------------------------------------------------

    def _open(self) -> None:
        text, at = self.text, self.reader.at
        following = text[at + 1 : at + 2]
        wanted, self.stack[-1].wants_assertion = self.stack[-1].wants_assertion, False
        if wanted:
            self._condition_assertion()
        elif following == "*" and len(text) > at + 2 and text[at + 2] != ")":
            self._verb()
        elif following == "?":
            self._special(text[at + 2 : at + 3])
        elif self.no_auto:
            self._enter(Group(), 1)
        else:
            self._capture(1)

    def _enter(self, group: Group, length: int, **more: bool | int) -> None:
        """Opens a group, whose opening has `length` characters."""
        if len(self.stack) > DEEPEST:
            _fail("parentheses are too deeply nested")
        self.reader.at += length
        self.can_repeat = False
        opened = _Open(group, self.extended, self.no_auto, self.in_lookaround)
        for name, value in more.items():
            setattr(opened, name, value)
        self.stack.append(opened)

    def _capture(self, length: int, name: str | None = None) -> None:
        self.count += 1
        self.most = max(self.most, self.count)
        group = Group()
        self.groups.setdefault(self.count, group)
        if name is not None:
            self._name(name)
        self._enter(group, length)

    def _name(self, name: str) -> None:
        if len(name) > LONGEST_NAME:
            _fail("subpattern name is too long (maximum 32 code units)")
        others = (known for known, numbers in self.names.items() if self.count in numbers)
        if any(other != name for other in others):
            _fail("different names for subpatterns of the same number are not allowed")
        self.names.setdefault(name, []).append(self.count)

    def _close(self) -> None:
        if len(self.stack) == 1:
            _fail("unmatched closing parenthesis")
        opened = self.stack.pop()
        if opened.wants_assertion:
            _fail("assertion expected after (?( or (?(?C)")
        if opened.is_condition and len(opened.group.branches) > (1 if opened.group.skipped else 2):
            _fail("conditional subpattern contains more than two branches")
        if opened.is_reset:
            self.count = max(opened.most, self.count)
        self.extended, self.no_auto = opened.extended, opened.no_auto
        self.in_lookaround = opened.in_lookaround
        self.reader.at += 1
        size = opened.group.size + GROUP_SIZE + 3 * (len(opened.group.branches) - 1)
        self._add(opened.group, size=size)

    def _alternative(self) -> None:
        opened = self.stack[-1]
        if opened.is_reset:
            opened.most = max(opened.most, self.count)
            self.count = opened.base
        opened.group.branches.append([])
        self.reader.at += 1
        self.can_repeat = False

    def _lookaround(self, length: int, *, is_behind: bool) -> None:
        group = Group(is_assertion=True)
        if is_behind:
            self.behind.append(group)
            group.around = [opened.group for opened in self.stack[1:]]
        self._enter(group, length)
        self.in_lookaround = True

    # --- (?…) and (*…) ----------------------------------------------------------------------------

    def _special(self, kind: str) -> None:
        text, at = self.text, self.reader.at
        if kind == "#":
            end = text.find(")", at)
            if end < 0:
                _fail("missing ) after (?# comment")
            self.reader.at = end + 1
        elif kind and kind in "=!*":
            self._lookaround(3, is_behind=False)
        elif text[at + 2 : at + 4] in {"<=", "<!", "<*"}:
            self._lookaround(4, is_behind=True)
        elif kind == "|":
            self.has_twins = True
            self._enter(Group(), 3, is_reset=True, base=self.count, most=self.count)
        elif kind == ">":
            self._enter(Group(), 3)
        elif found := _NAMED.match(text, at):
            self._capture(len(found[0]), found[1] or found[2])
        elif found := _CALL.match(text, at):
            self._call(found)
        elif kind == "(":
            self._condition()
        elif kind == "C":
            self._callout()
        else:
            self._options()

    def _call(self, found: re.Match[str]) -> None:
        self.reader.at = found.end()
        if found["number"]:
            call = Call(self._relative(found["number"]))
        elif found["whole"]:
            call = Call(0)
        else:
            is_back = found["back"] is not None
            call = Call(name=found["back"] if is_back else found["name"], is_back=is_back)
        self.calls.append(call)
        self._add(call)

    def _relative(self, text: str) -> int:
        """The number of a group that is written absolutely or relatively."""
        number = int(text[:12])
        if abs(number) > LARGEST_COUNT:
            _fail("subpattern number is too big")
        if text[0] not in "+-":
            return number
        if number == 0:
            _fail("a relative value of zero is not allowed")
        if number > 0:
            return self.count + number
        if -number > self.count:
            _fail("reference to non-existent subpattern")
        return self.count + number + 1

    def _condition(self) -> None:
        text, at = self.text, self.reader.at
        if text[at + 3 : at + 4] in {"?", "*"}:
            self._enter(Group(), 2, is_condition=True, wants_assertion=True)
            return
        found = _CONDITION.match(text, at)
        if found is None:
            _fail("syntax error in a condition")
        names = (found["angled"], found["quoted"], found["name"], (found["call"] or "").strip("<"))
        if found["number"]:
            number = self._relative(found["number"])
            if number == 0:
                _fail("reference to non-existent subpattern")
            self.calls.append(Call(number))
        elif found["recursion"]:
            self.calls.append(Call(int(found["recursion"][:12])))
        for name in filter(None, names):
            self.calls.append(Call(name=name))
        group = Group(skipped=bool(found["define"]))
        self._enter(group, len(found[0]), is_condition=True)

    def _condition_assertion(self) -> None:
        text, at = self.text, self.reader.at
        if found := _CALLOUT.match(text, at):
            self._check_callout(found)
            self.stack[-1].wants_assertion = True
        elif text.startswith(("(?=", "(?!"), at):
            self._lookaround(3, is_behind=False)
        elif text.startswith(("(?<=", "(?<!"), at):
            self._lookaround(4, is_behind=True)
        elif (found := _ALPHA.match(text, at)) and found[1] in (_AHEAD | _BEHIND) - _NOT_ATOMIC:
            self._lookaround(len(found[0]), is_behind=found[1] in _BEHIND)
        else:
            _fail("assertion expected after (?( or (?(?C)")

    def _callout(self) -> None:
        found = _CALLOUT.match(self.text, self.reader.at)
        if found is None:
            _fail("closing parenthesis for (?C expected")
        self._check_callout(found)

    def _check_callout(self, found: re.Match[str]) -> None:
        if found[1] and int(found[1][:12]) > 255:
            _fail("number after (?C is greater than 255")
        self.reader.at = found.end()
        self.can_repeat = False

    def _options(self) -> None:
        found = _OPTIONS.match(self.text, self.reader.at)
        if found is None or (found[1] and found[3]):
            _fail("unrecognized character after (? or (?-")
        before = (self.extended, self.no_auto)
        extended, no_auto = (0, False) if found[1] else before
        if "x" in found[2]:
            extended = 2 if "xx" in found[2] else 1
        if "x" in found[4]:
            extended = 0
        no_auto = (no_auto or "n" in found[2]) and "n" not in found[4]
        if found[5] == ":":
            self._enter(Group(), len(found[0]))
        else:
            self.reader.at = found.end()
            self.can_repeat = False
        self.extended, self.no_auto = extended, no_auto

    def _verb(self) -> None:
        text, at = self.text, self.reader.at
        if found := _ALPHA.match(text, at):
            if found[1] in _AHEAD | _BEHIND:
                self._lookaround(len(found[0]), is_behind=found[1] in _BEHIND)
            elif found[1] in _ATOMIC:
                self._enter(Group(), len(found[0]))
            else:
                _fail("(*alpha_assertion) not recognized")
            return
        found = _VERB.match(text, at)
        if found is None or found[1] not in _VERBS or (not found[1] and found[2] is None):
            _fail("(*VERB) not recognized or malformed")
        if found[1] in {"", "MARK"} and not found[2]:
            _fail("(*MARK) must have an argument")
        self.reader.at = found.end()
        ends = found[1] in {"ACCEPT", "F", "FAIL"}
        self._add(Mark.END if ends else 0, can_repeat=found[1] == "ACCEPT")

    # --- single items -----------------------------------------------------------------------------

    def _set(self) -> None:
        text, reader = self.text, self.reader
        if text.startswith(("[[:<:]]", "[[:>:]]"), reader.at):
            reader.at += 7
            self._add(0)
            return
        if _POSIX_OUTSIDE.match(text, reader.at):
            _fail("POSIX classes are supported only within a class")
        read_set(reader, ignores_blanks=self.extended == 2)
        self._add(1, size=SET_SIZE)

    def _escape(self) -> None:
        reader = self.reader
        if reader.text.startswith(("\\E", "\\Q"), reader.at):
            self._literal()
            return
        start = reader.at
        escaped = read_escape(reader, self.count)
        if escaped.text == "C" and escaped.kind is Escape.TYPE:
            reader.edits.append((start, reader.at, "(?s:.)"))
        match escaped.kind:
            case Escape.CHARACTER | Escape.TYPE:
                self._add(1)
            case Escape.VARIABLE:
                self._add(Mark.VARIABLE)
            case Escape.ASSERTION:
                if escaped.text == "K" and self.in_lookaround:
                    _fail(r"\K is not allowed in lookarounds")
                self._add(0, can_repeat=False)
            case Escape.REFERENCE | Escape.CALL:
                self._reference(escaped)

    def _literal(self) -> None:
        reader = self.reader
        reader.at += 2
        if reader.text[reader.at - 1] == "E":
            return
        end = reader.text.find("\\E", reader.at)
        stop = end if end >= 0 else len(reader.text)
        for _ in range(reader.at, stop):
            self._add(1)
        reader.at = stop + 2 if end >= 0 else stop

    def _reference(self, escaped: Escaped) -> None:
        is_back = escaped.kind is Escape.REFERENCE
        if escaped.text[:1].isdigit() or escaped.text[:1] in {"+", "-"}:
            number = self._relative(escaped.text)
            if number == 0 and is_back:
                _fail("reference to non-existent subpattern")
            call = Call(number, is_back=is_back)
        else:
            if len(escaped.text) > LONGEST_NAME:
                _fail("subpattern name is too long (maximum 32 code units)")
            call = Call(name=escaped.text, is_back=is_back)
        self.calls.append(call)
        self._add(call)

    def _repeat(self, char: str) -> None:
        reader = self.reader
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(char, (0, 0))
        if char == "{":
            found = _COUNT.match(reader.text, reader.at)
            assert found is not None
            reader.at = found.end()
            least = _count(found[1])
            most = (_count(found[3]) if found[3] else None) if found[2] else least
            if most is not None and most < least:
                _fail("numbers out of order in {} quantifier")
        else:
            reader.at += 1
        if not self.can_repeat:
            _fail("quantifier does not follow a repeatable item")
        if reader.text[reader.at : reader.at + 1] in {"+", "?"}:
            reader.at += 1
        branch = self.stack[-1].group.branches[-1]
        if isinstance(branch[-1], Group):
            copies = max(least, 1, most or 0) - 1
            self.stack[-1].group.size += copies * self.last_size
        branch[-1] = Repeat(branch[-1], least, most)
        self.can_repeat = False

    def _resolve(self, call: Call) -> None:
        """Finds the groups that a call or a reference means."""
        numbers = self.names.get(call.name, []) if call.name else [call.number]
        if call.name and not numbers and not re.fullmatch("R[0-9]*|DEFINE", call.name):
            _fail("reference to non-existent subpattern")
        if any(number > self.most for number in numbers):
            _fail("reference to non-existent subpattern")
        call.groups = [self.groups[number] for number in numbers]


def _count(digits: str) -> int:
    number = int(digits[:8])
    if number > LARGEST_COUNT or len(digits.lstrip("0")) > 5:
        _fail("number too big in {} quantifier")
    return number


def _fail(message: str) -> NoReturn:
    raise BadRegex(message)
