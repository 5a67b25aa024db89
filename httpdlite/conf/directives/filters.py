"""Modules with filters for bodies, each with the settings of its own: judged as httpd does.

mod_deflate, mod_brotli, mod_substitute, mod_sed, mod_buffer, mod_request, mod_reflector. Which
filters run is said elsewhere (smart_filters.py, SetOutputFilter). Rules: httpd 2.4.71, as observed.
"""

from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVERS, Call
from httpdlite.conf.numbers import strtol
from httpdlite.conf.rows import Alike, Arity, Check, Directive, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot, refused
from httpdlite.conf.values import number, one_of, pattern

_LONG_MAX: Final = 2**63 - 1

ABOUT_COMPRESSION: Final = Alike(moot("nothing is compressed or unpacked here"), SERVERS)
CHANGES_BODIES: Final = refused(
    "is not supported: httpdlite changes no bodies",
    "Let the worker send the right text, or keep Apache for this path.",
)


# --- compressing ----------------------------------------------------------------------------------


def _between(least: int, most: int, message: str) -> Check:
    return number(lambda value: least <= value <= most, message)


def _positive(message: str) -> Check:
    return number(lambda value: value > 0, message)


def _note(name: str, message: str) -> Directive[object]:
    """[Ratio|Input|Output] note: one word is the note."""

    def check(call: Call) -> None:
        if len(call.words) > 1 and call.words[1].text:
            one_of("ratio input output", message)(call)

    doc = "what is noted, and the name of the note for LogFormat"
    return ABOUT_COMPRESSION.row(name, Arity.ONE_OR_TWO, doc, check)


def _check_body_limit(call: Call) -> None:
    """All of the word must be a number."""
    value, rest = strtol(call.words[0].text)
    if abs(value) >= _LONG_MAX and not _fits(call.words[0].text):
        raise call.error("DeflateInflateLimitRequestBody is not parsable.", 0)
    if rest or value < 0:
        raise call.error("DeflateInflateLimitRequestBody requires a non-negative integer.", 0)


def _fits(text: str) -> bool:
    """Whether a number that C would cut to 64 bits is one of 64 bits."""
    digits = text.strip().lstrip("+-0")
    return len(digits) <= 19 and int(digits or "0") <= _LONG_MAX


_DEFLATE: Final = (
    _note("DeflateFilterNote", "Unknown note type {}"),
    ABOUT_COMPRESSION.one(
        "DeflateWindowSize",
        "the window of zlib, 1 to 15",
        _between(1, 15, "DeflateWindowSize must be between 1 and 15"),
        "15",
    ),
    ABOUT_COMPRESSION.one(
        "DeflateBufferSize",
        "bytes that are compressed at a time",
        _positive("DeflateBufferSize should be positive"),
        "8096",
    ),
    ABOUT_COMPRESSION.one(
        "DeflateMemLevel",
        "the memory of zlib, 1 to 9",
        _between(1, 9, "DeflateMemLevel must be between 1 and 9"),
        "9",
    ),
    ABOUT_COMPRESSION.one(
        "DeflateCompressionLevel",
        "how hard to try, 1 to 9",
        _between(1, 9, "Compression Level must be between 1 and 9"),
        "zlib's own",
    ),
    ABOUT_COMPRESSION.one(
        "DeflateAlterEtag",
        "what becomes of the ETag: AddSuffix, NoChange, Remove",
        one_of(
            "addsuffix nochange remove",
            "DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'",
        ),
        "AddSuffix",
    ),
    ABOUT_COMPRESSION.one(
        "DeflateInflateLimitRequestBody",
        "most bytes of an unpacked body",
        _check_body_limit,
        contexts=EVERYWHERE,
    ),
    ABOUT_COMPRESSION.one(
        "DeflateInflateRatioLimit",
        "how many times larger a body may get",
        _positive("DeflateInflateRatioLimit must be positive"),
        "200",
        contexts=EVERYWHERE,
    ),
    ABOUT_COMPRESSION.one(
        "DeflateInflateRatioBurst",
        "how often it may be more",
        _positive("DeflateInflateRatioBurst must be positive"),
        "3",
        contexts=EVERYWHERE,
    ),
)

_BROTLI: Final = (
    _note("BrotliFilterNote", "Unknown BrotliFilterNote type '{}'"),
    ABOUT_COMPRESSION.one(
        "BrotliCompressionQuality",
        "how hard to try, 0 to 11",
        _between(0, 11, "BrotliCompressionQuality must be between 0 and 11"),
        "5",
    ),
    ABOUT_COMPRESSION.one(
        "BrotliCompressionWindow",
        "the window, 10 to 24",
        _between(10, 24, "BrotliCompressionWindow must be between 10 and 24"),
        "18",
    ),
    ABOUT_COMPRESSION.one(
        "BrotliCompressionMaxInputBlock",
        "the largest block, 16 to 24",
        _between(16, 24, "BrotliCompressionMaxInputBlock must be between 16 and 24"),
    ),
    ABOUT_COMPRESSION.one(
        "BrotliAlterETag",
        "what becomes of the ETag: AddSuffix, NoChange, Remove",
        one_of(
            "addsuffix nochange remove",
            "BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'",
        ),
        "AddSuffix",
    ),
)


# --- other texts ----------------------------------------------------------------------------------


def _check_substitute(call: Call) -> None:
    """s/pattern/text/flags, with any character for the slash."""
    text = call.words[0].text
    if lower(text[:1]) != "s":
        raise call.error("Bad Substitute format, must be an s/// pattern", 0)
    searched, slash, rest = text[2:].partition(text[1:2] or "/")
    if not (slash and searched):
        raise call.error("Bad Substitute format, must be a complete s/// pattern", 0)
    _, _, flags = rest.partition(text[1:2])
    if set(lower(flags)) - set("infq"):
        raise call.error("Bad Substitute flag, only s///[infq] are supported", 0)
    if "n" not in lower(flags):
        pattern(call, searched, 0, "Substitute could not compile regex")


_SIZE_UNITS: Final = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def _check_line_length(call: Call) -> None:
    text = call.words[0].text
    value, rest = strtol(text)
    scale = _SIZE_UNITS.get(lower(rest))
    if scale is None or value < 0 or not _fits(text[: len(text) - len(rest)]):
        raise call.error(
            "SubstituteMaxLineLength must be a non-negative integer optionally suffixed with "
            "'b', 'k', 'm' or 'g'.",
            0,
        )
    if value * scale > _LONG_MAX:
        raise call.error("SubstituteMaxLineLength value too large", 0)


_SUBSTITUTE: Final = (
    judged(
        "Substitute",
        Arity.ONE,
        EVERYWHERE,
        CHANGES_BODIES,
        "s/pattern/text/flags for the lines of responses",
        check=_check_substitute,
    ),
    judged(
        "SubstituteMaxLineLength",
        Arity.ONE,
        EVERYWHERE,
        moot("it acts only with Substitute, which is refused"),
        "most bytes of a line",
        check=_check_line_length,
        usual="1m",
    ),
    judged(
        "SubstituteInheritBefore",
        Arity.FLAG,
        EVERYWHERE,
        moot("it acts only with Substitute, which is refused"),
        "whether outer patterns come first",
        usual="off",
    ),
)


def _check_sed(call: Call) -> None:
    from httpdlite.conf.patterns.sed import sed_problem  # noqa: PLC0415 - rare

    if problem := sed_problem(call.words[0].text):
        raise call.error(f"Failed to compile sed expression. {problem}", 0)


_SED: Final = (
    judged(
        "OutputSed",
        Arity.ONE,
        DIRECTORY,
        CHANGES_BODIES,
        "a command of sed for responses",
        check=_check_sed,
    ),
    judged(
        "InputSed",
        Arity.ONE,
        DIRECTORY,
        CHANGES_BODIES,
        "a command of sed for request bodies",
        check=_check_sed,
    ),
)


# --- buffers --------------------------------------------------------------------------------------


def _check_buffer_size(call: Call) -> None:
    """Unlike elsewhere, what follows the number is ignored."""
    text = call.words[0].text
    value, rest = strtol(text)
    if value <= 0 or not _fits(text[: len(text) - len(rest)]):
        raise call.error("BufferSize must be a size in bytes, and greater than zero", 0)


def _check_kept_size(call: Call) -> None:
    text = call.words[0].text
    value, rest = strtol(text)
    if rest or value < 0 or not _fits(text):
        raise call.error("KeptBodySize must be a valid size in bytes, or zero.", 0)


_BUFFER_SIZE: Final = judged(
    "BufferSize",
    Arity.ONE,
    DIRECTORY,
    moot("it acts only with the filter BUFFER; bodies are passed on as they come"),
    "bytes that are collected before they are passed on",
    check=_check_buffer_size,
    usual="131072",
)
_KEPT_BODY_SIZE: Final = judged(
    "KeptBodySize",
    Arity.ONE,
    DIRECTORY,
    moot("it keeps bodies for forms and scripts, of which there are none"),
    "most bytes of a request body that are kept",
    check=_check_kept_size,
    usual="0",
)
_REFLECTOR_HEADER: Final = judged(
    "ReflectorHeader",
    Arity.ONE_OR_TWO,
    EVERYWHERE,
    moot("it acts only with SetHandler reflector, which is refused"),
    "a field that is reflected, and its name in the response",
)

MODULES: Final = (
    (judged_module("deflate"), _DEFLATE),
    (judged_module("brotli"), _BROTLI),
    (judged_module("substitute"), _SUBSTITUTE),
    (judged_module("sed"), _SED),
    (judged_module("buffer"), (_BUFFER_SIZE,)),
    (judged_module("request"), (_KEPT_BODY_SIZE,)),
    (judged_module("reflector"), (_REFLECTOR_HEADER,)),
)
