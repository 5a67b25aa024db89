"""Settings of requests, pages and workers: what scopes give, and how vhosts and sections merge."""

import pytest

from httpdlite.conf.directives.core_requests import CanonicalName, Signature, Tokens, Trace
from httpdlite.conf.directives.error_document import Answer
from httpdlite.conf.directives.proxy_exchange import BadHeader
from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.settings import Settings, banner, read_settings
from httpdlite.routes.worker import Worker
from httpdlite.version import VERSION
from tests.conf.reading import read


def settings_of(lines: str) -> Settings:
    return read_settings(read(lines).tree.main.scope)


def inner_settings(outer: str, inner: str) -> Settings:
    """Of a section of a vhost of a server with `outer`."""
    text = f"{outer}\n<VirtualHost *:80>\n<Location /a>\n{inner}\n</Location>\n</VirtualHost>"
    (vhost,) = read(text).tree.vhosts
    return read_settings(vhost.scope.overlaid(vhost.sections[0].scope))


def test_what_counts_without_a_directive() -> None:
    found = settings_of("")
    assert (found.limit_line, found.limit_field, found.limit_fields) == (8190, 8190, 100)
    assert (found.methods, found.strict_host, found.trace) == (None, False, Trace.ON)
    assert (found.canonical_name, found.physical_port) == (CanonicalName.OFF, False)
    assert (found.signature, found.banner) == (Signature.OFF, f"httpdlite/{VERSION}")
    assert (found.error_documents, found.error_override.covers(404)) == ({}, False)
    assert (found.bad_header, found.continue_by_worker) == (BadHeader.IS_ERROR, True)
    assert (found.max_forwards, found.blocked, found.source_address) == (None, (), "")


def test_limits_are_inherited_one_by_one() -> None:
    text = (
        "LimitRequestLine 40\nLimitRequestFields 0\n"
        "<VirtualHost *:80>\nLimitRequestFieldsize 30\nTraceEnable extended\n</VirtualHost>"
    )
    (vhost,) = read(text).tree.vhosts
    found = read_settings(vhost.scope)
    assert (found.limit_line, found.limit_field, found.limit_fields) == (40, 30, 0)
    assert found.trace is Trace.EXTENDED


def test_registered_methods() -> None:
    text = (
        "RegisterHttpMethod BAR BAZ\nHttpProtocolOptions RegisteredMethods\n"
        "<VirtualHost *:80>\nHttpProtocolOptions Require1.0\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName b\nHttpProtocolOptions LenientMethods\n</VirtualHost>"
    )
    strict, lenient = (read_settings(vhost.scope) for vhost in read(text).tree.vhosts)
    assert strict.methods is not None
    assert {b"GET", b"BAR", b"BAZ", b"PATCH", b"VERSION-CONTROL"} <= strict.methods
    assert not {b"get", b"FOO", b"PRI"} & strict.methods
    assert lenient.methods is None


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (Tokens.PRODUCT, "httpdlite"),
        (Tokens.MAJOR, f"httpdlite/{VERSION.split('.')[0]}"),
        (Tokens.MINOR, f"httpdlite/{VERSION.rpartition('.')[0]}"),
        (Tokens.MINIMAL, f"httpdlite/{VERSION}"),
        (Tokens.FULL, f"httpdlite/{VERSION}"),
    ],
)
def test_how_the_server_names_itself(tokens: Tokens, expected: str) -> None:
    assert banner(tokens) == expected


def test_vhosts_name_the_server_as_the_main_one_does() -> None:
    text = "ServerTokens ProductOnly\n<VirtualHost *:80>\n</VirtualHost>"
    assert read_settings(read(text).tree.vhosts[0].scope).banner == "httpdlite"


def test_the_last_error_document_of_a_status_counts() -> None:
    outer = "ErrorDocument 404 one\nErrorDocument 403 /three\nErrorDocument 404 two"
    found = inner_settings(outer, "ErrorDocument 403 default\nErrorDocument 500 http://a/")
    shown = {status: (d.answer, d.text) for status, d in found.error_documents.items()}
    assert shown == {404: (Answer.TEXT, "two"), 500: (Answer.URL, "http://a/")}


@pytest.mark.parametrize(
    ("word", "answer", "text"),
    [
        ("/a?b=%20", Answer.PATH, "/a?b=%20"),
        ('"/a b"', Answer.TEXT, "/a b"),
        ('"http://x/a b"', Answer.TEXT, "http://x/a b"),
        ("mailto:x", Answer.URL, "mailto:x"),
        ("Sorry:x", Answer.URL, "Sorry:x"),
        ("relative/doc", Answer.TEXT, "relative/doc"),
        (r'"\"x"', Answer.TEXT, '"x'),
        (r'"a\tb\x\\\\n\q$0z$12y $ \$1 100%"', Answer.TEXT, "a\tbx\\nqz2y $ $1 100%"),
        ('"<b>no</b>"', Answer.TEXT, "<b>no</b>"),
    ],
)
def test_what_an_error_document_is(word: str, answer: Answer, text: str) -> None:
    found = settings_of(f"ErrorDocument 404 {word}").error_documents[404]
    assert (found.answer, found.text) == (answer, text)


def test_a_url_for_401_is_ignored() -> None:
    text = "ErrorDocument 401 mine\nErrorDocument 401 http://a/"
    assert settings_of(text).error_documents[401].text == "mine"


@pytest.mark.parametrize(
    ("lines", "covered"),
    [
        ("ProxyErrorOverride On", {400, 404, 418, 503, 599}),
        ("ProxyErrorOverride On 404 503", {404, 503}),
        ("ProxyErrorOverride On 404\nProxyErrorOverride On 503", {404, 503}),
        ("ProxyErrorOverride On 404\nProxyErrorOverride Off", set()),
        ("ProxyErrorOverride Off", set()),
    ],
)
def test_which_errors_are_replaced(lines: str, covered: set[int]) -> None:
    statuses = (200, 399, 400, 404, 418, 503, 599, 600)
    override = settings_of(lines).error_override
    assert {status for status in statuses if override.covers(status)} == covered


def test_codes_of_sections_add_up() -> None:
    override = inner_settings("ProxyErrorOverride On 404", "ProxyErrorOverride On").error_override
    assert (override.covers(404), override.covers(500)) == (True, False)
    override = inner_settings("ProxyErrorOverride On 404", "ProxyErrorOverride Off").error_override
    assert not override.covers(404)


@pytest.mark.parametrize(
    ("number", "expected"), [("5", 5), ("0", 0), ("-1", None), ("-7", None), ("x", 0)]
)
def test_max_forwards(number: str, expected: int | None) -> None:
    assert settings_of(f"ProxyMaxForwards {number}").max_forwards == expected


def test_buffers_of_workers_come_before_the_server_s() -> None:
    found = settings_of("ProxyIOBufferSize 1024\nProxyReceiveBufferSize 2048")
    plain = Worker("http://w/", WorkerParameters())
    own = Worker("http://w/", WorkerParameters(iobuffersize=512, receivebuffersize=0))
    assert (found.io_buffer_of(plain), found.io_buffer_of(own)) == (1024, 512)
    assert (found.receive_buffer_of(plain), found.receive_buffer_of(own)) == (2048, 0)
    assert settings_of("ProxyIOBufferSize 0").io_buffer == 8192


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("10.1", "10.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("::1", "::1"),
        ("localhost", "127.0.0.1"),
        ("/x", ""),
        ("010.0.0.1", "8.0.0.1"),
    ],
)
def test_the_address_that_workers_are_called_from(word: str, expected: str) -> None:
    assert settings_of(f"ProxySourceAddress {word}").source_address == expected


def test_sockets_of_clients() -> None:
    config = read("Listen 80\nListenBacklog 7\nSendBufferSize 1024\nReceiveBufferSize 512").config
    assert config is not None
    site = compile_site(config)
    assert (site.backlog, site.send_buffer, site.receive_buffer) == (7, 1024, 512)


def test_other_switches_of_sections() -> None:
    found = inner_settings(
        "UseCanonicalName On\nServerSignature EMail",
        "UseCanonicalPhysicalPort On\nProxy100Continue Off\nServerSignature On",
    )
    assert (found.canonical_name, found.physical_port) == (CanonicalName.ON, True)
    assert (found.continue_by_worker, found.signature) == (False, Signature.ON)
