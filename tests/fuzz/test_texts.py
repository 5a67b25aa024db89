"""The small languages within a configuration and a request: paths, globs, log formats, references.

Each is fed texts made of its own signs, which random characters would hardly ever form.
"""

from hypothesis import strategies as st

from httpdlite.conf.logformat import check_format, parse_format
from httpdlite.conf.patterns import BadRegex, ForeignRegex, compile_regex
from httpdlite.routes.accesslog import LogRecord, compile_format
from httpdlite.routes.paths import (
    ASTERISK,
    RequestPath,
    canonical_path,
    parse_target,
    raw_remainder,
)
from httpdlite.routes.pattern import compile_location, compile_rule
from tests.fuzz.budget import fuzz


def made_of(signs: str, size: int = 12) -> st.SearchStrategy[str]:
    """Texts of these signs, separated by blanks; U+00B7 stands for a blank."""
    return st.lists(st.sampled_from(signs.replace("·", " ").split(" ")), max_size=size).map("".join)


TARGETS = made_of(
    "/ / / . .. a p %2e %2E %2f %5C %25 %70 %c3 %00 % %4 ; ? # // /p/ /../ * : @ é http: http:// "
    "[ ] \\"
)
SLASHES = st.sampled_from(["off", "on", "nodecode"])
FORMATS = made_of("% % % %% { } {a} {Host} ! < > , 4 404 h b t i o e C r s T P p ^ ^ti ^FB \\ x é")
PATTERNS = made_of(
    "( ) (?: (?i) (?= (?<n> (?P=n) [ ] [^ [[:alpha:]] a b - ^ $ . * + ? {1,2} {,2} | \\ \\d \\h "
    "\\Q \\E \\1 \\K \\z é /"
)
GLOBS = made_of("/ / a b . * ? [ ] ! ^ - \\ é //")
REFERENCES = made_of("http://b/ $ $0 $1 $9 \\ \\\\ & / a é")


@fuzz(TARGETS, SLASHES, st.booleans(), examples=300)
def test_targets(text: str, slashes: str, merge: bool) -> None:
    """A status, or a path that stays below the root and comes back the same from its sent form."""
    target = text.encode("latin-1")
    request = parse_target(target, b"GET", encoded_slashes=slashes, merge_slashes=merge)
    if isinstance(request, int):
        assert request in (400, 404)
        return
    assert request.path.startswith("/")
    assert request.path != ASTERISK
    assert not {".", ".."} & set(request.path.split("/"))
    sent = canonical_path(request.path)
    assert sent is not None
    assert not set(sent) & set(b' "<>\\^`{|}?#\x7f')
    again = parse_target(sent, b"GET", encoded_slashes="on", merge_slashes=merge)
    assert isinstance(again, RequestPath)
    if slashes != "nodecode" and not (request.path.startswith("//") and not merge):
        assert again.path == request.path


@fuzz(TARGETS, GLOBS, examples=200)
def test_rules_and_sections(text: str, argument: str) -> None:
    """A prefix rule takes a part of the path away and nocanon never more than the target has."""
    request = parse_target(b"/" + text.encode(), b"GET", encoded_slashes="on", merge_slashes=False)
    if isinstance(request, int):
        return
    rule = compile_rule(argument, is_regex=False)
    matched = rule.match(request.path)
    if matched is not None:
        assert matched.url("") == request.path[matched.length :]
        assert compile_location("/", is_regex=False).matches(request.path) is not None
        raw = raw_remainder(request, rule, matched)
        assert raw is None or len(raw.url("")) < len(request.raw)
    compile_location(argument, is_regex=False).matches(request.path)


@fuzz(PATTERNS, REFERENCES, TARGETS, examples=200)
def test_expressions(pattern: str, target: str, path: str) -> None:
    """An expression is compiled or refused, and what it matches gives a URL."""
    try:
        compile_regex(pattern)
    except (BadRegex, ForeignRegex):
        return
    matched = compile_rule(pattern, is_regex=True).match("/" + path)
    if matched is not None:
        matched.url(target).encode("latin-1")


@fuzz(FORMATS, st.text(st.characters(max_codepoint=255)), examples=200)
def test_log_formats(text: str, value: str) -> None:
    """A format has a complaint, or gives one line, in which a client cannot add another."""
    if check_format(text) is not None:
        return
    data = value.encode("latin-1")
    record = LogRecord(
        request_line=value,
        path=value,
        query=value,
        method=value,
        protocol=value,
        host_name=value,
        user=value,
        request_fields=[(b"Host", data), (b"a", data), (b"Cookie", b"a=" + data)],
        response_fields=[(b"A", data)],
        environment={"a": value},
        notes={"a": value},
        status=404,
        started_wall=1e9,
    )
    line = compile_format(parse_format(text))(record)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.replace("\n", "").replace("é", "").isascii()
