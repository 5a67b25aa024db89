"""mod_md.c, judged as httpd does: certificates by ACME, which httpdlite gets none by.

A managed domain is refused, and so is what forbids plain HTTP; the rest tunes what is not there.
"""

from collections.abc import Iterator
from typing import Any, Final

from httpdlite.conf.directives import md_checks
from httpdlite.conf.directives.core import EVERYWHERE
from httpdlite.conf.registry import (
    SERVER,
    VHOST,
    Argument,
    Arity,
    Context,
    Directive,
    Module,
    Refusal,
    Section,
    judged,
    lower,
)
from httpdlite.conf.standing import Standing, moot, refused
from httpdlite.conf.values import Check, number

MODULE: Final = Module("md_module", "mod_md.c", implemented=False)

SERVERS: Final = SERVER | VHOST

NO_DOMAIN: Final = moot("it acts only with MDomain, which is refused")
NOT_MANAGED: Final = refused(
    "is not supported: httpdlite gets no certificates by itself",
    "Get them with another ACME client (certbot, acme.sh, lego …) and name the files.",
)

_IN_SECTIONS: Final = frozenset(
    "<directory <directorymatch <files <filesmatch <location <locationmatch <if <elseif <else "
    "<proxy <proxymatch".split()
)


def _refuse_redirect(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) != "off":
        yield Refusal(
            f"MDRequireHttps {values[0]} is not supported: it acts on domains of MDomain",
            hint="Redirect to https:// in a vhost of its own.",
            subject="MDRequireHttps",
        )


def _row(
    name: str,
    doc: str,
    check: Check | None = None,
    usual: str = "",
    *,
    arity: Arity = Arity.ONE,
    standing: Standing = NO_DOMAIN,
    contexts: Context = SERVERS,
    **more: Any,
) -> Directive[Any]:
    return judged(name, arity, contexts, standing, doc, check=check, usual=usual, **more)


def _outside(name: str, doc: str, check: Check | None = None, usual: str = "") -> Directive[Any]:
    """A row that may not stand within <MDomainSet>."""
    return _row(name, doc, md_checks.outside_sets(check), usual)


def _words(name: str, doc: str, check: Check | None = None, **more: Any) -> Directive[Any]:
    return _row(name, doc, check, arity=Arity.WORDS, **more)


def _section(name: str) -> Section:
    return Section(
        name,
        SERVERS,
        doc="Settings for one managed domain.",
        inside=None,
        argument=Argument.OPTIONAL,
        keeps_path=False,
        standing=NOT_MANAGED,
        check=md_checks.check_section,
    )


_DOMAINS: Final = (
    _section("<MDomain"),
    _section("<MDomainSet"),
    _words(
        "MDomain",
        "names that share one certificate",
        md_checks.outside_sets(md_checks.check_domains),
        standing=NOT_MANAGED,
    ),
    _words("MDMember", "more names, or auto or manual", md_checks.check_members),
    _words("MDMembers", "more names, or auto or manual", md_checks.check_members),
    _outside("MDMatchNames", "which names decide", md_checks.check_matching, "all"),
    _outside("MDBaseServer", "whether the main server counts", md_checks.check_on_off, "off"),
    _row(
        "MDPortMap",
        "where ports 80 and 443 of the outside arrive",
        md_checks.outside_sets(md_checks.check_ports),
        "80:80 443:443",
        arity=Arity.ONE_OR_TWO,
    ),
    _row(
        "MDRequireHttps",
        "whether http:// is redirected: off, temporary, permanent",
        md_checks.check_redirect,
        "off",
        contexts=EVERYWHERE,
        standing=Standing(NO_DOMAIN.kind, NO_DOMAIN.sentence, protects=True),
        refuse=_refuse_redirect,
        forbidden=_IN_SECTIONS,
    ),
)

_AUTHORITY: Final = (
    _words("MDCertificateAuthority", "the authority", md_checks.check_authority),
    _words("MDCAChallenges", "the challenges that may be used"),
    _row("MDCertificateAgreement", "accepted, for the authority's terms"),
    _row("MDCertificateProtocol", "the protocol", usual="ACME"),
    _row("MDContactEmail", "the address that the authority writes to", usual="ServerAdmin"),
    _row("MDHttpProxy", "a proxy on the way to the authority", md_checks.check_proxy),
    _row("MDHttpProxyCACertificateFile", "what that proxy's certificate is checked with"),
    _row("MDCACertificateFile", "what the authority's certificate is checked with"),
    _row(
        "MDExternalAccountBinding",
        "an account with the authority: its id and key, or a file",
        md_checks.check_binding,
        arity=Arity.ONE_OR_TWO,
    ),
    _words("MDChallengeDns01", "a program for challenges by DNS"),
    _row(
        "MDChallengeDns01Version",
        "how it is called",
        md_checks.outside_sets(md_checks.check_dns_version),
        "1",
    ),
    _row("MDProfile", "the profile of certificates"),
    _row("MDProfileMandatory", "whether it must exist", md_checks.check_on_off, "off"),
)

_CERTIFICATES: Final = (
    _words("MDPrivateKeys", "kinds of keys", md_checks.check_keys),
    _row("MDCertificateFile", "a certificate from elsewhere", md_checks.check_in_set),
    _row("MDCertificateKeyFile", "its key", md_checks.check_in_set),
    _row("MDCertificateCheck", "a name and the URL to check it at", arity=Arity.TWO),
    _row("MDMustStaple", "whether clients shall insist on OCSP", md_checks.check_on_off, "off"),
    _outside("MDStoreDir", "where certificates are kept", usual="md"),
    _outside("MDStoreLocks", "whether the store is locked", md_checks.check_locks, "off"),
)

_RENEWAL: Final = (
    _row("MDDriveMode", "when certificates are renewed", md_checks.check_mode, "auto"),
    _row("MDRenewMode", "when certificates are renewed", md_checks.check_mode, "auto"),
    _row("MDRenewWindow", "how early", md_checks.check_window(whole=""), "33%"),
    _row("MDWarnWindow", "how early to warn", md_checks.check_window(whole=""), "10%"),
    _row("MDRenewViaARI", "whether the authority is asked when", md_checks.check_on_off, "on"),
    _outside("MDActivationDelay", "how long a new one waits", md_checks.check_duration(), "0"),
    _outside(
        "MDRetryDelay",
        "how long to wait after a failure",
        md_checks.check_duration(0.001, "minimum delay must be greater than 0"),
        "5s",
    ),
    _outside(
        "MDRetryFailover",
        "failures until another authority is tried",
        number(lambda value: value > 0, "invalid argument, must be a number > 0"),
        "13",
    ),
    _outside(
        "MDInitialDelay",
        "how long to wait first",
        md_checks.check_duration(0, "initial delay must not be negative"),
        "0s",
    ),
    _outside(
        "MDCheckInterval",
        "how often to look",
        md_checks.check_duration(1, "check interval cannot be less than one second"),
        "12h",
    ),
    _words("MDNotifyCmd", "a program to run after a renewal", md_checks.outside_sets()),
    _words("MDMessageCmd", "a program to run at events", md_checks.outside_sets()),
)

_STAPLING: Final = (
    _row("MDStapling", "whether OCSP answers are stapled", md_checks.check_on_off, "off"),
    _row("MDStapleOthers", "also for other certificates", md_checks.check_on_off, "on"),
    _row("MDStaplingKeepResponse", "how long answers are kept", md_checks.check_window(), "7d"),
    _row(
        "MDStaplingRenewWindow",
        "how early they are renewed",
        md_checks.check_window(whole="with "),
        "33%",
    ),
    _row("MDServerStatus", "whether server-status has a chapter", md_checks.check_on_off, "on"),
    _row("MDCertificateStatus", "whether there is a page of it", md_checks.check_on_off, "on"),
)

MODULES: Final = ((MODULE, (*_DOMAINS, *_AUTHORITY, *_CERTIFICATES, *_RENEWAL, *_STAPLING)),)
