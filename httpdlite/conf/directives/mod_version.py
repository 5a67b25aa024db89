"""mod_version.c: <IfVersion>. The reader acts on it; `matches` is its test.

In: the words before the last `>`. Out: whether they hold for the version of httpd that httpdlite
stands for, or the message. Rules: mod_version's source; wordings as observed with 2.4.71.
"""

import re
from typing import Final

from httpdlite.conf.call import EVERYWHERE, Module
from httpdlite.conf.patterns import BadRegex, ForeignRegex, as_bytes, compile_regex, searches
from httpdlite.conf.rows import Section

MODULE: Final = Module("version_module", "mod_version.c", static=True)

APACHE_VERSION: Final = (2, 4, 71)
"""The version that <IfVersion> sees: the one httpdlite is measured against."""

IF_VERSION: Final = Section(
    "<IfVersion",
    EVERYWHERE,
    "Lines that count for certain versions of httpd",
    inside=None,
    keeps_path=False,
    at_read=True,
)

BAD_VERSION: Final = (
    "Version appears to be invalid. It must have the format major[.minor[.patch]] "
    "where major, minor and patch are numbers."
)

_VERSION: Final = re.compile(r"[0-9]+(?:\.[0-9]*){0,2}")


class VersionTestError(ValueError):
    """The argument of <IfVersion> is wrong; the message is httpd's."""


def matches(operator: str, version: str) -> bool:
    """Whether `operator version` holds; `!` before the operator negates."""
    negated = operator.startswith("!") and operator != "!"
    kind = operator.removeprefix("!") if negated else operator
    if kind == "~" or (kind in {"=", "=="} and version.startswith("/")):
        return _matches_regex(version, delimited=kind != "~") is not negated
    if kind not in {"=", "==", "<", "<=", ">", ">="}:
        raise VersionTestError(f"unrecognized operator '{operator}'")
    return _compares(kind, _parse(version)) is not negated


def _compares(operator: str, version: tuple[int, ...]) -> bool:
    if operator[0] == "<":
        return version > APACHE_VERSION or (operator == "<=" and version == APACHE_VERSION)
    if operator[0] == ">":
        return version < APACHE_VERSION or (operator == ">=" and version == APACHE_VERSION)
    return version == APACHE_VERSION


def _parse(text: str) -> tuple[int, ...]:
    if not _VERSION.fullmatch(text) or len(text) > 100:
        raise VersionTestError(BAD_VERSION)
    parts = [int(part or 0) for part in text.split(".")]
    return (*parts, 0, 0)[:3]


def _matches_regex(text: str, *, delimited: bool) -> bool:
    if delimited:
        if len(text) < 2 or not text.endswith("/"):
            raise VersionTestError("Missing delimiting / of regular expression.")
        text = text[1:-1]
    try:
        return searches(compile_regex(as_bytes(text)), ".".join(map(str, APACHE_VERSION)))
    except (BadRegex, ForeignRegex):
        raise VersionTestError("Unable to compile regular expression") from None
