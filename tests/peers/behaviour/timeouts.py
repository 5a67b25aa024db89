"""Which of the times applies: Timeout, ProxyTimeout, a worker's own; RequestReadTimeout."""

from typing import Final

from tests.peers.behaviour.language import (
    FINE,
    SILENT,
    Case,
    Configuration,
    Pause,
    Until,
    chunked,
    get,
    post,
    request,
    slow,
)

GET: Final = get("/x", "A: 1", "B: 2")
DRIP: Final = tuple(step for at in range(16) for step in (GET[at : at + 1], Pause(0.15)))


def _reading(name: str, values: str, *more: Case, timeout: int = 3) -> Configuration:
    """A RequestReadTimeout, and clients that take their time."""
    return Configuration(
        name,
        f"Timeout {timeout}\nRequestReadTimeout {values}\nProxyPass / http://WORKER/\n",
        (
            slow("never a byte", (b"G", Pause(0))),
            slow("half a request line", b"GET /x"),
            slow("half a head", GET[:30]),
            slow("a head byte by byte", (*DRIP, GET[16:])),
            slow("a quick one", GET),
            slow("a quick POST", post("/x")),
            slow("no body", request("POST /x", "Content-Length: 4")),
            slow("half a body", request("POST /x", "Content-Length: 8", body=b"half")),
            slow(
                "a body byte by byte",
                (request("POST /x", "Content-Length: 16"), *(b"b", Pause(0.15)) * 16),
            ),
            slow(
                "half a long body", request("POST /x", "Content-Length: 40000", body=b"b" * 20000)
            ),
            slow("half a chunk", chunked("/x", b"8\r\nhalf")),
            slow("the second request", (GET, Until(b"fine"), GET[:30]), answers=2),
            slow(
                "the second body",
                (GET, Until(b"fine"), request("POST /x", "Content-Length: 4")),
                answers=2,
            ),
            slow(
                "an expected body",
                request("POST /x", "Expect: 100-continue", "Content-Length: 4"),
                (FINE,),
            ),
            *more,
        ),
    )


READING: Final = (
    _reading("RequestReadTimeout header=1", "header=1"),
    _reading("RequestReadTimeout body=1", "body=1"),
    _reading("RequestReadTimeout header=1 body=1", "header=1 body=1"),
    _reading("RequestReadTimeout header=1-2,MinRate=10", "header=1-2,MinRate=10 body=1,MinRate=10"),
    _reading("RequestReadTimeout header=0 body=0", "header=0 body=0", timeout=1),
)

BEFORE: Final = Configuration(
    "ProxyTimeout",
    """\
Timeout 3
ProxyTimeout 1
ProxyPass /own http://WORKER/own timeout=2
ProxyPass / http://WORKER/
""",
    (
        slow("silent", get("/x"), SILENT),
        slow("slow", get("/x"), (Pause(0.7), FINE)),
        slow("a worker's own, in time", get("/own"), (Pause(1.3), FINE)),
        slow("a worker's own, too late", get("/own"), SILENT),
        slow(
            "a client that waits longer",
            (request("POST /x", "Content-Length: 4"), Pause(1.3), b"body"),
        ),
    ),
)
BY_VHOST: Final = Configuration(
    "times of vhosts",
    """\
Timeout 1
<VirtualHost *:PORT>
  ServerName a.test
  Timeout 3
  ProxyTimeout 1
  ProxyPass / http://WORKER/
</VirtualHost>
<VirtualHost *:PORT>
  ServerName b.test
  ProxyPass / http://WORKER/b/
</VirtualHost>
""",
    (
        slow("a, silent", get("/x"), SILENT),
        slow("b, silent", get("/x", "X-Case: 1", host="b.test"), SILENT),
        slow("a, half a head", GET[:30]),
        slow("a, no body", (request("POST /x", "Content-Length: 4"), Pause(1.4), b"body")),
        slow("b, no body", request("POST /x", "Content-Length: 4", host="b.test")),
    ),
)

LATE_BODY: Final = (Pause(1.5), b"body")
READ_BY_VHOST: Final = Configuration(
    "RequestReadTimeout of vhosts",
    """\
Timeout 4
<VirtualHost *:PORT>
  ServerName a.test
  RequestReadTimeout header=1 body=3
  ProxyPass / http://WORKER/
</VirtualHost>
<VirtualHost *:PORT>
  ServerName b.test
  RequestReadTimeout header=3 body=1
  ProxyPass / http://WORKER/b/
</VirtualHost>
""",
    (
        slow("b, half a head", (get("/x", "X-Case: 1", host="b.test")[:-2], Pause(1.5), b"\r\n")),
        slow("a, a late body", (request("POST /x", "Content-Length: 4"), *LATE_BODY)),
        slow(
            "b, a late body", (request("POST /x", "Content-Length: 4", host="b.test"), *LATE_BODY)
        ),
    ),
)

TABLES: Final = (*READING, BEFORE, BY_VHOST, READ_BY_VHOST)
