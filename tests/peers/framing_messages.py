"""HTTP/1.x messages that are nearly right: from a grammar, with known attacks and odd bytes put in.

In: a seeded `random.Random`. Out: the bytes of a client's stream (one request, mostly another
behind it) or of a worker's answer to one request. The same seed gives the same bytes everywhere, so
a disagreement is named by its seed. Nothing here knows what is right: the readers judge.

Whom the parts attack: RFC 9112 §2.2 (line ends), §3 (request line), §5 (field lines, folding),
§6 (Content-Length, Transfer-Encoding), §7.1 (chunks), §4 (status line), §11.1 (response splitting).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

NEXT: Final = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
"""What follows a request: swallowed into its body or not, that is the question."""

PAYLOAD: Final = b"hello, world"

LENGTHS: Final = (
    b'12|012|5|0|00|13|11|+12|-12|-0|0xC|0x0c|1e1|12.0|12 12|12, 12|12,12|12, 5|12;|12;a=b|"12"'
    b"|'12'|12\x0b|\x0c12|\t12\t|  12  ||five|12five|\xb2|1_2|99999999999999999999"
    b"|18446744073709551628|9223372036854775807|9223372036854775808|4294967308"
    b"|999999999999999999|000000000000000000000000000012"
).split(b"|")

CODINGS: Final = (
    b"chunked|Chunked|CHUNKED|chunked |\tchunked|chunked\t|chunked, chunked|chunked,chunked"
    b"|xchunked|chunkedx|chunked;a=b|chunked ;|chunked,|,chunked|, chunked|gzip, chunked"
    b"|gzip,chunked|chunked, gzip|chunked, identity|identity, chunked|identity|gzip|deflate"
    b"|x, chunked|\"chunked\"|'chunked'|chunk\x00ed|chunked\x0b|\x0bchunked|chunked\x0c|chunked\x00"
    b"|chu nked|chunked chunked||cow|trailers|chunked\xa0|\xa0chunked|\xc4\xa5chunked|chunked\x7f"
    b"|chunked;q=0|%63hunked|=?utf-8?q?chunked?="
).split(b"|")

SIZES: Final = (
    b'C|c|0C|000c|0x0c|0xC|0XC|+c|-c|-0|c |c\t| c|\tc|c;|c;a|c;a=b|c;a="b"|c;a="\\""|c;\x00'
    b"|c;a\x01b|c;a\rb|c;a=b;c=d|c ;a| |;|;a|c;\xff|1c|d|b|0|g|cg|c_|c.|c,|c:|c a|c\x00|c\x0b"
    b"|10000000c|10000000000000c|1000000000000000c|8000000000000000|7fffffffffffffff"
    b"|ffffffffffffffff|fffffffffffffff4|1000000000000000000000c|0000000000000000000000c"
    b"|00000000000000c|c" + b" " * 40 + b"|c;" + b"x" * 5000 + b"|" + b"0" * 5000 + b"c"
).split(b"|")

NAME_ODDITIES: Final = (
    b' |\t|\x00|\x0b|\x0c|\xa0|\xe9|\x7f|\r|\n|(|)|<|>|@|,|;|\\|"|/|[|]|?|=|{|}|_|.|!|\x01|\x85'
).split(b"|")

VALUE_ODDITIES: Final = (
    b"\x00|\x01|\x08|\x0b|\x0c|\x1f|\x7f|\x80|\xff|\r|\n|\r\r|\n\r|\t|\x85|\xa0|\r\n "
    b"|\r\n\t|\n |\n\t"
    b"|\r |\r\n\r\n|\n\n|\r\nX: y|\nX: y|\rX: y|\r\n X: y|\r\nContent-Length: 0|\nContent-Length: 5"
    b"|\rTransfer-Encoding: chunked|\r\n Transfer-Encoding: chunked|%0d%0a|\xc4\x8a\xc4\x8d"
).split(b"|")

ENDS: Final = (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n", b" \r\n", b"\x0b\r\n", b"\x00\r\n", b"")

REQUEST_LINES: Final = (
    b"GET / HTTP/1.1|GET  / HTTP/1.1|GET /  HTTP/1.1|GET\t/\tHTTP/1.1| GET / HTTP/1.1"
    b"|GET / HTTP/1.1 |GET / HTTP/1.1\t|GET /|GET|GET / HTTP|GET / HTTP/|GET / HTTP/1|GET / HTTP/1."
    b"|GET / HTTP/11|GET / HTTP/1.10|GET / HTTP/01.1|GET / HTTP/1.1x|GET / HTTP/1 .1|GET / http/1.1"
    b"|GET / HTTP/1.2|GET / HTTP/1.9|GET / HTTP/2.0|GET / HTTP/3.7|GET / HTTP/0.9|GET / HTTP/1.0"
    b"|GET / XTTP/1.1|GET / HTTP/1.1 HTTP/1.1|GET / / HTTP/1.1|GET /\x0bHTTP/1.1|GET /\xa0HTTP/1.1"
    b"|G\x00T / HTTP/1.1|G@T / HTTP/1.1|G(T / HTTP/1.1|\xc3\x89T / HTTP/1.1|get / HTTP/1.1"
    b"|X / HTTP/1.1|!#$%&'*+-.^_`|~ / HTTP/1.1|GET /\x00 HTTP/1.1|GET /a\x7f HTTP/1.1"
    b"|GET /a?b=\xff HTTP/1.1|GET /\xff HTTP/1.1|GET /?a\x01 HTTP/1.1|GET /?a\tb HTTP/1.1"
    b"|GET a HTTP/1.1|GET * HTTP/1.1|OPTIONS * HTTP/1.1|GET http://a/ HTTP/1.1|GET //a/ HTTP/1.1"
    b"|GET http://b:80/x HTTP/1.1|GET http:/a HTTP/1.1|GET a:1 HTTP/1.1|CONNECT a:1 HTTP/1.1"
    b"|CONNECT / HTTP/1.1|TRACE / HTTP/1.1|HEAD / HTTP/1.1|HEAD / HTTP/1.0|DELETE / HTTP/1.1"
    b"|PRI * HTTP/2.0|GET ? HTTP/1.1|GET /? HTTP/1.1|GET /# HTTP/1.1|GET /%0d%0a HTTP/1.1"
    b"|GET /%00 HTTP/1.1|GET /a%20b?c%0a HTTP/1.1|GET /\rX HTTP/1.1|GET /\nX HTTP/1.1"
    b"|GET / HTTP/1.1\rX: y|GET / HTTP/1.1\nX: y|GET / HTTP/1.1\r\n X: y"
).split(b"|")

STATUS_LINES: Final = (
    b"HTTP/1.1 200 OK|HTTP/1.1 200|HTTP/1.1 200 |HTTP/1.1  200 OK|HTTP/1.1 200  OK|HTTP/1.1\t200 OK"
    b"|HTTP/1.1 2000 OK|HTTP/1.1 20 OK|HTTP/1.1 2 OK|HTTP/1.1 20x OK|HTTP/1.1 +20 OK"
    b"|HTTP/1.1 -20 OK"
    b"|HTTP/1.1 099 X|HTTP/1.1 000 X|HTTP/1.1 600 X|HTTP/1.1 999 X|HTTP/1.1 200OK|HTTP/1.1200 OK"
    b"|HTTP/1.1 0x0 OK|HTTP/1.1 200\tOK|HTTP/1.1 200 O\x00K|HTTP/1.1 200 O\x01K|HTTP/1.1 200 O\rK"
    b"|HTTP/1.1 200 O\nK|HTTP/1.1 200 O\x7fK|HTTP/1.1 200 \xc3\x96K|HTTP/1.1 200 O\tK"
    b"|HTTP/1.0 200 OK"
    b"|HTTP/1.2 200 OK|HTTP/0.9 200 OK|HTTP/2.0 200 OK|HTTP/1 200 OK|HTTP/11 200 OK"
    b"|HTTP/1.10 200 OK"
    b"|http/1.1 200 OK|HTTP/1.1 200 OK |HTTP/1.1|HTTP/|HTTP|200 OK|ICY 200 OK|hello"
    b"| HTTP/1.1 200 OK"
    b"|HTTP/1.1 201 Made|HTTP/1.1 404 No|HTTP/1.1 500 Bad|HTTP/1.1 503 Busy|HTTP/1.1 599 X"
    b"|HTTP/1.1 205 Reset|HTTP/1.1 206 Part|HTTP/1.1 204 None|HTTP/1.1 304 Same|HTTP/1.1 100 On"
    b"|HTTP/1.1 102 On|HTTP/1.1 103 Hints|HTTP/1.1 101 Switch|HTTP/1.1 199 X|HTTP/1.1 417 X"
    b"|HTTP/1.1 200 OK\r\n X: y|\x00HTTP/1.1 200 OK|HTTP/1.1 200 \x85"
).split(b"|")


@dataclass(slots=True)
class Line:
    """A field line in its parts, so that each can be spoilt alone."""

    name: bytes
    value: bytes
    colon: bytes = b": "
    end: bytes = b"\r\n"

    def render(self) -> bytes:
        return self.name + self.colon + self.value + self.end


@dataclass(slots=True)
class Draft:
    """A message in its parts; `chunks` are (size line, data, what ends the data)."""

    start: bytes
    lines: list[Line]
    start_end: bytes = b"\r\n"
    end: bytes = b"\r\n"
    body: bytes = b""
    chunks: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    size_end: bytes = b"\r\n"
    last: bytes = b""
    before: bytes = b""

    def render(self) -> bytes:
        head = self.before + self.start + self.start_end
        head += b"".join(line.render() for line in self.lines) + self.end
        chunks = b"".join(size + self.size_end + data + end for size, data, end in self.chunks)
        return head + self.body + chunks + self.last

    def find(self, name: bytes) -> Line | None:
        return next((line for line in self.lines if line.name.lower() == name), None)


Mutation = Callable[[Random, Draft], None]


def _insert(rng: Random, text: bytes, piece: bytes) -> bytes:
    at = rng.choice((0, len(text), rng.randint(0, len(text))))
    return text[:at] + piece + text[at:]


def _put(rng: Random, draft: Draft, line: Line) -> None:
    draft.lines.insert(rng.randint(0, len(draft.lines)), line)


def _cased(rng: Random, name: bytes) -> bytes:
    return rng.choice((name, name, name.lower(), name.upper(), name.swapcase()))


# --- mutations of a head --------------------------------------------------------------------------


def other_length(rng: Random, draft: Draft) -> None:
    value = rng.choice(LENGTHS)
    line = draft.find(b"content-length")
    if line is None or rng.random() < 0.3:
        _put(rng, draft, Line(_cased(rng, b"Content-Length"), value))
    else:
        line.value = value


def same_length_again(rng: Random, draft: Draft) -> None:
    line = draft.find(b"content-length")
    value = line.value if line is not None else b"12"
    _put(rng, draft, Line(_cased(rng, b"Content-Length"), value))


def other_coding(rng: Random, draft: Draft) -> None:
    value = rng.choice(CODINGS)
    line = draft.find(b"transfer-encoding")
    if line is None or rng.random() < 0.3:
        _put(rng, draft, Line(_cased(rng, b"Transfer-Encoding"), value))
    else:
        line.value = value


def odd_name(rng: Random, draft: Draft) -> None:
    line = rng.choice(draft.lines) if draft.lines else Line(b"X", b"y")
    line.name = _insert(rng, line.name, rng.choice(NAME_ODDITIES))


def odd_colon(rng: Random, draft: Draft) -> None:
    if draft.lines:
        line = rng.choice(draft.lines)
        line.colon = rng.choice((b":", b":\t", b" : ", b"\t:", b" :", b"", b"::", b" ", b":\x00"))


def odd_value(rng: Random, draft: Draft) -> None:
    line = rng.choice(draft.lines) if draft.lines else Line(b"X", b"y")
    line.value = _insert(rng, line.value, rng.choice(VALUE_ODDITIES))


def odd_line_end(rng: Random, draft: Draft) -> None:
    end = rng.choice(ENDS)
    at = rng.randint(-2, len(draft.lines) - 1)
    if at == -2:
        draft.start_end = end
    elif at == -1:
        draft.end = end
    else:
        draft.lines[at].end = end


def bare_line_feeds(rng: Random, draft: Draft) -> None:
    draft.start_end = rng.choice((b"\n", b"\r\n"))
    for line in draft.lines:
        line.end = rng.choice((b"\n", b"\n", b"\r\n"))
    draft.end = rng.choice((b"\n", b"\r\n"))


def fold(rng: Random, draft: Draft) -> None:
    blank = rng.choice((b" ", b"\t", b"   ", b"\t "))
    text = rng.choice((b"more", b"", b"X: y", b"chunked", b"12", b"Content-Length: 5", b" \t"))
    at = rng.randint(0, len(draft.lines))
    draft.lines.insert(at, Line(blank + text, b"", b""))


def known_field(rng: Random, draft: Draft) -> None:
    name, value = rng.choice(KNOWN)
    _put(rng, draft, Line(_cased(rng, name), value))


KNOWN: Final = (
    (b"Host", b"b"),
    (b"Host", b"a, b"),
    (b"Connection", b"close"),
    (b"Connection", b"keep-alive"),
    (b"Connection", b"Content-Length"),
    (b"Connection", b"Transfer-Encoding"),
    (b"Connection", b"host, x-forwarded-for, close"),
    (b"Connection", b"keep-alive, Content-Length, Transfer-Encoding"),
    (b"Connection", b"upgrade"),
    (b"Upgrade", b"h2c"),
    (b"Upgrade", b"websocket"),
    (b"Keep-Alive", b"timeout=5"),
    (b"Proxy-Connection", b"keep-alive"),
    (b"TE", b"trailers, chunked"),
    (b"Trailer", b"Content-Length"),
    (b"Max-Forwards", b"0"),
    (b"Expect", b"100-continue"),
    (b"Content_Length", b"5"),
    (b"Transfer_Encoding", b"chunked"),
    (b"Content-Encoding", b"gzip"),
    (b"Content-Length ", b"5"),
    (b"X-Empty", b""),
    (b"", b"no name"),
)


def drop_line(rng: Random, draft: Draft) -> None:
    if draft.lines:
        del draft.lines[rng.randrange(len(draft.lines))]


def shuffle_lines(rng: Random, draft: Draft) -> None:
    rng.shuffle(draft.lines)


def empty_lines_before(rng: Random, draft: Draft) -> None:
    draft.before = rng.choice((b"\r\n", b"\n", b"\r\n\r\n", b"\r", b" ", b"\r\n" * 4, b"\x00"))


# --- mutations of a body --------------------------------------------------------------------------


def other_size(rng: Random, draft: Draft) -> None:
    if draft.chunks:
        at = rng.randrange(len(draft.chunks))
        _, data, end = draft.chunks[at]
        draft.chunks[at] = (rng.choice(SIZES), data, end)


def odd_chunk_end(rng: Random, draft: Draft) -> None:
    ends = (b"\n", b"\r", b"", b"\r\r\n", b"X\r\n", b"\r\n\r\n", b" \r\n", b"\x00\r\n")
    if rng.random() < 0.3:
        draft.size_end = rng.choice(ends)
    elif draft.chunks:
        at = rng.randrange(len(draft.chunks))
        draft.chunks[at] = (*draft.chunks[at][:2], rng.choice(ends))


def other_last_chunk(rng: Random, draft: Draft) -> None:
    if draft.last:
        draft.last = rng.choice(LAST_CHUNKS)


LAST_CHUNKS: Final = (
    b"0\n\r\n|0\r\n\n|0\n\n|0\r\n|0|00\r\n\r\n|0;a=b\r\n\r\n|0 \r\n\r\n|-0\r\n\r\n|0x0\r\n\r\n"
    b"|0\r\nT: x\r\n\r\n|0\r\nContent-Length: 5\r\n\r\n|0\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"|0\r\nbad\r\n\r\n|0\r\nT : x\r\n\r\n|0\r\nT: x\n\r\n|0\r\nT: a\x00b\r\n\r\n"
    b"|0\r\n T: x\r\n\r\n"
    b"|0\r\nT: x\r\n folded\r\n\r\n|0\r\n\r\n\r\n|0\r\nX\r\n|0\r\nT: x\ry\r\n\r\n|\r\n|0\r\r\n\r\n"
    b"|0\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n|0\r\nHost: a\r\n\r\n|00000000000000000\r\n\r\n"
).split(b"|")


def other_body(rng: Random, draft: Draft) -> None:
    draft.body = rng.choice((b"", b"hello", PAYLOAD + b"!", b"\r\n", NEXT, b"0\r\n\r\n", b"\x00"))


def length_beside_chunks(rng: Random, draft: Draft) -> None:
    value = rng.choice((b"12", b"5", b"0", b"22", b"x", rng.choice(LENGTHS)))
    _put(rng, draft, Line(b"Content-Length", value))
    if draft.find(b"transfer-encoding") is None:
        _put(rng, draft, Line(b"Transfer-Encoding", rng.choice((b"chunked", b"Chunked"))))


def odd_start(lines: list[bytes]) -> Mutation:
    def mutate(rng: Random, draft: Draft) -> None:
        draft.start = rng.choice(lines)

    return mutate


HEADS: Final[tuple[Mutation, ...]] = (
    other_length,
    other_length,
    same_length_again,
    other_coding,
    other_coding,
    length_beside_chunks,
    odd_name,
    odd_colon,
    odd_value,
    odd_value,
    odd_line_end,
    fold,
    known_field,
    known_field,
    drop_line,
    shuffle_lines,
    empty_lines_before,
)
BODIES: Final[tuple[Mutation, ...]] = (
    other_size,
    other_size,
    odd_chunk_end,
    other_last_chunk,
    other_last_chunk,
    other_body,
)
OF_REQUESTS: Final = (*HEADS, *BODIES, odd_start(REQUEST_LINES), odd_start(REQUEST_LINES))
OF_RESPONSES: Final = (
    *(*HEADS, *BODIES, bare_line_feeds),
    *(odd_start(STATUS_LINES), odd_start(STATUS_LINES)),
)

ODD_BYTES: Final = [*b"\r \n \r\n : \x00 \t \x0b \x7f \xff 0 ; , \r\n\r\n A".split(b" "), b" "]


def _scratch(rng: Random, stream: bytes) -> bytes:
    """A byte or two lost, doubled, replaced or put in."""
    at = rng.randint(0, len(stream))
    match rng.randrange(4):
        case 0:
            return stream[:at] + rng.choice(ODD_BYTES) + stream[at:]
        case 1:
            return stream[:at] + stream[at + rng.randint(1, 2) :]
        case 2:
            return stream[:at] + rng.choice(ODD_BYTES) + stream[at + 1 :]
        case _:
            until = at + rng.randint(1, 20)
            return stream[:until] + stream[at:]


def _chunked(rng: Random) -> tuple[list[tuple[bytes, bytes, bytes]], bytes]:
    cut = rng.randint(0, len(PAYLOAD))
    pieces = [piece for piece in (PAYLOAD[:cut], PAYLOAD[cut:]) if piece]
    return [(b"%x" % len(piece), piece, b"\r\n") for piece in pieces], b"0\r\n\r\n"


def _spoil(rng: Random, draft: Draft, mutations: tuple[Mutation, ...]) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        rng.choice(mutations)(rng, draft)
    stream = draft.render()
    return _scratch(rng, stream) if rng.random() < 0.15 else stream


# --- what is made ---------------------------------------------------------------------------------


def request(rng: Random) -> bytes:
    """A client's stream: a request, mostly with NEXT behind it."""
    lines = [Line(b"Host", b"a"), Line(b"X-One", b"1")]
    match rng.randrange(5):
        case 0:
            draft = Draft(b"GET /first?q HTTP/1.1", lines)
        case 1 | 2:
            lines.append(Line(b"Content-Length", b"12"))
            draft = Draft(b"POST /first HTTP/1.1", lines, body=PAYLOAD)
        case _:
            lines.append(Line(b"Transfer-Encoding", b"chunked"))
            draft = Draft(b"POST /first HTTP/1.1", lines)
            draft.chunks, draft.last = _chunked(rng)
    stream = _spoil(rng, draft, OF_REQUESTS)
    return stream + NEXT if rng.random() < 0.7 else stream


def response(rng: Random) -> bytes:
    """A worker's answer to one request."""
    lines = [Line(b"Content-Type", b"text/plain"), Line(b"X-One", b"1")]
    draft = Draft(b"HTTP/1.1 200 OK", lines)
    match rng.randrange(6):
        case 0:
            draft.body = PAYLOAD  # to the end of the connection
        case 1 | 2:
            lines.append(Line(b"Content-Length", b"12"))
            draft.body = PAYLOAD
        case 3:
            draft.start = rng.choice((b"HTTP/1.1 204 None", b"HTTP/1.1 304 Same"))
        case _:
            lines.append(Line(b"Transfer-Encoding", b"chunked"))
            draft.chunks, draft.last = _chunked(rng)
    stream = _spoil(rng, draft, OF_RESPONSES)
    if rng.random() < 0.2:
        interim = Draft(b"HTTP/1.1 103 Early Hints", [Line(b"Link", b"</a>")])
        if rng.random() < 0.5:
            rng.choice((*HEADS, bare_line_feeds))(rng, interim)
        stream = interim.render() + stream
    return stream + rng.choice((b"", b"", b"", SPLIT, b"\r\n", b"x", b"HTTP/1.1 "))


SPLIT: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Evil: 1\r\n\r\nevil"
"""An answer nobody asked for, behind the one that was (RFC 9112 §11.1)."""
