"""Rules of mod_rewrite, carried out beside apache2: the same steps, told in the same words.

In: a configuration and its cases, of the tables in `behaviour/`. Out: for each case what both say:
all lines of the trace, the status and the fields of what is answered by a rule. What stands here
for our server is the least that the rules need of it: the order of the phases, sections, internal
redirects, subrequests; so what a worker gets is known by the trace only.
"""

import difflib
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
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
    force_noted,
)
from httpdlite.routes.route import Refusal
from httpdlite.routes.site import Vhost
from tests.conf.reading import FakeNames
from tests.peers.behaviour.language import Configuration
from tests.peers.harness import (
    LOOPBACK,
    Server,
    reserved_port,
    running_apache,
    server_directory,
)

LOG: Final = "LogLevel rewrite:trace8\n"
ANSWER: Final = "-> "
NOT_ANSWERED: Final = ANSWER
"""By a rule."""
MOST: Final = 10
"""LimitInternalRecursion."""
LONG: Final = 4000
"""What httpd's log has of a line at least."""
ENVIRONMENT: Final = {"PYTHONWARNINGS": "default"}
"""Of what apache2 is started with."""


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


def filled_in(text: str, names: dict[str, str]) -> str:
    """A configuration with its places."""
    return re.sub(r"\b(ROOT|PORT|WORKER)\b", lambda found: names[found[0]], text)


def apache_tells(server: Server, raw: bytes) -> list[str]:
    """What apache2 says of one request: its log is written before it answers."""
    before = len(server.error_log)
    answer = ask(server.port, raw)
    referer = re.search(rb"\r\nReferer: ([^\r]*)\r", raw)
    suffix = f", referer: {referer[1].decode()}" if referer else ""
    lines = []
    for whole in server.error_log[before:].splitlines():
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
    return [f"{ANSWER}{status}", *sorted(shown)]


# --- ours -----------------------------------------------------------------------------------------


class StandRequest(Request):
    """A request that knows where the files are."""

    __slots__ = ("quiet", "root")

    root: str
    quiet: bool
    """Is no trace wanted?"""

    def wants(self, module: str, level: int) -> bool:
        return super().wants(module, level) and not (self.quiet and level >= 8)

    @property
    def document_root(self) -> str:
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
        """What we say of one request; that it ends as it does without a trace."""
        refusal, last = self._end(raw, quiet=False)
        silent = self._end(raw, quiet=True)
        assert _essence(refusal, last) == _essence(*silent)
        assert not any(line.level >= 8 for line in silent[1].lines)
        lines = [_our_line(line.level, line.code, line.text) for line in last.lines]
        fields = last.fields if refusal is None else (*last.error_fields, *refusal.fields)
        shown = sorted(f"{n.decode()}: {v.decode('latin-1')}" for n, v in fields)
        return [*lines, NOT_ANSWERED if refusal is None else f"{ANSWER}{refusal.status}", *shown]

    def _end(self, raw: bytes, *, quiet: bool) -> tuple[Refusal | None, Request]:
        head = parse_request_head(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        target = parse_target(head.target, head.method, encoded_slashes="off", merge_slashes=True)
        assert not isinstance(target, int), target
        if target.authority is not None:
            head.replace(b"host", target.authority)
            head.received = head.block
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
        request.root, request.quiet = self.root, quiet
        return self._run(request)

    def _run(self, request: Request) -> tuple[Refusal | None, Request]:
        while True:
            refusal = self._answered(request)
            if refusal is not None or request.handler != HANDLER:
                return refusal, request
            if request.redirects >= MOST:
                text = (
                    f"Request exceeded the limit of {MOST} internal redirects due to probable "
                    "configuration error. Use 'LimitInternalRecursion' to increase the limit if "
                    "necessary. Use 'LogLevel debug' to get a backtrace."
                )
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
        assert isinstance(request, StandRequest)
        again.root, again.quiet = self.root, request.quiet
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
                question = asked.question
            request.answers = {**request.answers, question: _answer(question)}
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
        server = compile_server(scope, own, self.outside, maps=part.maps, home_of=HOMES.get)
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
        fixed = directory.fixup(request) if directory is not None else None
        if isinstance(fixed, Refusal):
            return fixed
        force_noted(request)
        return None

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
        assert isinstance(request, StandRequest)
        sub.root, sub.quiet = self.root, request.quiet
        sub.is_subrequest = True
        sub.lines = request.lines
        sub.environment = dict(request.environment)
        refusal = self._phases(sub)
        if refusal is not None:
            sub.status = refusal.status
        return sub


def _essence(refusal: Refusal | None, request: Request) -> tuple[object, ...]:
    return (
        refusal,
        *(request.filename, request.path, request.query, request.path_info, request.handler),
        *(request.environment, request.notes, request.fields, request.error_fields),
        *(request.status, request.is_proxied, request.rewriting_ended, request.redirects),
        [line for line in request.lines if line.level < 8],
    )


HOMES: Final = {"root": "/root"}


def _answer(question: object) -> str:
    """What the program of the tables says: the key backwards, NULL to `none`."""
    assert isinstance(question, ProgramQuestion)
    return "NULL" if question.key == "none" else question.key[::-1]


_LINE: Final = re.compile(
    r"127\.0\.0\.1 - \S+ \[.*?\] \[(?P<kind>(?:initial|subreq)[^\]]*)\] (?P<text>.*)", re.DOTALL
)


def _our_line(level: int, code: str, text: str) -> str:
    if level < 8:
        return f"error {code}: {text}" if code else f"error {text}"
    found = _LINE.fullmatch(text)
    assert found is not None, text
    return f"trace{level - 7} {found['kind']}: {found['text']}"[:LONG]


# --- both -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that is not the same."""

    name: str
    theirs: list[str]
    ours: list[str]

    def text(self) -> str:
        """As diff shows it: - Apache's lines, + ours."""
        lines = difflib.ndiff(self.theirs, self.ours)
        return "\n".join([f"== {self.name}", *(line for line in lines if line[0] != "?")])


def differences(configuration: Configuration) -> list[Difference]:
    """The cases of a configuration that are not the same."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        dead = stack.enter_context(reserved_port())
        names = {"ROOT": str(root), "PORT": str(port), "WORKER": f"{LOOPBACK}:{dead}"}
        for name, content in configuration.files:
            (root / name).write_bytes(content)
        text = LOG + filled_in(configuration.text, names)
        server = stack.enter_context(running_apache(text, port))
        ours = Ours(server.root / "apache.conf", server.root, port)
        return list(_differences(configuration, server, ours))


def _differences(
    configuration: Configuration, server: Server, ours: "Ours"
) -> Iterator[Difference]:
    for case in configuration.cases:
        first = case.client[0]
        assert isinstance(first, bytes)
        raw = first.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        told, said = apache_tells(server, raw), ours.tells(raw)
        if not alike(told, said):
            yield Difference(f"{configuration.name}: {case.name}", told, said)


def alike(theirs: list[str], ours: list[str]) -> bool:
    """Is it the same, as far as it can be seen? What no rule answers has a status of Apache's, and
    fields if all is well.
    """
    if NOT_ANSWERED not in ours:
        return theirs == ours
    kept = [line for line in theirs if not line.startswith((ANSWER, "Set-Cookie"))]
    end = ours.index(NOT_ANSWERED)
    return kept == ours[:end] + (ours[end + 1 :] if f"{ANSWER}200" in theirs else [])
