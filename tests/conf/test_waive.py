"""Waivers: a refusal that a person takes back by name."""

import pytest

from httpdlite.diagnostics import NOT_SUPPORTED, Severity
from tests.conf.reading import codes, read


@pytest.mark.parametrize("name", ["ServerPath", "serverpath", "SERVERPATH"])
def test_a_refused_directive_is_waived_by_name(name: str) -> None:
    reading = read("ServerPath /a", waived=(name,))
    assert codes(reading) == ["waived"]
    assert reading.config is not None


def test_a_waiver_in_the_file_counts_wherever_it_stands() -> None:
    text = "ServerPath /a\n<IfModule httpdlite_module>\nHttpdliteWaive ServerPath\n</IfModule>"
    assert codes(read(text)) == ["waived"]


def test_a_section_is_waived_without_its_brackets() -> None:
    reading = read("<CBandUser joe>\nProxyPreserveHost On\n</CBandUser>", waived=("CBandUser",))
    assert codes(reading) == ["waived"]


def test_what_protects_warns_at_every_start() -> None:
    reading = read("<Location />\nAuthLDAPURL ldap://a.test\n</Location>", waived=("AuthLDAPURL",))
    assert codes(reading) == ["waived-protection"]
    assert reading.diagnostics[0].severity is Severity.WARNING
    assert reading.config is not None


def test_a_value_that_cannot_be_done_cannot_be_waived() -> None:
    reading = read("ProxyPass /a ajp://b/", waived=("ProxyPass",))
    assert codes(reading) == [NOT_SUPPORTED, "unused-waiver"]


@pytest.mark.parametrize("line", ["SetHandler server-status", "MergeTrailers On"])
def test_a_value_of_a_directive_without_other_effects_is_waived_by_name(line: str) -> None:
    reading = read(line, waived=(line.split(maxsplit=1)[0],))
    assert codes(reading) == ["waived"]
    assert reading.config is not None


def test_a_waiver_of_nothing_is_said() -> None:
    assert codes(read("", waived=("RewriteRul",))) == ["unused-waiver"]


def test_a_waiver_does_not_hide_an_error_of_the_same_directive() -> None:
    assert codes(read("ServerPath a b", waived=("ServerPath",)))[0] == "wrong-arity"
