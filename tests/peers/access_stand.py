"""Access checked beside apache2: the same configuration, the same requests, the same answers and
the same lines in the log.

In: a configuration of `behaviour/access.py`. Out: for each case what both say: the status, who the
log says it was, the field of a 401, the lines of all modules that have a say. What stands here for
our server is the least that the check needs of it: sections, and SetEnvIf in its simplest form.
"""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from httpdlite.conf.files import DiskFiles as ConfFiles
from httpdlite.conf.reader import ConfigSource, read_config
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, SectionConfig, SectionKind
from httpdlite.proxy.framing import parse_request_head
from httpdlite.routes.access import DiskSources, UserFiles, compile_access, compile_fake
from httpdlite.routes.access.passwords import check_password
from httpdlite.routes.access.questions import (
    AddressesQuestion,
    HostNameQuestion,
    PasswordQuestion,
)
from httpdlite.routes.expressions import DiskFiles, Outside
from httpdlite.routes.pattern import compile_location
from httpdlite.routes.request import Request, Unanswered
from httpdlite.routes.route import Refusal
from httpdlite.routes.settings import read_settings
from tests.conf.reading import FakeNames
from tests.peers.apache import running_apache, target_echo
from tests.peers.behaviour.language import Case, Configuration

MODULES: Final = (
    *("access_compat", "authn_core", "authn_file", "auth_basic", "authz_user", "authz_host"),
    *("authz_groupfile", "env", "setenvif"),
)
LOGGED: Final = (
    *("authz_core", "authz_host", "authz_user", "authz_groupfile", "authn_core", "authn_file"),
    *("auth_basic", "access_compat", "core"),
)
LEVELS: Final = "LogLevel " + " ".join(f"{module}:trace3" for module in LOGGED) + "\n"
OF_OTHERS: Final = ("core|trace3|fixups hook", "core|error|AH00571")
OUR_OWN: Final = "is kept in a way that is not supported"
NAMES: Final = {3: "error", 4: "warn", 6: "info", 7: "debug", 10: "trace3"}


@dataclass(slots=True)
class Seen:
    """What is seen of a case."""

    status: int
    user: str
    challenge: str
    lines: list[str]


# --- apache2 --------------------------------------------------------------------------------------

VHOST: Final = """
<VirtualHost 127.0.0.1:@PORT@>
ErrorLog @ROOT@/seen.log
ErrorLogFormat "%a|%m|%l|%M"
LogFormat "%{remote}p|%>s|%u" seen
CustomLog @ROOT@/access.log seen
</VirtualHost>
"""


def seen_by_apache(configuration: Configuration, root: Path) -> dict[str, Seen]:
    """What apache2 makes of every case; `root` is its directory."""
    for name, content in configuration.files:
        (root / name).write_bytes(content)
    ports: dict[str, str] = {}
    fields: dict[str, str] = {}
    with target_echo() as worker:
        text = _placed(configuration.text, root, worker)
        vhost = VHOST.replace("@ROOT@", str(root)).replace("</Virt", LEVELS + "</Virt")
        listen = "Listen 127.0.0.1:@PORT@\n"
        with running_apache(listen + text + vhost, modules=MODULES, root=root) as apache:
            for case in configuration.cases:
                ports[case.name], fields[case.name] = _ask(apache.port, _bytes_of(case))
    logged = _by_port(root / "access.log")
    lines = _by_port(root / "seen.log")
    worker_name = f"127.0.0.1:{worker}"
    seen: dict[str, Seen] = {}
    for name, port in ports.items():
        status, user = logged[port][0].split("|", 1)
        told = [line.replace(worker_name, "WORKER") for line in lines.get(port, [])]
        told = [_numberless(line) for line in told if line.startswith(LOGGED)]
        told = [line for line in told if not line.startswith(OF_OTHERS)]
        seen[name] = Seen(int(status), user, fields[name], told)
    return seen


def _numberless(line: str) -> str:
    """A line without that of the file, which differs."""
    return re.sub(r"httpd\.conf:[0-9]+", "httpd.conf:N", line)


def _placed(text: str, root: Path, worker: int) -> str:
    return text.replace("ROOT", str(root)).replace("WORKER", f"127.0.0.1:{worker}")


def _bytes_of(case: Case) -> bytes:
    (sent,) = case.client
    assert isinstance(sent, bytes)
    return sent


def _ask(port: int, sent: bytes) -> tuple[str, str]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        own = str(connection.getsockname()[1])
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    found = re.search(rb"\r\nWWW-Authenticate: ([^\r]*)", answer)
    return own, found[1].decode("latin-1") if found else ""


def _by_port(log: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in log.read_text("latin-1").splitlines():
        address, _, rest = line.partition("|")
        found.setdefault(address.rpartition(":")[2], []).append(rest)
    return found


# --- httpdlite ------------------------------------------------------------------------------------


def seen_by_us(configuration: Configuration, root: Path) -> dict[str, Seen]:
    """What the compiled check makes of every case."""
    for name, content in configuration.files:
        (root / name).write_bytes(content)
    text = configuration.text.replace("ROOT", str(root)).replace("http://WORKER", "http://w:9")
    (root / "httpd.conf").write_text(f"ServerRoot {root}\nServerName a\n{LEVELS}{text}")
    source = ConfigSource(str(root / "httpd.conf"), str(root))
    tree = read_config(source, ConfFiles(), FakeNames()).tree
    files = UserFiles(DiskSources())
    return {case.name: _seen(tree, _bytes_of(case), files) for case in configuration.cases}


def _seen(tree: Config, sent: bytes, files: UserFiles) -> Seen:
    path = sent.split(b" ")[1].decode()
    scope = tree.main.scope.overlaid(_scope_of(tree, path))
    answers: dict[Any, Any] = {}
    request, refusal = _request(sent, path, scope, answers), None
    is_done = False
    while not is_done:
        request = _request(sent, path, scope, answers)
        try:
            refusal = _checked(request, scope, files)
            is_done = True
        except Unanswered as why:
            answers[why.question] = _answer(why.question)
    fields = dict(request.error_fields)
    challenge = fields.get(b"WWW-Authenticate", b"").decode("latin-1")
    user = request.user
    return Seen(
        refusal.status if refusal is not None else 200,
        "-" if user is None else user or '""',
        challenge,
        [_line(*each) for each in _lines(request) if OUR_OWN not in each[-1]],
    )


def _checked(request: Request, scope: Scope, files: UserFiles) -> Refusal | None:
    outside = Outside(DiskFiles(), {})
    access = compile_access(scope, files, outside)
    refusal = access.check(request) if access is not None else None
    fake = compile_fake(scope, outside)
    if refusal is None and fake is not None:
        verdict = fake.fixup(request)
        refusal = verdict if isinstance(verdict, Refusal) else None
    return refusal


def _scope_of(tree: Config, path: str) -> Scope:
    """Of the sections that cover a path, those for workers first."""
    own = reduce(Scope.overlaid, (each.scope for each in _covering(tree, path)), Scope())
    proxies = (section.scope for section in tree.main.proxy_sections)
    return reduce(Scope.overlaid, proxies, Scope()).overlaid(own)


def _covering(tree: Config, path: str) -> Iterator[SectionConfig]:
    for section in tree.main.sections:
        assert section.kind is SectionKind.LOCATION
        if compile_location(section.argument, is_regex=section.is_regex).matches(path):
            yield section


def _request(sent: bytes, path: str, scope: Scope, answers: dict[Any, Any]) -> Request:
    settings = read_settings(scope)
    vhost = SimpleNamespace(table=SimpleNamespace(settings=settings), scheme=None)
    connection = SimpleNamespace(ip="127.0.0.1", port=1, local_ip="127.0.0.1", scheme="http")
    head = parse_request_head(sent)
    request = Request(
        head, cast(Any, connection), cast(Any, vhost), path, None, now=lambda: 0.0, answers=answers
    )
    request.filename = f"proxy:http://WORKER{path}"
    if head.get(b"x") is not None:
        request.environment["a"] = "1"  # SetEnvIf X . A=1
    return request


def _answer(question: object) -> object:
    match question:
        case PasswordQuestion():
            return check_password(question.stored, question.password)
        case HostNameQuestion():
            return socket.gethostbyaddr(question.ip)[0]
        case AddressesQuestion():
            try:
                found = socket.getaddrinfo(question.name, 0, type=socket.SOCK_STREAM)
            except OSError:
                return ()
            return tuple(dict.fromkeys(str(each[4][0]) for each in found))
    raise AssertionError(question)


def _lines(request: Request) -> Iterator[tuple[str, int, str, str]]:
    for line in request.lines:
        yield line.module, line.level, line.code, line.text


def _line(module: str, level: int, code: str, text: str) -> str:
    return _numberless(f"{module}|{NAMES[level]}|{f'{code}: ' if code else ''}{text}")
