"""What of mod_ssl is refused, and what to do instead: what `ssl` of the Python that runs cannot do.

In: a value of a row. Out: refusals. Sources: the documentation of Python's ssl module.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.ssl_values import (
    Asked,
    Ciphers,
    Command,
    Depth,
    FileName,
    Options,
    RevocationCheck,
    Revocations,
    Verify,
    Version,
)
from httpdlite.conf.rows import Refusal
from httpdlite.conf.spelling import lower


def refuse_asking(asked: Asked) -> Iterator[Refusal]:
    """A certificate can be asked for in the handshake only, and then must lead to an authority."""
    if asked.verify is Verify.NONE:
        return
    word = asked.verify.value
    if asked.in_section:
        yield Refusal(
            f"SSLVerifyClient {word} of some paths only is not supported",
            hint="Write SSLVerifyClient optional for the whole virtual host, and in the section "
            "`Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'`; or give these paths a virtual host.",
        )
    elif asked.verify is Verify.OPTIONAL_NO_CA:
        yield Refusal(
            "SSLVerifyClient optional_no_ca is not supported",
            hint="Write optional, and name the authorities with SSLCACertificateFile.",
        )


def refuse_depth(depth: Depth) -> Iterator[Refusal]:
    if depth.in_section:
        yield Refusal(
            "SSLVerifyDepth of some paths only is not supported",
            hint="Write it for the whole virtual host.",
        )


USUAL_SUITES: Final = frozenset(
    ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")
)
"""What OpenSSL offers for TLS 1.3 if nothing is said."""


def can_set_suites(suites: str | None) -> bool:
    """Whether `ssl` gives these, which it does by itself for OpenSSL's own list."""
    is_usual = suites is None or frozenset(suites.split(":")) == USUAL_SUITES
    return is_usual or sys.version_info >= (3, 15)


def refuse_ciphers(ciphers: Ciphers) -> Iterator[Refusal]:
    """Suites of TLS 1.3 that `ssl` cannot set, and lists for some paths only."""
    if ciphers.in_section:
        yield Refusal(
            "SSLCipherSuite of some paths only is not supported",
            hint="Write it for the whole virtual host.",
        )
    elif not can_set_suites(ciphers.tls13):
        yield Refusal(
            "the suites of TLS 1.3 cannot be chosen with this Python",
            hint="Remove the line: all suites of TLS 1.3 are safe. Python 3.15 can.",
        )


def refuse_revocations(revocations: Revocations) -> Iterator[Refusal]:
    """Passing what has no list would need a decision per certificate."""
    if revocations.needs_no_list and revocations.check is not RevocationCheck.NONE:
        yield Refusal(
            "no_crl_for_cert_ok is not supported: a certificate without a list does not pass",
            hint="Give a list for every authority, or write `leaf`.",
        )


def refuse_engine_keys(files: tuple[FileName, ...]) -> Iterator[Refusal]:
    if any(one.path.startswith(ssl_checks.ENGINE_PREFIX) for one in files):
        yield Refusal("keys of an engine (pkcs11:) are not supported", hint="Name a file.")


def unless_off(reason: str, hint: str) -> Callable[[Any], Iterator[Refusal]]:
    """Refuses a flag, or a judged word, that is not Off."""

    def refuse(value: Any) -> Iterator[Refusal]:
        is_on = value if isinstance(value, bool) else lower(value[0]) not in {"off", "none"}
        if is_on:
            yield Refusal(reason, hint=hint)

    return refuse


_COMMANDS: Final = frozenset(
    "curves groups ecdhparameters dhparameters minprotocol maxprotocol cipherstring".split()
)
VERSION_WORDS: Final = {
    "none": None,
    "tlsv1": Version.TLS1,
    "tlsv1.1": Version.TLS1_1,
    "tlsv1.2": Version.TLS1_2,
    "tlsv1.3": Version.TLS1_3,
}
"""The versions as OpenSSL's commands have them."""


GROUPS: Final = {
    "p-256": "prime256v1",
    "secp256r1": "prime256v1",
    "prime256v1": "prime256v1",
    "p-384": "secp384r1",
    "secp384r1": "secp384r1",
    "p-521": "secp521r1",
    "secp521r1": "secp521r1",
    "x25519": "X25519",
    "x448": "X448",
}
"""Groups for the exchange of keys, by their names in lower case, as `ssl` has them."""

CHOSEN_BY_OPENSSL: Final = frozenset(("auto", "automatic"))


def refuse_commands(commands: tuple[Command, ...]) -> Iterator[Refusal]:
    for command in commands:
        yield from _refuse_command(command)


def _refuse_command(command: Command) -> Iterator[Refusal]:
    name, value = command.name, command.value
    what = f"SSLOpenSSLConfCmd {name}"
    if name not in _COMMANDS:
        yield Refusal(
            f"{what} is not supported", hint="Remove the line, if OpenSSL's default does."
        )
    elif name in {"curves", "groups", "ecdhparameters"}:
        if lower(value) not in GROUPS and lower(value) not in CHOSEN_BY_OPENSSL:
            yield Refusal(
                f"{what} {value} is not supported: one known group is",
                hint="Python's ssl takes one only. Name one, such as X25519, or remove the line: "
                "OpenSSL's own choice is safe.",
            )
    elif name in {"minprotocol", "maxprotocol"} and lower(value) not in VERSION_WORDS:
        yield Refusal(f"{what} {value} is not supported", hint="Write SSLProtocol instead.")


def refuse_options(options: Options) -> Iterator[Refusal]:
    if "fakebasicauth" in options.names:
        yield Refusal(
            "SSLOptions FakeBasicAuth is not supported",
            hint="Let the worker look at a header: "
            'RequestHeader set X-Client "%{SSL_CLIENT_S_DN}s".',
        )


def refuse_ocsp(words: tuple[str, ...]) -> Iterator[Refusal]:
    if words and words[0] != "off":
        hint = "Use revocation lists: SSLCARevocationFile and SSLCARevocationCheck."
        yield Refusal(f"SSLOCSPEnable {words[0]} is not supported", hint=hint)
