"""mod_headers: what Header and RequestHeader make of requests and answers, each line by itself.

A row is some lines, and the answer they are tried with. Each row has a `<Location>`, so that one
server has them all. More of them are in `headers_conditions.py`; what only counts for a server as a
whole stands in `headers_servers.py`.
"""

from dataclasses import dataclass
from typing import Final

from tests.peers.behaviour.language import CLOSE, Acts, Case, Configuration, case, raw, response

RICH: Final = response(
    "200 OK",
    "X-A: one",
    "Cache-Control: no-cache",
    "X-B: two, three",
    "x-a: One, four",
    "Set-Cookie: a=1; path=/",
    "Vary: Accept",
    "Content-Type: text/html; charset=utf-8",
    "Set-Cookie: b=2; Secure",
    body=b"fine",
)
POOR: Final = response("200 OK", body=b"fine")
DATED: Final = response(
    "200 OK",
    "Server: worker/1",
    "X-A: one",
    "Date: Sat, 01 Jan 2000 00:00:00 GMT",
    "Content-Type: text/plain",
    body=b"fine",
)
CHUNKS: Final = raw(
    "HTTP/1.1 200 OK",
    "Content-Type: text/plain",
    "Transfer-Encoding: chunked",
    "X-A: one",
    body=b"4\r\nfine\r\n0\r\n\r\n",
)
ENDLESS: Final = raw("HTTP/1.1 200 OK", "X-A: one", body=b"fine")
NOT_FOUND: Final = response("404 Not Found", "X-A: one", "Content-Type: text/html", body=b"fine")
BROKEN: Final = response("500 Oops", "X-A: one", "Content-Type: text/html", body=b"fine")
MOVED: Final = response("302 Found", "Location: /there", "X-A: one", body=b"fine")
UNCHANGED: Final = raw(
    "HTTP/1.1 304 Not Modified", 'ETag: "x"', "X-A: one", "Cache-Control: private"
)
NOTHING: Final = raw("HTTP/1.1 204 No Content", "X-A: one")
HINTED: Final = raw("HTTP/1.1 103 Early Hints", "Link: </a>", "X-A: hint") + RICH
UPGRADE: Final = response("426 Upgrade Required", "Upgrade: foo", "X-A: one", body=b"fine")

ANSWERS: Final = {
    "RICH": RICH,
    "POOR": POOR,
    "DATED": DATED,
    "CHUNKS": CHUNKS,
    "ENDLESS": ENDLESS,
    "404": NOT_FOUND,
    "500": BROKEN,
    "302": MOVED,
    "304": UNCHANGED,
    "204": NOTHING,
    "103": HINTED,
    "426": UPGRADE,
}


FIELDS: Final = ("X-Q: a", "Accept: x/y", "x-q: b, c")


@dataclass(frozen=True, slots=True)
class Row:
    """Lines of configuration and what they are tried with."""

    lines: tuple[str, ...]
    answer: str = "RICH"
    fields: tuple[str, ...] = FIELDS
    method: str = "GET"
    route: str = "http://WORKER/"

    @property
    def name(self) -> str:
        """What it is called in the table."""
        more = "" if self.answer == "RICH" else f" <- {self.answer}"
        kind = "" if self.method == "GET" else f" ({self.method})"
        to = "" if self.route == "http://WORKER/" else f" to {self.route}"
        asked = "" if self.fields is FIELDS else f" ({', '.join(self.fields)})"
        return " / ".join(self.lines) + kind + more + to + asked

    def section(self, at: int) -> str:
        """Its part of the configuration."""
        proxied = f"ProxyPass {self.route}\n"
        return f"<Location /{at}/>\n{proxied}" + "\n".join((*self.lines, "</Location>\n"))

    def case(self, at: int) -> Case:
        """Its case."""
        head = raw(f"{self.method} /{at}/x HTTP/1.1", "Host: a.test", *self.fields)
        acts: Acts = (ANSWERS[self.answer], CLOSE)
        return case(self.name, head, acts)


def table(name: str, rows: tuple[Row, ...], before: str = "") -> Configuration:
    """A configuration of rows."""
    text = before + "".join(row.section(at) for at, row in enumerate(rows))
    return Configuration(name, text, tuple(row.case(at) for at, row in enumerate(rows)))


def each(lines: str, answer: str = "RICH") -> tuple[Row, ...]:
    """Rows, one on each line; ` / ` where a line of the configuration ends."""
    return tuple(Row(tuple(line.split(" / ")), answer) for line in lines.strip().split("\n"))


ACTIONS: Final = table(
    "Header, each action",
    each(
        r"""
Header set X-N v
Header set x-a v
Header set X-B v
Header SET X-B: v
Header set X-B:y v
Header setifempty X-N v
Header setifempty x-b v
Header append X-N v
Header append X-A v
Header append x-b v
Header add X-N v
Header add x-b v
Header merge X-N v
Header merge X-A one
Header merge X-A two
Header merge X-B two
Header merge X-B three
Header merge X-B Two
Header merge X-B "two, three"
Header unset X-N
Header unset x-a
Header unset X-B:
Header echo ^X-Q
Header echo ^x-
Header echo "^(?i)x-q$"
Header echo .
Header always echo ^X-Q
Header edit X-N a b
Header edit X-A o 0
Header edit X-B t T
Header edit* X-B t T
Header edit* X-B (t)(.) $2$1-$0
Header edit X-B ^(.*)$ "$1; x"
Header edit* X-B ^. Q
Header edit X-B "" Q
Header edit X-B $ Q
Header edit X-B zzz Q
Header edit X-B .* ""
Header edit X-B TWO Q
Header edit X-B (?i)TWO Q
Header edit* X-B , ;
Header edit X-B (x)?two a$1b
Header edit X-B two a\$1b
Header edit X-B two a$9b
Header edit X-B two a&b
Header edit X-B (two) a\\$1b
Header edit Set-Cookie ^(.*)$ "$1; HttpOnly; Secure"
Header edit* Set-Cookie = ==
Header edit set-cookie ^(.*)(?i:;\s*Secure)?$ $1;Secure
Header always edit Set-Cookie ^(.*)$ "$1; HttpOnly"
Header always edit X-A o 0
Header always set X-N v
Header always set X-A v
Header always set X-A v / Header set X-A w
Header set X-A v / Header always set X-A w
Header always append X-A v
Header always add X-A v
Header always merge X-A one
Header always setifempty X-A v
Header always unset X-A
Header onsuccess set X-N v
Header onsuccess unset X-A
Header onsuccess unset X-A / Header always unset X-A
Header set X-N a / Header append X-N b / Header merge X-N b / Header merge X-N c / Header add X-N d
Header add X-N a / Header add X-N b / Header append X-N c / Header edit X-N . Q
Header add X-N a / Header add X-n b / Header set X-N c
Header add X-N a / Header unset x-n / Header add x-n b
Header always add X-N a / Header always add X-N b / Header always edit X-N a Q / Header add X-N c
Header note X-A noted / Header set X-N "%{noted}e" / Header set X-M "expr=%{note:noted}"
Header note X-Z noted / Header set X-M "expr=[%{note:noted}]"
Header always note X-A noted / Header set X-M "expr=[%{note:noted}]"
Header set X-N "a b	c"
Header set X-N ""
Header append X-A ""
Header append X-N ""
Header merge X-A ""
Header add X-N ""
Header set X-N 'it"s'
Header set X-N a\tb
Header set X-N "a\tb"
Header set X-N "a\\b"
Header set X-N "a\\\\b"
Header set X-N a\xb
Header set X-N é
Header unset Set-Cookie
Header set Set-Cookie c=3
Header add Set-Cookie c=3
Header append Set-Cookie c=3
Header always add Set-Cookie c=3
Header always set Set-Cookie c=3
Header unset Set-Cookie / Header add Set-Cookie c=3 / Header add X-Y z
"""
    ),
)


SPECIAL: Final = table(
    "Header, fields of the server",
    (
        *each(
            """
Header set Content-Type text/plain
Header set Content-Type text/plain / Header append Content-Type x
Header append Content-Type x
Header merge Content-Type x
Header add Content-Type x/y
Header unset Content-Type
Header unset content-type / Header add Content-Type x/y
Header setifempty Content-Type text/plain
Header edit Content-Type html plain
Header edit Content-Type ;.*$ ""
Header edit* Content-Type t T
Header edit Content-Type .* ""
Header set Content-Type ""
Header always set Content-Type text/plain
Header always unset Content-Type
Header always edit Content-Type html plain
Header always append Content-Type x
Header always setifempty Content-Type text/plain
Header always set Content-Type x/y / Header edit Content-Type x z
Header set content-type x/y / Header set X-M "expr=%{CONTENT_TYPE}"
Header set X-M "expr=%{CONTENT_TYPE}"
Header set X-M "expr=%{resp:Content-Type}"
Header unset Content-Length
Header set Connection close
Header set Connection keep-alive
Header set Connection X-A
Header append Connection upgrade
Header unset Connection
Header set Keep-Alive timeout=3
Header set Upgrade h2c
Header set Date x
Header unset Date
Header always set Date x
Header append Date x
Header set Server x
Header unset Server
Header always set Server x
Header append Server x
Header edit Server .* x
Header set Server ""
Header append Vary X-Q
Header merge Vary Accept
Header append Vary Accept
Header append Vary accept
Header append Vary "a, b"
Header set Vary "a, b , A"
Header add Vary X-Q
Header unset Vary
Header always set Vary X-Q
Header always append Vary Accept
Header set Location /x
Header set Trailer X
Header set Via x
Header set Content-Encoding gzip
Header set Content-Language de
Header set Expires 0
Header set Cache-Control no-store
Header append Cache-Control no-store
Header set Content-Range x
Header set Accept-Ranges none
Header set WWW-Authenticate x
Header set Proxy-Authenticate x
Header set Status 404
Header set Proxy-Connection close
Header set TE trailers
"""
        ),
        *each(
            """
Header set Content-Type text/plain
Header always set Content-Type text/plain
Header setifempty Content-Type text/plain
Header append Content-Type x
Header add Content-Type x/y
Header edit Content-Type ^$ x
Header unset Content-Length
Header set Date x
Header set Server x
Header append Date x
Header add Server x
Header setifempty Server x
Header setifempty Date x
Header always add Server x
""",
            "POOR",
        ),
        *each(
            """
Header set Date x
Header unset Date
Header append Date x
Header add Date x
Header always set Date x
Header unset Server
Header set Server x
Header append Server x
Header edit Server ^worker w
Header edit Date ^Sat Sun
Header always set Server x
Header add Server x
Header unset X-A
""",
            "DATED",
        ),
        *each(
            """
Header unset Content-Length
Header unset Transfer-Encoding
""",
            "CHUNKS",
        ),
        *each(
            """
Header set X-N v
Header unset Transfer-Encoding
""",
            "ENDLESS",
        ),
    ),
)


TABLES: Final = (ACTIONS, SPECIAL)
