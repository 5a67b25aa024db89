"""Variables of a request: what sections make of them, what they switch, ${NAME} in texts."""

import re

import pytest

from httpdlite.conf.directives.mod_env import Environment, merge
from httpdlite.conf.scope import Scope
from httpdlite.routes.environment import (
    NO_TOGGLES,
    Interim,
    Toggles,
    interpolate,
    match_variables,
    read_toggles,
)
from httpdlite.routes.settings import read_settings
from tests.conf.reading import read

SECTIONS = """
SetEnv A main
SetEnv B main
UnsetEnv C
SetEnv C main
SetEnv D main
PassEnv FOO NOT_THERE
<VirtualHost *:80>
UnsetEnv D
SetEnv b vhost
<Location /a>
UnsetEnv A
SetEnv B inner
</Location>
<Location /a/b>
SetEnv A again
UnsetEnv B A
SetEnv D
</Location>
<Location /v>
SetEnv C x
UnsetEnv C
</Location>
</VirtualHost>
"""


@pytest.mark.parametrize(
    ("matching", "expected"),
    [
        ((), {"a": "main", "b": "vhost", "c": "main", "foo": "1"}),
        ((0,), {"b": "inner", "c": "main", "foo": "1"}),
        ((0, 1), {"a": "main", "b": "vhost", "c": "main", "d": "", "foo": "1"}),
        ((2,), {"a": "main", "b": "vhost", "foo": "1"}),
    ],
)
def test_sections_are_merged_as_httpd_does(
    matching: tuple[int, ...], expected: dict[str, str]
) -> None:
    """Sections first among themselves, which forgets what the outer one of them took away."""
    tree = read(SECTIONS, environment={"FOO": "1"}).tree
    (vhost,) = tree.vhosts
    inner = Scope()
    for index in matching:
        inner = inner.overlaid(vhost.sections[index].scope)
    assert dict(read_settings(vhost.scope.overlaid(inner)).environment) == expected


def test_a_variable_that_the_environment_lacks_is_said() -> None:
    found = read("PassEnv NOT_THERE").diagnostics
    assert [(d.code, d.message) for d in found] == [
        ("no-such-variable", "AH01506: PassEnv variable NOT_THERE was undefined")
    ]


def test_merging_forgets_what_was_taken_away() -> None:
    merged = merge(Environment((("a", "1"),)), Environment(unset=frozenset({"a", "b"})))
    assert merged == Environment()


def test_variables_set_before_setenv_win() -> None:
    scope = read("SetEnv match_x 1\nSetEnv y 2").tree.main.scope
    environment = read_settings(scope, {"match_x": "early"}).environment
    assert environment == {"match_x": "early", "y": "2"}


@pytest.mark.parametrize(
    ("name", "toggles"),
    [
        ("force-proxy-request-1.0", Toggles(request_1_0=True)),
        ("proxy-nokeepalive", Toggles(close_worker=True)),
        ("proxy-initial-not-pooled", Toggles(initial_not_pooled=True)),
        ("proxy-sendcl", Toggles(send_length=True)),
        ("proxy-sendchunked", Toggles(send_chunked=True)),
        ("proxy-sendchunks", Toggles(send_chunked=True)),
        ("proxy-sendextracrlf", Toggles(extra_crlf=True)),
        ("proxy-nohalfclose", Toggles(no_half_close=True)),
        ("proxy-source-port", NO_TOGGLES),  # Apache has a note of that name, no variable
        ("downgrade-1.0", Toggles(request_as_1_0=True)),
        ("force-response-1.0", Toggles(response_1_0=True)),
        ("nokeepalive", Toggles(close_client=True)),
        ("force-no-vary", Toggles(response_1_0=True, no_vary=True)),
        ("suppress-error-charset", Toggles(no_error_charset=True)),
        ("anything", NO_TOGGLES),
    ],
)
def test_a_toggle_counts_whatever_its_value(name: str, toggles: Toggles) -> None:
    settings = read_settings(read(f"SetEnv {name.upper()} 0").tree.main.scope)
    assert settings.toggles == toggles


@pytest.mark.parametrize(
    ("value", "interim"),
    [("RFC", Interim.PASS), ("suppress", Interim.SUPPRESS), ("0", Interim.UNKNOWN)],
)
def test_interim_answers(value: str, interim: Interim) -> None:
    assert read_toggles({"proxy-interim-response": value}).interim is interim


def test_without_a_toggle_it_is_one_object() -> None:
    assert read_toggles({"a": "b"}) is NO_TOGGLES
    assert read_settings(Scope()).toggles is NO_TOGGLES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://h/${A}/x${a}", "http://h/1/x1"),
        ("${nope}x", "x"),
        ("${A", "${A"),
        ("$A ${}", "$A "),
    ],
)
def test_interpolation(text: str, expected: str) -> None:
    assert interpolate(text, {"a": "1"}) == expected


def test_named_groups_become_variables() -> None:
    found = re.search("/(?P<Seg>[a-z]+)/(?P<none>x)?", "/abc/")
    assert found is not None
    assert match_variables(found) == {"match_seg": "abc"}
