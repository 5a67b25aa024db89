"""Where a request ends: lengths, codings, chunks; and what could smuggle a second one."""

from typing import Final

from tests.peers.behaviour.language import (
    BODY,
    CONTINUE,
    EARLY,
    END,
    FINE,
    SPLIT,
    Case,
    Configuration,
    Reached,
    case,
    chunked,
    raw,
    request,
)

PLAIN: Final = "ProxyPass / http://WORKER/\n"
HIDDEN: Final = b"GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
ENDS: Final = b"4\r\nbody\r\n0\r\n\r\n"


def _lengths(*values: str) -> tuple[Case, ...]:
    return tuple(
        case(
            f"Content-Length: {value}", request("POST /x", f"Content-Length: {value}", body=b"body")
        )
        for value in values
    )


def _codings(*values: str) -> tuple[Case, ...]:
    return tuple(
        case(
            f"Transfer-Encoding: {value}",
            request("POST /x", f"Transfer-Encoding: {value}", body=ENDS),
        )
        for value in values
    )


def _chunks(**bodies: bytes) -> tuple[Case, ...]:
    return tuple(case(name.replace("_", " "), chunked("/x", body)) for name, body in bodies.items())


def _both(name: str, *fields: str, body: bytes = ENDS, line: str = "POST /x") -> Case:
    return case(name, request(line, *fields, body=body))


LENGTHS: Final = Configuration(
    "Content-Length",
    PLAIN,
    (
        *_lengths(
            "+4", "-4", "4 ", "04", "0004", "4.0", "4e0", "0x4", "4,", "4, 4", "4,4", "4;", '"4"'
        ),
        *_lengths("", " ", "\xb2", "4 4", "9" * 19, "9" * 30, "18446744073709551620", "\t4"),
        _both("twice the same", "Content-Length: 4", "Content-Length: 4", body=b"body"),
        _both("two", "Content-Length: 4", "Content-Length: 0", body=b"body"),
        _both("two, one empty", "Content-Length: 4", "Content-Length:", body=b"body"),
        _both("folded", "Content-Length:", " 4", body=b"body"),
        _both("folded number", "Content-Length: 4", " 2", body=b"body"),
        _both("a blank before the colon", "Content-Length : 4", body=b"body"),
        case("underscore", request("POST /x", "Content_Length: 4", body=HIDDEN), answers=2),
        case(
            "a second request behind",
            request("POST /x", "Content-Length: 4", body=b"body" + HIDDEN),
            answers=2,
        ),
        case("none with a body", request("POST /x", body=b"body\r\n\r\n"), answers=2),
        case("GET with 0", request("GET /x", "Content-Length: 0")),
        case(
            "HTTP/1.0, two",
            request("POST /x HTTP/1.0", "Content-Length: 4", "Content-Length: 5", body=b"body"),
        ),
    ),
)

CODINGS: Final = Configuration(
    "Transfer-Encoding",
    PLAIN,
    (
        *_codings(
            "chunked", "Chunked", "CHUNKED", " chunked ", "chunked,", ",chunked", "chunked;x=y"
        ),
        *_codings("chunked, chunked", "identity", "identity, chunked", "gzip, chunked", "gzip"),
        *_codings(
            "chunked, gzip", "chunked, identity", "xchunked", "chunkedx", '"chunked"', "", "x y"
        ),
        *_codings("chunked\tx", "\x0bchunked", "chun ked", "x, chunked", "chunked\x00"),
        _both("twice chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        _both(
            "chunked, then identity", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"
        ),
        _both(
            "identity, then chunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked"
        ),
        _both("folded", "Transfer-Encoding:", " chunked"),
        _both("folded list", "Transfer-Encoding: x,", " chunked"),
        _both("a blank before the colon", "Transfer-Encoding : chunked"),
        _both("underscore", "Transfer_Encoding: chunked", "Content-Length: 14"),
        _both("with a length", "Transfer-Encoding: chunked", "Content-Length: 4"),
        _both("a length first", "Content-Length: 4", "Transfer-Encoding: chunked"),
        _both("with a bad length", "Content-Length: x", "Transfer-Encoding: chunked"),
        _both(
            "with two lengths",
            "Content-Length: 4",
            "Content-Length: 4",
            "Transfer-Encoding: chunked",
        ),
        _both(
            "with a length, hidden",
            "Content-Length: 43",
            "Transfer-Encoding: chunked",
            body=b"0\r\n\r\n" + HIDDEN,
        ),
        _both(
            "identity with a length",
            "Transfer-Encoding: identity",
            "Content-Length: 4",
            body=b"body",
        ),
        _both("gzip with a length", "Transfer-Encoding: gzip", "Content-Length: 4", body=b"body"),
        _both("empty with a length", "Transfer-Encoding:", "Content-Length: 4", body=b"body"),
        _both("HTTP/1.0", "Transfer-Encoding: chunked", line="POST /x HTTP/1.0"),
        _both(
            "HTTP/1.0 and a length",
            "Transfer-Encoding: chunked",
            "Content-Length: 4",
            line="POST /x HTTP/1.0",
        ),
        _both(
            "HTTP/1.0, kept alive",
            "Transfer-Encoding: chunked",
            "Connection: keep-alive",
            line="POST /x HTTP/1.0",
        ),
        _both("GET", "Transfer-Encoding: chunked", line="GET /x"),
        _both("named by Connection", "Connection: Transfer-Encoding", "Transfer-Encoding: chunked"),
        _both("length named by Connection", "Connection: Content-Length", "Content-Length: 14"),
        _both("TE: chunked", "TE: chunked", "Content-Length: 4", body=b"body"),
    ),
)

CHUNKS: Final = Configuration(
    "chunks",
    PLAIN,
    (
        *_chunks(
            plain=ENDS,
            empty=b"0\r\n\r\n",
            upper_case=b"A\r\n0123456789\r\n0\r\n\r\n",
            lower_case=b"a\r\n0123456789\r\n0\r\n\r\n",
            leading_zeros=b"0004\r\nbody\r\n000\r\n\r\n",
            twenty_leading_zeros=b"0" * 20 + b"4\r\nbody\r\n0\r\n\r\n",
            extension=b"4;x=y\r\nbody\r\n0;z\r\n\r\n",
            quoted_extension=b'4;x="y;\\"z"\r\nbody\r\n0\r\n\r\n',
            extension_after_a_blank=b"4 ;x\r\nbody\r\n0\r\n\r\n",
            extension_of_5000=b"4;" + b"x" * 5000 + b"\r\nbody\r\n0\r\n\r\n",
            extension_of_9000=b"4;" + b"x" * 9000 + b"\r\nbody\r\n0\r\n\r\n",
            extension_with_a_control_byte=b"4;x\x01\r\nbody\r\n0\r\n\r\n",
            extension_with_a_high_byte=b"4;x\xe4\r\nbody\r\n0\r\n\r\n",
            extension_with_a_bare_LF=b"4;x\nbody\r\n0\r\n\r\n",
            extension_with_a_bare_CR=b"4;x\ry\r\nbody\r\n0\r\n\r\n",
            blank_after_the_size=b"4 \r\nbody\r\n0\r\n\r\n",
            tab_after_the_size=b"4\t\r\nbody\r\n0\r\n\r\n",
            blank_before_the_size=b" 4\r\nbody\r\n0\r\n\r\n",
            text_after_the_size=b"4 x\r\nbody\r\n0\r\n\r\n",
            plus=b"+4\r\nbody\r\n0\r\n\r\n",
            minus=b"-4\r\nbody\r\n0\r\n\r\n",
            hexadecimal_prefix=b"0x4\r\nbody\r\n0\r\n\r\n",
            underscore=b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
            no_size=b"\r\nbody\r\n0\r\n\r\n",
            letters=b"xyz\r\nbody\r\n0\r\n\r\n",
            sixteen_F=b"F" * 16 + b"\r\nbody\r\n0\r\n\r\n",
            overflow=b"10000000000000004\r\nbody\r\n0\r\n\r\n",
            bare_LF_after_the_size=b"4\nbody\r\n0\r\n\r\n",
            bare_CR_after_the_size=b"4\rbody\r\n0\r\n\r\n",
            bare_LF_after_the_data=b"4\r\nbody\n0\r\n\r\n",
            bare_CR_after_the_data=b"4\r\nbody\r0\r\n\r\n",
            nothing_after_the_data=b"4\r\nbody0\r\n\r\n",
            more_data_than_said=b"4\r\nbodybody\r\n0\r\n\r\n",
            bare_LF_at_the_end=b"4\r\nbody\r\n0\n\n",
            last_line_with_bare_LF=b"4\r\nbody\r\n0\r\n\n",
            NUL_in_the_size=b"4\x00\r\nbody\r\n0\r\n\r\n",
            many_chunks=b"1\r\nx\r\n" * 200 + b"0\r\n\r\n",
            trailer=b"4\r\nbody\r\n0\r\nX-T: 1\r\n\r\n",
            trailers=b"4\r\nbody\r\n0\r\nX-T: 1\r\nHost: evil\r\nContent-Length: 9\r\n\r\n",
            bad_trailer=b"4\r\nbody\r\n0\r\nX-T 1\r\n\r\n",
            trailer_with_a_control_byte=b"4\r\nbody\r\n0\r\nX-T: \x01\r\n\r\n",
            trailer_with_a_blank_name=b"4\r\nbody\r\n0\r\nX T: 1\r\n\r\n",
            trailer_folded=b"4\r\nbody\r\n0\r\nX-T: 1\r\n 2\r\n\r\n",
            trailer_too_long=b"4\r\nbody\r\n0\r\nX-T: " + b"x" * 9000 + b"\r\n\r\n",
            two_hundred_trailers=b"0\r\n" + b"X-T: 1\r\n" * 200 + b"\r\n",
        ),
        case("seven and fifteen F", (chunked("/x", b"7" + b"F" * 15 + b"\r\nbody"), END)),
        case("trailer announced", chunked("/x", b"0\r\nX-T: 1\r\n\r\n", "Trailer: X-T")),
        case("a second request behind", chunked("/x", ENDS + HIDDEN), answers=2),
        case("a second request as a chunk", chunked("/x", b"26\r\n" + HIDDEN + b"\r\n0\r\n\r\n")),
        case(
            "a bad size after 20 kB",
            (chunked("/x", b"5000\r\n" + b"x" * 0x5000), Reached(1), b"\r\nzz\r\n"),
        ),
        case("cut in the size", (chunked("/x", b"4"), SPLIT, END)),
        case("cut in the data", (chunked("/x", b"4\r\nbo"), SPLIT, END)),
        case("cut before the end", (chunked("/x", b"4\r\nbody\r\n0\r\n"), SPLIT, END)),
    ),
)

SECOND: Final = Configuration(
    "smuggling",
    PLAIN,
    (
        case(
            "a bare CR as a line end",
            raw("GET /x HTTP/1.1", "Host: a.test\rContent-Length: 38") + HIDDEN,
        ),
        case(
            "a bare LF as a line end",
            raw("GET /x HTTP/1.1", "Host: a.test\nContent-Length: 38") + HIDDEN,
        ),
        case(
            "the length in a folded line",
            raw("GET /x HTTP/1.1", "Host: a.test", "X: y", " Content-Length: 38") + HIDDEN,
            answers=2,
        ),
        case(
            "the coding in a folded line",
            raw(
                "POST /x HTTP/1.1",
                "Host: a.test",
                "Content-Length: 4",
                "X: y",
                " Transfer-Encoding: chunked",
                body=b"body" + HIDDEN,
            ),
            answers=2,
        ),
        case(
            "NUL before the coding",
            raw("POST /x HTTP/1.1", "Host: a.test", "\0Transfer-Encoding: chunked", body=ENDS),
        ),
        case(
            "a colon before the coding",
            raw("POST /x HTTP/1.1", "Host: a.test", ":Transfer-Encoding: chunked", body=ENDS),
        ),
        case(
            "a tab in the name",
            raw("POST /x HTTP/1.1", "Host: a.test", "Transfer-\tEncoding: chunked", body=ENDS),
        ),
        case(
            "vertical tab before the value",
            raw("POST /x HTTP/1.1", "Host: a.test", "Transfer-Encoding:\x0bchunked", body=ENDS),
        ),
        case("CRLF in the target", request("GET /x%0d%0aX:%201 HTTP/1.1")),
        case(
            "a request line in a value",
            raw("GET /x HTTP/1.1", "Host: a.test", "X: GET /hidden HTTP/1.1"),
        ),
        case(
            "a second request line", raw("GET /x HTTP/1.1", "GET /hidden HTTP/1.1", "Host: a.test")
        ),
        case(
            "an expected body that is a request",
            request("POST /x", "Expect: 100-continue", "Content-Length: 38", body=HIDDEN),
            (EARLY, CONTINUE, BODY, FINE),
        ),
        case("HTTP/1.0 without a length", request("POST /x HTTP/1.0", body=HIDDEN)),
        case("after a 400", b"GET / HTTP/9\r\n\r\n" + HIDDEN),
        case("HEAD with a hidden one", request("HEAD /x", "Content-Length: 38", body=HIDDEN)),
        case(
            "OPTIONS * with a hidden one", request("OPTIONS *", "Content-Length: 38", body=HIDDEN)
        ),
        case("TRACE with a hidden one", request("TRACE /x", "Content-Length: 38", body=HIDDEN)),
        case("a 404 with a hidden one", request("POST /a%2fb", "Content-Length: 38", body=HIDDEN)),
        case(
            "a 404 in chunks with a hidden one", chunked("/a%2fb", b"0\r\n\r\n" + HIDDEN), answers=2
        ),
    ),
)

TABLES: Final = (LENGTHS, CODINGS, CHUNKS, SECOND)
