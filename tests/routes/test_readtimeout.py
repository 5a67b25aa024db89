"""RequestReadTimeout: what is read, merged, and until when a stage may last."""

import pytest

from httpdlite.conf.directives.mod_reqtimeout import NONE, USUAL, ReadTimeouts, Stage
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.readtimeout import ReadClock
from httpdlite.routes.settings import read_settings
from tests.conf.reading import read


def timeouts_of(text: str, vhost: int | None = None) -> ReadTimeouts:
    config = read(f"Listen 80\n{text}").config
    assert config is not None
    server = config.main if vhost is None else config.vhosts[vhost]
    return read_settings(server.scope).read_timeouts


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("header=20-40,MinRate=500", ReadTimeouts(header=Stage(20, 40, 500))),
        ("body=7", ReadTimeouts(body=Stage(7))),
        ("body=7,minrate=3 header=0", ReadTimeouts(header=Stage(), body=Stage(7, 0, 3))),
        ("header=1 HEADER=2 handshake=3", ReadTimeouts(Stage(3), Stage(2))),
    ],
)
def test_what_is_written(words: str, expected: ReadTimeouts) -> None:
    assert timeouts_of(f"RequestReadTimeout {words}") == expected


def test_lines_and_vhosts_are_merged_stage_by_stage() -> None:
    text = (
        "RequestReadTimeout header=1-2,MinRate=5\nRequestReadTimeout body=3\n"
        "<VirtualHost *:80>\nRequestReadTimeout header=4\n</VirtualHost>"
    )
    assert timeouts_of(text, 0) == ReadTimeouts(header=Stage(4), body=Stage(3))


def test_the_module_has_limits_of_its_own() -> None:
    config = read("Listen 80\nRequestReadTimeout body=3").config
    assert config is not None
    limits = compile_site(config).main.table.settings.read_timeouts
    assert limits == ReadTimeouts(USUAL.handshake, USUAL.header, Stage(3))


def test_without_the_module_there_is_no_limit() -> None:
    config = read("LoadModule proxy_module modules/mod_proxy.so\nListen 80").config
    assert config is not None
    assert compile_site(config).main.table.settings.read_timeouts == NONE


def test_bytes_give_time_up_to_the_most() -> None:
    clock = ReadClock.begin(Stage(20, 40, 500), 100.0)
    assert clock.deadline == 120.0
    clock.received(1000)
    assert clock.deadline == 122.0
    clock.received(100_000)
    assert clock.deadline == 140.0


def test_without_a_most_a_burst_counts_for_long() -> None:
    clock = ReadClock.begin(Stage(2, 0, 20), 0.0)
    clock.received(20_000)
    assert clock.deadline == 1002.0


def test_without_a_rate_bytes_give_no_time() -> None:
    clock = ReadClock.begin(Stage(2), 0.0)
    clock.received(10)
    assert clock.deadline == 2.0


def test_zero_is_no_limit() -> None:
    clock = ReadClock.begin(Stage(), 5.0)
    clock.received(10)
    assert clock.deadline is None
