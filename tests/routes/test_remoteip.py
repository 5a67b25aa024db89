"""Whose address a request has (remoteip.py), and which connections begin with a PROXY header
(preface.py). What the field means is tried beside apache2 (tests/peers/behaviour/remoteip.py).
"""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.directives import mod_remoteip
from httpdlite.conf.directives.mod_remoteip import Proxy
from httpdlite.proxy.framing import parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes.expressions.networks import parse_address
from httpdlite.routes.remoteip import NOTE
from httpdlite.routes.request import Request
from tests.serve.front import config_of, site_of

CLIENT: Final = Client("127.0.0.1", 4711, "127.0.0.1", 80)
LISTEN: Final = "Listen 80\nServerName m.test\n"


def read_by(text: str, *fields: str, client: Client = CLIENT) -> Request:
    """A request as a server's mod_remoteip leaves it."""
    vhost = site_of(LISTEN + text).main
    head = parse_request_head("\r\n".join(["GET / HTTP/1.1", *fields, "", ""]).encode("latin-1"))
    request = Request(head, client, vhost, "/", None, now=lambda: 0.0)
    program = vhost.table.programs.remote_ip
    assert program is not None
    program.run(request)
    return request


def test_a_client_of_a_proxy() -> None:
    text = (
        "RemoteIPHeader X-F\nRemoteIPProxiesHeader X-By\nRemoteIPTrustedProxy 127.0.0.1 9.0.0.0/8"
    )
    request = read_by(text, "X-F: 7.7.7.7, 8.8.8.8, 9.9.9.9")
    assert (request.client_ip, request.useragent_port) == ("8.8.8.8", 0)
    assert (request.connection_ip, request.client_port) == ("127.0.0.1", 4711)
    assert request.notes == {NOTE: "127.0.0.1, 9.9.9.9"}
    assert request.head.named_fields() == [(b"X-F", b"7.7.7.7"), (b"X-By", b"127.0.0.1, 9.9.9.9")]
    again = request.redirected("/other", None)
    assert again.client_ip == "8.8.8.8"


def test_what_is_not_believed_is_in_the_log() -> None:
    debug = "LogLevel remoteip:trace1\nRemoteIPHeader X-F\n"
    for value, code in (("10.0.0.1", "AH01569"), ("a.test", "AH01568"), ("[::1]", "AH01568")):
        request = read_by(debug, f"X-F: {value}")
        assert [line.code for line in request.lines] == [code]
        assert request.client_ip == "127.0.0.1"
        assert not request.is_of_another
    assert not read_by("RemoteIPHeader X-F", "X-F: 10.0.0.1").lines


@given(
    st.lists(
        st.one_of(
            st.ip_addresses().map(str),
            st.sampled_from(["8.8.8.8", "10.1.1.1", "9.9.9.9", "", " ", "a b", "::ffff:9.1.1.1"]),
            st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=9),
        ),
        max_size=6,
    )
)
def test_whatever_the_field_says(words: list[str]) -> None:
    """The address is one; none is made up; and who follows the answer cannot go further."""
    text = (
        "RemoteIPHeader X-F\nRemoteIPTrustedProxy 127.0.0.1 9.0.0.0/8\nRemoteIPInternalProxy ::/1"
    )
    value = ",".join(words)
    request = read_by(text, f"X-F: {value}")
    address = parse_address(request.client_ip)
    assert address is not None
    if request.is_of_another:
        sent = [parse_address(word.strip(" ")) for word in value.strip(" \t").split(",")]
        assert address in sent
        again = request.redirected("/", None)
        program = request.vhost.table.programs.remote_ip
        assert program is not None
        program.run(again)
        assert again.client_ip == request.client_ip
        left = request.head.get(b"x-f")
        assert left is None or value.strip(" \t").encode("latin-1").startswith(left.rstrip(b" "))


def test_what_was_announced_counts_and_no_field() -> None:
    announced = Client("8.8.8.8", 1234, "127.0.0.1", 80, peer=CLIENT, is_announced=True)
    request = read_by("RemoteIPHeader X-F", "X-F: 7.7.7.7", client=announced)
    assert (request.client_ip, request.useragent_port) == ("8.8.8.8", 1234)
    assert (request.connection_ip, request.client_port) == ("127.0.0.1", 4711)
    assert request.head.get(b"x-f") == b"7.7.7.7"


def test_no_header_no_program() -> None:
    assert site_of(f"{LISTEN}RemoteIPInternalProxy ::1").main.table.programs.remote_ip is None


def test_the_proxies_of_a_vhost_come_first() -> None:
    config = config_of(
        f"{LISTEN}RemoteIPInternalProxy 10.1. 10.2.0.0/16\n"
        "<VirtualHost *:80>\nRemoteIPTrustedProxy ::1\nRemoteIPInternalProxyList l\n</VirtualHost>",
        others={"l": b"10.3.0.0/16 # and not 10.4.\n\n#10.5.\n10.6."},
    )
    proxies = config.vhosts[0].scope[mod_remoteip.PROXIES]
    internal = [
        Proxy(network, True) for network in ("10.3.0.0/16", "10.6.", "10.1.", "10.2.0.0/16")
    ]
    assert proxies == (Proxy("::1", False), *internal)


# --- RemoteIPProxyProtocol: what apache2 2.4.71 does ----------------------------------------------

ON: Final = "RemoteIPProxyProtocol On"
OFF: Final = "RemoteIPProxyProtocol Off"
EXCEPT: Final = "RemoteIPProxyProtocolExceptions 127.0.0.1"
ONE: Final = "127.0.0.1:80"


def vhost(addresses: str, *lines: str) -> str:
    return "\n".join([f"<VirtualHost {addresses}>", *lines, "</VirtualHost>"])


def said(*parts: str) -> str:
    return "\n".join(parts)


CASES: Final = [  # configuration; is it wanted at 127.0.0.1:80, 127.0.0.1:81, [::1]:80?
    ("", False, False, False),
    (ON, True, True, True),
    (said(ON, OFF), False, False, False),
    (said(ON, vhost(ONE)), True, True, True),
    (said(ON, vhost(ONE, OFF)), False, True, True),
    (said(vhost(ONE, OFF), ON), False, True, True),
    (said(OFF, vhost(ONE, ON)), False, False, False),
    (vhost(ONE, ON), True, False, False),
    (vhost("*:80", ON), True, False, True),
    (vhost("*", ON), True, True, True),
    (vhost("_default_", ON), True, True, True),
    (said(vhost(ONE), vhost(ONE, ON)), True, False, False),
    (said(vhost(ONE, ON), vhost(ONE, OFF)), False, False, False),
    (said(vhost(ONE, OFF), vhost(ONE, ON)), True, False, False),
    (said(vhost("*:80", OFF), vhost(ONE, ON)), False, False, False),
    (said(vhost(ONE, ON), vhost("*:80", OFF)), False, False, False),
    (said(vhost("*:80", ON), vhost(ONE, OFF)), False, False, True),
    (said(vhost("*:80", ON), vhost(ONE)), True, False, True),
    (vhost("[::1]:80", ON), False, False, True),
    (said(vhost(f"{ONE} 127.0.0.1:81", ON), vhost("127.0.0.1:81", OFF)), True, False, False),
    (vhost(ONE, ON, OFF), False, False, False),
    (said(ON, vhost("*:80", OFF)), False, True, False),
    (said(EXCEPT, vhost(ONE, ON)), False, False, False),
    (vhost(ONE, ON, EXCEPT), False, False, False),
    (said(ON, vhost(ONE, EXCEPT)), False, False, True),
    (said(ON, EXCEPT, vhost(ONE, "RemoteIPProxyProtocolExceptions 127.0.0.2")), False, False, True),
]


@pytest.mark.parametrize(("text", "one", "other_port", "six"), CASES)
def test_which_connections_begin_with_a_header(
    text: str, one: bool, other_port: bool, six: bool
) -> None:
    prefaces = site_of(LISTEN + text).prefaces
    found = [
        prefaces.is_used and prefaces.expects(ip, ip, port)
        for ip, port in (("127.0.0.1", 80), ("127.0.0.1", 81), ("::1", 80))
    ]
    assert found == [one, other_port, six]
