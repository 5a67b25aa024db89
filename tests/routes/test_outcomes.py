"""What came of phases is what would come of them again; what may be otherwise is not remembered."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from httpdlite.conf.patterns.budget import NEW, OVER, WORK
from httpdlite.proxy.fields import FramingError
from httpdlite.proxy.framing import RequestHead, find_head_end, parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes import phases
from httpdlite.routes.decide import Decider
from httpdlite.routes.outcomes import (
    LONGEST,
    MOST,
    MOST_FAILED,
    PATIENCE,
    ROOM,
    Outcomes,
    Room,
    Witness,
)
from httpdlite.routes.phases import Result
from httpdlite.routes.request import Connection, Head, Request, Unanswered
from httpdlite.routes.route import Refusal, Route
from httpdlite.routes.site import Site, Vhost
from httpdlite.serve.phasing import make_request
from tests.peers.behaviour.language import Configuration
from tests.peers.behaviour.tables import GROUPS
from tests.serve.front import NONE, site_of

CLIENT: Final = Client("192.0.2.7", 40000, "127.0.0.1", 80)
BEGIN: Final = "ServerName front.test\nListen 80\n"
_OF_A_REQUEST: Final = frozenset(
    (
        *("head", "connection", "answers", "answer", "came_from", "lines"),
        *("_look_up", "_now", "_received"),
    )
)


def request_at_beginning(head: Head, vhost: Vhost, client: Connection) -> Request:
    return make_request(head, vhost, client, now=lambda: 0.0)


class Asked:
    """A site that is asked, and remembers."""

    def __init__(self, text: str, files: Mapping[str, bytes] = NONE) -> None:
        self.site: Site = site_of(BEGIN + text, files=files)
        self.decider = Decider(self.site)

    def outcomes(self, head: RequestHead) -> tuple[Vhost, Outcomes | None]:
        """Where what came of such requests is kept; None if they have not come twice yet."""
        decision = self.decider.decide(
            head.method,
            head.target,
            head.minor,
            head.get(b"host"),
            head.get(b"upgrade"),
            CLIENT.local_ip,
            CLIENT.local_port,
        )
        found = decision.route
        return decision.vhost, found if isinstance(found, Outcomes) else None

    def ask(self, *fields: str, target: str = "/", client: Client = CLIENT) -> Result:
        """As a child does."""
        head = head_of(*fields, target=target)
        vhost, outcomes = self.outcomes(head)
        outcome = outcomes.find(head, client) if outcomes is not None else None
        if outcome is not None:
            return Result(outcome.found, outcome.of(head, client))
        if outcomes is None or not outcomes.wants():
            return plainly(head, vhost, client)
        return watched(head, vhost, client, outcomes)

    def knows(self, *fields: str, target: str = "/", client: Client = CLIENT) -> bool:
        """Would the phases of such a request not be asked?"""
        head = head_of(*fields, target=target)
        _, outcomes = self.outcomes(head)
        return outcomes is not None and outcomes.find(head, client) is not None

    def remembers(self, *fields: str, target: str = "/", client: Client = CLIENT) -> bool:
        """Does it know a request that has come a few times?"""
        for _ in range(5):
            self.ask(*fields, target=target, client=client)
        return self.knows(*fields, target=target, client=client)


def head_of(*fields: str, target: str = "/") -> RequestHead:
    lines = [f"GET {target} HTTP/1.1", "Host: a.test", *fields, "", ""]
    return parse_request_head("\r\n".join(lines).encode("latin-1"))


def upgrade_of(head: RequestHead) -> bytes | None:
    return head.get(b"upgrade") if head.minor else None


def plainly(head: RequestHead, vhost: Vhost, client: Client) -> Result:
    request = request_at_beginning(head, vhost, client)
    return phases.run(request, head.target, upgrade_of(head))


def watched(head: RequestHead, vhost: Vhost, client: Client, outcomes: Outcomes) -> Result:
    witness = Witness(head, client)
    request = request_at_beginning(witness, vhost, witness.connection)
    result = phases.run(request, head.target, upgrade_of(head))
    outcomes.keep(witness, result)
    witness.end(result.request)
    return result


def shown(result: Result, head: RequestHead) -> dict[str, object]:
    """All that can be seen of a request that has gone through its phases."""
    found, request = result
    seen: dict[str, object] = {
        name: getattr(request, name) for name in Request.__slots__ if name not in _OF_A_REQUEST
    }
    assert request.head is head
    return {
        **seen,
        "redirected": bool(request.came_from),
        "found": found,
        "fields of the request": head.lines,
        "order": head.block.keys,
    }


# --- beside the phases themselves -----------------------------------------------------------------


@pytest.fixture(autouse=True)
def budget() -> Iterator[None]:
    WORK.state = NEW
    yield
    WORK.state = OVER


def heads_of(configuration: Configuration) -> Iterator[RequestHead]:
    for case in configuration.cases:
        for step in case.client:
            if isinstance(step, bytes) and (end := find_end(step)) > 0:
                try:
                    yield parse_request_head(step[:end])
                except FramingError:
                    continue


def find_end(step: bytes) -> int:
    try:
        return find_head_end(step)
    except FramingError:
        return -1


def text_of(configuration: Configuration, root: Path) -> str:
    names = {
        "WORKER": "127.0.0.1:81",
        "DEAD": "127.0.0.1:82",
        "MUTE": "127.0.0.1:83",
        "UNIX": f"{root}/worker.sock",
        "ROOT": str(root),
        "PORT": "80",
    }
    found = re.sub(r"\b(" + "|".join(names) + r")\b", lambda m: names[m[0]], configuration.text)
    found = re.sub(r"(?m)^\s*LogLevel .*$", "", found)  # what has lines is not remembered
    return f"LogLevel emerg\nDocumentRoot {root}\n{found}\n"


def of_site(configuration: Configuration, root: Path) -> Asked | None:
    """None without phases: then nothing is remembered."""
    for name, content in configuration.files:
        (root / name).write_bytes(content)
    there = ((".here", b""), *configuration.files)
    files = {f"{root}/{name}".lstrip("/"): content for name, content in there}
    files |= {"usr/bin/env": b"", "usr/.here": b""}
    asked = Asked(text_of(configuration, root), files)
    return asked if asked.site.main.table.has_phases else None


@pytest.mark.parametrize("group", GROUPS)
def test_all_that_is_tried_beside_httpd_comes_to_the_same_again(group: str, tmp_path: Path) -> None:
    for number, configuration in enumerate(GROUPS[group]):
        root = tmp_path / str(number)
        root.mkdir()
        asked = of_site(configuration, root)
        if asked is not None:
            ask_all_again(asked, configuration)


def ask_all_again(asked: Asked, configuration: Configuration) -> int:
    """Each request twice, and all of them twice; how often the phases were not asked."""
    remembered = 0
    for head in [each for each in heads_of(configuration) for _ in (1, 2)] * 2:
        WORK.state = NEW
        vhost, outcomes = asked.outcomes(head)
        if outcomes is None:
            continue
        saved = head.save()
        try:
            expected = shown(plainly(head, vhost, CLIENT), head)
        except Unanswered:
            head.restore(saved)
            assert outcomes.find(head, CLIENT) is None
            continue
        head.restore(saved)
        outcome = outcomes.find(head, CLIENT)
        if outcome is None:
            found = watched(head, vhost, CLIENT, outcomes)
        else:
            remembered += 1
            found = Result(outcome.found, outcome.of(head, CLIENT))
        assert shown(found, head) == expected, (configuration.name, head.raw)
        head.restore(saved)
    return remembered


def test_most_of_it_is_remembered(tmp_path: Path) -> None:
    count, cases = 0, 0
    for number, configuration in enumerate(GROUPS["rewriting, conditions"]):
        root = tmp_path / str(number)
        root.mkdir()
        asked = of_site(configuration, root)
        if asked is not None:
            count += ask_all_again(asked, configuration)
            cases += len(list(heads_of(configuration)))
    assert cases > 300
    assert count > cases  # each was asked four times


# --- what is not remembered -----------------------------------------------------------------------

REWRITING: Final = "RewriteEngine On\n"
PASS: Final = "ProxyPass / http://w.test/\n"
CHANGING: Final = {
    "the time": f"{REWRITING}RewriteCond %{{TIME_SEC}} 0\nRewriteRule ^ - [F]\n{PASS}",
    "the time in an expression": f"<If \"%{{TIME_SEC}} == '0'\">\nHeader set X 1\n</If>\n{PASS}",
    "a cookie's time": f"{REWRITING}RewriteRule ^ - [CO=a:b:.a.test:5]\n{PASS}",
    "what is in a file": f"<If \"file('/etc/passwd') == ''\">\nHeader set X 1\n</If>\n{PASS}",
    "a map by chance": f"RewriteMap m rnd:/x/y\n{REWRITING}RewriteRule ^ - [E=a:${{m:k}}]\n{PASS}",
    "all names of fields": f"SetEnvIf ^X-.* 1 a=1\n{PASS}",
    "early lines": f"RequestHeader set X 1 early\nSetEnvIf Y 1 a=1\n{PASS}",
    "an internal redirect": f"{REWRITING}<Location />\nRewriteRule ^ /b [L]\n</Location>\n",
    "lines for the error log": f"LogLevel rewrite:trace8\n{REWRITING}RewriteRule ^ -\n{PASS}",
    "what is read when it was edited": (
        f"{REWRITING}RequestHeader set Upgrade a\nRewriteRule ^ - [E=a:1]\n{PASS}"
    ),
}


@pytest.mark.parametrize("text", CHANGING.values(), ids=CHANGING)
def test_what_may_be_otherwise_is_not_remembered(text: str) -> None:
    assert not Asked(text, {"x/y": b""}).remembers()


def test_what_a_password_has_opened_is_not_remembered() -> None:
    text = """
    <Location />
      AuthType Basic
      AuthName a
      AuthUserFile /x/y
      Require valid-user
    </Location>
    """
    asked = Asked(text + PASS)
    assert asked.remembers()  # nobody is nobody
    assert not asked.remembers("Authorization: Basic YTpi")


# --- what is looked at again ---------------------------------------------------------------------

LOOKS: Final = {
    "a condition": "RewriteCond FILE -f\nRewriteRule ^ - [F]\n",
    "an expression": "<If \"-f 'FILE'\">\nRedirect 403 /\n</If>\n",
    "a map": "RewriteMap m txt:FILE\nRewriteCond ${m:k} v\nRewriteRule ^ - [F]\n",
}


@pytest.mark.parametrize("lines", LOOKS.values(), ids=LOOKS)
def test_a_file_that_comes_changes_and_goes_is_seen(lines: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    rules = lines.replace("FILE", str(path))
    asked = Asked(f"LogLevel emerg\n{REWRITING}{rules}{PASS}", {str(path)[1:]: b""})
    for _ in range(2):
        assert asked.remembers()
        assert status_of(asked.ask()) == 0
        path.write_text("k v\n")
        assert asked.remembers()
        assert status_of(asked.ask()) == 403
        path.unlink()


def test_a_map_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "map"
    path.write_text("k a\n")
    rules = f"RewriteMap m txt:{path}\n{REWRITING}RewriteRule ^ - [E=a:${{m:k}}]\n"
    asked = Asked(rules + PASS, {str(path)[1:]: b""})
    for number, value in enumerate("abc"):
        path.write_text(f"k {value}\n")
        os.utime(path, (number, number))
        assert asked.remembers()
        assert asked.ask().request.environment["a"] == value


def test_a_look_that_request_header_takes_is_not_waited_for(tmp_path: Path) -> None:
    """These lines are carried out each time, whatever they look at."""
    path = tmp_path / "file"
    text = f"RequestHeader set X there \"expr=-f '{path}'\"\nSetEnvIf Y 1 a=1\n"
    asked = Asked(text + PASS)
    assert asked.remembers()
    assert asked.ask().request.head.get(b"x") is None
    path.touch()
    assert asked.knows()
    assert asked.ask().request.head.get(b"x") == b"there"


# --- by what it is remembered ---------------------------------------------------------------------


def status_of(result: Result) -> int:
    return result.found.status if isinstance(result.found, Refusal) else 0


def test_a_request_is_known_by_the_fields_that_are_read_and_no_others() -> None:
    asked = Asked(f"{REWRITING}RewriteCond %{{HTTP:X-A}} b\nRewriteRule ^ - [F]\n{PASS}")
    assert asked.remembers("X-A: b", "Cookie: c")
    assert asked.knows("X-A: b", "Cookie: d")
    assert not asked.knows("X-A: c")
    assert not asked.knows()
    assert status_of(asked.ask("X-A: b", "Cookie: e")) == 403
    assert asked.remembers()
    assert status_of(asked.ask()) == 0
    assert status_of(asked.ask("X-A: b")) == 403


def test_each_client_has_its_own_answer() -> None:
    asked = Asked(f"<Location />\nRequire ip 192.0.2.7\n</Location>\n{PASS}")
    other = Client("192.0.2.8", 40000, "127.0.0.1", 80)
    assert asked.remembers()
    assert not asked.knows(client=other)
    assert status_of(asked.ask(client=other)) == 403
    assert asked.remembers(client=Client("192.0.2.7", 40001, "127.0.0.1", 80))
    assert status_of(asked.ask()) == 0


def test_what_is_read_next_may_depend_on_what_was_read() -> None:
    rules = """
    RewriteCond %{HTTP:X-A} b
    RewriteCond %{HTTP:X-B} c
    RewriteRule ^ - [F]
    RewriteCond %{HTTP:X-C} d
    RewriteRule ^ - [G]
    """
    asked = Asked(REWRITING + rules + PASS)
    kinds = {("X-A: b", "X-B: c"): 403, ("X-A: b", "X-C: d"): 410, ("X-C: d",): 410, (): 0}
    for fields in kinds:
        assert asked.remembers(*fields)
    for fields, status in kinds.items():
        assert asked.knows(*fields)
        assert status_of(asked.ask(*fields)) == status


def test_a_request_line_is_read_as_it_was_sent() -> None:
    asked = Asked(f"{REWRITING}RewriteCond %{{THE_REQUEST}} x\nRewriteRule ^ - [F]\n{PASS}")
    assert asked.remembers(target="/x")
    assert not asked.knows(target="/y")


def test_a_field_that_was_replaced_is_replaced_again() -> None:
    asked = Asked(f"RemoteIPHeader X-Client\nSetEnvIf Remote_Addr 7 a=1\n{PASS}")
    fields = "X-Client: 198.51.100.1, 203.0.113.7", "X-Other: x"
    assert asked.remembers(*fields)
    head = head_of(*fields)
    _, outcomes = asked.outcomes(head)
    assert outcomes is not None
    outcome = outcomes.find(head, CLIENT)
    assert outcome is not None
    request = outcome.of(head, CLIENT)
    again = Asked(f"RemoteIPHeader X-Client\nSetEnvIf Remote_Addr 7 a=1\n{PASS}").ask(*fields)
    assert request.client_ip == again.request.client_ip
    assert head.lines == again.request.head.lines
    assert not asked.knows("X-Client: 198.51.100.2")


# --- the request that is made ---------------------------------------------------------------------


def test_lines_of_request_header_are_carried_out_for_each_request() -> None:
    text = """
    SetEnvIf X-A b a=1
    RequestHeader set X-Path "expr=%{HTTP:X-B}"
    RequestHeader append X-A more
    """
    asked = Asked(text + PASS)
    assert asked.remembers("X-A: b", "X-B: c")
    for value in "cde":
        assert asked.knows("X-A: b", f"X-B: {value}")
        head = asked.ask("X-A: b", f"X-B: {value}").request.head
        assert head.get(b"x-path") == value.encode()
        assert head.get(b"x-a") == b"b, more"


def test_a_refusal_before_them_leaves_the_fields_alone() -> None:
    text = "LogLevel crit\nRequestHeader set X-A b\n<Location />\nRequire all denied\n</Location>\n"
    asked = Asked(text + PASS)
    assert asked.remembers()
    result = asked.ask()
    assert status_of(result) == 403
    assert result.request.head.get(b"x-a") is None


def test_what_is_done_to_one_request_is_not_seen_in_the_next() -> None:
    asked = Asked(f"{REWRITING}RewriteRule ^ - [E=a:1,CO=n:v:.a.test]\n{PASS}")
    assert asked.remembers()
    first = asked.ask().request
    assert first.environment["a"] == "1"
    assert len(first.error_fields) == 1
    first.environment["a"] = "2"
    first.notes["x"] = "y"
    first.error_fields.clear()
    second = asked.ask().request
    assert second.environment["a"] == "1"
    assert "x" not in second.notes
    assert len(second.error_fields) == 1


def test_no_request_is_kept_with_what_it_has_sent() -> None:
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    assert asked.remembers("Cookie: secret")
    _, outcomes = asked.outcomes(head_of())
    assert outcomes is not None
    outcome = outcomes.find(head_of(), CLIENT)
    assert outcome is not None
    kept = [getattr(outcome.request, name) for name in ("head", "connection")]
    assert kept == [None, None]


# --- bounds ---------------------------------------------------------------------------------------


def test_no_more_are_kept_than_there_is_room_for() -> None:
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    for number in range(MOST + 4):
        asked.ask(f"X-A: {number}")
    assert sum(asked.knows(f"X-A: {number}") for number in range(MOST + 4)) == MOST


def test_what_is_asked_for_now_gets_room_in_time() -> None:
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    for number in range(MOST + 1):
        asked.ask(f"X-A: {number}")
    for _ in range(PATIENCE + 5):
        asked.ask("X-A: now")
    assert asked.knows("X-A: now")


def test_what_comes_once_is_not_watched() -> None:
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    asked.ask()
    assert not asked.knows()  # the second one; from then on it has room
    asked.ask()
    assert asked.knows()


LONG: Final = "x" * 8000
LONG_FIELDS: Final = ("Cookie", "X-A", "X-B", "X-C", "X-D")


@pytest.mark.parametrize(
    "text",
    [
        "SetEnvIf Cookie (.*) a=$1$1$1$1$1",
        "".join(f"SetEnvIf {name} (.) a=b\n" for name in LONG_FIELDS),
        f"{REWRITING}RewriteRule ^ - [CO=a:%{{HTTP:Cookie}}%{{HTTP:Cookie}}%{{HTTP:Cookie}}:.a.b]",
        f"{REWRITING}RewriteRule ^/(.*) /%{{HTTP:Cookie}}%{{HTTP:Cookie}} [PT]",
    ],
    ids=["a variable", "fields that are read", "a field of the answer", "the target"],
)
def test_what_takes_much_is_not_remembered(text: str) -> None:
    asked = Asked(f"{text}\n{PASS}")
    assert not asked.remembers(*[f"{name}: {LONG}" for name in LONG_FIELDS])
    assert asked.remembers("Cookie: x")


def test_all_of_a_site_have_a_room() -> None:
    asked = Asked(f"SetEnvIf Cookie (.*) a=$1$1\n{PASS}")
    fields = [f"Cookie: {number}{LONG}" for number in range(MOST)]
    size = 3 * len(LONG)
    count = ROOM // (size * MOST) + 20
    for target in (f"/{number}" for number in range(count)):
        for field in (fields[0], *fields):
            asked.ask(field, target=target)
    known = sum(
        asked.knows(field, target=f"/{number}") for number in range(count) for field in fields
    )
    assert 0 < known * size < ROOM
    assert asked.knows(fields[-1], target=f"/{count - 1}")


def test_room_that_is_not_needed_any_more_is_given_back() -> None:
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    room = Room()
    outcomes = Outcomes(room)
    head = head_of()
    vhost, _ = asked.outcomes(head)
    watched(head, vhost, CLIENT, outcomes)
    assert ROOM - LONGEST < room.left < ROOM
    for _ in range(PATIENCE + 1):
        outcomes.find(head_of("X-A: c"), CLIENT)
    assert outcomes.wants()
    assert room.left == ROOM


def test_what_has_to_wait_is_not_watched_again_and_again() -> None:
    outcomes = Outcomes(Room())
    for _ in range(MOST_FAILED):
        assert outcomes.wants()
        outcomes.fail()
    assert not outcomes.wants()


def test_a_route_is_the_same_object_each_time() -> None:
    """So that what is worked out for it, the head for its worker, is worked out once."""
    asked = Asked(f"SetEnvIf X-A b a=1\n{PASS}")
    assert asked.remembers()
    first, second = asked.ask().found, asked.ask().found
    assert isinstance(first, Route)
    assert first is second
