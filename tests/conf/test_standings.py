"""What becomes of directives that httpdlite only judges: refused, or accepted and why."""

import pytest

from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import NOT_SUPPORTED, Severity
from tests.conf.reading import read, verdict

FILES = "<Directory /srv>\n{}\n</Directory>"


def refusals(reading: Reading) -> list[str]:
    return [d.message for d in reading.diagnostics if d.code == NOT_SUPPORTED]


@pytest.mark.parametrize(
    "text",
    [
        "ServerTokens Prod",
        "Options FollowSymLinks",
        "LimitRequestLine 8190",
        "TraceEnable On",
        "UseCanonicalName Off",
        "SetOutputFilter DEFLATE",
        "<Location /x>\nSetHandler None\n</Location>",
        FILES.format("SetHandler cgi-script"),
        FILES.format("Require all denied"),
        FILES.format("<Limit GET>\nRequire all denied\n</Limit>"),
        "ProxyErrorOverride Off",
        "ProxyBadHeader IsError",
        "ProxyExpressEnable Off",
        "Protocols h2 http/1.1",
        "ErrorDocument 404 default",
        "ErrorDocument 503 /down.html",
        'ErrorDocument 503 "%{REQUEST_URI} is down"',
        "LimitRequestLine 4094",
        "TraceEnable Off",
        "StrictHostCheck On",
        "UseCanonicalName On",
        "ProxyErrorOverride On 502",
        "ProxyMaxForwards 5",
        "ProxyBlock evil.example",
        "ProxyBadHeader StartBody",
        "ProxySourceAddress 127.0.0.1",
        "ProxyPassReverseCookiePath / /a",
        "HttpProtocolOptions RegisteredMethods",
        "RequestReadTimeout header=20",
        "SetEnv proxy-nokeepalive 1",
        "PassEnv HOME",
        "ProxyPass / http://b/ mapping=servlet ping=1 status=+D",
        "ProxyPass / http://b/${A}/ interpolate",
        "<Proxy http://b/ timeout=5>\nProxySet retry=0\nProxyPreserveHost On\n</Proxy>",
    ],
)
def test_what_does_no_harm_is_accepted(text: str) -> None:
    assert refusals(read(text)) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SetOutputFilter DEFLATE;INCLUDES", "the filter INCLUDES is not supported"),
        (
            FILES.format("SetHandler server-status"),
            "the handler server-status is not supported yet",
        ),
        (
            '<FilesMatch "\\.php$">\nSetHandler "proxy:unix:/run/php.sock|fcgi://x"\n</FilesMatch>',
            "SetHandler with proxy: is not supported yet",
        ),
        (
            "<Location /x>\nSetHandler cgi-script\n</Location>",
            "the handler cgi-script is not supported",
        ),
        ("ProxyRemote * http://p:8080", "ProxyRemote is not supported yet"),
        ("ProxyRemoteMatch x http://p:8080", "ProxyRemoteMatch is not supported yet"),
        ("Protocol https", "the protocol https is not supported yet"),
        ("BalancerMember balancer://c http://b/", "BalancerMember is not supported yet"),
    ],
)
def test_what_would_change_answers_is_refused(text: str, reason: str | None) -> None:
    found = refusals(read(text))
    assert len(found) == 1
    assert reason is None or found == [reason]


def test_requirements_that_only_forbid_are_found_at_the_end() -> None:
    only_negative = "<Location />\n<RequireAll>\nRequire not ip 10\n</RequireAll>\n</Location>\n"
    message = "<RequireAll> directive contains only negative authorization directives"
    assert verdict(read(only_negative)) == [
        f"AH01624: {message}",
        "AH00014: Configuration check failed",
    ]
    assert verdict(read(only_negative + "Foo"))[0].startswith("AH00526: Syntax error on line 6 of")


def test_a_wrong_requirement_is_no_second_error() -> None:
    text = "<Location />\n<RequireAll>\nRequire bogus\n</RequireAll>\n</Location>"
    errors = [d.message for d in read(text).diagnostics if d.code not in {NOT_SUPPORTED, "warning"}]
    assert errors == ["Unknown Authz provider: bogus"]


def test_a_document_root_that_is_not_there() -> None:
    main = read("DocumentRoot /nonexistent")
    assert [d.message for d in main.diagnostics if d.severity is Severity.ERROR] == [
        "DocumentRoot '/nonexistent' is not a directory, or is not readable"
    ]
    vhost = read("<VirtualHost *:80>\nDocumentRoot /nonexistent\n</VirtualHost>")
    assert [d.apache for d in vhost.diagnostics if d.apache] == [
        ("AH00112: Warning: DocumentRoot [/nonexistent] does not exist",)
    ]


def test_overrides_are_useless_in_a_location() -> None:
    reading = read("<Location />\nAllowOverride None\nAllowOverrideList Listen x\n</Location>")
    said = [(d.logged, d.message) for d in reading.diagnostics if d.logged]
    where = "/root/httpd.conf"
    assert said == [
        ("core:warn", f"AH00114: Useless use of AllowOverride in line 2 of {where}."),
        ("core:warn", f"AH00115: Useless use of AllowOverrideList at {where}:3"),
        (
            "core:warn",
            f"AH02304: Discarding directive `Listen' not allowed in AllowOverrideList at {where}:3",
        ),
        (
            "core:warn",
            f"AH00116: Discarding unrecognized directive `x' in AllowOverrideList at {where}:3",
        ),
    ]


def test_name_virtual_host_is_spoken_of_once() -> None:
    reading = read("NameVirtualHost *:80\n<VirtualHost *:80>\nNameVirtualHost *\n</VirtualHost>")
    assert [d.apache[0][:8] for d in reading.diagnostics if d.apache] == ["AH00548:"]


def test_a_worker_of_a_section_is_shared() -> None:
    reading = read("<Proxy http://b/ timeout=5>\n</Proxy>\nProxyPass /x http://b/ timeout=6")
    assert [d.message for d in reading.diagnostics if d.code == "shared-worker"] == [
        "AH01146: Ignoring parameter 'timeout=6' for worker 'http://b/' because of worker sharing"
    ]
