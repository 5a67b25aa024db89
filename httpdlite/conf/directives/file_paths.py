"""Where httpd looks for files: mod_userdir, mod_vhost_alias, mod_speling; httpdlite serves none.

In: the words of one directive. Out: httpd's message for what it does not take. Rules: the modules'
documentation; wordings as observed with 2.4.71.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVERS, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import (
    Alike,
    Arity,
    Directive,
    Refusal,
    Takes,
    directive,
    judged,
    judged_module,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Standing, different, moot

_NOT_FOUND: Final = different("no files are served: such paths are answered with 404")
_NO_SCRIPTS: Final = different("scripts are not run: such paths are answered with 404")


def _read_user_dir(call: Call) -> tuple[str, ...]:
    words = tuple(word.text for word in words_of(call))
    if not words or not words[0]:
        raise call.error("UserDir requires an argument.")
    return words


def _refuse_user_dir(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) not in {"enabled", "disabled"} and any("://" in word for word in words):
        yield Refusal(
            "UserDir with a URL is not supported",
            hint="Write RedirectMatch ^/~([^/]+)(.*) URL, with $1 for the user.",
        )


_FORMAT: Final = re.compile(r"(?:[^%]|%%|%p|%-?[0-9]\+?(?:\.-?[0-9]\+?|(?!\.)))*", re.DOTALL)


def _check_format(call: Call) -> None:
    text = call.words[0].text
    if lower(text) == "none":
        return
    if not text.startswith("/"):
        raise call.error("format string must be an absolute path, or 'none'", 0)
    if not _FORMAT.fullmatch(text):
        raise call.error("syntax error in format string", 0)


def _virtual(name: str, standing: Standing, doc: str) -> Directive[object]:
    return judged(name, Arity.ONE, SERVERS, standing, doc, check=_check_format, usual="none")


_ABOUT_SPELLING: Final = Alike(
    moot("it only compares names of files, and none are served"), EVERYWHERE
)

USER_DIR: Final = directive(
    "UserDir",
    Takes(Arity.RAW, _read_user_dir),
    contexts=SERVERS,
    doc="Where the files of /~user/ are.",
    standing=_NOT_FOUND,
    refuse=_refuse_user_dir,
)

MODULES: Final = (
    (judged_module("userdir"), (USER_DIR,)),
    (
        judged_module("vhost_alias"),
        (
            _virtual("VirtualDocumentRoot", _NOT_FOUND, "A directory of files by host name."),
            _virtual("VirtualDocumentRootIP", _NOT_FOUND, "A directory of files by address."),
            _virtual("VirtualScriptAlias", _NO_SCRIPTS, "A directory of scripts by host name."),
            _virtual("VirtualScriptAliasIP", _NO_SCRIPTS, "A directory of scripts by address."),
        ),
    ),
    (
        judged_module("speling"),
        (
            _ABOUT_SPELLING.flag("CheckSpelling", "Whether misspelled paths find a file.", "Off"),
            _ABOUT_SPELLING.flag(
                "CheckCaseOnly", "Whether only upper and lower case is mended.", "Off"
            ),
            _ABOUT_SPELLING.flag("CheckBasenameMatch", "Whether another extension will do.", "Off"),
        ),
    ),
)
