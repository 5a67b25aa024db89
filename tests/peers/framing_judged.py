"""Where httpdlite, h11 and Apache read a message differently, and why that is safe.

In: a stream and what two readers made of it. Out: the row that judges the difference, or None: then
somebody must look at it. Who is stricter says which of the two refused; the other has read a
message. Two different readings of the same bytes are never in these tables.

A row's `said` is found in the reason of the one who refused, its `sign` in the bytes; `example` is
judged by this row and by no other.
"""

import re
from dataclasses import dataclass
from typing import Final

from tests.peers.framing_readers import Read, Reading, Unread


@dataclass(frozen=True, slots=True)
class Judged:
    """One class of disagreements."""

    stricter: str
    what: str
    said: str
    sign: bytes
    example: bytes
    why: str
    method: bytes = b"GET"

    def judges(self, stricter: str, said: str, stream: bytes) -> bool:
        return (
            stricter == self.stricter
            and re.search(self.said, said) is not None
            and re.search(self.sign, stream, re.DOTALL | re.IGNORECASE) is not None
        )


Table = tuple[Judged, ...]

BARE: Final = rb"(?<!\r)\n|\r(?!\n)"
CONTROL: Final = rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
STRICT: Final = "refusing is always safe"

# --- requests, beside h11 -------------------------------------------------------------------------

REQUESTS_H11: Final[Table] = (
    Judged(
        "httpdlite",
        "a line of the head ends in a bare LF or CR",
        "bare CR or LF",
        BARE,
        b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        "9112 §2.2 lets a reader take a bare LF; Apache (Strict) refuses it, and so do we",
    ),
    Judged(
        "httpdlite",
        "the request line ends in a bare LF",
        "the request line is not",
        rb"\A[^\r]*\n",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        "as above: there is no CRLF behind the version",
    ),
    Judged(
        "httpdlite",
        "several Content-Length that agree",
        "Content-Length is not one number",
        rb"content-length:.*(,|content-length:)",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "9112 §6.3 lets a reader merge equal ones; Apache refuses them",
    ),
    Judged(
        "httpdlite",
        "a Content-Length of more than 18 digits",
        "Content-Length is not one number",
        rb"content-length:\s*[0-9]{19,20}\s",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000000000001\r\n\r\nx",
        "no file is that long, and 2**63 is where others overflow",
    ),
    Judged(
        "httpdlite",
        "a control byte in a field's value",
        "a field value contains invalid characters",
        CONTROL,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
        "9110 §5.5: CR, LF and NUL are dangerous, the others invalid; as Apache",
    ),
    Judged(
        "httpdlite",
        "a bare LF in the framing of chunks",
        "a bare LF in the chunked framing",
        rb"(?<!\r)\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: x\n\r\n",
        "9112 §7.1 has CRLF only; h11 takes LF in trailers",
    ),
    Judged(
        "httpdlite",
        "a control byte in a chunk extension",
        "a chunk size that is no hexadecimal number",
        rb"\r\n[0-9a-f]+;[^\n]*(" + CONTROL + rb"|\r(?!\n))",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;\x00\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1: an extension is made of tokens and quoted strings",
    ),
    Judged(
        "httpdlite",
        "a chunk size of more than 16 digits",
        "a chunk size that is too large",
        rb"\r\n[0-9a-f]{17,20}\W",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"00000000000000001\r\nx\r\n0\r\n\r\n",
        "9112 §7.1: a reader must guard against overflow",
    ),
    Judged(
        "httpdlite",
        "HTTP/0.x in the request line",
        "HTTP/0.x is not served",
        rb"\A(\r\n)*[^\r]* HTTP/0\.",
        b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
        "there is no such version with fields",
    ),
    Judged(
        "httpdlite",
        "Transfer-Encoding with HTTP/1.0",
        "Transfer-Encoding in an HTTP/1.0 request",
        rb"HTTP/1\.0\r\n.*transfer-encoding",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "9112 §6.1: faulty framing; Apache decodes it and even keeps the connection",
    ),
    Judged(
        "httpdlite",
        "a folded line of blanks only",
        "blanks only",
        rb"\n[ \t]+\r?\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n",
        "a reader that trims its lines would see the end of the head; Apache refuses it",
    ),
    Judged(
        "httpdlite",
        "a chunk extension of more than 8190 bytes",
        "a chunk size that is too large|the line of a chunk's size",
        rb";[^\r\n]{8000}",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1;" + b"x" * 9000 + b"\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1 asks for a limit; Apache has one, too",
    ),
    Judged(
        "h11",
        "a field of framing in the trailers",
        "Transfer-Encoding|Content-Length",
        rb"\r\n0+[^\r]*\r\n.*(transfer-encoding|content-length)",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\nContent-Length: x\r\n\r\n",
        "9110 §6.5.1: it means nothing there; trailers are dropped",
    ),
    Judged(
        "h11",
        "no Host, or several",
        "Missing mandatory Host|Found multiple Host",
        rb"",
        b"GET / HTTP/1.1\r\n\r\n",
        "routes/decide.py answers 400; a request with no one Host is never forwarded",
    ),
    Judged(
        "h11",
        "an empty line before the request line",
        "no request line received",
        rb"\A\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "9112 §2.2 asks to skip one; Apache skips ten; nothing of it is forwarded",
    ),
    Judged(
        "h11",
        "bytes above ASCII in the target",
        "illegal request line",
        rb"\A(\r\n)*[!-~]+ [!-~]*[\x80-\xff]",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        "no reader ends anything there; in the path they are sent as %XX, in a query as they are,"
        " as in Apache",
    ),
    Judged(
        "h11",
        "blanks before a chunk extension",
        "illegal chunk header",
        rb"\r\n[0-9a-f]+[ \t]+;",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1 ;a\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1 has BWS there; chunks are made anew, so it is never forwarded",
    ),
)

# --- responses, beside h11 ------------------------------------------------------------------------

_STATUS_LINE: Final = "Corrupt status line"
_OK: Final = b"HTTP/1.1 200 OK\r\n"

RESPONSES_H11: Final[Table] = (
    Judged(
        "httpdlite",
        "a control byte in a field's value",
        "a field value contains invalid characters",
        CONTROL + rb"|\r(?!\n)",
        _OK + b"X: \x01\r\nContent-Length: 0\r\n\r\n",
        "9110 §5.5; Apache answers 500, too",
    ),
    Judged(
        "httpdlite",
        "a control byte in the reason",
        _STATUS_LINE,
        rb"HTTP/1\.[0-9] [0-9]{3} [^\n]*(" + CONTROL + rb"|\r(?!\n))",
        b"HTTP/1.1 200 \x01\r\nContent-Length: 0\r\n\r\n",
        "9112 §4: tab, blank, visible characters",
    ),
    Judged(
        "httpdlite",
        "another major version, or a status beyond 599",
        _STATUS_LINE,
        rb"HTTP/([02-9]\.[0-9] |1\.[0-9] [06-9])",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "9110 §15: a status is 100 to 599; such a head says nothing sure of its body",
    ),
    Judged(
        "httpdlite",
        "a Content-Length that is no number beside one that counts, or with a status without body",
        "Content-Length of the response is not a number",
        rb"content-length:",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1, 1\r\n\r\n0\r\n\r\n",
        "a worker that sends it cannot be trusted with what follows",
    ),
    Judged(
        "httpdlite",
        "a bare LF in the framing of chunks",
        "a bare LF in the chunked framing",
        rb"(?<!\r)\n",
        _OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nT: x\n\r\n",
        "9112 §7.1; h11 takes LF in trailers. The client's connection is cut",
    ),
    Judged(
        "httpdlite",
        "a control byte in a chunk extension, or a size of more than 16 digits",
        "a chunk size that is no hexadecimal number|a chunk size that is too large",
        rb"\n[0-9a-f]+;[^\n]*(" + CONTROL + rb"|\r(?!\n))|\n[0-9a-f]{17,20}\W",
        _OK + b"Transfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n",
        "9112 §7.1, §7.1.1. The client's connection is cut",
    ),
    Judged(
        "httpdlite",
        "a chunk extension of more than 8190 bytes",
        "a chunk size that is too large|the line of a chunk's size",
        rb";[^\r\n]{8000}",
        _OK + b"Transfer-Encoding: chunked\r\n\r\n0;" + b"x" * 9000 + b"\r\n\r\n",
        "9112 §7.1.1 asks for a limit; Apache has one, too",
    ),
    Judged(
        "h11",
        "a Transfer-Encoding other than `chunked`",
        "Only Transfer-Encoding|multiple Transfer-Encoding",
        rb"transfer-encoding[^:]*:",
        _OK + b"Transfer-Encoding: gzip\r\n\r\nx",
        "9112 §6.3: ends in chunked, or with the connection, which is not used again; the client"
        " gets a framing of ours and no such field",
    ),
    Judged(
        "h11",
        "a Content-Length that is no number in a 1xx",
        "Content-Length",
        rb"HTTP/1\.[0-9] 1[0-9]{2}[^\n]*\n([^\n]+\n)*?content-length",
        b"HTTP/1.1 103 X\r\nContent-Length: x\r\n\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
        "9110 §15.2: a 1xx has no body; the field is not passed on",
    ),
    Judged(
        "h11",
        "Content-Length twice, the same number written differently",
        "conflicting Content-Length",
        rb"content-length:.*content-length:",
        _OK + b"Content-Length: 01\r\nContent-Length: 1\r\n\r\nx",
        "both say the same; one of them is passed on",
    ),
    Judged(
        "h11",
        "an empty line before a head",
        "no response line received",
        rb"\r\n",
        b"\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
        "Apache skips one, too; it is not passed on",
    ),
    Judged(
        "h11",
        "blanks before a chunk extension",
        "illegal chunk header",
        rb"\n[0-9a-f]+[ \t]+;",
        _OK + b"Transfer-Encoding: chunked\r\n\r\n1 ;a\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1 has BWS there; chunks are made anew",
    ),
)


def verdict(ours: Reading, theirs: Reading, who: str) -> tuple[str, str] | None:
    """Who is stricter, and what he says; None when the two agree: they read the same, or neither
    reads a message. Two different readings give ("nobody", …), which no table judges.
    """
    if isinstance(ours, Unread):
        return ("httpdlite", ours.why) if isinstance(theirs, Read) else None
    if isinstance(theirs, Unread):
        return who, theirs.why
    return None if _alike(ours) == _alike(theirs) else ("nobody", f"{ours} and {theirs}")


def _alike(read: Read) -> tuple[object, ...]:
    """A reading without what both may choose: how many blanks join a folded line (9112 §5.2)."""
    blanks = re.compile(rb"[ \t]+")
    fields = [(name, blanks.sub(b" ", value)) for name, value in read.fields]
    return read.start, fields, read.payload, read.rest


def judge(table: Table, stricter: str, said: str, stream: bytes) -> Judged | None:
    """The row that judges a disagreement."""
    return next((row for row in table if row.judges(stricter, said, stream)), None)
