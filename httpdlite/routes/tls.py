"""TLS of vhosts and towards workers, as their directives have it: all that a context needs. Pure.

Comes in: merged ``Scope``s. Goes out: a ``ServerTls`` per vhost that speaks TLS, a ``WorkerTls``
for workers of https:// and wss://, both frozen, with the *paths* of files: who makes contexts reads
these and compares what is in them. Hides which directive gives which value, and mod_ssl's rules for
what is left unsaid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives import mod_ssl, mpm
from httpdlite.conf.directives.mod_ssl_proxy import WORKER_TLS
from httpdlite.conf.directives.ssl_refusals import GROUPS, VERSION_WORDS
from httpdlite.conf.directives.ssl_values import (
    AT_LEVEL_0,
    FileName,
    RevocationCheck,
    SniPolicy,
    Verify,
    Version,
    WorkerValues,
    range_of,
)
from httpdlite.conf.scope import Scope
from httpdlite.conf.tls import https_ports, speaks_tls
from httpdlite.conf.tree import ServerConfig


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key, PEM. What follows the certificate in its file is its chain; only
    if there is nothing, ``chain`` is (SSLCertificateChainFile). The key may be in the same file.
    """

    certificate: str
    key: str
    chain: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates of the other side count. Paths are hashed directories, as OpenSSL has
    them. ``depth``: how many certificates may stand above the other side's own; OpenSSL's default
    is more, and ``ssl`` cannot set it: count the verified chain after the handshake.
    """

    ca_file: str | None = None
    ca_path: str | None = None
    crl_file: str | None = None
    crl_path: str | None = None
    crl_check: RevocationCheck = RevocationCheck.NONE
    depth: int = 1


@dataclass(frozen=True, slots=True)
class ServerTls:
    """TLS of a vhost. ``minimum`` and ``maximum`` are numbers of ``ssl.TLSVersion``."""

    pairs: tuple[KeyPair, ...]
    minimum: Version
    maximum: Version
    ciphers: str  # up to TLS 1.2, in OpenSSL's words, always whole: never Python's own default
    own_order: bool  # SSLHonorCipherOrder
    verify: Verify  # of clients: NONE, OPTIONAL or REQUIRE
    trust: Trust
    tickets: bool  # SSLSessionTickets
    group: str | None  # of key exchange, by OpenSSL's name; None: OpenSSL's choice
    dh_parameters: str | None  # a file
    strict_sni: bool  # SSLStrictSNIVHostCheck: 403 for who gave no name
    settings: tuple[object, ...]  # as written: versions, ciphers, OpenSSL's commands

    @property
    def asks_clients(self) -> bool:
        """Does it want to see clients' certificates?"""
        return self.verify is not Verify.NONE

    @property
    def asking(self) -> tuple[object, ...]:
        """What is asked of clients, as SSLVHostSNIPolicy compares it."""
        return self.verify, self.trust

    @property
    def speaking(self) -> tuple[object, ...]:
        """The rest of what it compares."""
        files = tuple([(pair.certificate, pair.key) for pair in self.pairs])
        return files, self.settings


@dataclass(frozen=True, slots=True)
class WorkerTls:
    """TLS towards workers, where SSLProxyEngine is On."""

    minimum: Version
    maximum: Version
    ciphers: str
    verify: bool  # the worker's certificate must lead to one of ``trust``
    trust: Trust
    checks_expiry: bool  # also without ``verify``: SSLProxyCheckPeerExpire
    checks_name: bool  # also without ``verify``: the certificate must be for the host
    machine: KeyPair | None  # shown to workers that ask


# --- from the directives --------------------------------------------------------------------------

USUAL_CIPHERS: Final = "DEFAULT"
NEVER: Final = ":!aNULL:!eNULL:!EXP"
"""What mod_ssl puts behind every list."""


def compile_server_tls(server: ServerConfig, listens: Iterable[mpm.Listen]) -> ServerTls | None:
    """TLS of the main server or a vhost; None if it speaks none."""
    scope = server.scope
    if not speaks_tls(server, https_ports(listens)):
        return None
    own = _commands(scope)
    minimum, maximum = _versions(scope[mod_ssl.PROTOCOL], own)
    ciphers = own.get("cipherstring", scope[mod_ssl.CIPHERS].older)
    return ServerTls(
        pairs=pairs_of(scope),
        minimum=_usable(minimum, ciphers),
        maximum=maximum,
        ciphers=_whole(ciphers),
        own_order=scope[mod_ssl.OWN_ORDER],
        verify=scope[mod_ssl.VERIFY].verify,
        trust=Trust(
            ca_file=_path(scope.get(mod_ssl.CA_FILE)),
            ca_path=_path(scope.get(mod_ssl.CA_PATH)),
            crl_file=_path(scope.get(mod_ssl.CRL_FILE)),
            crl_path=_path(scope.get(mod_ssl.CRL_PATH)),
            crl_check=scope[mod_ssl.CRL_CHECK].check,
            depth=scope[mod_ssl.DEPTH].number,
        ),
        tickets=scope[mod_ssl.TICKETS],
        group=_group(own),
        dh_parameters=own.get("dhparameters"),
        strict_sni=scope[mod_ssl.STRICT_SNI],
        settings=(scope[mod_ssl.PROTOCOL], scope[mod_ssl.CIPHERS], scope[mod_ssl.COMMANDS]),
    )


def compile_worker_tls(scope: Scope) -> WorkerTls | None:
    """TLS towards workers as a scope has it (the server's, with those of the <Proxy> sections that
    match laid over it); None without SSLProxyEngine On.
    """
    values = scope[WORKER_TLS]
    if not values.engine:
        return None
    ciphers = values.ciphers.older if values.ciphers is not None else None
    versions = values.versions if values.versions is not None else frozenset(Version)
    minimum, maximum = _versions(versions, {})
    machine = values.machine_file
    revocations = values.crl_check
    return WorkerTls(
        minimum=_usable(minimum, ciphers),
        maximum=maximum,
        ciphers=_whole(ciphers),
        verify=values.verify in {Verify.OPTIONAL, Verify.REQUIRE},
        trust=Trust(
            ca_file=values.ca_file,
            ca_path=values.ca_path,
            crl_file=values.crl_file,
            crl_path=values.crl_path,
            crl_check=revocations.check if revocations is not None else RevocationCheck.NONE,
            depth=values.depth if values.depth is not None else 1,
        ),
        checks_expiry=values.checks_expiry is not False,
        checks_name=_checks_name(values),
        machine=KeyPair(machine, machine, values.machine_chain) if machine is not None else None,
    )


def _checks_name(values: WorkerValues) -> bool:
    """Two directives for one thing: the older one counts where the newer is not given, and if it is
    On in so many words. What it compares alone, the CN, is one of the names that count.
    """
    if values.checks_name is None:
        return values.checks_cn is not False
    return values.checks_name or values.checks_cn is True


def pairs_of(scope: Scope) -> tuple[KeyPair, ...]:
    """The certificates of a server, each with the key that is given at the same place; without one
    the key is in the certificate's file.
    """
    keys = [key.path for key in scope[mod_ssl.KEY]]
    chain = _path(scope.get(mod_ssl.CHAIN))
    return tuple(
        [
            KeyPair(one.path, keys[number] if number < len(keys) else one.path, chain)
            for number, one in enumerate(scope[mod_ssl.CERTIFICATE])
        ]
    )


def _path(name: FileName | None) -> str | None:
    return name.path if name is not None else None


def _whole(ciphers: str | None) -> str:
    return (ciphers or USUAL_CIPHERS) + NEVER


def _commands(scope: Scope) -> Mapping[str, str]:
    """SSLOpenSSLConfCmd: the last of each name, one of a vhost after the main server's."""
    return {command.name: command.value for command in scope[mod_ssl.COMMANDS]}


def _group(commands: Mapping[str, str]) -> str | None:
    for name in ("groups", "curves", "ecdhparameters"):
        if name in commands:
            return GROUPS.get(commands[name].lower())
    return None


def _versions(versions: frozenset[Version], commands: Mapping[str, str]) -> tuple[Version, Version]:
    """The lowest and the highest; what is said to OpenSSL itself counts over SSLProtocol."""
    lowest, highest = range_of(versions) or (Version.TLS1_2, Version.TLS1_3)
    lowest = VERSION_WORDS.get(commands.get("minprotocol", "").lower()) or lowest
    highest = VERSION_WORDS.get(commands.get("maxprotocol", "").lower()) or highest
    return lowest, highest


def _usable(minimum: Version, ciphers: str | None) -> Version:
    """OpenSSL 3 has versions before TLS 1.2 at security level 0 only; at others clients of these
    are turned away by another alert.
    """
    return minimum if AT_LEVEL_0 in (ciphers or "") else max(minimum, Version.TLS1_2)


# --- requests -------------------------------------------------------------------------------------


def may_serve(
    connection: ServerTls, vhost: ServerTls | None, policy: SniPolicy, *, is_same: bool
) -> bool:
    """May a request over a connection whose handshake was made for one vhost be served by another
    (`is_same`: it is no other)? If not, the answer is 421 (AH02032). Names of files count, and what
    was written, rather than what comes of it.
    """
    if is_same:
        return True
    if policy is SniPolicy.INSECURE:  # but nobody gets round a client certificate
        return vhost is None or not vhost.asks_clients or connection.asking == vhost.asking
    if vhost is None or policy is SniPolicy.STRICT or connection.asking != vhost.asking:
        return False
    return policy is SniPolicy.AUTHONLY or connection.speaking == vhost.speaking
