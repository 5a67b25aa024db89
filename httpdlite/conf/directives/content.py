"""What httpd says about files: types, languages, indexes (mod_dir, mod_mime, mod_negotiation …).

In: the words of one directive. Out: httpd's message for what it does not take. httpdlite serves no
files, so most of it has no effect; where httpd applies it to a worker's response too, it says so
(tried with 2.4.71: Content-Type, Content-Encoding, Content-Language). Rules: the modules'
documentation; wordings as observed.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVERS, Call
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Alike, Arity, Directive, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Standing, different, moot
from httpdlite.conf.values import given_here

NO_FILES: Final = moot("no files are served")
_ABOUT_FILES: Final = Alike(NO_FILES, EVERYWHERE)


# --- mod_dir --------------------------------------------------------------------------------------

_REDIRECTS: Final = frozenset({"on", "off", "permanent", "temp", "seeother"})


def _check_index_redirect(call: Call) -> None:
    word = call.words[0].text
    if word[:1].isdigit():
        if not 300 <= atoi(word) <= 399:
            message = "DirectoryIndexRedirect only accepts values between 300 and 399"
            raise call.error(message, 0)
    elif lower(word) not in _REDIRECTS:
        raise call.error("DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx", 0)


def _refuse_fallback(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) != "disabled":
        yield Refusal(
            "FallbackResource is not supported",
            hint="Use ProxyPass for the paths that it would take over, or a RewriteRule.",
        )


DIR: Final = (
    judged_module("dir"),
    (
        judged(
            "DirectoryIndex",
            Arity.RAW,
            EVERYWHERE,
            different(
                "no index is looked for: a path that no ProxyPass takes is answered with 404"
            ),
            "What is sent for a directory.",
            usual="index.html",
        ),
        judged(
            "DirectorySlash",
            Arity.FLAG,
            EVERYWHERE,
            NO_FILES,
            "A slash at the end of a directory.",
            usual="On",
        ),
        judged(
            "DirectoryCheckHandler",
            Arity.FLAG,
            EVERYWHERE,
            NO_FILES,
            "Whether a handler keeps indexes off.",
            usual="Off",
        ),
        judged(
            "DirectoryIndexRedirect",
            Arity.ONE,
            EVERYWHERE,
            NO_FILES,
            "Whether an index is redirected to.",
            check=_check_index_redirect,
            usual="off",
        ),
        judged(
            "FallbackResource",
            Arity.ONE,
            EVERYWHERE,
            Standing(NO_FILES.kind, "it is off, or refused", answers=True),
            "What answers for a file that is not there.",
            refuse=_refuse_fallback,
            usual="disabled",
        ),
    ),
)


# --- mod_mime -------------------------------------------------------------------------------------

_EXCLUDING: Final = {
    "any": ("Any", frozenset({"negotiatedonly", "filters", "handlers"})),
    "negotiatedonly": ("NegotiatedOnly", frozenset({"any", "filters", "handlers"})),
    "handlers": ("Handlers", frozenset({"any", "negotiatedonly"})),
    "filters": ("Filters", frozenset({"any", "negotiatedonly"})),
}
_WITH: Final = {
    "any": "NegotiatedOnly, Filters and Handlers",
    "negotiatedonly": "Any, Filters and Handlers",
    "handlers": "Any and NegotiatedOnly",
    "filters": "Any and NegotiatedOnly",
}


def _check_views(call: Call) -> None:
    words = [lower(word.text) for word in call.words]
    given = set(given_here(call, words))
    for index, word in enumerate(words):
        if word not in _EXCLUDING:
            raise call.error(f"Unrecognized option '{call.words[index].text}'", index)
        name, others = _EXCLUDING[word]
        if given & others:
            raise call.error(f"{name} is incompatible with {_WITH[word]}", index)
        given.add(word)


def _refuse_proxy_handler(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]).startswith("proxy:"):
        yield Refusal(
            f"AddHandler {words[0]} is not supported",
            hint="Use ProxyPassMatch with the file names, and the worker's URL.",
        )


def _by_extension(name: str, standing: Standing, doc: str) -> Directive[tuple[str, ...]]:
    return judged(name, Arity.FIRST_AND_EACH, EVERYWHERE, standing, doc)


def _not_added(header: str) -> Standing:
    return different(
        f"{header} comes from the worker alone; httpd adds it to proxied responses without one"
    )


MIME: Final = (
    judged_module("mime"),
    (
        judged(
            "AddHandler",
            Arity.FIRST_AND_EACH,
            EVERYWHERE,
            Standing(NO_FILES.kind, "no files are served and no scripts run", answers=True),
            "What handles files of certain extensions.",
            refuse=_refuse_proxy_handler,
        ),
        _by_extension("AddType", _not_added("Content-Type"), "The type of files by extension."),
        _by_extension(
            "AddEncoding", _not_added("Content-Encoding"), "The encoding of files by extension."
        ),
        _by_extension(
            "AddLanguage", _not_added("Content-Language"), "The language of files by extension."
        ),
        _by_extension("AddCharset", NO_FILES, "The character set of files by extension."),
        _by_extension("AddInputFilter", NO_FILES, "Filters for requests by extension of the file."),
        _by_extension("AddOutputFilter", NO_FILES, "Filters for files by extension."),
        judged(
            "DefaultLanguage",
            Arity.ONE,
            EVERYWHERE,
            _not_added("Content-Language"),
            "The language of files without one.",
        ),
        judged(
            "MultiviewsMatch",
            Arity.EACH,
            EVERYWHERE,
            NO_FILES,
            "Which files MultiViews considers.",
            check=_check_views,
            forbidden=frozenset({"<location", "<locationmatch", "<limit"}),
            usual="NegotiatedOnly",
        ),
        *(
            judged(f"Remove{name}", Arity.EACH, EVERYWHERE, NO_FILES, f"Undoes Add{name}.")
            for name in (
                "Charset",
                "Encoding",
                "Handler",
                "InputFilter",
                "Language",
                "OutputFilter",
                "Type",
            )
        ),
        judged(
            "TypesConfig",
            Arity.ONE,
            SERVERS,
            _not_added("Content-Type"),
            "The file with types by extension, which is not looked for at -t.",
            usual="conf/mime.types",
        ),
        judged(
            "ModMimeUsePathInfo",
            Arity.FLAG,
            DIRECTORY,
            NO_FILES,
            "Whether what follows the file's name has extensions.",
            usual="Off",
        ),
    ),
)


# --- the rest -------------------------------------------------------------------------------------


def _check_priority(call: Call) -> None:
    words = [lower(word.text) for word in call.words]
    given = set(given_here(call, words))
    for index, word in enumerate(words):
        if word == "none":
            if given - {"none"}:
                message = "Cannot combine ForceLanguagePriority options with None"
                raise call.error(message, index)
        elif word not in {"prefer", "fallback"}:
            text = call.words[index].text
            raise call.error(f"Invalid ForceLanguagePriority option {text}", index)
        elif "none" in given:
            name = word.capitalize()
            message = f"Cannot combine ForceLanguagePriority options None and {name}"
            raise call.error(message, index)
        given.add(word)


NEGOTIATION: Final = (
    judged_module("negotiation"),
    (
        judged(
            "CacheNegotiatedDocs",
            Arity.FLAG,
            SERVERS,
            NO_FILES,
            "Whether proxies may keep negotiated files.",
            usual="Off",
        ),
        judged(
            "LanguagePriority",
            Arity.EACH,
            EVERYWHERE,
            NO_FILES,
            "Languages of files, the preferred ones first.",
        ),
        judged(
            "ForceLanguagePriority",
            Arity.EACH,
            EVERYWHERE,
            NO_FILES,
            "What to do when no single language fits.",
            check=_check_priority,
            usual="Prefer",
        ),
    ),
)

_CHARSET_OPTIONS: Final = frozenset(
    "implicitadd noimplicitadd translateallmimetypes notranslateallmimetypes".split()
)


def _check_charset_options(call: Call) -> None:
    for index, word in enumerate(call.words):
        if lower(word.text) not in _CHARSET_OPTIONS:
            raise call.error(f"Invalid CharsetOptions option: {word.text}", index)


OTHERS: Final = (
    (
        judged_module("mime_magic"),
        (
            _ABOUT_FILES.one(
                "MimeMagicFile", "How types are told from files' bytes.", contexts=SERVERS
            ),
        ),
    ),
    (
        judged_module("charset_lite"),
        (
            _ABOUT_FILES.one("CharsetSourceEnc", "The character set files are in."),
            _ABOUT_FILES.one("CharsetDefault", "The character set they are sent in."),
            judged(
                "CharsetOptions",
                Arity.EACH,
                EVERYWHERE,
                NO_FILES,
                "What is translated.",
                check=_check_charset_options,
                usual="ImplicitAdd NoTranslateAllMimeTypes",
            ),
        ),
    ),
    (
        judged_module("cern_meta"),
        (
            _ABOUT_FILES.flag("MetaFiles", "Whether headers are read from files."),
            _ABOUT_FILES.one("MetaDir", "The directory of those files."),
            _ABOUT_FILES.one("MetaSuffix", "The ending of their names."),
        ),
    ),
    (
        judged_module("imagemap"),
        (
            _ABOUT_FILES.one("ImapMenu", "What is sent without coordinates."),
            _ABOUT_FILES.one("ImapDefault", "Where an unmapped place leads."),
            _ABOUT_FILES.one("ImapBase", "What links of a map are relative to."),
        ),
    ),
)

MODULES: Final = (DIR, MIME, NEGOTIATION, *OTHERS)
