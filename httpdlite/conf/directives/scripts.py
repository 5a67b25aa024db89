"""Scripts and includes, which httpdlite does not run: mod_actions, mod_cgi, mod_cgid, mod_include.

In: the words of one directive. Out: httpd's message for what it does not take. Rules: the modules'
documentation; wordings as observed with 2.4.71.
"""

from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SECTIONS, SERVER, SERVERS, Call, Context
from httpdlite.conf.numbers import duration
from httpdlite.conf.rows import Arity, Check, Directive, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot, refused
from httpdlite.conf.values import one_of

_NO_SCRIPTS: Final = moot("no scripts are run")
_NO_INCLUDES: Final = moot("responses are not searched for server-side includes")
_ACTION: Final = refused(
    "is not supported: no scripts are run",
    "Run the script in a server of its own and use ProxyPass.",
    answers=True,
)


def _check_action(call: Call) -> None:
    if len(call.words) > 2 and lower(call.words[2].text) != "virtual":
        raise call.error(f"unrecognized option '{call.words[2].text}'", 2)


def _check_script(call: Call) -> None:
    if call.words[0].text == "TRACE":
        raise call.error("TRACE not allowed for Script", 0)


def _check_timeout(call: Call) -> None:
    if duration(call.words[0].text, "s") is None:
        raise call.error(f"{call.name} has wrong format", 0)


def _check_tag(call: Call) -> None:
    if any(char in " \t\n\v\f\r" for char in call.words[0].text):
        raise call.error(f"{call.name} may not contain any whitespaces", 0)


def _script(
    name: str, contexts: Context, doc: str, check: Check | None = None
) -> Directive[object]:
    return judged(name, Arity.ONE, contexts, _NO_SCRIPTS, doc, check=check)


def _include(
    name: str, arity: Arity, contexts: Context, doc: str, check: Check | None = None
) -> Directive[object]:
    return judged(name, arity, contexts, _NO_INCLUDES, doc, check=check)


_LOG: Final = (
    _script("ScriptLog", SERVERS, "The file that failed scripts are written to."),
    _script("ScriptLogLength", SERVERS, "The size at which nothing more is written there."),
    _script("ScriptLogBuffer", SERVERS, "How much of a request's body is written there."),
)

MODULES: Final = (
    (
        judged_module("actions"),
        (
            judged(
                "Action",
                Arity.TWO_OR_THREE,
                EVERYWHERE,
                _ACTION,
                "A script for files of a type or with a handler.",
                check=_check_action,
            ),
            judged(
                "Script",
                Arity.TWO,
                SERVERS | DIRECTORY,
                _ACTION,
                "A script for requests of a method.",
                check=_check_script,
            ),
        ),
    ),
    (
        judged_module("cgi"),
        (
            *_LOG,
            _script(
                "CGIScriptTimeout",
                SERVERS | DIRECTORY,
                "How long a script may say nothing.",
                _check_timeout,
            ),
        ),
    ),
    (
        judged_module("cgid"),
        (
            *_LOG,
            _script("ScriptSock", SERVER, "The socket of the process that runs scripts."),
            _script(
                "CGIDScriptTimeout",
                EVERYWHERE,
                "How long a script may say nothing.",
                _check_timeout,
            ),
        ),
    ),
    (
        judged_module("include"),
        (
            _include(
                "XBitHack",
                Arity.ONE,
                EVERYWHERE,
                "Whether the right to execute a file means includes.",
                one_of("off on full", "XBitHack must be set to Off, On, or Full"),
            ),
            _include("SSIErrorMsg", Arity.ONE, EVERYWHERE, "The text of a failed include."),
            _include("SSITimeFormat", Arity.ONE, EVERYWHERE, "How times are shown."),
            _include("SSIUndefinedEcho", Arity.ONE, EVERYWHERE, "What an unset variable shows."),
            _include("SSIStartTag", Arity.ONE, SERVERS, "How an include begins.", _check_tag),
            _include("SSIEndTag", Arity.ONE, SERVERS, "How an include ends.", _check_tag),
            _include("SSILegacyExprParser", Arity.FLAG, SECTIONS, "The conditions of httpd 2.2."),
            _include("SSILastModified", Arity.FLAG, SECTIONS, "Whether a file's date is sent."),
            _include("SSIEtag", Arity.FLAG, SECTIONS, "Whether a file's ETag is sent."),
        ),
    ),
)
