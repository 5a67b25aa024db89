"""mod_proxy_html.c and mod_xml2enc.c, judged as httpd does: links in pages of workers.

httpdlite changes no bodies, so switching the filter on is refused; its settings tune nothing.
Rules: httpd 2.4.71, as observed.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.numbers import strtol
from httpdlite.conf.rows import Alike, Arity, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot
from httpdlite.conf.values import expression

MODULE: Final = judged_module("proxy_html")
XML2ENC: Final = judged_module("xml2enc")

ABOUT_LINKS: Final = Alike(
    moot("it acts only with ProxyHTMLEnable On, which is refused"), SERVERS | DIRECTORY
)
IDLE_ENCODING: Final = moot("it acts only with filters for pages, which are refused")


def _refuse_on(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) == "on":
        yield Refusal(
            "ProxyHTMLEnable On is not supported: httpdlite changes no bodies",
            hint="Tell the application its public URL, so that its links are right.",
        )


_OLD_CONDITION: Final = re.compile(r"(!?)(\w+)(?:=(.+))?", re.ASCII | re.DOTALL)


def _check_map(call: Call) -> None:
    """from to [flags [condition]]; a condition of old is a variable's name, or name=value."""
    words = words_of(call)
    if len(words) < 4 or not words[2].text or not words[3].text:
        return
    condition = words[3].text
    if found := _OLD_CONDITION.fullmatch(condition):
        negation, name, value = found.groups()
        equals = "" if value is None else "="
        condition = f"reqenv('{name}'){negation}{equals}'{value or ''}'"
        if negation and "=" not in words[3].text:
            condition = "!" + condition[:-1]  # httpd loses a quote here
    expression(call, condition, None)


def _check_buffer_size(call: Call) -> None:
    text = call.words[0].text
    _, rest = strtol(text)
    if rest:
        message = "Invalid value for directive ProxyHTMLBufSize, expected integer"
        raise call.error(message, 0)


ROWS: Final = (
    ABOUT_LINKS.flag(
        "ProxyHTMLEnable",
        "whether links in pages are rewritten",
        "off",
        standing=moot("Off is what it is here"),
        refuse=_refuse_on,
    ),
    ABOUT_LINKS.row(
        "ProxyHTMLURLMap", Arity.RAW, "a link, what it becomes, flags, a condition", _check_map
    ),
    ABOUT_LINKS.row(
        "ProxyHTMLLinks", Arity.FIRST_AND_EACH, "an element, and its attributes that are links"
    ),
    ABOUT_LINKS.row("ProxyHTMLEvents", Arity.EACH, "attributes that are scripts"),
    ABOUT_LINKS.row("ProxyHTMLDoctype", Arity.ONE_OR_TWO, "the document type of pages, and Legacy"),
    ABOUT_LINKS.row("ProxyHTMLFixups", Arity.EACH, "lowercase, dospath, reset"),
    ABOUT_LINKS.flag("ProxyHTMLMeta", "whether meta elements become fields", "off"),
    ABOUT_LINKS.flag("ProxyHTMLInterp", "whether maps may have variables", "off"),
    ABOUT_LINKS.flag("ProxyHTMLExtended", "whether scripts and styles are seen", "off"),
    ABOUT_LINKS.flag("ProxyHTMLStripComments", "whether comments are dropped", "off"),
    ABOUT_LINKS.one("ProxyHTMLBufSize", "bytes of a buffer", _check_buffer_size, "8192"),
    ABOUT_LINKS.one("ProxyHTMLCharsetOut", "the encoding of pages that are sent"),
)

_ENCODINGS: Final = frozenset(
    "utf-8 utf8 utf-16 utf16 ucs-2 ucs2 iso-10646-ucs-2 ucs-4 ucs4 iso-10646-ucs-4 iso-2022-jp "
    "shift_jis euc-jp iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 "
    "iso-8859-7 iso-8859-8 iso-8859-9 iso-latin-1 iso-latin-2".split()
) | {"iso latin 1", "iso latin 2"}
"""The encodings that libxml2 knows by number."""


def _check_encoding(call: Call) -> None:
    name = lower(call.words[0].text)
    aliases = call.place.anywhere.like(ALIAS, None)
    if name not in _ENCODINGS and not any(name in map(lower, words[1:]) for words in aliases):
        raise call.error("Invalid or unsupported default charset", 0)


ALIAS: Final = judged(
    "xml2EncAlias",
    Arity.FIRST_AND_EACH,
    SERVER,
    IDLE_ENCODING,
    "an encoding, and more names for it",
    index=lambda _: None,
)

XML2ENC_ROWS: Final = (
    ALIAS,
    judged(
        "xml2EncDefault",
        Arity.ONE,
        EVERYWHERE,
        IDLE_ENCODING,
        "the encoding of pages that name none",
        check=_check_encoding,
        usual="ISO-8859-1",
    ),
    judged(
        "xml2StartParse",
        Arity.EACH,
        EVERYWHERE,
        IDLE_ENCODING,
        "elements that a page begins with",
    ),
)

MODULES: Final = ((MODULE, ROWS), (XML2ENC, XML2ENC_ROWS))
