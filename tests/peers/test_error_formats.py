"""Lines of error logs with an ErrorLogFormat: the same requests through apache2 and httpdlite."""

import re
import socket
from contextlib import ExitStack
from functools import cache
from typing import Final

import pytest

from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    reserved_port,
    running_apache,
    running_httpdlite,
)
from tests.peers.test_log_formats import written

pytestmark = pytest.mark.peer

FORMATS: Final = (
    r"[%t] [%l] %7F: %E: [client\ %a] %M% ,\ referer\ %{Referer}i",
    "[%{u}t] [%{cu}t] [%{c}t] [%{x}t] %M",
    "%a %{c}a %A %k %l %m %P %v %V %L %{c}L %{C}L %M",
    "[%-{X-No}i] [%{X-No}i] %{X-Yes}i %{NAMED}e %{none}n %-e %M",
    r"%3l %2l|%M|%%|\t|x\ y %%z",
    "%M",
    "%M %{X-Odd}i",
    "%-3a %-2m% %7l%M",
    (
        '%L [%{c}L] MAIN %M"\nErrorLogFormat request "%L REQ %{X-Yes}i"\n'
        'ErrorLogFormat request "%L REQ2 %+{X-No}i"\nErrorLogFormat request "REQ3 %-{X-No}i"\n'
        'ErrorLogFormat connection "%{c}L CONN %a %+{X-Yes}i"\n'
        'ErrorLogFormat connection "%{c}L CONN %a %-L'
    ),
)
"""What stands between the quotes of an ErrorLogFormat; the last has more directives in it."""

LEVELS: Final = (
    "LogLevel crit",
    "LogLevel crit proxy:error",
    "LogLevel proxy_http_module:crit",
    "LogLevel crit mod_proxy_http.c:error",
    "LogLevel crit\n<Location /x>\nLogLevel error\n</Location>",
    "<Location /x>\nLogLevel crit\n</Location>",
    "<Location /x>\nLogLevel crit proxy_http:error\n</Location>",
    "<Location /x>\nLogLevel proxy_http:crit\n</Location>",
)
"""What is written of the two messages that a dead worker makes; the one that is about no request
goes by the server's level.
"""

ORDER: Final = (
    (r"\d{2}:\d{2}:\d{2}", "CLOCK"),
    (r"\.\d{6}\b", ".MICRO"),
    (r"\b[3-6]\d{4}\b", "PORT"),
    (r"[A-Za-z0-9+/@]{11}(?=[] ])", "ID"),
    (r" \d+ (?=v2)", " PID "),
)


@cache
def logs_of(name: str) -> tuple[list[str], ...]:
    """The error logs of virtual hosts, one for each format."""
    with ExitStack() as stack:
        port = stack.enter_context(reserved_port())
        dead = stack.enter_context(reserved_port())
        body = "".join(
            f"<VirtualHost {LOOPBACK}:{port}>\nServerName v{number}.test\n"
            f'ErrorLog log.{number}\nErrorLogFormat "{text}"\nSetEnv NAMED yes\n'
            f"ProxyPass / http://{LOOPBACK}:{dead}/ retry=0\n</VirtualHost>\n"
            for number, text in enumerate(FORMATS)
        ) + "".join(
            f"<VirtualHost {LOOPBACK}:{port}>\nServerName l{number}.test\n"
            f'ErrorLog levels.{number}\nErrorLogFormat "%m %l %M"\n{text}\n'
            f"ProxyPass / http://{LOOPBACK}:{dead}/ retry=0\n</VirtualHost>\n"
            for number, text in enumerate(LEVELS)
        )
        body += (
            f"<VirtualHost {LOOPBACK}:{port}>\nServerName usual.test\nErrorLog log.usual\n"
            f"ProxyPass / http://{LOOPBACK}:{dead}/ retry=0\n</VirtualHost>\n"
        )
        running = running_apache if name == "apache2" else running_httpdlite
        server = stack.enter_context(running(body, port))
        for number in range(len(FORMATS)):
            fields = [
                f"Host: v{number}.test",
                'Referer: http://r/"\\é',
                "X-Yes: a b",
                'X-Odd: "\\\té',
            ]
            for _ in range(2):
                ask(port, [*fields, "Connection: close"])
        for number in range(len(LEVELS)):
            ask(port, [f"Host: l{number}.test", "Connection: close"])
        ask(port, ["Host: usual.test", 'Referer: http://r/"\\é', "Connection: close"])
        return (
            *(written(server, str(number), 4) for number in range(len(FORMATS))),
            *(read(server, number) for number in range(len(LEVELS))),
            written(server, "usual", 2),
        )


def read(server: Server, number: int) -> list[str]:
    """What a log has, which is written before its client is answered."""
    return (server.root / f"levels.{number}").read_text("latin-1").splitlines()


def ask(port: int, fields: list[str]) -> None:
    """A request, and its answer to the end."""
    with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as sock:
        sock.sendall("\r\n".join(["GET /x HTTP/1.1", *fields, "", ""]).encode("latin-1"))
        while sock.recv(65536):
            pass


def normal(line: str) -> str:
    """Without what is different in every run."""
    for pattern, word in ORDER:
        line = re.sub(pattern, word, line)
    return line


@pytest.mark.parametrize("number", range(len(FORMATS)))
def test_error_log(number: int) -> None:
    apache, ours = (
        [normal(line) for line in logs_of(server)[number]] for server in ("apache2", "httpdlite")
    )
    assert len(apache) >= 4
    assert ours == apache


@pytest.mark.parametrize("number", range(len(LEVELS)))
def test_levels(number: int) -> None:
    at = len(FORMATS) + number
    apache, ours = (
        [" ".join(line.split()[:3]) for line in logs_of(server)[at]]
        for server in ("apache2", "httpdlite")
    )
    assert ours == apache


def test_usual_form() -> None:
    apache, ours = (
        [re.sub(r"pid \d+:tid \d+", "pid", normal(line)) for line in logs_of(server)[-1]]
        for server in ("apache2", "httpdlite")
    )
    assert len(apache) == 2
    assert ours == apache
