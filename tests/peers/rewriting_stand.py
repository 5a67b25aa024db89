"""Rules of mod_rewrite, carried out beside apache2: the same steps, told in the same words.

In: a configuration and its cases, of the tables in `behaviour/`. Out: for each case what both say:
all lines of the trace, the status and the fields of what is answered by a rule. What stands here
for our server is the least that the rules need of it: the order of the phases, sections, internal
redirects, subrequests; so what a worker gets is known by the trace only.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from httpdlite.conf.files import DiskFiles as ConfFiles
from httpdlite.conf.reader import ConfigSource, read_config
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, SectionKind, ServerConfig
from httpdlite.proxy.framing import parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes import filesections
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.decide import host_name
from httpdlite.routes.expressions import DiskFiles, Outside
from httpdlite.routes.paths import parse_target
from httpdlite.routes.pattern import compile_location
from httpdlite.routes.request import Request, Unanswered, Verdict
from httpdlite.routes.rewriting import (
    HANDLER,
    REDIRECT,
    Maps,
    ProgramQuestion,
    compile_directory,
    compile_maps,
    compile_server,
)
from httpdlite.routes.route import Refusal
from httpdlite.routes.site import Vhost
from tests.conf.reading import FakeNames
from tests.peers.behaviour.language import Configuration
from tests.peers.harness import LOOPBACK, Server, running_apache

LOG: Final = "LogLevel rewrite:trace8\n"
MOST: Final = 10
"""LimitInternalRecursion."""
LONG: Final = 4000
"""What httpd's log has of a line at least."""
ENVIRONMENT: Final = {"PYTHONWARNINGS": "default"}
"""Of what apache2 is started with."""


@dataclass(slots=True)
class Told:
    """What is seen of a case: by server a list of lines."""

    lines: list[str]

    def text(self) -> str:
        return "\n".join(self.lines)


# --- apache2 --------------------------------------------------------------------------------------

_TRACE: Final = re.compile(
    r"\[rewrite:(?P<level>\w+)\].*?\[rid#[0-9a-fx]+/(?P<kind>[^\]]*)\] (?P<text>.*)$"
)
_ERROR: Final = re.compile(r"\[(?:rewrite|core):error\].*?(?P<text>AH\d+: .*|RewriteRule .*)$")
_SHOWN: Final = {"location", "set-cookie", "vary"}


def ask(port: int, raw: bytes) -> bytes:
    """The answer to a request on a connection of its own."""
    with socket.create_connection((LOOPBACK, port), timeout=10) as sock:
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while data := sock.recv(65536):
            answer += data
        return answer


def names_of(root: Path, port: int) -> dict[str, str]:
    """What stands for the places of a table."""
    return {"ROOT": str(root), "PORT": str(port), "WORKER": "worker.invalid:1"}


def filled_in(text: str, names: dict[str, str]) -> str:
    """A configuration with its places."""
    return re.sub(r"\b(ROOT|PORT|WORKER)\b", lambda found: names[found[0]], text)


@contextmanager
def apache(configuration: Configuration, port: int) -> Iterator[Server]:
    """A running apache2; ROOT is known once it runs, so the files of a case are made before."""
    with running_apache(LOG + configuration.text, port) as server:
        yield server


def apache_tells(server: Server, raw: bytes, mark: str) -> list[str]:
    """What apache2 says of one request. `mark` is of that request alone."""
    before = len(server.error_log)
    answer = ask(server.port, raw)
    ask(server.port, f"GET /{mark} HTTP/1.0\r\n\r\n".encode())
    until = time.monotonic() + 5
    while mark not in server.error_log[before:] and time.monotonic() < until:
        time.sleep(0.005)
    referer = re.search(rb"\r\nReferer: ([^\r]*)\r", raw)
    suffix = f", referer: {referer[1].decode()}" if referer else ""
    lines = []
    for whole in server.error_log[before:].splitlines():
        if mark in whole:
            break
        line = whole.removesuffix(suffix)
        found = _TRACE.search(line)
        if found is not None:
            lines.append(f"{found['level']} {found['kind']}: {_unescaped(found['text'])}"[:LONG])
        elif (error := _ERROR.search(line)) is not None:
            lines.append(f"error {_unescaped(error['text'])}")
    return lines + _answer_lines(answer)


def _unescaped(text: str) -> str:
    """What httpd's log writes with backslashes, as it was."""
    text = re.sub(r"STATOK [1-9]\d*", "STATOK 1", text)
    plain = re.sub(
        r"\\(x[0-9a-f]{2}|.)",
        lambda found: _PLAIN.get(found[1]) or chr(int(found[1][1:], 16)),
        text,
    )
    return plain.rstrip("\r\n")


_PLAIN: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v"}


def _answer_lines(answer: bytes) -> list[str]:
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    first, *fields = head.split("\r\n")
    status = int(first.split(" ")[1])
    shown = [f for f in fields if f.partition(":")[0].lower() in _SHOWN]
    return [f"-> {status}", *sorted(shown)]


# --- ours -----------------------------------------------------------------------------------------


class StandRequest(Request):
    """A request that knows where the files are."""

    __slots__ = ("root",)

    root: str

    @property
    def document_root(self) -> str | None:
        return self.root


@dataclass(slots=True)
class Part:
    """A server with what is compiled of it."""

    config: ServerConfig
    vhost: Vhost
    maps: Maps


class Ours:
    """Our rules for a configuration that apache2 has been given, too."""

    def __init__(self, path: Path, root: Path, port: int) -> None:
        source = ConfigSource(str(path), str(root), environment=ENVIRONMENT)
        self.config: Config = read_config(source, ConfFiles(), FakeNames()).tree
        self.site = compile_site(self.config)
        self.root = str(root / "htdocs")
        self.port = port
        self.outside = Outside(DiskFiles(), ENVIRONMENT)
        configs = (self.config.main, *self.config.vhosts)
        self.parts = {
            vhost.key: Part(config, vhost, compile_maps(config.scope))
            for config, vhost in zip(configs, self.site.vhosts.values(), strict=True)
        }

    def tells(self, raw: bytes) -> list[str]:
        """What we say of one request."""
        head = parse_request_head(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        target = parse_target(head.target, head.method, encoded_slashes="off", merge_slashes=True)
        assert not isinstance(target, int), target
        if target.authority is not None:
            head.replace(b"host", target.authority)
        host = head.get(b"host")
        name = host_name(host) if host is not None else ""
        vhost = self.site.vhost_set(LOOPBACK, self.port).select(name or "")
        request = StandRequest(
            head,
            Client(LOOPBACK, 50000, LOOPBACK, self.port),
            vhost,
            target.path,
            None if target.query is None else target.query.decode("latin-1"),
            now=lambda: 1_700_000_000.0,
            look_up=self._look_up,
        )
        request.root = self.root
        refusal, last = self._run(request)
        lines = [_our_line(line.level, line.code, line.text) for line in last.lines]
        fields = last.fields if refusal is None else (*last.error_fields, *refusal.fields)
        shown = sorted(f"{n.decode()}: {v.decode('latin-1')}" for n, v in fields)
        return [*lines, "-> " if refusal is None else f"-> {refusal.status}", *shown]

    def _run(self, request: Request) -> tuple[Refusal | None, Request]:
        while True:
            refusal = self._answered(request)
            if refusal is not None or request.handler != HANDLER:
                return refusal, request
            if request.redirects >= MOST:
                text = f"Request exceeded the limit of {MOST} internal redirects"
                request.log("core", 3, "AH00124", text)
                return Refusal(500, ""), request
            assert request.filename is not None
            url = request.filename.removeprefix(REDIRECT)
            parsed = parse_target(
                url.encode("latin-1"), b"GET", encoded_slashes="off", merge_slashes=True
            )
            if isinstance(parsed, int):
                return Refusal(parsed, ""), request
            before, request = request, self._again(request, parsed.path)
            request.query = before.query

    def _again(self, request: Request, path: str) -> Request:
        plain = request.redirected(path, request.query)
        again = StandRequest(
            plain.head, plain.connection, plain.vhost, path, None,
            now=lambda: 1_700_000_000.0, look_up=self._look_up,
        )  # fmt: skip
        again.root = self.root
        for name in ("environment", "error_fields", "fields", "lines", "redirects"):
            setattr(again, name, getattr(plain, name))
        again.rewriting_ended = plain.rewriting_ended
        again.answers = request.answers
        return again

    def _answered(self, request: Request) -> Refusal | None:
        """Through the phases, anew as long as there are questions."""
        fields = len(request.error_fields), len(request.lines), dict(request.environment)
        path, query = request.path, request.query
        while True:
            try:
                return self._phases(request)
            except Unanswered as asked:
                assert isinstance(asked.question, ProgramQuestion)
                request.answers = {**request.answers, asked.question: _answer(asked.question)}
                del request.error_fields[fields[0] :], request.lines[fields[1] :]
                request.environment = dict(fields[2])
                request.path, request.query, request.filename = path, query, None
                request.notes, request.fields, request.status = {}, [], 200

    def _phases(self, request: Request) -> Refusal | None:
        part = self.parts[request.vhost.key]
        scope, own = part.config.scope, None
        if part.config is not self.config.main:
            sections = part.config.sections[len(self.config.main.sections) :]
            own = [part.config.own, *(section.scope for section in sections)]
        sections_scope = self._sections(part, request.path, None)
        directory = compile_directory(sections_scope, scope, self.outside, maps=part.maps)
        server = compile_server(
            scope, own, self.outside, maps=part.maps, home_of=lambda user: HOMES.get(user)
        )
        verdict: object = Verdict.DECLINED
        if server is not None:
            verdict = server.translate(request, directory.switches if directory else None)
        if isinstance(verdict, Refusal):
            return verdict
        if verdict is Verdict.DECLINED and request.path[:1] not in {"/", "*"}:
            text = f"Invalid URI in request '{request.path}' '{request.request_line}'"
            request.log("core", 3, "AH00126", text)
            return Refusal(400, "")
        if verdict is Verdict.DECLINED:
            request.filename = self.root + re.sub("/+", "/", request.path)
        if not request.is_proxied and request.filename is not None:
            found = filesections.walk(
                filesections.NO_FILE_SECTIONS, request.filename, self.outside.files
            )
            request.filename, request.path_info = found.filename, found.path_info
        sections_scope = self._sections(part, request.path, request.filename)
        directory = compile_directory(sections_scope, scope, self.outside, maps=part.maps)
        if directory is None:
            return None
        fixed = directory.fixup(request)
        return fixed if isinstance(fixed, Refusal) else None

    def _sections(self, part: Part, path: str, filename: str | None) -> Scope:
        scopes = []
        if filename is not None:
            for section in part.config.others.directories:
                root = section.argument.rstrip("/") + "/"
                if not section.is_regex and f"{filename}/".startswith(root):
                    scopes.append(section.scope)
        for section in part.config.sections:
            if section.kind in {SectionKind.LOCATION, SectionKind.LOCATION_MATCH}:
                matcher = compile_location(section.argument, is_regex=section.is_regex)
                if matcher.matches(path) is not None:
                    scopes.append(section.scope)
        return reduce(Scope.overlaid, scopes, Scope())

    def _look_up(self, request: Request, url: str) -> Request | None:
        parsed = parse_target(
            url.encode("latin-1"), b"GET", encoded_slashes="off", merge_slashes=True
        )
        if isinstance(parsed, int):
            return None
        sub = StandRequest(
            request.head,
            request.connection,
            request.vhost,
            parsed.path,
            None if parsed.query is None else parsed.query.decode("latin-1"),
            now=lambda: 1_700_000_000.0,
        )
        sub.root = self.root
        sub.is_subrequest = True
        sub.lines = request.lines
        sub.environment = dict(request.environment)
        refusal = self._phases(sub)
        if refusal is not None:
            sub.status = refusal.status
        return sub


HOMES: Final = {"root": "/root"}


def _answer(question: ProgramQuestion) -> str:
    """What the program of the tables says: the key backwards, NULL to `none`."""
    return "NULL" if question.key == "none" else question.key[::-1]


_LINE: Final = re.compile(r"127\.0\.0\.1 - \S+ \[.*?\] \[(?P<kind>(?:initial|subreq)[^\]]*)\] (?P<text>.*)", re.S)


def _our_line(level: int, code: str, text: str) -> str:
    if level < 8:
        return f"error {code}: {text}" if code else f"error {text}"
    found = _LINE.fullmatch(text)
    assert found is not None, text
    return f"trace{level - 7} {found['kind']}: {found['text']}"[:LONG]


def alike(theirs: list[str], ours: list[str]) -> bool:
    """Is it the same, as far as it can be seen? What no rule answers has a status of Apache's, and
    fields if all is well.
    """
    if "-> " not in ours:
        return theirs == ours
    kept = [line for line in theirs if not line.startswith(("-> ", "Set-Cookie"))]
    end = ours.index("-> ")
    return kept == ours[:end] + (ours[end + 1 :] if "-> 200" in theirs else [])
