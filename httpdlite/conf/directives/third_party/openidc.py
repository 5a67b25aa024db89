"""What mod_auth_openidc says of its directives' values: choices, URLs, ranges, directories.

In: a `Call`. Out: nothing, or Call.error with the module's message. Rules: mod_auth_openidc
2.4.12, as observed with httpd 2.4.71. Keys and expressions are not judged. The order
of choices is that of the module's messages.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import Call
from httpdlite.conf.files import Kind
from httpdlite.conf.rows import Check
from httpdlite.conf.uri import UriError, parse_uri
from httpdlite.conf.values import one_of

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")

_CHOICES: Final = """
OIDCProviderTokenEndpointAuth OIDCOAuthIntrospectionEndpointAuth: client_secret_post
  client_secret_basic client_secret_jwt none bearer_access_token private_key_jwt
OIDCResponseMode: fragment query form_post
OIDCUserInfoTokenMethod: authz_header post_param
OIDCTokenBindingPolicy OIDCOAuthAccessTokenBindingPolicy: disabled optional required enforced
OIDCPKCEMethod: plain S256 referred_tb
OIDCPassIDTokenAs: claims payload serialized
OIDCPassUserInfoAs: claims json jwt
OIDCOAuthIntrospectionEndpointMethod OIDCProviderAuthRequestMethod: GET POST
OIDCSessionType: server-cache server-cache:persistent client-cookie client-cookie:persistent
  client-cookie:store_id_token client-cookie:persistent:store_id_token
OIDCCacheType: shm memcache redis file
OIDCUnAuthAction: auth pass 401 407 410
OIDCUnAutzAction: auth 401 403 302
OIDCPassClaimsAs: both headers environment none
OIDCStateInputHeaders: both user-agent x-forwarded-for none
OIDCXForwardedHeaders: X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto Forwarded
"""

_RANGES: Final = {
    "OIDCJWKSRefreshInterval": (300, 31536000),
    "OIDCIDTokenIatSlack": (0, 3600),
    "OIDCSessionInactivityTimeout": (10, 31536000),
    "OIDCCacheShmEntrySizeMax": (8721, 524288),
    "OIDCUserInfoRefreshInterval": (0, 31536000),
    "OIDCRefreshAccessTokenBeforeExpiry": (0, 31536000),
    "OIDCStateMaxNumberOfCookies": (0, 255),
}

_URLS: Final = """
    OIDCProviderMetadataURL OIDCProviderCheckSessionIFrame OIDCProviderEndSessionEndpoint
    OIDCDefaultURL OIDCDefaultLoggedOutURL OIDCOAuthServerMetadataURL
"""
_HTTPS: Final = """
    OIDCProviderAuthorizationEndpoint OIDCProviderTokenEndpoint OIDCProviderUserInfoEndpoint
    OIDCProviderRevocationEndpoint OIDCProviderJwksUri OIDCClientJwksUri
    OIDCOAuthIntrospectionEndpoint OIDCOAuthVerifyJwksUri
"""
_URLS_OR_PATHS: Final = "OIDCRedirectURI OIDCDiscoverURL"

_INVALID: Final = "Invalid value for directive '{name}': "


def _url(*, only_https: bool = False, or_path: bool = False) -> Check:
    known = ("https",) if only_https else ("https", "http")

    def check(call: Call) -> None:
        text = call.words[0].text
        if or_path and text.startswith("/"):
            return
        problem = _url_problem(text, known)
        if problem:
            raise call.error(f"'{text}' cannot be parsed as {problem}", 0)

    return check


def _url_problem(text: str, known: tuple[str, ...]) -> str | None:
    try:
        uri = parse_uri(text)
    except UriError:
        return "a URL"
    if uri.scheme is None:
        return "a URL (no scheme set)"
    if uri.scheme not in known:
        wanted = " or ".join(f'"{scheme}"' for scheme in known)
        return f"a {wanted} URL (scheme == {uri.scheme})!"
    if uri.host is None:
        return "a valid URL (no hostname set, check your slashes)"
    return None


def _range(least: int, most: int) -> Check:
    def check(call: Call) -> None:
        text = call.words[0].text
        start = _INVALID.format(name=call.name)
        if not _INTEGER.fullmatch(text):
            raise call.error(f"{start}invalid integer value: {text}", 0)
        if int(text) < least:
            problem = f"integer value {int(text)} is smaller than the minimum allowed value {least}"
            raise call.error(start + problem, 0)
        if int(text) > most:
            problem = f"integer value {int(text)} is greater than the maximum allowed value {most}"
            raise call.error(start + problem, 0)

    return check


def _response_type(call: Call) -> None:
    kinds = {"code", "id_token", "id_token token", "code id_token", "code token"}
    kinds |= {"code id_token token"}
    given = sorted(call.words[0].text.split())
    if given not in [sorted(kind.split()) for kind in kinds]:
        raise call.error(
            f"{_INVALID.format(name=call.name)}oidc_valid_response_type: type must be one of "
            "code|id_token|id_token token|code id_token|code token|code id_token token",
            0,
        )


def _directory(call: Call) -> None:
    text = call.words[0].text
    kind = call.place.files.kind(text)
    if kind is not Kind.DIRECTORY:
        why = "No such file or directory" if kind is None else "Not a directory"
        raise call.error(f"cannot access directory '{text}' ({why})", 0)


def _integer(call: Call) -> None:
    if not _INTEGER.fullmatch(call.words[0].text):
        raise call.error(f"Invalid value for directive {call.name}, expected integer", 0)


_INTEGERS: Final = """
    OIDCHTTPTimeoutLong OIDCHTTPTimeoutShort OIDCStateTimeout OIDCSessionCookieChunkSize
    OIDCCacheFileCleanInterval OIDCCacheShmMax OIDCRedisCacheDatabase OIDCRedisCacheConnectTimeout
    OIDCRedisCacheTimeout OIDCOAuthTokenIntrospectionInterval OIDCProviderMetadataRefreshInterval
"""
_BOOLEANS: Final = (
    "OIDCSSLValidateServer OIDCValidateIssuer OIDCOAuthSSLValidateServer OIDCPreservePost"
)


def _pairs() -> Iterator[tuple[str, Check]]:
    for line in re.sub(r"\n  +", " ", _CHOICES).strip().splitlines():
        names, _, values = line.partition(": ")
        shown = "|".join(f"'{value}'" for value in values.split())
        for name in names.split():
            start = _INVALID.format(name=name)
            message = f"{start}invalid value '{{}}', must be one of [{shown}]"
            yield name, one_of(values, message, any_case=False)
    for name in _BOOLEANS.split():
        start = _INVALID.format(name=name)
        message = f'{start}oidc_parse_boolean: could not parse boolean value from "{{}}"'
        yield name, one_of("on off true false yes no 1 0", message)
    for name, (least, most) in _RANGES.items():
        yield name, _range(least, most)
    for names, check in (
        (_URLS, _url()),
        (_HTTPS, _url(only_https=True)),
        (_URLS_OR_PATHS, _url(or_path=True)),
        ("OIDCResponseType", _response_type),
        ("OIDCCacheDir OIDCMetadataDir", _directory),
        (_INTEGERS, _integer),
    ):
        yield from ((name, check) for name in names.split())


CHECKS: Final[dict[str, Check]] = {name.lower(): check for name, check in _pairs()}
