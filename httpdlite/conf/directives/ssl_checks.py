"""What mod_ssl checks in the values of its directives while the file is read.

In: the words of one directive. Out: nothing, or httpd's message. Nothing is opened as a certificate
here: httpd does that at the start, not for `-t`. Rules: httpd 2.4.71 with OpenSSL 3, as observed.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import Call, ConfigError, Remark, Word
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi, strtol
from httpdlite.conf.rows import Check
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import one_of

MADE_BY_HAND: Final = (
    "To try things out: openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=NAME -addext "
    "subjectAltName=DNS:NAME -keyout KEY -out CERTIFICATE"
)
ENGINE_PREFIX: Final = "pkcs11:"  # not a file, but a key of an OpenSSL engine


# --- files and directories ------------------------------------------------------------------------


def _path(call: Call, text: str) -> str:
    return absolute(call.place.server_root, text)


def _is_filled(call: Call, path: str) -> bool:
    """Whether a regular file that is not empty is there; it need not be readable."""
    if call.place.files.kind(path) is not Kind.FILE:
        return False
    try:
        return bool(call.place.files.read(path))
    except OSError:
        return True


def check_file(call: Call, index: int = 0, hint: str | None = None) -> None:
    """A file that is there and not empty."""
    path = _path(call, call.words[index].text)
    if not _is_filled(call, path):
        text = f"{call.name}: file '{path}' does not exist or is empty"
        raise call.error(text, index, hint=hint)


def check_directory(call: Call, index: int = 0) -> None:
    """A directory that is there."""
    path = _path(call, call.words[index].text)
    if call.place.files.kind(path) is not Kind.DIRECTORY:
        raise call.error(f"{call.name}: directory '{path}' does not exist", index)


def check_certificate(call: Call) -> None:
    """A file, or a key of an engine."""
    if not call.words[0].text.startswith(ENGINE_PREFIX):
        check_file(call, hint=MADE_BY_HAND)


def outside_sections(check: Check) -> Check:
    """`check`, and not within a section: OpenSSL has one list of authorities per server."""

    def both(call: Call) -> None:
        check(call)
        if call.place.path is not None:
            raise call.error("Your SSL library does not have support for per-directory CA")

    return both


# --- words ----------------------------------------------------------------------------------------

PROTOCOLS: Final = frozenset("all sslv2 sslv3 tlsv1 tlsv1.1 tlsv1.2 tlsv1.3".split())


def signed_words(call: Call) -> Iterator[tuple[str, Word, str]]:
    """The words of a line, each split into its sign ("" without one), itself and the rest."""
    for word in words_of(call):
        sign = word.text[:1] if word.text[:1] in {"+", "-"} else ""
        yield sign, word, word.text[len(sign) :]


def check_protocols(call: Call) -> frozenset[str]:
    """[+|-]name …: SSLv2 and SSLv3 can only be taken away; a bare name replaces what was there.

    Returns what is left, in lower case.
    """
    enabled: set[str] = set()
    for sign, word, name in signed_words(call):
        key = lower(name)
        if key not in PROTOCOLS:
            raise ConfigError(f"{call.name}: Illegal protocol '{name}'", word.span)
        if key == "sslv2":
            if sign == "-":
                continue
            raise ConfigError(f"{call.name}: SSLv2 is no longer supported", word.span)
        if key == "sslv3" and sign != "-":
            raise ConfigError("SSLv3 not supported by this version of OpenSSL", word.span)
        if not sign and enabled:
            warn_of_override(call, word, name)
        meant = PROTOCOLS - {"all", "sslv2", "sslv3"} if key == "all" else {key}
        enabled = enabled - meant if sign == "-" else (enabled if sign else set()) | meant
    return frozenset(enabled)


def warn_of_override(call: Call, word: Word, name: str) -> None:
    """Says that a name without a sign makes the ones before it void."""
    message = (
        f"AH02532: {call.name}: Protocol '{name}' overrides already set parameter(s). "
        "Check if a +/- prefix is missing."
    )
    call.place.warn(Remark(message, word.span, "ssl:warn", "protocol-replaced"))


OPTIONS: Final = frozenset(
    "stdenvvars exportcertdata fakebasicauth strictrequire optrenegotiate "
    "legacydnstringformat".split()
)


def check_options(call: Call) -> None:
    """[+|-]option …"""
    for _, word, name in signed_words(call):
        if lower(name) not in OPTIONS:
            raise ConfigError(f"SSLOptions: Illegal option '{name}'", word.span)


def first_and_flags(first: str, flag: str) -> Check:
    """One of the words of `first`, then nothing but `flag`."""

    def check(call: Call) -> None:
        words = words_of(call)
        texts = [word.text for word in words] or [""]
        for position, text in enumerate(texts):
            known = first.split() if position == 0 else [flag]
            if lower(text) not in known:
                at = words[position].span if words else None
                raise ConfigError(f"{call.name}: Invalid argument '{text}'", at or call.span)

    return check


check_revocation: Final = first_and_flags("none leaf chain", "no_crl_for_cert_ok")
check_ocsp: Final = first_and_flags("off leaf on", "no_ocsp_for_cert_ok")


def check_verify(call: Call) -> None:
    """Whether a certificate is wanted."""
    one_of("none off optional require on optional_no_ca", f"{call.name}: Invalid argument '{{}}'")(
        call
    )


def check_depth(call: Call) -> None:
    """A number that is not negative; what is no number counts as 0."""
    if atoi(call.words[0].text) < 0:
        raise call.error(f"{call.name}: Invalid argument '{call.words[0].text}'", 0)


def check_seconds(call: Call) -> None:
    """As check_depth, in other words."""
    if atoi(call.words[0].text) < 0:
        raise call.error(f"{call.name}: invalid argument", 0)


def check_engine(call: Call) -> None:
    """On, Off, or the Optional of old."""
    one_of("on off optional", "Argument must be On or Off")(call)
    if lower(call.words[0].text) == "optional":
        message = "AH10510: 'SSLEngine optional' is no longer supported"
        call.place.warn(Remark(message, call.words[0].span, "ssl:notice", "removed-value"))


def check_compression(call: Call) -> None:
    """Only Off: Debian's OpenSSL compresses nothing."""
    if lower(call.words[0].text) == "on":
        raise call.error(
            "This version of OpenSSL does not have any compression methods available, cannot "
            "enable SSLCompression.",
            0,
        )


def check_ciphers(call: Call) -> None:
    """[SSL|TLSv1.3] list: the list itself is looked at by the start only."""
    protocol = call.words[0].text if len(call.words) > 1 and call.words[1].text else None
    if protocol not in {None, "SSL", "TLSv1.3"}:
        raise call.error(f"protocol '{protocol}' not supported", 0)
    if protocol == "TLSv1.3" and call.name == "SSLCipherSuite" and call.place.path is not None:
        raise call.error("TLSv1.3 ciphers cannot be set inside a directory context", 0)


# --- once per server ------------------------------------------------------------------------------


def check_dialog(call: Call) -> None:
    """builtin, |program, or exec:program."""
    text = call.words[0].text
    if text.startswith("exec:") and len(text) > 5:
        path = _path(call, text[5:])
        if call.place.files.kind(path) is None:
            raise call.error(f"SSLPassPhraseDialog: file '{path}' does not exist", 0)
    elif lower(text) != "builtin" and not (text.startswith("|") and len(text) > 1):
        raise call.error("SSLPassPhraseDialog: Invalid argument", 0)


check_device: Final = one_of(
    "builtin dynamic",
    "SSLCryptoDevice: Invalid argument; must be one of: 'builtin' (none), "
    "'dynamic' (Dynamic engine loading support)",
)

_NO_DAEMON: Final = "This version of OpenSSL does not support the Entropy Gathering Daemon (EGD)."


def check_seed(call: Call) -> None:
    """startup|connect builtin|[file:|exec:]path [bytes]."""
    when, source = call.words[0].text, call.words[1].text
    if lower(when) not in {"startup", "connect"}:
        raise call.error(f"SSLRandomSeed: invalid context: `{when}'", 0)
    if source.startswith("egd:") and len(source) > 4:
        raise call.error(f"Invalid SSLRandomSeed entropy source `{source}': {_NO_DAEMON}", 1)
    if lower(source) == "builtin":
        if len(call.words) > 2:
            message = "SSLRandomSeed: byte specification not allowed for builtin seed source"
            raise call.error(message, 2)
        return
    has_kind = source.startswith(("file:", "exec:")) and len(source) > 5
    path = _path(call, source[5:] if has_kind else source)
    if call.place.files.kind(path) is None:
        raise call.error(f"SSLRandomSeed: source path '{path}' does not exist", 1)
    if len(call.words) > 2 and atoi(call.words[2].text) < 0:
        raise call.error("SSLRandomSeed: invalid number of bytes specified", 2)


_CACHES: Final = {
    "shmcb": "socache_shmcb_module",
    "default": "socache_shmcb_module",
    "dbm": "socache_dbm_module",
    "memcache": "socache_memcache_module",
    "redis": "socache_redis_module",
    "dc": "socache_dc_module",
}
"""The kinds of caches, and the modules that bring them."""


def check_session_cache(call: Call) -> None:
    """none, nonenotnull, or kind[:arguments] of a loaded cache module."""
    if lower(call.words[0].text) not in {"none", "nonenotnull"}:
        _check_cache(call, "'{}' session cache not supported (known names: {}). ", ".")


def check_stapling_cache(call: Call) -> None:
    """kind[:arguments]."""
    _check_cache(call, "'{}' stapling cache not supported (known names: {}) ", "")


def _check_cache(call: Call, wording: str, end: str) -> None:
    kind, _, arguments = call.words[0].text.partition(":")
    names = [name for name, module in _CACHES.items() if call.place.find_module(module)]
    if kind not in names:
        message = wording.format(kind, ",".join(names))
        advice = f"Maybe you need to load the appropriate socache module (mod_socache_{kind}?)"
        raise call.error(f"{call.name}: {message}{advice}{end}", 0)
    if problem := _cache_problem(kind, arguments):
        raise call.error(f"{call.name}: {problem}", 0)


def _cache_problem(kind: str, arguments: str) -> str | None:
    if kind in {"memcache", "redis"} and not arguments:
        return f"List of server names required to create {kind} socache."
    if kind in {"shmcb", "default"}:
        return _size_problem(arguments)
    return None


def _size_problem(text: str) -> str | None:
    """path(size): the size in bytes."""
    if "(" not in text:
        no_opening = "Invalid argument: no opening parenthesis"
        return no_opening if text.endswith(")") else None
    if not text.endswith(")"):
        return (
            "Invalid argument: no closing parenthesis or cache size missing after pathname "
            "with parenthesis"
        )
    size, rest = strtol(text[text.rindex("(") + 1 :])
    if rest != ")":
        return "Invalid argument: cache size not numerical"
    if not 0 <= size < 2**32 - 1:
        return "Invalid argument: size has to be < 4294967295 bytes on this platform"
    return "Invalid argument: size has to be >= 8192 bytes" if size < 8192 else None


CONF_FILES: Final = frozenset(
    "certificate privatekey chaincafile verifycafile requestcafile clientcafile dhparameters "
    "serverinfofile".split()
)
CONF_DIRECTORIES: Final = frozenset("chaincapath verifycapath requestcapath clientcapath".split())
_CONF_WORDS: Final = frozenset(
    "protocol curves groups ecdhparameters options signaturealgorithms clientsignaturealgorithms "
    "cipherstring ciphersuites minprotocol maxprotocol verifymode recordpadding numtickets "
    "chaincastore verifycastore requestcastore".split()
)


def check_openssl_command(call: Call) -> None:
    """The name of a command of OpenSSL; where its value is a path, that must be there."""
    name = call.words[0].text
    key = lower(name)
    if key in CONF_FILES:
        check_file(call, 1)
    elif key in CONF_DIRECTORIES:
        check_directory(call, 1)
    elif key not in _CONF_WORDS:
        raise call.error(f"'{name}': invalid OpenSSL configuration command", 0)


def check_buffer_size(call: Call) -> None:
    """A number that is not negative."""
    text = call.words[0].text
    if atoi(text) < 0:
        raise call.error(f"Invalid size for SSLRenegBufferSize: {text}", 0)


def check_require(call: Call) -> None:
    """A condition; unlike elsewhere, the rest of the line is one without quotes around it."""
    from httpdlite.conf.expressions.parser import BadExpression, parse_ssl_require  # noqa: PLC0415 - rare

    try:
        parse_ssl_require(call.raw.text)
    except BadExpression as why:
        message = f"SSLRequire: {why}"
        raise ConfigError(message, call.raw.span, code="bad-expression") from None


check_sni: Final = one_of(
    "strict secure authonly insecure", "Invalid SSLVhostSNIPolicy argument '{}'"
)
