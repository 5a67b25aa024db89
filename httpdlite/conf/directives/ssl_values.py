"""What the directives of mod_ssl come to: words as values, and how values add up.

In: the words of one directive, which ssl_checks.py checks. Out: frozen values; where a line stands
(`span`) does not make two of them different. Paths are absolute, seen from the ServerRoot of their
line. Rules: httpd 2.4.71 with OpenSSL 3, as observed.

1. A name of SSLProtocol without a sign replaces all before it on its line; a line replaces the one
   before. There are no holes: versions below one that is off are off.
2. SSLCipherSuite has two lists that are merged apart: that of TLS 1.3, and that of all before.
3. SSLOptions with a sign changes what is around it; a word without one replaces all before it.
4. What is said of workers in a <Proxy> counts over the server's; of several such sections that
   match, the last one counts alone.
"""

from dataclasses import dataclass, field, fields, replace
from enum import Enum, IntEnum
from typing import Final

from httpdlite.conf.call import Call, Context
from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.files import absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.spelling import lower
from httpdlite.diagnostics import Span


class Version(IntEnum):
    """Versions of TLS; the numbers are those of the protocol."""

    TLS1 = 0x0301
    TLS1_1 = 0x0302
    TLS1_2 = 0x0303
    TLS1_3 = 0x0304


class Verify(Enum):
    """Whether the other side must have a certificate."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRE = "require"
    OPTIONAL_NO_CA = "optional_no_ca"


class RevocationCheck(Enum):
    """Whose revocation is looked up: nobody's, the certificate's, or those above it, too."""

    NONE = "none"
    LEAF = "leaf"
    CHAIN = "chain"


class SniPolicy(Enum):
    """When a request may be for another vhost than its connection: SSLVHostSNIPolicy."""

    STRICT = "strict"
    SECURE = "secure"
    AUTHONLY = "authonly"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class FileName:
    """A path, absolute."""

    path: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ciphers:
    """The two lists of SSLCipherSuite."""

    older: str | None = None  # up to TLS 1.2
    tls13: str | None = None
    in_section: bool = False

    def joined(self, later: "Ciphers") -> "Ciphers":
        """With what a later line says (rule 2)."""
        return replace(self, older=later.older or self.older, tls13=later.tls13 or self.tls13)


@dataclass(frozen=True, slots=True)
class Asked:
    """SSLVerifyClient."""

    verify: Verify
    in_section: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Depth:
    """SSLVerifyDepth."""

    number: int
    in_section: bool = False


@dataclass(frozen=True, slots=True)
class Revocations:
    """SSLCARevocationCheck. ``needs_no_list``: certificates without a list pass."""

    check: RevocationCheck
    needs_no_list: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Command:
    """SSLOpenSSLConfCmd: the name in lower case, the value as it is, a path absolute."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Options:
    """SSLOptions (rule 3); the names are in lower case. ``words``: of the lines of one place."""

    names: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    is_relative: bool = True  # had the last words signs?
    words: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def joined(self, later: "Options") -> "Options":
        """With a later line of the same place."""
        options = self
        for sign, name in later.words:
            options = options._with_word(sign, name)
        return replace(options, words=self.words + later.words)

    def _with_word(self, sign: str, name: str) -> "Options":
        one = frozenset((name,))
        if sign == "-":
            return Options(self.names - one, self.added - one, self.removed | one)
        if sign == "+":
            return Options(self.names | one, self.added | one, self.removed - one)
        return Options(one, one, is_relative=False)

    def within(self, inner: "Options") -> "Options":
        """What counts where ``inner`` is laid over this."""
        if not inner.is_relative:
            return inner
        added = (self.added - inner.removed) | inner.added
        removed = (self.removed - inner.added) | inner.removed
        return Options((self.names - removed) | added, added, removed, self.is_relative)


# --- readers --------------------------------------------------------------------------------------


def in_section(call: Call) -> bool:
    """Whether a directive stands where it is about some requests only."""
    return bool(call.place.context & (Context.DIRECTORY | Context.HTACCESS | Context.PROXY))


def read_path(call: Call, index: int = 0) -> FileName:
    """A path; keys of an engine stay as they are."""
    text = call.words[index].text
    is_path = not text.startswith(ssl_checks.ENGINE_PREFIX)
    return FileName(absolute(call.place.server_root, text) if is_path else text, call.span)


def read_engine(call: Call) -> bool:
    """Optional, which httpd no longer knows, comes to Off, also where On is inherited."""
    ssl_checks.check_engine(call)
    return lower(call.words[0].text) == "on"


_VERSIONS: Final = {
    "tlsv1": Version.TLS1,
    "tlsv1.1": Version.TLS1_1,
    "tlsv1.2": Version.TLS1_2,
    "tlsv1.3": Version.TLS1_3,
}


def read_versions(call: Call) -> frozenset[Version]:
    """The versions that a line leaves on."""
    names = ssl_checks.check_protocols(call)
    return frozenset(_VERSIONS[name] for name in names if name in _VERSIONS)


def range_of(versions: frozenset[Version]) -> tuple[Version, Version] | None:
    """The lowest and the highest that are meant (rule 1); None for none at all."""
    if not versions:
        return None
    lowest = highest = max(versions)
    while lowest - 1 in versions:
        lowest = Version(lowest - 1)
    return lowest, highest


AT_LEVEL_0: Final = "@SECLEVEL=0"
"""In a list of ciphers: OpenSSL 3 has versions before TLS 1.2 at this level only."""


def read_ciphers(call: Call) -> Ciphers:
    """[SSL|TLSv1.3] list."""
    ssl_checks.check_ciphers(call)
    protocol, text = "SSL", call.words[0].text
    if len(call.words) > 1 and call.words[1].text:
        protocol, text = text, call.words[1].text
    if protocol == "TLSv1.3":
        return Ciphers(None, text, in_section(call))
    return Ciphers(text, None, in_section(call))


def read_verify(call: Call) -> Asked:
    """none or off, optional, require or on, optional_no_ca."""
    ssl_checks.check_verify(call)
    word = lower(call.words[0].text)
    word = {"off": "none", "on": "require"}.get(word, word)
    return Asked(Verify(word), in_section(call), call.span)


def read_depth(call: Call) -> Depth:
    """A number as C reads it."""
    ssl_checks.check_depth(call)
    return Depth(atoi(call.words[0].text), in_section(call))


def read_revocations(call: Call) -> Revocations:
    """none, leaf or chain, and a flag."""
    ssl_checks.check_revocation(call)
    first, *flags = (lower(word.text) for word in words_of(call))
    return Revocations(RevocationCheck(first), bool(flags), call.span)


def read_ocsp(call: Call) -> tuple[str, ...]:
    """off, leaf or on, and a flag."""
    ssl_checks.check_ocsp(call)
    return tuple(lower(word.text) for word in words_of(call))


def read_policy(call: Call) -> SniPolicy:
    """One of the four words."""
    ssl_checks.check_sni(call)
    return SniPolicy(lower(call.words[0].text))


def read_command(call: Call) -> Command:
    """A command of OpenSSL."""
    ssl_checks.check_openssl_command(call)
    name, value = lower(call.words[0].text), call.words[1].text
    is_path = name in ssl_checks.CONF_FILES or name in ssl_checks.CONF_DIRECTORIES
    return Command(name, absolute(call.place.server_root, value) if is_path else value)


def read_options(call: Call) -> Options:
    """[+|-]option …"""
    ssl_checks.check_options(call)
    words = [(sign, lower(name)) for sign, _, name in ssl_checks.signed_words(call)]
    return Options().joined(Options(words=tuple(words)))


# --- workers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerValues:
    """What was said of TLS towards workers, of a server or in a <Proxy>; None is unsaid."""

    engine: bool | None = None
    versions: frozenset[Version] | None = None
    ciphers: Ciphers | None = None
    verify: Verify | None = None
    depth: int | None = None
    ca_file: str | None = None
    ca_path: str | None = None
    crl_file: str | None = None
    crl_path: str | None = None
    crl_check: Revocations | None = None
    machine_file: str | None = None
    machine_path: str | None = None
    machine_chain: str | None = None
    checks_expiry: bool | None = None
    checks_cn: bool | None = None
    checks_name: bool | None = None
    in_section: bool = False

    def joined(self, later: "WorkerValues") -> "WorkerValues":
        """With what a later line of the same place says, or a vhost over the main server."""
        said = {
            one.name: value
            for one in fields(later)
            if (value := getattr(later, one.name)) is not None
        }
        if self.ciphers is not None and later.ciphers is not None:
            said["ciphers"] = self.ciphers.joined(later.ciphers)
        return replace(self, **said)

    def within(self, inner: "WorkerValues") -> "WorkerValues":
        """What counts where ``inner`` is laid over this (rule 4)."""
        return inner if self.in_section and inner.in_section else self.joined(inner)
