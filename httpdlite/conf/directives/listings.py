"""mod_autoindex.c: listings of directories, of which httpdlite has none; judged as httpd does.

In: the words of one directive. Out: httpd's message for what it does not take. Hides the options of
IndexOptions and how they exclude each other. Rules: mod_autoindex' documentation; wordings as
observed with 2.4.71.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Alike, Arity, Check, Directive, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot
from httpdlite.conf.values import each_of, given_here, never, one_of

_ABOUT_LISTINGS: Final = Alike(
    moot("no files are served, so there are no listings of directories"), EVERYWHERE
)


_WORDS: Final = frozenset(
    "fancyindexing foldersfirst htmltable iconsarelinks ignorecase ignoreclient scanhtmltitles "
    "suppresscolumnsorting suppressdescription suppresshtmlpreamble suppressicon "
    "suppresslastmodified suppresssize suppressrules trackmodified versionsort xhtml "
    "showforbidden addaltclass useolddateformat".split()
)
_LEAST: Final = {"NameWidth": 5, "DescriptionWidth": 12}


def _check_options(call: Call) -> None:
    words = [word.text for word in words_of(call)]
    end = words.index("") if "" in words else len(words)
    for word in words[:end] if end else words[1:]:
        _check_option(call, word)
    _check_none(call, [*given_here(call, words), *words])


def _check_option(call: Call, text: str) -> None:
    sign, word = (text[0], text[1:]) if text[:1] in {"+", "-"} else ("", text)
    key = lower(word)
    name, equals, value = key.partition("=")
    if key == "none":
        if sign:
            raise call.error("Cannot combine '+' or '-' with 'None' keyword")
    elif equals and name in {"iconwidth", "iconheight", "namewidth", "descriptionwidth"}:
        _check_number(call, _SPELT[name], sign, value)
    elif key in {"namewidth", "descriptionwidth"}:
        if sign != "-":
            shown = _SPELT[key]
            raise call.error(f"{shown} with no value may only appear as '-{shown}'")
    elif key not in _WORDS | {"iconwidth", "iconheight"} and not (
        equals and name in {"type", "charset"}
    ):
        raise call.error("Invalid directory indexing option")


_SPELT: Final = {
    name.lower(): name for name in ("IconWidth", "IconHeight", "NameWidth", "DescriptionWidth")
}


def _check_number(call: Call, name: str, sign: str, value: str) -> None:
    if sign == "-":
        raise call.error(f"Cannot combine '-' with {name}=n")
    least = _LEAST.get(name, 0)
    number = 0 if value.startswith("*") else atoi(value)
    if number and least and number < least:
        raise call.error(f"{name} value must be greater than {least}")


def _check_none(call: Call, words: list[str]) -> None:
    """None takes back what was said before it; other options without a sign must not follow it."""
    is_none = has_others = False
    for word in map(lower, words):
        if word == "none":
            is_none, has_others = True, False
        elif word in _WORDS:
            has_others = True
    if is_none and has_others:
        raise call.error("Cannot combine other IndexOptions keywords with 'None'")


def _check_icon(call: Call) -> None:
    icon = call.words[0].text
    if icon.startswith("(") and ")" not in icon:
        raise call.error("missing closing paren", 0)


def _look(name: str, doc: str, check: Check | None = None) -> Directive[object]:
    return _ABOUT_LISTINGS.row(name, Arity.FIRST_AND_EACH, doc, check)


_ORDER: Final = each_of(
    (
        one_of("ascending descending", "First keyword must be 'Ascending' or 'Descending'"),
        one_of(
            "name date size description",
            "Second keyword must be 'Name', 'Date', 'Size', or 'Description'",
            index=1,
        ),
    )
)
_NO_LONGER: Final = (
    "The FancyIndexing directive is no longer supported. Use IndexOptions FancyIndexing."
)

MODULES: Final = (
    (
        judged_module("autoindex"),
        (
            _look("AddIcon", "An icon for files of certain names.", _check_icon),
            _look("AddIconByType", "An icon for files of certain types.", _check_icon),
            _look("AddIconByEncoding", "An icon for files of certain encodings.", _check_icon),
            _look("AddAlt", "A text in place of an icon, by name."),
            _look("AddAltByType", "A text in place of an icon, by type."),
            _look("AddAltByEncoding", "A text in place of an icon, by encoding."),
            _look("AddDescription", "A description for files of certain names."),
            _ABOUT_LISTINGS.row(
                "IndexOptions", Arity.RAW, "What a listing looks like.", _check_options
            ),
            _ABOUT_LISTINGS.row("FancyIndexing", Arity.RAW, "An option of old.", never(_NO_LONGER)),
            _ABOUT_LISTINGS.row("IndexOrderDefault", Arity.TWO, "The order of a listing.", _ORDER),
            _ABOUT_LISTINGS.row("IndexIgnore", Arity.EACH, "Files that a listing leaves out."),
            _ABOUT_LISTINGS.flag("IndexIgnoreReset", "Whether to forget the files left out."),
            _ABOUT_LISTINGS.one("HeaderName", "A file above a listing."),
            _ABOUT_LISTINGS.one("ReadmeName", "A file below a listing."),
            _ABOUT_LISTINGS.one("DefaultIcon", "The icon of files without one."),
            _ABOUT_LISTINGS.one("IndexStyleSheet", "A style sheet for listings."),
            _ABOUT_LISTINGS.one("IndexHeadInsert", "Text for the head of a listing."),
        ),
    ),
)
