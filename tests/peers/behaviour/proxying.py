"""What the proxy adds, takes away and forbids; workers and their parameters; the environment."""

from typing import Final

from tests.peers.behaviour.language import (
    BESIDE,
    BODY,
    CLOSE,
    CONTINUE,
    CUE,
    EARLY,
    FINE,
    NEXT,
    SILENT,
    Case,
    Configuration,
    Pause,
    Reached,
    Until,
    case,
    chunked,
    get,
    post,
    raw,
    request,
    response,
    slow,
)

PLAIN: Final = "Timeout 1\nProxyPass / http://WORKER/\n"
FORWARDED: Final = ("X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: h", "X-Forwarded-Server: s")

HEAD_CASES: Final = (
    case("plain", get("/x", "A: 1")),
    case("a port", get("/x", host="b.test:8080")),
    case("capitals", get("/x", host="B.Test")),
    case("v6", get("/x", host="[::1]:80")),
    case("HTTP/1.0 without Host", get("/x", host=None, version="HTTP/1.0")),
    case("an absolute target", get("http://c.test:81/x", host="b.test")),
    case("forwarded", get("/x", *FORWARDED)),
    case(
        "Via",
        get("/x", "Via: 1.0 other, 1.1 third"),
        response("200 OK", "Via: 1.1 worker", body=b"fine"),
    ),
    case(
        "HTTP/1.0 and Via",
        get("/x", version="HTTP/1.0"),
        response("200 OK", version="HTTP/1.0", body=b"fine"),
    ),
    case("Max-Forwards", get("/x", "Max-Forwards: 7")),
    case("POST", post("/x")),
    case("an error", get("/x"), CLOSE),
    case("a local 404", get("/a%2fb")),
    case("a 304", get("/x"), raw("HTTP/1.1 304 Not Modified")),
)


def _heads(text: str) -> Configuration:
    name = text.strip().replace("\n", ", ")
    return Configuration(name, text + PLAIN, HEAD_CASES)


HEADS: Final = tuple(
    _heads(text + "\n")
    for text in (
        *("ProxyPreserveHost On", "ProxyAddHeaders Off", "ProxyVia On", "ProxyVia Full"),
        *(
            "ProxyVia Block",
            "ProxyMaxForwards 5",
            "ProxyMaxForwards 0",
            "ServerName named.test:8443",
        ),
        "ProxyPreserveHost On\nProxyAddHeaders Off\nProxyVia On",
    )
)
HEADS_IN_SECTIONS: Final = Configuration(
    "heads by section",
    """\
ProxyPreserveHost On
<Location /off/>
  ProxyPreserveHost Off
  ProxyAddHeaders Off
</Location>
<Location /on/>
  ProxyAddHeaders On
</Location>
"""
    + PLAIN,
    (case("server's", get("/x")), case("off", get("/off/x")), case("on", get("/on/x"))),
)

BLOCKED: Final = Configuration(
    "ProxyBlock",
    "ProxyBlock localhost 127.0.0.9\nProxyPass /b http://localhost:9/\n"
    "ProxyPass /ip http://127.0.0.9:9/\nProxyPass / http://WORKER/\n",
    (
        case("blocked", get("/b")),
        case("by address", get("/ip")),
        case("not blocked", get("/x")),
        case("blocked, POST", post("/b")),
    ),
)
BLOCK_ALL: Final = Configuration(
    "ProxyBlock *", "ProxyBlock *\n" + PLAIN, (case("GET", get("/x")), case("POST", post("/x")))
)
STATUS: Final = Configuration(
    "ProxyStatus On", "ProxyStatus On\n" + PLAIN, (case("GET", get("/x")),)
)

# --- environment --------------------------------------------------------------------------------

ENV_CASES: Final = (
    case("GET", get("/x")),
    case("GET twice", (get("/x"), NEXT, get("/y"))),
    case("POST", post("/x")),
    case("POST, chunked", chunked("/x", b"4\r\nbody\r\n0\r\n\r\n")),
    case("POST, 40000 in chunks", chunked("/x", b"%x\r\n%b\r\n0\r\n\r\n" % (40000, b"b" * 40000))),
    case(
        "POST, 200000 in chunks",
        chunked("/x", b"%x\r\n%b\r\n" % (9, b"b" * 9) * 20000 + b"0\r\n\r\n"),
    ),
    case("POST, 40000", post("/x", body=b"b" * 40000)),
    case("an empty POST", post("/x", body=b"")),
    case("Connection: close", get("/x", "Connection: close")),
    case("HTTP/1.0", get("/x", version="HTTP/1.0")),
    case("Upgrade", get("/x", "Upgrade: websocket", "Connection: Upgrade")),
    case("103", get("/x"), raw("HTTP/1.1 103 Early", "Link: a") + FINE),
    case("100 unasked", get("/x"), CONTINUE + FINE),
    case(
        "Expect",
        (request("POST /x", "Expect: 100-continue", "Content-Length: 4"), Until(b"100"), b"body"),
        (EARLY, CONTINUE, BODY, FINE),
    ),
    case(
        "Expect, chunked",
        (
            request("POST /x", "Expect: 100-continue", "Transfer-Encoding: chunked"),
            Until(b"100"),
            b"4\r\nbody\r\n0\r\n\r\n",
        ),
        (EARLY, CONTINUE, BODY, FINE),
    ),
    case(
        "chunks back",
        get("/x"),
        raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n"),
    ),
    case("Proxy-Authorization", get("/x", "Proxy-Authorization: Basic x")),
    case("a length is missing", get("/x"), (raw("HTTP/1.1 200 OK", body=b"fine"), CLOSE)),
)
SETTINGS: Final = (
    "SetEnv force-proxy-request-1.0 1",
    "SetEnv proxy-nokeepalive 1",
    "SetEnv proxy-initial-not-pooled 1",
    "SetEnv proxy-sendcl 1",
    "SetEnv proxy-nohalfclose 1",
    "SetEnv proxy-source-port 1",
    "SetEnv proxy-sendchunked 1",
    "SetEnv proxy-sendchunks 1",
    "SetEnv proxy-interim-response RFC",
    "SetEnv proxy-interim-response Suppress",
    "SetEnv proxy-sendextracrlf 1",
    "SetEnv proxy-chain-auth 1",
    "SetEnv nokeepalive 1",
    "SetEnv downgrade-1.0 1",
    "SetEnv force-response-1.0 1",
    "SetEnv no-proxy 1",
)
ENVIRONMENT: Final = tuple(
    Configuration(
        text,
        f"{text}\n{PLAIN}",
        ENV_CASES,
    )
    for text in SETTINGS
)
SET_IF: Final = Configuration(
    "SetEnvIf",
    """\
SetEnvIf Request_URI ^/old force-proxy-request-1.0 proxy-nokeepalive
SetEnvIf Request_URI ^/not no-proxy
SetEnvIfNoCase User-Agent "bad" nokeepalive
BrowserMatch "MSIE 4" nokeepalive downgrade-1.0 force-response-1.0
<Location /sec>
  SetEnv proxy-nokeepalive 1
</Location>
"""
    + PLAIN,
    (
        case("none", get("/x")),
        case("old", get("/old")),
        case("not", get("/not")),
        case("sec", get("/sec")),
        case("agent", get("/x", "User-Agent: BAD/1")),
        case("MSIE 4", get("/x", "User-Agent: Mozilla/4.0 (MSIE 4)")),
        case(
            "MSIE 4, chunks",
            get("/x", "User-Agent: Mozilla/4.0 (MSIE 4)"),
            raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n"),
        ),
    ),
)

# --- workers ------------------------------------------------------------------------------------


def _worker(parameters: str, *cases: Case, target: str = "http://WORKER/") -> Configuration:
    name = f"{target} {parameters}" if target != "http://WORKER/" else parameters
    return Configuration(name.strip(), f"Timeout 2\nProxyPass / {target} {parameters}\n", cases)


REUSE: Final = (
    case("one client, two requests", (get("/1"), Until(b"fine"), get("/2")), answers=2),
    case("two clients", (get("/1"), NEXT, get("/2"))),
    case("POST", post("/x")),
    case("a worker that closes", get("/x"), (FINE, CLOSE)),
)
HELD: Final = (
    slow(
        "two at once",
        (get("/1"), Reached(1), BESIDE, get("/2"), Pause(0.3), CUE),
        (CUE, FINE),
        FINE,
    ),
)

WORKERS: Final = (
    _worker("disablereuse=On", *REUSE),
    _worker("enablereuse=Off", *REUSE),
    _worker("enablereuse=On", *REUSE),
    _worker("max=1", *REUSE, *HELD),
    _worker(
        "max=1 acquire=300",
        slow(
            "two at once",
            (get("/1"), Reached(1), BESIDE, get("/2"), Pause(0.9), CUE),
            (CUE, FINE),
            FINE,
        ),
    ),
    _worker(
        "max=1 acquire=3000",
        slow(
            "two at once",
            (get("/1"), Reached(1), BESIDE, get("/2"), Pause(0.3), CUE),
            (CUE, FINE),
            FINE,
        ),
    ),
    _worker(
        "smax=0 ttl=1",
        case("at once", (get("/1"), NEXT, get("/2"))),
        slow("too old", (get("/1"), Until(b"fine"), Pause(2.2), get("/2")), answers=2, patience=6),
    ),
    _worker(
        "timeout=1",
        slow("silent", get("/x"), SILENT),
        slow(
            "slow",
            get("/x"),
            (
                b"HTTP/1.1 200 OK\r\n",
                Pause(0.6),
                b"X: y\r\n",
                Pause(0.6),
                b"Content-Length: 4\r\n\r\n",
                Pause(0.6),
                b"fine",
            ),
        ),
        slow(
            "silent in the body",
            get("/x"),
            (raw("HTTP/1.1 200 OK", "Content-Length: 8", body=b"half"), SILENT),
        ),
    ),
    _worker(
        "connectiontimeout=1 timeout=3",
        slow("mute", get("/x")),
        slow("mute, POST", post("/x")),
        target="http://MUTE/",
    ),
    _worker("timeout=1", slow("mute", get("/x")), target="http://MUTE/x/"),
    _worker("connectiontimeout=300ms", slow("mute", get("/x")), target="http://MUTE/y"),
    _worker(
        "retry=0",
        case("dead", get("/x")),
        case("dead, POST", post("/x")),
        case("twice", (get("/x"), NEXT, get("/y"))),
        target="http://DEAD/",
    ),
    _worker("retry=60", case("twice", (get("/x"), NEXT, get("/y"))), target="http://DEAD/z"),
    _worker(
        "responsefieldsize=100",
        *(
            case(
                f"a line of {size}",
                get("/x"),
                (
                    raw(
                        "HTTP/1.1 200 OK",
                        "X: " + "v" * (size - 3),
                        "Content-Length: 4",
                        body=b"fine",
                    ),
                    CLOSE,
                ),
            )
            for size in (96, 97, 98, 99, 100, 101, 150)
        ),
        case(
            "a reason",
            get("/x"),
            (raw("HTTP/1.1 200 " + "r" * 200, "Content-Length: 4", body=b"fine"), CLOSE),
        ),
        case(
            "folded",
            get("/x"),
            (
                raw(
                    "HTTP/1.1 200 OK",
                    "X: " + "v" * 60,
                    " " + "v" * 60,
                    "Content-Length: 4",
                    body=b"fine",
                ),
                CLOSE,
            ),
        ),
        case(
            "many short ones",
            get("/x"),
            raw("HTTP/1.1 200 OK", *("X: y",) * 50, "Content-Length: 4", body=b"fine"),
        ),
    ),
    _worker(
        "responsefieldsize=16384",
        *(
            case(
                f"a line of {size}",
                get("/x"),
                (
                    raw(
                        "HTTP/1.1 200 OK",
                        "X: " + "v" * (size - 3),
                        "Content-Length: 4",
                        body=b"fine",
                    ),
                    CLOSE,
                ),
            )
            for size in (8193, 16380, 16390)
        ),
    ),
    _worker(
        "ping=1",
        case("GET", get("/x")),
        case("POST", post("/x"), (EARLY, CONTINUE, BODY, FINE)),
        case("POST, then POST", post("/x") + post("/y"), (EARLY, CONTINUE, BODY, FINE), answers=2),
        case("chunked", chunked("/x", b"4\r\nbody\r\n0\r\n\r\n"), (EARLY, CONTINUE, BODY, FINE)),
        case(
            "the worker answers at once",
            post("/x"),
            (EARLY, response("403 No", "Connection: close", body=b"no"), CLOSE),
        ),
        case(
            "the client expects, too",
            (
                request("POST /x", "Expect: 100-continue", "Content-Length: 4"),
                Until(b"100"),
                b"body",
            ),
            (EARLY, CONTINUE, BODY, FINE),
        ),
        slow("the worker is silent", post("/x"), (EARLY, SILENT)),
        case("the worker closes", post("/x"), (EARLY, CLOSE)),
    ),
    _worker(
        "keepalive=On iobuffersize=512 receivebuffersize=4096 flushpackets=on",
        *REUSE,
        case("long", get("/x"), response("200 OK", body=b"a" * 100000)),
    ),
    _worker(
        "flushpackets=auto flushwait=20",
        case(
            "in pieces",
            (get("/x"), Until(b"half"), CUE),
            (raw("HTTP/1.1 200 OK", "Content-Length: 8", body=b"half"), CUE, b"half"),
        ),
    ),
    _worker(
        "",
        *REUSE,
        case("nocanon'ed blank", get("/a%20b")),
        target="unix:UNIX|http://unix.test/base/",
    ),
    _worker(
        "",
        *REUSE,
        case("a host's port", get("/x", host="b.test:99")),
        target="unix:UNIX|http://localhost/",
    ),
    _worker(
        "",
        case("GET", get("/x")),
        case("POST", post("/x")),
        target="unix:ROOT/none|http://localhost/",
    ),
    _worker(
        "", case("GET", get("/x")), case("POST", post("/x")), target="http://no-such-host.invalid/"
    ),
    _worker("", case("GET", get("/x")), target="ftp://WORKER/"),
    _worker("", case("GET", get("/x")), target="https://WORKER/"),
)
SHARED: Final = Configuration(
    "shared workers",
    """\
ProxyPass /a http://WORKER/one timeout=1
ProxyPass /b http://WORKER/one/deeper disablereuse=On
ProxyPass /c http://WORKER/two disablereuse=On
ProxyPass /d http://WORKER/two
ProxyPassMatch ^/m/(.*)$ http://WORKER/three/$1 disablereuse=On
ProxyPassMatch ^/n/(.*)$ http://WORKER/four/$1 enablereuse=On
""",
    tuple(
        case(path, (get(path), NEXT, get(path)))
        for path in ("/a", "/b", "/c", "/d", "/m/", "/m/long-one", "/n/", "/n/long-one")
    ),
)
SET: Final = Configuration(
    "ProxySet",
    """\
<Proxy http://WORKER/one>
  ProxySet disablereuse=On timeout=1
</Proxy>
<Proxy http://WORKER/two timeout=1>
  ProxySet enablereuse=On
</Proxy>
ProxyPass /a http://WORKER/one
ProxyPass /b http://WORKER/two
ProxyPass /c http://WORKER/three
ProxyPass /d http://WORKER/four
""",
    (
        *(case(path, (get(path), NEXT, get(path))) for path in ("/a", "/b", "/c", "/d")),
        slow("its timeout", get("/a"), SILENT),
    ),
)

TABLES: Final = (HEADS_IN_SECTIONS, BLOCKED, BLOCK_ALL, STATUS, SET_IF, SHARED, SET)
