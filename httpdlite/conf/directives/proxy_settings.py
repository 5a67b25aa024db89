"""mod_proxy.c and the modules of single schemes: settings that httpdlite does not have (yet).

In: the words of one directive. Out: nothing, or httpd's message. Rules: mod_proxy documentation and
those of mod_proxy_fcgi, _ftp, _scgi, _express and _connect; wordings and tolerances as observed
with 2.4.71.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVERS, Call, Remark
from httpdlite.conf.directives.mod_proxy import MODULE
from httpdlite.conf.rows import Arity, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later, moot
from httpdlite.conf.values import expression, one_of, pattern

FORWARD_ONLY: Final = moot("it is about forward proxying, which httpdlite does not do")

FCGI: Final = judged_module("proxy_fcgi")
FTP: Final = judged_module("proxy_ftp")
SCGI: Final = judged_module("proxy_scgi")
EXPRESS: Final = judged_module("proxy_express")
CONNECT: Final = judged_module("proxy_connect")


# --- other proxies --------------------------------------------------------------------------------

_PORT: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")


def _check_remote(call: Call) -> None:
    _, colon, rest = call.words[1].text.partition(":")
    if not colon or not rest.startswith("//") or len(rest) < 3:
        raise call.error(f"{call.name}: Bad syntax for a remote proxy server", 1)
    _, colon, port = rest[2:].partition(":")
    if colon:
        found = _PORT.match(port)
        # sscanf("%u") wraps, and a negative number is cut to 16 bits afterwards
        if found is None or (found[1] != "-" and int(found[2][:40]) % 2**32 > 65535):
            message = f"{call.name}: Bad syntax for a remote proxy server (bad port number)"
            raise call.error(message, 1)
    if call.name == "ProxyRemoteMatch":
        message = "Regular expression for ProxyRemoteMatch could not be compiled."
        pattern(call, call.words[0].text, 0, message)


_QUADS: Final = re.compile(
    r"([0-9]{1,3})(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?\.?"
)


def _check_no_proxy(call: Call) -> None:
    """httpd guesses a mask for an address whose last parts are 0 or not there, and says so."""
    for word in call.words:
        found = _QUADS.fullmatch(word.text)
        quads = [int(part) for part in found.groups() if part is not None] if found else []
        if not quads or max(quads) > 255 or not any(quads):
            continue
        if len(quads) == 4 and word.text.endswith("."):
            continue
        significant = max(index for index, quad in enumerate(quads) if quad) + 1
        if len(quads) < 4:
            significant = len(quads)
        if significant == 4:
            continue
        shown = ".".join(map(str, (*quads, 0, 0, 0)[:4]))
        message = (
            "AH00900: Warning: NetMask not supplied with IP-Addr; guessing: "
            f"{shown}/{significant * 8}"
        )
        call.place.warn(Remark(message, word.span, apache=(message,)))


def _check_domain(call: Call) -> None:
    if not call.words[0].text.startswith("."):
        raise call.error("ProxyDomain: domain name must start with a dot.", 0)


def _refuse_express(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "on":
        yield Refusal(
            "ProxyExpressEnable is not supported", hint="Write a ProxyPass for each host."
        )


# --- schemes --------------------------------------------------------------------------------------


def _check_ports(call: Call) -> None:
    for index, word in enumerate(call.words):
        first, dash, last = word.text.partition("-")
        if not word.text[:1].isdigit():
            raise call.error("AllowCONNECT: port numbers must be numeric", index)
        if not first.isdigit():
            raise call.error(f"Cannot parse '{word.text}' as port number", index)
        if dash and not last.isdigit():
            raise call.error(f"Cannot parse '{last}' as port number", index)


def _check_fcgi_variable(call: Call) -> None:
    def check(index: int, *, string: bool) -> None:
        text = call.words[index].text
        shown = text.replace("{", "{{").replace("}", "}}")
        message = f'Could not parse expression "{shown}": {{}}'
        expression(call, text, index, message, string=string)

    check(0, string=False)
    value = call.text(2)
    if value is None:
        return
    name = call.words[1].text
    if name.startswith("!"):
        unset = f"ProxyFCGISetEnvIf's unset mode ({name})"
        raise call.error(f'Third argument ("{value}") is not allowed when using {unset}', 2)
    check(2, string=True)


_ONLY_WITH_FCGI: Final = moot("workers that speak FastCGI are refused where they are named")
_ONLY_WITH_FTP: Final = moot("workers that speak FTP are refused where they are named")
_ONLY_WITH_SCGI: Final = moot("workers that speak SCGI are refused where they are named")

MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "ProxyRemote",
                Arity.TWO_OR_THREE,
                SERVERS,
                later(),
                "Another proxy through which URLs are asked for.",
                check=_check_remote,
            ),
            judged(
                "ProxyRemoteMatch",
                Arity.TWO_OR_THREE,
                SERVERS,
                later(),
                "Another proxy through which the URLs that an expression matches are asked for.",
                check=_check_remote,
            ),
            judged(
                "NoProxy",
                Arity.EACH,
                SERVERS,
                moot("without ProxyRemote every worker is asked directly"),
                "What is asked for directly although there is a ProxyRemote.",
                check=_check_no_proxy,
            ),
            judged(
                "ProxyDomain",
                Arity.ONE,
                SERVERS,
                FORWARD_ONLY,
                "The domain of hosts that are named without one.",
                check=_check_domain,
            ),
        ),
    ),
    (
        FCGI,
        (
            judged(
                "ProxyFCGIBackendType",
                Arity.ONE,
                EVERYWHERE,
                _ONLY_WITH_FCGI,
                "What kind of program a FastCGI worker is.",
                check=one_of(
                    "generic fpm",
                    "ProxyFCGIBackendType requires one of the following arguments: "
                    "'GENERIC', 'FPM'",
                ),
                usual="FPM",
            ),
            judged(
                "ProxyFCGISetEnvIf",
                Arity.TWO_OR_THREE,
                EVERYWHERE,
                _ONLY_WITH_FCGI,
                "A variable for FastCGI workers, if a condition holds.",
                check=_check_fcgi_variable,
            ),
        ),
    ),
    (
        FTP,
        (
            judged(
                "ProxyFtpListOnWildcard",
                Arity.FLAG,
                SERVERS | DIRECTORY,
                _ONLY_WITH_FTP,
                "Whether * and ? in a URL list files.",
                usual="On",
            ),
            judged(
                "ProxyFtpEscapeWildcards",
                Arity.FLAG,
                SERVERS | DIRECTORY,
                _ONLY_WITH_FTP,
                "Whether * and ? are escaped for the server.",
                usual="On",
            ),
            judged(
                "ProxyFtpDirCharset",
                Arity.ONE,
                SERVERS | DIRECTORY,
                _ONLY_WITH_FTP,
                "The charset of lists of files.",
                usual="ISO-8859-1",
            ),
        ),
    ),
    (
        SCGI,
        (
            judged(
                "ProxySCGISendfile",
                Arity.ONE,
                SERVERS | DIRECTORY,
                _ONLY_WITH_SCGI,
                "The field by which a worker names a file to send.",
                usual="Off",
            ),
            judged(
                "ProxySCGIInternalRedirect",
                Arity.ONE,
                SERVERS | DIRECTORY,
                _ONLY_WITH_SCGI,
                "The field by which a worker redirects internally.",
                usual="On",
            ),
        ),
    ),
    (
        EXPRESS,
        (
            judged(
                "ProxyExpressEnable",
                Arity.FLAG,
                EVERYWHERE,
                moot("it is off"),
                "Whether a DBM file says which host goes to which worker.",
                refuse=_refuse_express,
                usual="Off",
            ),
            *(
                judged(
                    name,
                    Arity.ONE,
                    EVERYWHERE,
                    moot("it counts only with ProxyExpressEnable, which is refused"),
                    doc,
                )
                for name, doc in (
                    ("ProxyExpressDBMFile", "The DBM file of hosts and workers."),
                    ("ProxyExpressDBMType", "The kind of that DBM file."),
                )
            ),
        ),
    ),
    (
        CONNECT,
        (
            judged(
                "AllowCONNECT",
                Arity.EACH,
                SERVERS,
                FORWARD_ONLY,
                "The ports that CONNECT may ask for.",
                check=_check_ports,
                usual="443 563",
            ),
        ),
    ),
)
