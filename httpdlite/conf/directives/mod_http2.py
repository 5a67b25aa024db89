"""mod_http2.c, judged as httpd does. Clients of httpdlite speak HTTP/1.1 (see Protocols), so none
of these settings has anything to act on.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVERS, Call, Remark
from httpdlite.conf.numbers import atoi, duration
from httpdlite.conf.rows import Alike, Arity, Check, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot
from httpdlite.conf.values import each_of, number, one_of

MODULE: Final = judged_module("http2")

ABOUT_HTTP2: Final = Alike(moot("it is about HTTP/2, and clients are served by HTTP/1.1"), SERVERS)

_on_or_off: Final = one_of("on off", "value must be On or Off")
_positive: Final = number(lambda value: value > 0, "value must be > 0")
_not_negative: Final = number(lambda value: value >= 0, "value must be 0 or larger")
_from_1024: Final = number(lambda value: value >= 1024, "value must be >= 1024")

_diary: Final = each_of(
    (
        number(lambda value: value >= 0, "value must be >= 0"),
        number(lambda value: value & (value - 1) == 0 or value < 0, "value must a power of 2"),
    )
)
_bits: Final = each_of(
    (
        number(lambda value: value >= 0, "number of bits must be >= 0"),
        number(lambda value: value <= 8, "number of bits must be <= 8"),
    )
)


def _seconds(message: str) -> Check:
    def check(call: Call) -> None:
        if duration(call.words[0].text, "s") is None:
            raise call.error(message, 0)

    return check


def _check_serialize(call: Call) -> None:
    if lower(call.words[0].text) == "on":
        message = (
            "AH10307: H2SerializeHeaders: this feature has been disabled and the directive to "
            "enable it is ignored."
        )
        call.place.warn(Remark(message, call.span, "http2:warn"))


def _check_extra_files(call: Call) -> None:
    message = "H2SessionExtraFiles is obsolete and will be ignored"
    call.place.warn(Remark(message, call.span, "http2:warn"))


def _check_priority(call: Call) -> None:
    """type [after|before|interleaved] [weight]: a weight alone means after."""
    dependency = lower(call.words[1].text)
    weight = call.words[2].text if len(call.words) > 2 else None
    if dependency[:1].isdigit() and dependency[0].isascii() and weight is None:
        dependency, weight = "after", dependency
    if dependency not in {"after", "before", "interleaved"}:
        raise call.error("dependency must be one of 'After', 'Before' or 'Interleaved'", 1)
    if weight is None:
        return
    if dependency == "before":
        raise call.error("dependency 'Before' does not allow a weight", 2)
    if atoi(weight) < 1:
        raise call.error("weight must be a number >= 1", 2)


def _check_resource(call: Call) -> None:
    """[add] path [critical]."""
    texts = [word.text for word in call.words]
    if lower(texts[0]) == "add" and len(texts) > 1:
        texts = texts[1:]
    last = texts[1] if len(texts) > 1 else None
    if len(texts) > 2:
        raise call.error("too many parameter", 2)
    if last is not None and lower(last) != "critical":
        raise call.error("unknown last parameter", len(call.words) - 1)


ROWS: Final = (
    ABOUT_HTTP2.one("H2MaxSessionStreams", "streams of a session at a time", _positive, "100"),
    ABOUT_HTTP2.one("H2WindowSize", "bytes that a stream may have under way", _from_1024, "65535"),
    ABOUT_HTTP2.one("H2MinWorkers", "least threads of a child for HTTP/2", _positive),
    ABOUT_HTTP2.one("H2MaxWorkers", "most threads of a child for HTTP/2", _positive),
    ABOUT_HTTP2.one(
        "H2MaxWorkerIdleSeconds",
        "time after which an idle thread ends",
        _seconds("Invalid idle limit value"),
        "600",
    ),
    ABOUT_HTTP2.one("H2StreamMaxMemSize", "bytes kept in memory for a stream", _from_1024, "65536"),
    ABOUT_HTTP2.one("H2SerializeHeaders", "of old, without effect", _check_serialize, "off"),
    ABOUT_HTTP2.one("H2ModernTLSOnly", "whether only strong TLS will do", _on_or_off, "on"),
    ABOUT_HTTP2.one("H2Direct", "whether clients may begin with HTTP/2", _on_or_off, "on for h2c"),
    ABOUT_HTTP2.one("H2SessionExtraFiles", "of old, without effect", _check_extra_files),
    ABOUT_HTTP2.one("H2TLSWarmUpSize", "bytes sent in small TLS records first", usual="1048576"),
    ABOUT_HTTP2.one("H2TLSCoolDownSecs", "idle seconds after which that begins again", usual="1"),
    ABOUT_HTTP2.one("H2PushDiarySize", "pushes remembered for a session", _diary, "256"),
    ABOUT_HTTP2.one("H2EarlyHints", "whether 103 responses are sent", _on_or_off, "off"),
    ABOUT_HTTP2.one("H2Padding", "bits of random padding", _bits, "0"),
    ABOUT_HTTP2.one("H2OutputBuffering", "whether output is collected", _on_or_off, "on"),
    ABOUT_HTTP2.one(
        "H2StreamTimeout",
        "time that a stream may be silent",
        _seconds("Invalid timeout value"),
        "that of Timeout",
    ),
    ABOUT_HTTP2.one(
        "H2MaxDataFrameLen", "most bytes of a frame, 0 for no limit", _not_negative, "0"
    ),
    ABOUT_HTTP2.one("H2MaxHeaderBlockLen", "most bytes of a response's header", _not_negative),
    ABOUT_HTTP2.one("H2MaxStreamErrors", "errors of a client that are borne", _not_negative, "8"),
    ABOUT_HTTP2.one("H2WebSockets", "whether WebSockets may come over HTTP/2", _on_or_off, "off"),
    ABOUT_HTTP2.one(
        "H2Upgrade", "whether Upgrade: h2c is taken", _on_or_off, "on for h2c", contexts=EVERYWHERE
    ),
    ABOUT_HTTP2.one(
        "H2Push", "whether resources are pushed", _on_or_off, "on", contexts=EVERYWHERE
    ),
    ABOUT_HTTP2.one(
        "H2CopyFiles", "whether file handles are copied", _on_or_off, "off", contexts=EVERYWHERE
    ),
    ABOUT_HTTP2.one(
        "H2ProxyRequests",
        "whether a forward proxy is one over HTTP/2, too",
        _on_or_off,
        "off",
        contexts=EVERYWHERE,
    ),
    ABOUT_HTTP2.row(
        "H2PushPriority",
        Arity.TWO_OR_THREE,
        "a media type, how its pushes depend on the response, and their weight",
        _check_priority,
        "* After 16",
    ),
    ABOUT_HTTP2.row(
        "H2PushResource",
        Arity.ONE_TO_THREE,
        "a path to push with responses, and whether it is critical",
        _check_resource,
        contexts=EVERYWHERE,
    ),
    ABOUT_HTTP2.row(
        "H2EarlyHint", Arity.TWO, "a field for 103 responses, and its value", contexts=EVERYWHERE
    ),
)

MODULES: Final = ((MODULE, ROWS),)
