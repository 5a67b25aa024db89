"""mod_systemd is built in: its LoadModule is no loss, and nothing counts on it without one."""

from httpdlite.conf.directives.mod_systemd import IDLE_SHUTDOWN
from httpdlite.conf.standing import Class
from tests.conf.reading import codes, read, verdict

LOADED = "LoadModule systemd_module modules/mod_systemd.so\n"


def test_loading_it_is_nothing_to_warn_of() -> None:
    assert codes(read(LOADED)) == []


def test_its_directive_is_of_no_consequence() -> None:
    assert codes(read(f"{LOADED}IdleShutdown 600")) == []
    assert IDLE_SHUTDOWN.standing.kind is Class.DIFFERENT


def test_its_directive_is_judged() -> None:
    assert verdict(read(f"{LOADED}IdleShutdown 1 2"))[-1].startswith(
        "IdleShutdown takes one argument"
    )
    inside = f"{LOADED}<VirtualHost *:80>\nIdleShutdown 1\n</VirtualHost>"
    assert verdict(read(inside))[-1] == "IdleShutdown cannot occur within <VirtualHost> section"


def test_without_a_load_module_it_does_not_count() -> None:
    text = "<IfModule mod_systemd.c>\nServerName a.test\n</IfModule>"
    assert codes(read(text)) == ["unknown-module"]
    assert codes(read(f"{LOADED}{text}")) == []


def test_where_other_modules_are_loaded_its_directive_is_unknown() -> None:
    text = "LoadModule rewrite_module x.so\nIdleShutdown 1"
    assert codes(read(text)) == ["unknown-directive"]
