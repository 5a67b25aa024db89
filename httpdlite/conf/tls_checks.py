"""What keeps TLS from working, as far as the lines themselves tell; the files are looked at by
certificate_checks.py.

In: the config tree, the files, the time. Out: diagnostics. httpd's `-t` finds none of it: its start
fails, or every request. Rules: ssl_init_Module of httpd 2.4.71, as observed; where httpd starts all
the same, ours are warnings.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.directives import core, mod_proxy, mod_ssl, mpm
from httpdlite.conf.directives.mod_rewrite import REWRITING
from httpdlite.conf.directives.mod_ssl_proxy import WORKER_TLS
from httpdlite.conf.directives.rewriting import RewriteRule
from httpdlite.conf.directives.ssl_values import (
    AT_LEVEL_0,
    FileName,
    RevocationCheck,
    Verify,
    Version,
    WorkerValues,
    range_of,
)
from httpdlite.conf.files import Files, is_glob
from httpdlite.conf.spelling import lower
from httpdlite.conf.tls import https_ports, speaks_tls
from httpdlite.conf.tree import Config, SectionConfig, SectionKind, ServerConfig
from httpdlite.diagnostics import WOULD_FAIL, Diagnostic, Note, Phase, Severity, Span

_PUT_IN: Final = re.compile(r"[$%\\]")


def check_tls(config: Config, files: Files, now: float | None) -> Iterator[Diagnostic]:
    """Everything of both sides. `now`: seconds since 1970; None: dates are not looked at."""
    shown: list[tuple[FileName, FileName, tuple[str, ...]]] = []
    servers = (config.main, *config.vhosts)
    ports = https_ports(config.main.scope[mpm.LISTEN])
    speaking = [server for server in servers if speaks_tls(server, ports)]
    for server in speaking:
        yield from _check_server(server)
        shown += _shown_to_clients(server)
    if speaking:
        yield from _check_neighbours(config.vhosts, speaking)
    for server in servers:
        for values, span in _of_workers(server, config.main):
            yield from _check_values(values, span)
            if values.machine_file is not None:
                file = FileName(values.machine_file, span)
                shown.append((file, file, ()))
    yield from _check_engines(config)
    if shown:
        from httpdlite.conf import certificate_checks  # noqa: PLC0415 - only where TLS is on

        yield from certificate_checks.check_certificates(
            (certificate_checks.Shown(*one) for one in shown), files, now
        )


def _shown_to_clients(
    server: ServerConfig,
) -> Iterator[tuple[FileName, FileName, tuple[str, ...]]]:
    """The certificates of a server with their keys, and what the server is called."""
    name = server.own.get(core.SERVER_NAME)
    aliases = [alias for alias in server.own[core.SERVER_ALIAS] if "?" not in alias]
    names = (*([name.name] if name is not None else []), *aliases)
    keys = server.scope[mod_ssl.KEY]
    for number, certificate in enumerate(server.scope[mod_ssl.CERTIFICATE]):
        yield certificate, keys[number] if number < len(keys) else certificate, names


# --- a server -------------------------------------------------------------------------------------


_AUTHORITIES: Final = (mod_ssl.CA_FILE, mod_ssl.CA_PATH)
_NOBODY: Final = {
    Verify.OPTIONAL: "who has a certificate gets no connection",
    Verify.REQUIRE: "nobody gets a connection",
}


def _check_server(server: ServerConfig) -> Iterator[Diagnostic]:
    scope = server.scope
    if not scope[mod_ssl.CERTIFICATE]:
        hint = "Name them with SSLCertificateFile and SSLCertificateKeyFile."
        yield _failure("TLS is on here without a certificate and a key", server.span, hint)
    versions = range_of(scope[mod_ssl.PROTOCOL])
    if versions is None:
        yield _no_version("SSLProtocol", server.span)
    elif versions[1] < Version.TLS1_2 and AT_LEVEL_0 not in (scope[mod_ssl.CIPHERS].older or ""):
        text = "SSLProtocol leaves versions only that OpenSSL has switched off: no client gets in"
        yield _failure(text, server.span, f"Add TLSv1.2, or {AT_LEVEL_0} to SSLCipherSuite.")
    asked = scope[mod_ssl.VERIFY]
    if asked.verify in _NOBODY and not any(name in scope for name in _AUTHORITIES):
        yield Diagnostic(
            Severity.WARNING,
            "no-authorities",
            f"SSLVerifyClient {asked.verify.value} without any authority: {_NOBODY[asked.verify]}",
            asked.span or server.span,
            hint="Name those that clients' certificates are of, with SSLCACertificateFile.",
            phase=Phase.CHECK,
        )
    revocations = scope[mod_ssl.CRL_CHECK]
    has_lists = mod_ssl.CRL_FILE in scope or mod_ssl.CRL_PATH in scope
    if revocations.check is not RevocationCheck.NONE and not has_lists:
        yield _no_lists("SSLCARevocationCheck", "SSLCARevocationFile", revocations.span)
    elif has_lists and revocations.check is RevocationCheck.NONE:
        name = scope.get(mod_ssl.CRL_FILE) or scope.get(mod_ssl.CRL_PATH)
        yield Diagnostic(
            Severity.WARNING,
            "unused-revocations",
            "the revocation lists are not looked at without SSLCARevocationCheck",
            name.span if name is not None else server.span,
            hint="Write `SSLCARevocationCheck leaf`.",
            phase=Phase.CHECK,
        )


def _check_neighbours(
    vhosts: tuple[ServerConfig, ...], speaking: list[ServerConfig]
) -> Iterator[Diagnostic]:
    """Vhosts of one address of which some speak TLS: all do as the first one does, as in httpd,
    which says nothing.
    """
    with_tls = {id(server) for server in speaking}
    first_of: dict[tuple[str, int], ServerConfig] = {}
    for vhost in vhosts:
        sets = ((address.host, address.port) for address in vhost.addresses)
        firsts = [first_of.setdefault(key, vhost) for key in sets]
        speaks = id(vhost) in with_tls
        first = next((one for one in firsts if (id(one) in with_tls) is not speaks), None)
        if first is None:
            continue
        if speaks:
            text = "TLS is not spoken here: the first vhost of this address does not speak it"
            hint = "Give the vhosts with TLS a port of their own, or write SSLEngine On in all."
        else:
            text = "this vhost is served over TLS only, as the first one of its address is"
            hint = (
                "Write SSLEngine On here as well, or give vhosts without TLS a port of their own."
            )
        notes = (Note("the first vhost is here", first.span),) if first.span is not None else ()
        yield Diagnostic(
            Severity.WARNING,
            "tls-and-plain",
            text,
            vhost.span,
            notes=notes,
            hint=hint,
            phase=Phase.CHECK,
        )


def _no_version(name: str, span: Span | None) -> Diagnostic:
    hint = "Write `all -SSLv3 -TLSv1 -TLSv1.1`."
    return _failure(f"{name} leaves no version of TLS", span, hint)


def _no_lists(name: str, missing: str, span: Span | None) -> Diagnostic:
    return _failure(f"{name} without any revocation lists", span, f"Name them with {missing}.")


def _failure(message: str, span: Span | None, hint: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, WOULD_FAIL, message, span, hint=hint, phase=Phase.CHECK)


# --- workers --------------------------------------------------------------------------------------


def _of_workers(
    server: ServerConfig, main: ServerConfig
) -> Iterator[tuple[WorkerValues, Span | None]]:
    """What is said of workers in a server itself, and in each <Proxy> of it, if TLS is on there."""
    base = server.scope[WORKER_TLS]
    first = len(main.proxy_sections) if server is not main else 0
    places = [(server.own, server.span)]
    places += [(section.scope, section.span) for section in server.proxy_sections[first:]]
    for scope, span in places:
        values = base.joined(scope[WORKER_TLS])
        if WORKER_TLS in scope and values.engine:
            yield values, span


def _check_values(values: WorkerValues, span: Span | None) -> Iterator[Diagnostic]:
    if values.versions is not None and range_of(values.versions) is None:
        yield _no_version("SSLProxyProtocol", span)
    check = values.crl_check
    looks = check is not None and check.check is not RevocationCheck.NONE
    if looks and values.crl_file is None and values.crl_path is None:
        yield _no_lists("SSLProxyCARevocationCheck", "SSLProxyCARevocationFile", span)


def _check_engines(config: Config) -> Iterator[Diagnostic]:
    """Rules whose worker is spoken to over TLS, where no SSLProxyEngine lets them. What the main
    server says is right if it is for some server.
    """
    main = config.main
    yield from _without_engine(main, main.sections, (main, *config.vhosts))
    for vhost in config.vhosts:
        yield from _without_engine(vhost, vhost.sections[len(main.sections) :], (vhost,))


def _without_engine(
    server: ServerConfig, sections: tuple[SectionConfig, ...], servers: tuple[ServerConfig, ...]
) -> Iterator[Diagnostic]:
    scopes = (server.own, *(section.scope for section in sections))
    asked = [(rule.target, rule.span) for scope in scopes for rule in scope[mod_proxy.PROXY_PASS]]
    by_rules = _asked_by_rules(server, sections)
    for url, span in (*asked, *by_rules):
        scheme = lower(url.partition(":")[0])
        if scheme in {"https", "wss"} and not any(_may_speak(one, url) for one in servers):
            yield _failure(
                f"workers of {scheme}:// need SSLProxyEngine On, which is not on here: every "
                "request would be a 500",
                span,
                "Write SSLProxyEngine On in this server, or in a <Proxy> for this worker.",
            )


def _asked_by_rules(
    server: ServerConfig, sections: tuple[SectionConfig, ...]
) -> Iterator[tuple[str, Span | None]]:
    """The URLs of rules with [P] that are carried out, as far as nothing is put into them."""
    rules: list[RewriteRule] = []
    own, whole = server.own[REWRITING].server, server.scope[REWRITING].server
    if own is not None and whole is not None and whole.engine:
        rules += own.rules
    for part in (section.scope[REWRITING].section for section in sections):
        if part.engine:
            rules += part.rules
    for rule in rules:
        if rule.flags.proxy:
            yield _PUT_IN.split(rule.substitution, maxsplit=1)[0], rule.span


def _may_speak(server: ServerConfig, url: str) -> bool:
    """May this URL be spoken to over TLS? Patterns of sections are taken to match."""
    if server.scope[WORKER_TLS].engine:
        return True
    return any(
        section.scope[WORKER_TLS].engine and _may_match(section, url)
        for section in server.proxy_sections
    )


def _may_match(section: SectionConfig, url: str) -> bool:
    text = section.argument
    if section.kind is SectionKind.PROXY_MATCH or is_glob(text):
        return True
    return url.startswith(text) or text.startswith(url)
