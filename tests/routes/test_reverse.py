"""ProxyPassReverse: which values it changes, and into what."""

import pytest

from httpdlite.routes.reverse import ReverseRule, reverse_location

RULES = (
    ReverseRule("/1", "/a"),
    ReverseRule("http://there.test", "http://worker.test/b"),
    ReverseRule("/2/", "/c/"),
    ReverseRule("/3", "http://worker.test"),
    ReverseRule("https://other.test", "/d"),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://worker.test/b/x", "http://there.test/x"),
        ("http://WORKER.test/x", "http://front/3/x"),
        ("http://any.test/a/x", "http://front/1/x"),  # a path is about any host's
        ("https://any.test:8080/A/x", "http://front/1/x"),
        ("/c/x", "http://front/2/x"),
        ("http://any.test/d/e", "https://other.test/e"),
        ("http://any.test/x/a", "http://any.test/x/a"),
        ("http://any.test", "http://any.test"),
        ("foo:/a/x", "foo:/a/x"),
        ("a/x", "a/x"),
        ("", ""),
    ],
)
def test_values(value: str, expected: str) -> None:
    assert reverse_location(value.encode(), RULES, "http://front") == expected.encode()
