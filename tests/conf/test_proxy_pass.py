"""ProxyPass and its parameters, as httpd 2.4.71 was seen to take and refuse them."""

import pytest

from httpdlite.conf.directives.mod_proxy import PROXY_PASS, PROXY_PASS_REVERSE, ProxyPass
from httpdlite.conf.directives.worker_parameters import BalancerParameters, WorkerParameters
from httpdlite.diagnostics import NOT_SUPPORTED, escape
from tests.conf.reading import errors, read, verdict


def rules_of(text: str) -> tuple[ProxyPass, ...]:
    return read(text).tree.main.scope[PROXY_PASS]


def message_of(text: str) -> str:
    return verdict(read(text))[-1]


def test_a_rule_keeps_what_was_written() -> None:
    text = 'ProxyPass "/a b" "unix:/run/s|http://b/x" NoCanon noquery timeout=5 Retry=0'
    (rule,) = rules_of(text)
    assert (rule.path, rule.target, rule.unix_path) == ("/a b", "http://b/x", "/run/s")
    assert (rule.nocanon, rule.noquery, rule.interpolate, rule.mapping) == (True, True, False, None)
    assert rule.parameters == WorkerParameters(
        timeout=5, retry=0, pairs=(("timeout", "5"), ("Retry", "0"))
    )
    assert (rule.directive, rule.is_regex, rule.span.line) == ("ProxyPass", False, 1)


def test_a_variable_in_the_path_is_not_interpolated() -> None:
    reading = read("ProxyPass /a/${X} http://b/${X} interpolate")
    assert [d.message for d in reading.diagnostics if d.code == NOT_SUPPORTED] == [
        "interpolate in the path of a rule is not supported"
    ]


def test_rules_of_both_names_stand_in_one_list() -> None:
    rules = rules_of("ProxyPassMatch ^/a !\nProxyPass /b http://b/\nProxyPass ~ ^/c ws://c$1")
    assert [(rule.directive, rule.is_regex, rule.target) for rule in rules] == [
        ("ProxyPassMatch", True, "!"),
        ("ProxyPass", False, "http://b/"),
        ("ProxyPass", True, "ws://c$1"),
    ]


def test_a_unix_scheme_alone_means_localhost() -> None:
    (rule,) = rules_of("ProxyPass / unix:/s|http:")
    assert rule.target == "http://localhost"


@pytest.mark.parametrize(
    "pair,field,value",
    [
        ("min=3", "min", 3),
        ("MAX=3x", "max", 3),
        ("ttl=5s", "ttl", 5),
        ("acquire=5", "acquire", 0.005),
        ("acquire=1mi", "acquire", 60.0),
        ("connectiontimeout=5ms", "connectiontimeout", 0.005),
        ("ping=1", "ping", 1.0),
        ("timeout=500ms", "timeout", 500),
        ("keepalive=ON", "keepalive", True),
        ("disablereuse=on", "disablereuse", True),
        ("enablereuse=On", "disablereuse", False),
        ("addressttl=-1", "addressttl", -1),
        ("flushpackets=AUTO", "flushpackets", "auto"),
        ("flushwait=20", "flushwait", 0.02),
        ("iobuffersize=0", "iobuffersize", 0),
        ("loadfactor=1e1", "loadfactor", 10.0),
        ("lbset=99", "lbset", 99),
        ("status=+H-D", "status", "+H-D"),
        ("upgrade=websocket", "upgrade", "websocket"),
        ("route=" + "x" * 63, "route", "x" * 63),
    ],
)
def test_parameters(pair: str, field: str, value: object) -> None:
    (rule,) = rules_of(f"ProxyPass / http://b/ {pair}")
    assert getattr(rule.parameters, field) == value


def test_the_last_of_the_same_parameter_counts() -> None:
    (rule,) = rules_of("ProxyPass / http://b/ timeout=x min=1 Timeout=5")
    assert rule.parameters.pairs == (("timeout", "5"), ("min", "1"))


@pytest.mark.parametrize(
    "words,message",
    [
        ("route=" + "x" * 64, "Route length must be < 64 characters"),
        ("flusher=" + "x" * 16, "flusher name length must be < 16 characters"),
        ("secret=" + "x" * 64, "Secret length must be < 64 characters"),
        ("max=-1", "Max must be a positive number"),
        ("smax=-1", "Smax must be a positive number"),
        ("keepalive=x", "KeepAlive must be On|Off"),
        ("enablereuse=x", "EnableReuse must be On|Off"),
        ("acquire=", "Acquire must be at least one millisecond"),
        ("acquire=-1", "Acquire timeout has wrong format"),
        ("connectiontimeout=x", "Connectiontimeout has wrong format"),
        ("ping=1H", "Ping/Pong timeout has wrong format"),
        ("loadfactor=100.01", "LoadFactor must be a number between 1..100"),
        (
            "addressttl=5x",
            "AddressTTL must be -1 or a number of seconds not exceeding (2147483647)",
        ),
        ("status=+", "Unknown status parameter option"),
        ("status=D+", "Unknown status parameter option"),
        ("status=++D", "Unknown status parameter option"),
        ("lbset=-1", "lbset must be between 0 and 99"),
        (
            "responsefieldsize=-1",
            "ResponseFieldSize must be greater than 0 bytes, or 0 for system default.",
        ),
    ],
)
def test_wrong_parameters(words: str, message: str) -> None:
    assert message_of(f"ProxyPass / http://b/ {words}") == f"ProxyPass {message}"


def test_the_letters_of_status() -> None:
    letters = "".join(
        letter
        for letter in "abcdefghijklmnopqrstuvwxyz"
        if message_of(f"ProxyPass / http://b/ status={letter}") == "Syntax OK"
    )
    assert letters == "cdefghinorsu"


@pytest.mark.parametrize(
    "target,message",
    [
        ("http", "URL must be absolute!: http"),
        ("//b/", "URL must be absolute!: //b/"),
        ("http://", "URL must be absolute!: http://"),
        ("http://[]/", "URL must be absolute!: http://[]/"),
        ("1http://b/", "Unable to parse URL: 1http://b/"),
        ("http://b:80x/", "Unable to parse URL: http://b:80x/"),
        ("http://[::1]:x/", "Unable to parse URL: http://[::1]:x/"),
        ("http://b:$1", "Unable to parse URL: http://b:$1"),
        ("a/b:c", "URL must be absolute!: a/b:c"),
        ("unix:/" + "x" * 95 + "|http://b/", f"worker uds path (/{'x' * 95}) too long"),
        ("http://" + "h" * 256 + "/", f"worker hostname ({'h' * 256}) too long"),
    ],
)
def test_wrong_targets(target: str, message: str) -> None:
    assert message_of(f"ProxyPass /a {target}") == f"ProxyPass {message}"


@pytest.mark.parametrize(
    "line",
    [
        "ProxyPass /a http://@b/",
        "ProxyPass /a http://b:/",
        "ProxyPass /a http://b:-5/",
        "ProxyPass /a http://[::1]x/",
        "ProxyPass /a unix:/x|http:/y",
        "ProxyPass /a http://b$1",
        'ProxyPass "" http://b/',
        "ProxyPassMatch ^/(.*) ws://b:80$1",
        "ProxyPassMatch ^/(.*) http://b:80$1:x",
        "ProxyPassMatch ^/(.*) ws://b:$1/",
        "ProxyPassReverse / http://b/ x",
        'ProxyPassReverse / ""',
    ],
)
def test_odd_lines_that_httpd_accepts(line: str) -> None:
    assert message_of(line) == "Syntax OK"


@pytest.mark.parametrize(
    "line,message",
    [
        ("ProxyPass http://b/ foo", "Parameter must be in the form 'key=value'."),
        ("ProxyPass foo /a", "Parameter must be in the form 'key=value'."),
        ("ProxyPass /a http://b/", "can not have a path when defined in a location."),
        ("ProxyPass /a", "ProxyPass URL must be absolute!: /a"),
        ("ProxyPass", "needs a path when not defined in a location"),
        ("ProxyPassReverse / http://b/", "can not have a path when defined in a location"),
    ],
)
def test_within_a_location(line: str, message: str) -> None:
    assert message_of(f"<Location /x>\n{line}\n</Location>").endswith(message)


def test_a_location_has_one_rule_and_any_number_of_reverses() -> None:
    text = (
        "<Location /x>\nProxyPass http://a/\nProxyPassReverse http://a/\n"
        "ProxyPassReverse http://b/\n</Location>"
    )
    (section,) = read(text).tree.main.sections
    assert [rule.path for rule in section.scope[PROXY_PASS]] == [None]
    assert [rule.url for rule in section.scope[PROXY_PASS_REVERSE]] == ["http://a/", "http://b/"]


@pytest.mark.parametrize("section", ["Directory /x", "Files x", "If true", "Limit GET"])
def test_where_a_rule_may_not_stand(section: str) -> None:
    name = section.partition(" ")[0]
    text = f"<{section}>\nProxyPass http://b/\n</{name}>"
    if name == "Limit":
        text = f"<Location />\n{text}\n</Location>"
    where = "<Limit> or <LimitExcept>" if name == "Limit" else f"<{name}>"
    assert message_of(text) == f"ProxyPass cannot occur within {where} section"


SHARED = "because of worker sharing"


@pytest.mark.parametrize(
    "first,second,shared",
    [
        ("/a http://b/", "/c http://b/x", True),
        ("/a http://b/", "/c HTTP://B/", True),
        ("/a http://b/", "/c http://b/?q", True),
        ("/a http://b", "/c http://b/", True),
        ("/a http://b/x", "/c http://b/xyz", True),
        ("/a http://b/", '/c "unix:/x|http://b/"', True),
        ("/a foo://b/", "/c foo://b/", True),
        ("/a http://b/", "/c http://b:80/", False),
        ("/a http://b/", "/c http://b", False),
        ("/a http://b", "/c http://bc/", False),
        ("/a http://b/x", "/c http://b/X", False),
        ("/a http://b/x", "/c http://b/", False),
        ("/a http://b/", "~ ^/c http://b/", False),
        ("/a http://b/", "/c ws://b/", False),
        ("~ ^/a http://b/$1", "~ ^/c http://b/$2/y", True),
        ("~ ^/a http://b:80$1", "~ ^/c http://b$1", True),
        ("~ ^/a http://b/$1", "/c http://b/q", False),
        ("/a !", "/c http://b/", False),
    ],
)
def test_a_shared_worker_keeps_its_parameters(first: str, second: str, shared: bool) -> None:
    reading = read(f"ProxyPass {first}\nProxyPass {second} timeout=x")
    warned = [found for found in reading.diagnostics if SHARED in found.message]
    assert bool(warned) is shared
    assert any("Timeout must be" in found.message for found in errors(reading)) is not shared


def test_workers_are_shared_within_a_server_only() -> None:
    text = (
        "ProxyPass /a http://b/\n<VirtualHost *:80>\nProxyPass /a http://b/ timeout=5\n"
        "<Location /x>\nProxyPass http://b/ min=1\n</Location>\n</VirtualHost>"
    )
    warnings = [escape(found.message) for found in read(text).diagnostics]
    assert warnings == [
        "AH01146: Ignoring parameter 'min=1' for worker 'http://b/' because of worker sharing"
    ]


def test_a_thousand_rules_to_many_workers_are_no_matter() -> None:
    text = "\n".join(f"ProxyPass /{n} http://b{n}/ timeout=5" for n in range(5_000))
    assert len(rules_of(text)) == 5_000


@pytest.mark.parametrize(
    "words,message",
    [
        ("stickysessionsep=", "stickysessionsep must be a single character or Off"),
        ("nofailover=x", "failover must be On|Off"),
        ("nonce=" + "x" * 37, "Provided nonce is too large"),
        ("growth=101", "growth must be between 1 and 100"),
        ("failonstatus=200,99", "failonstatus must be one or more HTTP response codes"),
        ("lbmethod=", "unknown lbmethod"),
        ("min=5", "unknown Balancer parameter"),
    ],
)
def test_wrong_balancer_parameters(words: str, message: str) -> None:
    assert message_of(f"ProxyPass / balancer://c/ {words}") == f"ProxyPass {message}"


def test_a_balancer_is_read_and_refused() -> None:
    text = "ProxyPass / balancer://c/ lbmethod=byrequests failonstatus=500,503 stickysessionsep=off"
    reading = read(text)
    assert [found.code for found in reading.diagnostics] == [NOT_SUPPORTED]
    (rule,) = reading.tree.main.scope[PROXY_PASS]
    assert rule.balancer == BalancerParameters(
        lbmethod="byrequests",
        failonstatus=(500, 503),
        stickysessionsep="",
        pairs=(
            ("lbmethod", "byrequests"),
            ("failonstatus", "500,503"),
            ("stickysessionsep", "off"),
        ),
    )


def test_a_comment_behind_a_rule_gets_a_hint() -> None:
    (found,) = errors(read("ProxyPass /a http://b/ # all of it"))
    assert found.hint == "a comment needs a line of its own"
    assert found.span is not None
    assert found.span.column == 24
