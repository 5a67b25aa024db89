"""Which virtual host answers: by address, by name, by alias; and what it then calls itself."""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get, request, response

NAMES: Final = (
    *(
        "one.test",
        "ONE.test",
        "one.test.",
        "one.test:PORT",
        "one.test:1",
        "www.one.test",
        "a.one.test",
    ),
    *(
        "two.test",
        "x.two.test",
        "deep.x.two.test",
        "two.tests",
        "t1.test",
        "t12.test",
        "three.test",
    ),
    *("unknown.test", "127.0.0.1", "127.0.0.1:PORT", "", "four.test", "both.test", "star.test"),
    *("main.test", "alias.main.test", "nothing", "xn--bcher-kva.test", "a_b.test"),
)


def _hosts(*more: Case) -> tuple[Case, ...]:
    return (
        *(case(f"Host: {name}", get("/x", host=name)) for name in NAMES if "PORT" not in name),
        case("no Host", get("/x", host=None, version="HTTP/1.0")),
        case("an absolute target", get("http://two.test/x", host="one.test")),
        case("one, then two", get("/1", host="one.test") + get("/2", host="two.test"), answers=2),
        case(
            "a Location",
            get("/x", host="two.test"),
            response("302 Found", "Location: http://WORKER.test/y"),
        ),
        case("a bad request", get("/%zz", host="two.test")),
        case("a bad Host", get("/x", host="two test")),
        case("OPTIONS *", request("OPTIONS *", host="two.test")),
        *more,
    )


VHOSTS: Final = """\
ServerName main.test
ProxyPass /main http://WORKER/main
<VirtualHost *:PORT>
  ServerName one.test
  ServerAlias www.one.test *.one.test both.test
  ProxyPass / http://WORKER/one/
</VirtualHost>
<VirtualHost *:PORT>
  ServerName two.test:8443
  ServerAlias *.two.test t?.test both.test
  ProxyPass / http://WORKER/two/
  ProxyPassReverse / http://worker.test/
  ProxyPreserveHost On
</VirtualHost>
<VirtualHost *:PORT>
  ServerName three.test
  ErrorDocument 404 "three has no such thing"
</VirtualHost>
<VirtualHost *:1>
  ServerName four.test
  ProxyPass / http://WORKER/four/
</VirtualHost>
"""

BY_NAME: Final = Configuration("vhosts by name", VHOSTS, _hosts())
CHECKED: Final = Configuration("StrictHostCheck On", "StrictHostCheck On\n" + VHOSTS, _hosts())
CANONICAL: Final = Configuration(
    "vhosts, UseCanonicalName On", "UseCanonicalName On\n" + VHOSTS, _hosts()
)
BY_ADDRESS: Final = Configuration(
    "vhosts by address",
    """\
ProxyPass / http://WORKER/main/
<VirtualHost *:PORT>
  ServerName one.test
  ProxyPass / http://WORKER/star/
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
  ServerName two.test
  ProxyPass / http://WORKER/exact/
</VirtualHost>
<VirtualHost 127.0.0.1:*>
  ServerName three.test
  ProxyPass / http://WORKER/ports/
</VirtualHost>
<VirtualHost _default_:*>
  ServerName star.test
  ProxyPass / http://WORKER/default/
</VirtualHost>
""",
    _hosts(),
)
BY_ANY_PORT: Final = Configuration(
    "vhosts by address and any port",
    """\
<VirtualHost 127.0.0.1:*>
  ServerName one.test
  ProxyPass / http://WORKER/ports/
</VirtualHost>
<VirtualHost 127.0.0.1:*>
  ProxyPass / http://WORKER/unnamed/
</VirtualHost>
<VirtualHost *:PORT>
  ServerName two.test
  ProxyPass / http://WORKER/star/
</VirtualHost>
<VirtualHost 127.0.0.1>
  ServerName both.test
  ProxyPass / http://WORKER/plain/
</VirtualHost>
""",
    _hosts(),
)
ELSEWHERE: Final = Configuration(
    "vhosts of other addresses",
    """\
ServerName main.test
ProxyPass / http://WORKER/main/
<VirtualHost 127.0.0.2:PORT>
  ServerName one.test
  ProxyPass / http://WORKER/one/
</VirtualHost>
<VirtualHost *:1>
  ServerName two.test
  ProxyPass / http://WORKER/two/
</VirtualHost>
""",
    _hosts(),
)
INHERITED: Final = Configuration(
    "vhosts that inherit",
    """\
ProxyPass /main http://WORKER/main
ProxyPass /no !
ProxyVia On
Timeout 1
LimitRequestFieldSize 200
AllowEncodedSlashes On
ProxyPreserveHost On
ErrorDocument 404 "main"
<VirtualHost *:PORT>
  ServerName one.test
  ProxyPass / http://WORKER/one/
  ProxyPreserveHost Off
</VirtualHost>
<VirtualHost *:PORT>
  ServerName two.test
  ProxyPass /main http://WORKER/shadowed
  ProxyVia Off
  AllowEncodedSlashes Off
  LimitRequestFieldSize 100
</VirtualHost>
""".replace("LimitRequestFieldSize 200\n", "").replace("  LimitRequestFieldSize 100\n", ""),
    tuple(
        case(f"{host}{path}", get(path, host=host))
        for host in ("one.test", "two.test")
        for path in ("/main", "/no", "/x", "/a%2fb", "/none")
    ),
)

TABLES: Final = (BY_NAME, CHECKED, CANONICAL, BY_ADDRESS, BY_ANY_PORT, ELSEWHERE, INHERITED)
