"""Who somebody is, asked elsewhere: mod_authnz_ldap and mod_authnz_fcgi.

In: the words of one directive. Out: nothing, or httpd's message; a FastCGI provider's name is noted
for later lines. Rules: the modules' documentation; as observed with 2.4.71.

1. A password that AuthLDAPBindPassword gets from a program (exec:) is taken unseen if the program
   is there: httpd runs it even for a test.
"""

import re
from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVER, SERVERS, Call, Remark
from httpdlite.conf.directives.authentication import ABOUT_LOGINS
from httpdlite.conf.directives.basic_authentication import literal
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.files import absolute
from httpdlite.conf.rows import Arity, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import expression, pattern

# --- LDAP -----------------------------------------------------------------------------------------

_SCOPES: Final = frozenset({"", "base", "one", "onetree", "sub", "subtree"})


def _check_ldap_url(call: Call) -> None:
    scheme, separator, rest = call.words[0].text.partition("://")
    if not separator or lower(scheme) not in {"ldap", "ldaps", "ldapi"}:
        message = "The scheme was not recognised as a valid LDAP URL scheme."
        raise call.error(message, 0)
    parts = rest.partition("/")[2].split("?")
    if len(parts) > 2 and lower(parts[2]) not in _SCOPES:
        raise call.error("Bad scope encountered while parsing LDAP URL.", 0)
    mode = call.text(1)
    if mode is not None and lower(mode) not in {"none", "ssl", "tls", "starttls"}:
        message = "Invalid LDAP connection mode setting: must be one of NONE, SSL, or TLS/STARTTLS"
        raise call.error(message, 1)


def _check_password(call: Call) -> None:
    text = call.words[0].text
    if not text.startswith("exec:"):
        return
    program = next(iter(text.removeprefix("exec:").split()), "")
    if program and call.place.files.kind(absolute(call.place.server_root, program)) is None:
        raise call.error("Empty passwords are invalid for AuthLDAPBindPassword", 0)


def _check_dereference(call: Call) -> None:
    text = call.words[0].text
    if text not in {"never", "searching", "finding", "always"} and lower(text) not in {"on", "off"}:
        raise call.error("Unrecognized value for AuthLDAPDereferenceAliases directive", 0)


_MOST_WORDS: Final = {
    "AuthLDAPSubGroupAttribute": (10, "values"),
    "AuthLDAPSubGroupClass": (11, "values"),
    "AuthLDAPGroupAttribute": (11, "directives"),
}


def _check_number(call: Call) -> None:
    """httpd keeps a few words per section; <Limit> and <RequireAny> are none of their own."""
    section = next(
        (one for one in reversed(call.place.sections) if not one.key.startswith(_SAME_ROOM)), None
    )
    most, what = _MOST_WORDS[call.name]
    key = f"{call.name} {id(section)}"  # the note keeps the section, so its id stays its own
    _, number = call.place.earlier.noted("words in section", key) or (section, 0)
    number += len(call.words)
    if number > most:
        raise call.error(f"Too many {call.name} {what}")
    call.place.earlier.note("words in section", key, (section, number))


_SAME_ROOM: Final = ("<limit", "<require")


def _check_bind_pattern(call: Call) -> None:
    text = call.words[0].text
    message = f"AuthLDAPInitialBindPattern: cannot compile regular expression '{text}'"
    pattern(call, text, 0, message)


# --- FastCGI --------------------------------------------------------------------------------------

_FCGI_URL: Final = re.compile(r"fcgi://(\[[^]/]+\]|[^:/]+):([0-9]+)/?")


def _check_fcgi_provider(call: Call) -> None:
    who = "AuthnzFcgiDefineProvider"
    words = [word.text for word in words_of(call)]
    for index, what in enumerate(("type", "provider name", "backend-address")):
        if len(words) <= index or not words[index]:
            raise call.error(f"{who}: No {what} given")
        if index == 0 and lower(words[0]) not in {"authn", "authz", "authnz"}:
            raise call.error(f"{who}: Invalid provider type {words[0]}")
    kind, name, url, *more = words
    found = _FCGI_URL.fullmatch(url)
    if found is None:
        raise call.error(f"{who}: backend-address '{url}' has invalid form")
    if not 1 <= int(found[2][:10]) <= 65535:
        raise call.error(f"{who}: backend-address '{url}' has invalid port")
    host = found[1].strip("[]")
    if ":" not in host and host.strip("0123456789.") and not call.place.names.addresses(host):
        message = f"(EAI 2)Name or service not known: AH02530: Address {url} could not be resolved"
        call.place.warn(Remark(message, call.span, apache=(message,)))
        raise call.error(f"{who}: Error resolving backend address")
    if more:
        raise call.error(f"{who}: Unexpected parameter {more[0]}")
    if lower(kind) != "authz":
        call.place.anywhere.note("authn alias", name, "file")
    if lower(kind) != "authn":
        call.place.anywhere.note("authz alias", name)


def _check_fcgi_use(call: Call) -> None:
    who = "AuthnzFcgiCheckAuthnProvider"
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"{who}: No provider given")
    if lower(words[0]) == "none":
        if len(words) > 1:
            raise call.error('Options aren\'t supported with "None"')
        return
    options = words[1:]
    while options:
        name, value, *options = (*options, "") if len(options) == 1 else options
        _check_fcgi_option(call, who, name, value)


def _check_fcgi_option(call: Call, who: str, name: str, value: str) -> None:
    if not value:
        raise call.error(f"{who}: {name}needs an argument")
    match lower(name):
        case "authoritative" | "requirebasicauth":
            if lower(value) not in {"on", "off"}:
                raise call.error(f"{who}: Bad argument '{value}' to option '{name}'")
        case "userexpr":
            message = f"{who}: Error parsing '{literal(value)}': '{{}}'"
            expression(call, value, None, message, string=True)
        case "defaultuser":
            return
        case _:
            raise call.error(f"{who}: Unexpected option '{name}'")


# --- rows -----------------------------------------------------------------------------------------

_LDAP: Final = (
    ABOUT_LOGINS.one(
        "AuthLDAPBindPassword", "The password with which the directory is asked.", _check_password
    ),
    ABOUT_LOGINS.row("AuthLDAPURL", Arity.ONE_OR_TWO, "Where the directory is.", _check_ldap_url),
    *ABOUT_LOGINS.each(
        "AuthLDAPBindDN AuthLDAPRemoteUserAttribute AuthLDAPMaxSubGroupDepth "
        "AuthLDAPAuthorizePrefix",
        Arity.ONE,
        "How the directory is asked.",
    ),
    *ABOUT_LOGINS.each(
        "AuthLDAPBindAuthoritative AuthLDAPRemoteUserIsDN AuthLDAPCompareDNOnServer "
        "AuthLDAPGroupAttributeIsDN AuthLDAPInitialBindAsUser AuthLDAPSearchAsUser "
        "AuthLDAPCompareAsUser",
        Arity.FLAG,
        "How the directory is asked.",
    ),
    *(
        ABOUT_LOGINS.row(name, Arity.EACH, "How groups look in the directory.", _check_number)
        for name in _MOST_WORDS
    ),
    ABOUT_LOGINS.one(
        "AuthLDAPDereferenceAliases",
        "When aliases in the directory are followed.",
        _check_dereference,
        "always",
    ),
    ABOUT_LOGINS.one(
        "AuthLDAPCharsetConfig", "The file of languages and their charsets.", contexts=SERVERS
    ),
    ABOUT_LOGINS.row(
        "AuthLDAPInitialBindPattern",
        Arity.TWO,
        "How a user's name becomes a name in the directory.",
        _check_bind_pattern,
    ),
)

MODULES: Final = (
    (judged_module("authnz_ldap"), _LDAP),
    (
        judged_module("authnz_fcgi"),
        (
            ABOUT_LOGINS.row(
                "AuthnzFcgiDefineProvider",
                Arity.RAW,
                "A program that knows users.",
                _check_fcgi_provider,
                contexts=SERVER,
            ),
            ABOUT_LOGINS.row(
                "AuthnzFcgiCheckAuthnProvider",
                Arity.RAW,
                "Which program is asked for a user.",
                _check_fcgi_use,
                contexts=EVERYWHERE,
            ),
        ),
    ),
)
