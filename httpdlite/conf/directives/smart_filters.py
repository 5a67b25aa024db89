"""mod_filter.c and mod_ext_filter.c, judged as httpd does: which filters run over a response.

httpdlite passes bodies on as they come. A chain that only compresses or unpacks is left out, which
clients notice by the size alone; any other filter would have made another content and is refused.
Rules: httpd 2.4.71, as observed: a provider must be a filter of a loaded module, or one that
ExtFilterDefine has made; what FilterTrace names must have been declared in the same section.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import (
    DIRECTORY,
    EVERYWHERE,
    SERVERS,
    Call,
    ConfigError,
    Context,
    Enclosing,
)
from httpdlite.conf.rows import Arity, Directive, Refusal, Takes, directive, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing, moot, refused
from httpdlite.conf.values import expression

MODULE: Final = judged_module("filter")
EXT_MODULE: Final = judged_module("ext_filter")

_FILTERS: Final = """
core_module: byterange content_length http_header chunk old_write http_outerror core subreq_core
deflate_module: deflate inflate
brotli_module: brotli_compress
include_module: includes
buffer_module: buffer
ratelimit_module: rate_limit
substitute_module: substitute
sed_module: sed
proxy_html_module: proxy-html
xml2enc_module: xml2enc
expires_module: mod_expires
cache_module: cache cache_save cache_save_subreq cache_out cache_out_subreq cache_remove_url
    cache_invalidate
charset_lite_module: xlateout
headers_module: fixup_headers_out fixup_headers_err
session_module: mod_session_out
reqtimeout_module: reqtimeout
dumpio_module: dumpio_out
http2_module: h2_c2_response_out h2_c2_trailers_out h2_c2_net_out h2_c2_net_catch_h1 h2_c2_ws_out
pagespeed_module: mod_pagespeed_output_filter
security2_module: modsecurity_out
bucketeer_module: bucketeer
case_filter_module: casefilter
data_module: data
proxy_ftp_module: proxy_send_dir
bw_module: mod_bw
fcgid_module: fcgid_out
qos_module: qos-out-filter qos-out-err-filter
xsendfile_module: xsendfile
"""
"""The filters for responses that httpd's modules bring, and a few of others."""


_OF_SSL: Final = ("ssl/tls filter", "ssl/tls coalescing filter")


def _brought_by() -> dict[str, str]:
    found = {}
    for block in re.split(r"\n(?=\w)", _FILTERS.strip()):
        module, _, names = block.partition(":")
        found.update(dict.fromkeys(names.split(), module))
    return found | dict.fromkeys(_OF_SSL, "ssl_module")


MODULE_OF: Final = _brought_by()

COMPRESSORS: Final = frozenset({"deflate", "inflate", "brotli_compress"})
"""Filters that change the coding of a body and nothing else."""

NOT_COMPRESSED: Final = Standing(
    Class.DIFFERENT, "bodies are passed on as the worker sends them: nothing is compressed here"
)
NO_CHAIN: Final = moot("it acts only with filters, which are refused unless they only compress")
HINT: Final = "Let the worker send the right text, or keep Apache for this path."


def only_compresses(name: str) -> bool:
    """Whether a filter may be left out; so may one without a name."""
    return not name or lower(name) in COMPRESSORS


def refuse_filters(names: tuple[str, ...], subject: str) -> Iterator[Refusal]:
    """A refusal for each filter whose loss would be another content."""
    for name in names:
        if not only_compresses(name):
            reason = f"the filter {name} is not supported: httpdlite changes no bodies"
            yield Refusal(reason, hint=HINT, subject=subject)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a line makes known of smart filters: their names, their providers, and where."""

    where: tuple[Enclosing, ...]
    names: tuple[str, ...]
    providers: tuple[str, ...] = ()


def _row(
    name: str,
    arity: Arity,
    doc: str,
    read: Callable[[Call], Declared],
    *,
    standing: Standing = NO_CHAIN,
    contexts: Context = EVERYWHERE,
) -> Directive[Declared]:
    return directive(
        name,
        Takes(arity, read),
        contexts=contexts,
        doc=doc,
        standing=standing,
        index=lambda value: value.where,
        refuse=lambda value: refuse_filters(value.providers, name),
    )


def _check_provider(call: Call, name: str, index: int) -> None:
    module = MODULE_OF.get(lower(name))
    if module is not None and call.place.find_module(module) is not None:
        return
    if not call.place.anywhere.like(EXT_FILTER_DEFINE, lower(name)):
        raise call.error(f"Unknown filter provider {name}", index)


def _read_declare(call: Call) -> Declared:
    return Declared(call.place.sections, (call.words[0].text,))


def _read_provider(call: Call) -> Declared:
    name, provider, condition = (word.text for word in call.words)
    _check_provider(call, provider, 1)
    expression(call, condition, 2, "Error parsing FilterProvider expression:{}")
    return Declared(call.place.sections, (name,), (provider,))


def _read_by_type(call: Call) -> Declared:
    """filter[;filter …] type …: makes a smart filter of each."""
    if len(call.words) < 2:
        message = "AddOutputFilterByType requires at least two arguments"
        raise call.error(message, code="wrong-arity")
    names = tuple(name for name in call.words[0].text.split(";") if name)
    for name in names:
        _check_provider(call, name, 0)
    return Declared(call.place.sections, tuple(f"BYTYPE:{name}" for name in names), names)


FILTER_DECLARE: Final = _row(
    "FilterDeclare", Arity.ONE_OR_TWO, "a smart filter, and its kind", _read_declare
)
FILTER_PROVIDER: Final = _row(
    "FilterProvider",
    Arity.THREE,
    "a smart filter, a filter for it, and the condition for that",
    _read_provider,
    standing=NOT_COMPRESSED,
)
ADD_OUTPUT_FILTER_BY_TYPE: Final = _row(
    "AddOutputFilterByType",
    Arity.WORDS,
    "filters, and the media types they are for",
    _read_by_type,
    standing=NOT_COMPRESSED,
)


def _declared(call: Call, name: str) -> list[Declared]:
    rows = (FILTER_DECLARE, FILTER_PROVIDER, ADD_OUTPUT_FILTER_BY_TYPE)
    found: list[Declared] = []
    for row in rows:
        found += call.place.earlier.like(row, call.place.sections)
    return [one for one in found if name in one.names]


def _check_trace(call: Call) -> None:
    name = call.words[0].text
    if not _declared(call, name):
        raise call.error(f"Undeclared smart filter {name}", 0)


def _check_protocol(call: Call) -> None:
    """filter [provider] flags: the flags are not looked at."""
    declared = _declared(call, call.words[0].text)
    if not declared:
        raise call.error("FilterProtocol: No such filter", 0)
    if len(call.words) < 3:
        return
    provider = call.words[1].text
    if not any(provider in one.providers for one in declared):
        raise call.error("FilterProtocol: No such provider for this filter", 1)


ROWS: Final = (
    FILTER_DECLARE,
    FILTER_PROVIDER,
    ADD_OUTPUT_FILTER_BY_TYPE,
    judged(
        "FilterChain",
        Arity.EACH,
        EVERYWHERE,
        NO_CHAIN,
        "smart filters in their order, with +, -, =, !, @ before them",
    ),
    judged(
        "FilterTrace",
        Arity.TWO,
        SERVERS | DIRECTORY,
        NO_CHAIN,
        "a smart filter, and how much it logs",
        check=_check_trace,
    ),
    judged(
        "FilterProtocol",
        Arity.TWO_OR_THREE,
        EVERYWHERE,
        NO_CHAIN,
        "a smart filter, a filter of it, and what that does to a response",
        check=_check_protocol,
    ),
)


# --- mod_ext_filter -------------------------------------------------------------------------------

_PARAMETER: Final = re.compile(
    r"(mode|ftype|enableenv|disableenv|intype|outtype)=(\S*)\s*", re.IGNORECASE
)
_COMMAND: Final = re.compile(r'cmd=(?:"[^"]*"|(?P<open>"[^"]*\Z)|\S*)\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExternalFilter:
    """A program that is a filter; its name in lower case."""

    name: str
    is_output: bool = True


def _read_define(call: Call) -> ExternalFilter:
    """name [parameter=value …] cmd=program."""
    name, _, rest = call.raw.text.partition(" ")
    name, rest = lower(name), rest.lstrip()
    if call.place.earlier.like(EXT_FILTER_DEFINE, name):
        raise call.error(f"ExtFilter {name} is already defined")
    is_output = True
    while rest:
        found = _COMMAND.match(rest) or _PARAMETER.match(rest)
        if found is None:
            rest = _after_flag(call, rest)
            continue
        if found.re is _COMMAND and found["open"] is not None:
            raise call.error("Expected cmd= delimiter")
        if found.re is _PARAMETER and lower(found[1]) == "mode":
            if lower(found[2]) not in {"input", "output"}:
                raise call.error(f"Invalid mode: `{found[2]}'")
            is_output = lower(found[2]) == "output"
        rest = rest[found.end() :]
    return ExternalFilter(name, is_output)


_FLAG: Final = "preservescontentlength"


def _after_flag(call: Call, rest: str) -> str:
    """The rest behind PreservesContentLength, or an error."""
    if not lower(rest).startswith(_FLAG):
        raise call.error(f"Unexpected parameter: `{rest}'")
    behind = rest[len(_FLAG) :]
    if behind and not behind[0].isspace():
        raise call.error(f"mangled argument `{rest}'")
    return behind.lstrip()


EXT_FILTER_DEFINE: Final = directive(
    "ExtFilterDefine",
    Takes(Arity.RAW, _read_define),
    contexts=SERVERS,
    doc="a filter that is a program: its name, and cmd=program",
    standing=refused("is not supported: httpdlite changes no bodies", HINT),
    index=lambda value: value.name if value.is_output else None,
)


def _check_options(call: Call) -> None:
    for word in call.words:
        if lower(word.text) not in {"logstderr", "nologstderr", "onfail=abort", "onfail=remove"}:
            message = f"Invalid ExtFilterOptions option: {word.text}"
            raise ConfigError(message, word.span)


EXT_ROWS: Final = (
    EXT_FILTER_DEFINE,
    judged(
        "ExtFilterOptions",
        Arity.EACH,
        DIRECTORY,
        moot("it acts only with ExtFilterDefine, which is refused"),
        "LogStderr, NoLogStderr, Onfail=abort, Onfail=remove",
        check=_check_options,
    ),
)

MODULES: Final = ((MODULE, ROWS), (EXT_MODULE, EXT_ROWS))
