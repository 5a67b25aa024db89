"""mod_md.c, judged as httpd does: certificates by ACME, which httpdlite gets none by.

A managed domain is refused, and so is what forbids plain HTTP; the rest tunes what is not there.
"""

from collections.abc import Iterator
from typing import Any, Final

from httpdlite.conf.call import EVERYWHERE, SERVERS
from httpdlite.conf.directives import md_checks
from httpdlite.conf.rows import (
    Alike,
    Argument,
    Arity,
    Check,
    Directive,
    Refusal,
    Section,
    judged_module,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Standing, moot, refused
from httpdlite.conf.values import number

MODULE: Final = judged_module("md")


NO_DOMAIN: Final = moot("it acts only with MDomain, which is refused")
ABOUT_DOMAINS: Final = Alike(NO_DOMAIN, SERVERS)
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
        )


def _outside(name: str, doc: str, check: Check | None = None, usual: str = "") -> Directive[Any]:
    """A row that may not stand within <MDomainSet>."""
    return ABOUT_DOMAINS.one(name, doc, md_checks.outside_sets(check), usual)


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
    ABOUT_DOMAINS.row(
        "MDomain",
        Arity.WORDS,
        "names that share one certificate",
        md_checks.outside_sets(md_checks.check_domains),
        standing=NOT_MANAGED,
    ),
    ABOUT_DOMAINS.row(
        "MDMember", Arity.WORDS, "more names, or auto or manual", md_checks.check_members
    ),
    ABOUT_DOMAINS.row(
        "MDMembers", Arity.WORDS, "more names, or auto or manual", md_checks.check_members
    ),
    _outside("MDMatchNames", "which names decide", md_checks.check_matching, "all"),
    _outside("MDBaseServer", "whether the main server counts", md_checks.check_on_off, "off"),
    ABOUT_DOMAINS.row(
        "MDPortMap",
        Arity.ONE_OR_TWO,
        "where ports 80 and 443 of the outside arrive",
        md_checks.outside_sets(md_checks.check_ports),
        "80:80 443:443",
    ),
    ABOUT_DOMAINS.one(
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
    ABOUT_DOMAINS.row(
        "MDCertificateAuthority", Arity.WORDS, "the authority", md_checks.check_authority
    ),
    ABOUT_DOMAINS.row("MDCAChallenges", Arity.WORDS, "the challenges that may be used"),
    ABOUT_DOMAINS.one("MDCertificateAgreement", "accepted, for the authority's terms"),
    ABOUT_DOMAINS.one("MDCertificateProtocol", "the protocol", usual="ACME"),
    ABOUT_DOMAINS.one(
        "MDContactEmail", "the address that the authority writes to", usual="ServerAdmin"
    ),
    ABOUT_DOMAINS.one("MDHttpProxy", "a proxy on the way to the authority", md_checks.check_proxy),
    ABOUT_DOMAINS.one(
        "MDHttpProxyCACertificateFile", "what that proxy's certificate is checked with"
    ),
    ABOUT_DOMAINS.one("MDCACertificateFile", "what the authority's certificate is checked with"),
    ABOUT_DOMAINS.row(
        "MDExternalAccountBinding",
        Arity.ONE_OR_TWO,
        "an account with the authority: its id and key, or a file",
        md_checks.check_binding,
    ),
    ABOUT_DOMAINS.row("MDChallengeDns01", Arity.WORDS, "a program for challenges by DNS"),
    ABOUT_DOMAINS.one(
        "MDChallengeDns01Version",
        "how it is called",
        md_checks.outside_sets(md_checks.check_dns_version),
        "1",
    ),
    ABOUT_DOMAINS.one("MDProfile", "the profile of certificates"),
    ABOUT_DOMAINS.one("MDProfileMandatory", "whether it must exist", md_checks.check_on_off, "off"),
)

_CERTIFICATES: Final = (
    ABOUT_DOMAINS.row("MDPrivateKeys", Arity.WORDS, "kinds of keys", md_checks.check_keys),
    ABOUT_DOMAINS.one("MDCertificateFile", "a certificate from elsewhere", md_checks.check_in_set),
    ABOUT_DOMAINS.one("MDCertificateKeyFile", "its key", md_checks.check_in_set),
    ABOUT_DOMAINS.row("MDCertificateCheck", Arity.TWO, "a name and the URL to check it at"),
    ABOUT_DOMAINS.one(
        "MDMustStaple", "whether clients shall insist on OCSP", md_checks.check_on_off, "off"
    ),
    _outside("MDStoreDir", "where certificates are kept", usual="md"),
    _outside("MDStoreLocks", "whether the store is locked", md_checks.check_locks, "off"),
)

_RENEWAL: Final = (
    ABOUT_DOMAINS.one("MDDriveMode", "when certificates are renewed", md_checks.check_mode, "auto"),
    ABOUT_DOMAINS.one("MDRenewMode", "when certificates are renewed", md_checks.check_mode, "auto"),
    ABOUT_DOMAINS.one("MDRenewWindow", "how early", md_checks.check_window(whole=""), "33%"),
    ABOUT_DOMAINS.one("MDWarnWindow", "how early to warn", md_checks.check_window(whole=""), "10%"),
    ABOUT_DOMAINS.one(
        "MDRenewViaARI", "whether the authority is asked when", md_checks.check_on_off, "on"
    ),
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
    ABOUT_DOMAINS.row(
        "MDNotifyCmd", Arity.WORDS, "a program to run after a renewal", md_checks.outside_sets()
    ),
    ABOUT_DOMAINS.row(
        "MDMessageCmd", Arity.WORDS, "a program to run at events", md_checks.outside_sets()
    ),
)

_STAPLING: Final = (
    ABOUT_DOMAINS.one(
        "MDStapling", "whether OCSP answers are stapled", md_checks.check_on_off, "off"
    ),
    ABOUT_DOMAINS.one(
        "MDStapleOthers", "also for other certificates", md_checks.check_on_off, "on"
    ),
    ABOUT_DOMAINS.one(
        "MDStaplingKeepResponse", "how long answers are kept", md_checks.check_window(), "7d"
    ),
    ABOUT_DOMAINS.one(
        "MDStaplingRenewWindow",
        "how early they are renewed",
        md_checks.check_window(whole="with "),
        "33%",
    ),
    ABOUT_DOMAINS.one(
        "MDServerStatus", "whether server-status has a chapter", md_checks.check_on_off, "on"
    ),
    ABOUT_DOMAINS.one(
        "MDCertificateStatus", "whether there is a page of it", md_checks.check_on_off, "on"
    ),
)

MODULES: Final = ((MODULE, (*_DOMAINS, *_AUTHORITY, *_CERTIFICATES, *_RENEWAL, *_STAPLING)),)
