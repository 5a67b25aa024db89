"""The server's own name and port, as httpd 2.4.71 was seen to choose them."""

import pytest

from httpdlite.conf.directives.core_requests import CanonicalName
from httpdlite.routes.selfname import self_authority, self_name

OFF, ON = CanonicalName.OFF, CanonicalName.ON


@pytest.mark.parametrize(
    ("host", "port", "canonical", "physical", "expected"),
    [
        (b"front.test", 8123, OFF, None, "http://front.test:8123"),
        (b"Other.test:99", 8123, OFF, None, "http://other.test:99"),
        (None, 8123, OFF, None, "http://front.test:8123"),
        (b"Other.test:99", 8123, ON, None, "http://front.test:8123"),
        (b"Other.test:99", None, ON, None, "http://front.test"),
        (b"Other.test:99", None, ON, 7000, "http://front.test:7000"),
        (b"Other.test:99", 8123, ON, 7000, "http://front.test:8123"),
        (b"front.test", 8123, OFF, 7000, "http://front.test:7000"),
        (b"other.test:99", 8123, OFF, 7000, "http://other.test:99"),
        (None, 8123, OFF, 7000, "http://front.test:7000"),
        (b"other.test", None, OFF, None, "http://other.test"),
        (b"other.test:80", 8123, OFF, None, "http://other.test"),
        (b"[::1]:81", None, OFF, None, "http://[::1]:81"),
        (b"[::1]", None, OFF, None, "http://[::1]"),
    ],
)
def test_name_and_port(
    host: bytes | None,
    port: int | None,
    canonical: CanonicalName,
    physical: int | None,
    expected: str,
) -> None:
    name = self_name(
        host, "front.test", port, canonical=canonical, physical_port=physical, scheme="http"
    )
    assert self_authority(name, "http") == expected


def test_the_port_of_https_is_left_out() -> None:
    name = self_name(b"a", "b", None, canonical=OFF, physical_port=None, scheme="https")
    assert (name.port, self_authority(name, "https")) == (443, "https://a")
