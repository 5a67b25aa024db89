"""Directives whose value decides whether httpdlite starts: what is refused, and what passes."""

import pytest

from tests.conf.reading import errors, read

REFUSED = {
    "SSLVerifyClient optional_no_ca": "SSLVerifyClient optional_no_ca is not supported",
    "SSLUserName SSL_CLIENT_S_DN": "SSLUserName is not supported yet",
    'LogFormat "%h %{REQUEST_URI}x"': "%{REQUEST_URI}x in a log format is not supported",
    "MDRequireHttps permanent": "MDRequireHttps permanent is not supported: it acts on domains of "
    "MDomain",
    "MDomain a.example": "MDomain is not supported: httpdlite gets no certificates by itself",
    "ProxyHTMLEnable On": "ProxyHTMLEnable On is not supported: httpdlite changes no bodies",
    "Substitute s/a/b/": "Substitute is not supported: httpdlite changes no bodies",
    "AddOutputFilterByType DEFLATE;SUBSTITUTE text/html": "the filter SUBSTITUTE is not supported: "
    "httpdlite changes no bodies",
    "FilterProvider a INCLUDES true": "the filter INCLUDES is not supported: httpdlite changes no "
    "bodies",
    "CookieTracking on": "CookieTracking On is not supported: no cookies are set here",
}

PASSES = """
SSLEngine off
CustomLog a common "expr=-n %{SSL_PROTOCOL}"
LogFormat "%{SSL_PROTOCOL}x %x %c %{cipher}c %{https}x"
SSLVerifyClient none
SSLVerifyClient require
SSLProtocol all -SSLv3
SSLSessionCache shmcb:logs/cache(512000)
SSLProxyEngine on
H2Direct on
RemoteIPProxyProtocol on
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 10.0.0.0/8
MDRequireHttps off
ProxyHTMLEnable off
AddOutputFilterByType INFLATE;DEFLATE text/html
FilterProvider a BROTLI_COMPRESS true
DeflateCompressionLevel 5
ExpiresDefault "access plus 1 day"
CookieTracking off
WatchdogInterval 5
"""


@pytest.mark.parametrize("text", REFUSED)
def test_what_would_be_missed_is_refused(text: str) -> None:
    assert [found.message for found in errors(read(text))] == [REFUSED[text]]


@pytest.mark.parametrize("line", PASSES.strip().split("\n"))
def test_what_has_no_effect_passes(line: str) -> None:
    assert errors(read(line)) == []
