r"""The commands of mod_sed: is a script right, and if not, in which words.

In: a script, as OutputSed has it. Out: httpd's message, or None. Nothing is compiled: httpdlite
changes no bodies. The syntax is that of Solaris' sed, on one line. Rules: httpd 2.4.71, as
observed.
"""

import re
from typing import Final

_ALONE: Final = frozenset("dDgGhHnNPpqx=l")
_ONE_ADDRESS: Final = frozenset("=qrai")
_LABELS: Final = frozenset(":bt")
_LARGEST_SUFFIX: Final = 512
_BARE: Final = frozenset({"too many }'s", "first RE may not be null"})  # without the script
_ADDRESS: Final = re.compile(r"[0-9]+|\$")
_SET: Final = re.compile(r"\[\^?\]?+[^\]]*\]")
_REPEAT: Final = re.compile(r"\\\{(?![0-9]+(?:,[0-9]*)?\\\})")


class _Bad(ValueError):  # noqa: N818 - never leaves this file
    """A message, without the script that httpd shows behind it."""


class _Script:
    """A script and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self, chars: str) -> None:
        while self.here and self.here in chars:
            self.at += 1

    def delimited(self, *, pattern: bool = False) -> str | None:
        """The text up to the next delimiter, which stands here; None if there is none.

        In a pattern, a set may hold the delimiter.
        """
        delimiter, self.at = self.here, self.at + 1
        start = self.at
        while self.here and self.here != delimiter:
            found = _SET.match(self.text, self.at) if pattern else None
            width = len(found[0]) if found else 1
            self.at += 2 if self.here == "\\" else width
        if not self.here:
            return None
        self.at += 1
        return self.text[start : self.at - 1]


def sed_problem(text: str) -> str | None:
    """What mod_sed says to a script; None if it is right."""
    script = _Script(text)
    try:
        while True:
            script.skip(" \t;")
            if not script.here:
                return None
            _read_command(script)
    except _Bad as why:
        return str(why) if str(why) in _BARE else f"{why}: {text}"


def _read_command(script: _Script) -> None:
    addresses = _read_addresses(script)
    script.skip(" \t")
    if script.here == "!":
        script.at += 1
    command, script.at = script.here, script.at + 1
    if command and command in _ONE_ADDRESS and addresses == 2:
        raise _Bad("only one address allowed")
    if command == "#":
        script.at = len(script.text)
    elif command == "{":
        script.depth += 1
    elif command == "}":
        script.depth -= 1
        if script.depth < 0:
            raise _Bad("too many }'s")
    elif command and command in _LABELS:
        _read_label(script)
    elif command == "s":
        _read_substitution(script)
    elif command == "y":
        _read_transformation(script)
    elif command and command in _ALONE:
        _end(script)
    elif command and command in "aicrw":
        _read_text(script, command)
    else:
        raise _Bad("unrecognized command")


def _end(script: _Script) -> None:
    if script.here not in {"", ";"}:
        raise _Bad("command garbled")


def _read_label(script: _Script) -> None:
    end = script.text.find(";", script.at)
    script.at = len(script.text) if end < 0 else end


def _read_text(script: _Script, command: str) -> None:
    """The text of a, i, c needs a line of its own, which a directive has not."""
    if command == "w" and script.here != " ":
        raise _Bad("Space missing before filename")
    if command != "w" and (command != "r" or script.here != " "):
        raise _Bad("command garbled")
    script.at = len(script.text)


def _read_addresses(script: _Script) -> int:
    count = 0
    while count < 2 and _read_address(script):
        count += 1
        if count == 1 and script.here == ",":
            script.at += 1
            if not (_ADDRESS.match(script.text, script.at) or script.here in {"/", "\\"}):
                raise _Bad("command garbled")
            continue
        break
    return count


def _read_address(script: _Script) -> bool:
    if found := _ADDRESS.match(script.text, script.at):
        script.at = found.end()
        return True
    if script.here not in {"/", "\\"}:
        return False
    if script.here == "\\":
        script.at += 1
    _check_pattern(script.delimited(pattern=True), "command garbled")
    return True


def _check_pattern(pattern: str | None, unclosed: str) -> int:
    r"""The number of groups in a pattern, of which `\(` and `\)` must be even."""
    if pattern == "":
        raise _Bad("first RE may not be null")
    if pattern is None:
        raise _Bad(unclosed)
    without_sets = re.sub(rf"\\.|({_SET.pattern})", lambda m: "" if m[1] else m[0], pattern)
    if re.sub(r"\\.", "", without_sets).count("["):
        raise _Bad("[ ] imbalance")
    if _REPEAT.search(without_sets):
        raise _Bad("Bad number")
    return _count_groups(re.findall(r"\\(.)", without_sets))


def _count_groups(escapes: list[str]) -> int:
    """The number of groups; a reference must be to one that is closed."""
    for index, escape in enumerate(escapes):
        if escape in "123456789" and int(escape) > escapes[:index].count(")"):
            raise _Bad("``\\digit'' out of range")
    if escapes.count("(") != escapes.count(")"):
        raise _Bad("\\( \\) imbalance")
    return escapes.count("(")


def _read_substitution(script: _Script) -> None:
    if not script.here:
        raise _Bad("first RE may not be null")
    delimiter = script.here
    groups = _check_pattern(script.delimited(pattern=True), "Illegal or missing delimiter")
    script.at -= 1
    replacement = script.delimited()
    if replacement is None:
        raise _Bad("ending delimiter missing on substitution")
    for escape in re.findall(r"\\(.)", replacement):
        if escape in "123456789" and escape != delimiter and int(escape) > groups:
            raise _Bad("``\\digit'' out of range")
    flags = re.compile(r"(?:g|([1-9][0-9]*))?p?").match(script.text, script.at)
    assert flags is not None
    if flags[1] and int(flags[1][:9]) > _LARGEST_SUFFIX:
        raise _Bad("suffix too large")
    script.at = flags.end()
    if script.here == "w":
        script.at += 1
        _read_text(script, "w")
    else:
        _end(script)


def _read_transformation(script: _Script) -> None:
    """y/from/to/; what mod_sed makes of escapes there is anyone's guess and not judged."""
    if not script.here or "\\" in script.text[script.at :]:
        script.at = len(script.text)
        return
    before = script.delimited()
    script.at -= 1
    after = script.delimited() if before is not None else None
    if before is None or after is None or len(before) > len(after):
        raise _Bad("ending delimiter missing on string")
    if len(before) < len(after):
        raise _Bad("transform strings not the same size")
    _end(script)
