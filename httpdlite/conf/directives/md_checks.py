"""What mod_md checks in the values of its directives while the file is read.

In: the words of one directive. Out: nothing, or httpd's message. Where a directive may stand within
<MDomainSet> is checked before its value, as httpd does. Rules: httpd 2.4.71, as observed.
"""

from typing import Final

from httpdlite.conf.call import Call
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atol, strtol
from httpdlite.conf.rows import Check
from httpdlite.conf.spelling import lower
from httpdlite.conf.uri import UriError, parse_uri
from httpdlite.conf.values import one_of

SETS: Final = frozenset({"<mdomainset", "<mdomain"})


def is_in_set(call: Call) -> bool:
    """Whether the directive stands in the settings of one domain."""
    return any(section.key in SETS for section in call.place.sections)


def outside_sets(check: Check | None = None) -> Check:
    """Not within <MDomainSet>, then `check`."""

    def both(call: Call) -> None:
        if is_in_set(call):
            raise call.error(
                f"{call.name} is not allowed inside an '<MDomainSet' context", code="wrong-context"
            )
        if check is not None:
            check(call)

    return both


def check_in_set(call: Call) -> None:
    """Only within <MDomainSet>."""
    if not is_in_set(call):
        raise call.error(
            f"{call.name} is only valid inside a '<MDomainSet' context, not here",
            code="wrong-context",
        )


check_section_place: Final = outside_sets()


def check_section(call: Call) -> None:
    """The opening tag: not within another one, and with a domain."""
    check_section_place(call)
    if not call.raw.text:
        raise call.error("<MDomainSet > section must specify a unique domain name")


_MODES: Final = frozenset({"auto", "manual"})


def check_domains(call: Call) -> None:
    """At least one name."""
    if not any(lower(word.text) not in _MODES for word in call.words):
        raise call.error("needs at least one domain name")


def check_members(call: Call) -> None:
    """Names within <MDomainSet>; outside it, one word that says how names are found."""
    if is_in_set(call):
        return
    if len(call.words) != 1:
        check_in_set(call)
    elif lower(call.words[0].text) not in _MODES:
        raise call.error('unknown value, use "auto|manual"', 0)


# --- keys -----------------------------------------------------------------------------------------


def check_keys(call: Call) -> None:
    """Default, or kinds of keys: RSA [bits], RSA2048, the names of curves."""
    texts = [word.text for word in call.words]
    if not texts:
        raise call.error("needs to specify the private key type")
    if len(texts) > 1 and "default" in map(lower, texts):
        raise call.error("'Default' allows no other parameter")
    seen: set[str] = set()
    skip = False
    for index, text in enumerate(texts):
        if skip:
            skip = False
            continue
        name, bits = _key(text)
        if name == "rsa" and bits is None and texts[index + 1 : index + 2]:
            following = texts[index + 1]
            if following[:1] in set("0123456789"):
                bits, skip = atol(following), True
        if bits is not None and bits < 2048:
            message = "must be 2048 or higher in order to be considered safe."
            raise call.error(message, index + skip)
        if name in seen:
            shown = "RSA" if name == "rsa" else text
            raise call.error(f"two keys of type '{shown}' are not possible.", index)
        seen.add(name)


def _key(text: str) -> tuple[str, int | None]:
    """The kind of a key, and the bits behind an RSA."""
    name = lower(text)
    if name.startswith("rsa") and name[3:4] in set("0123456789"):
        return "rsa", atol(text[3:])
    return name, None


# --- times ----------------------------------------------------------------------------------------

_SECONDS: Final = {"ms": 0.001, "mi": 60.0, "s": 1.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str, unit: str) -> float | None:
    """A duration; None has an unknown format. `unit` is meant where none is written."""
    number, rest = strtol(text)
    if rest == text or abs(number) >= 2**63 - 1:
        return None
    rest = lower(rest or unit)
    scale = _SECONDS.get(rest[:2], _SECONDS.get(rest[:1]))
    return None if scale is None else number * scale


def check_duration(least: float | None = None, too_short: str = "") -> Check:
    """A duration, in seconds unless it has a unit."""

    def check(call: Call) -> None:
        value = seconds(call.words[0].text, "s")
        if value is None:
            raise call.error("unrecognized duration format", 0)
        if least is not None and value < least:
            raise call.error(too_short, 0)

    return check


def check_locks(call: Call) -> None:
    """On, off, or how long to wait."""
    text = call.words[0].text
    if lower(text) not in {"on", "off"} and seconds(text, "s") is None:
        raise call.error("neither 'on', 'off' or a duration specified", 0)


def check_window(unit: str = "d", whole: str | None = None) -> Check:
    """A part of a certificate's life: a duration, or per cent; `whole` refuses 100 % and more."""

    def check(call: Call) -> None:
        text = call.words[0].text
        number, rest = strtol(text)
        if rest.startswith("%"):
            if number < 0:
                raise call.error(f"{call.name} percent must be less than 100", 0)
            if number >= 100 and whole is not None:
                raise call.error(f"{call.name} {whole}a length of 100% or more is not allowed.", 0)
        elif seconds(text, unit) is None:
            raise call.error(f"{call.name} has unrecognized format", 0)

    return check


# --- words and URLs -------------------------------------------------------------------------------

check_on_off: Final = one_of(
    "on off", "unknown '{}', supported parameter values are 'on' and 'off'"
)
check_redirect: Final = one_of(
    "off temporary permanent",
    "unknown '{}', supported parameter values are 'temporary' and 'permanent'",
)
check_mode: Final = one_of("auto always manual", "unknown MDDriveMode {}")
check_matching: Final = one_of(
    "all servernames", "invalid argument, must be a 'all' or 'servernames'"
)
check_dns_version: Final = one_of("1 2", "Only versions `1` and `2` are supported", any_case=False)


def _url_problem(text: str) -> str | None:
    """What keeps a text from being an absolute URL, in mod_md's words."""
    if any(char.isspace() for char in text):
        return "whitespace in uri"
    try:
        parts = parse_uri(text)
    except UriError:
        return "not an uri"
    if parts.scheme is None:
        return "missing uri scheme"
    if len(parts.scheme) + 1 == len(text):
        return "missing uri identifier"
    if lower(parts.scheme) in {"http", "https"}:
        if parts.host is None:
            return "missing hostname"
        if parts.port is not None and parts.port % 65536 == 0:
            return "invalid port"
    return None


def check_proxy(call: Call) -> None:
    """The URL of a proxy."""
    text = call.words[0].text
    if problem := _url_problem(text):
        raise call.error(problem, 0)
    if lower(text.partition(":")[0]) not in {"http", "https"}:
        raise call.error("uri scheme must be http or https", 0)


AUTHORITIES: Final = ("LetsEncrypt", "LetsEncrypt-Test", "Buypass", "Buypass-Test")


def check_authority(call: Call) -> None:
    """Known names of authorities, or their URLs."""
    known = {lower(name) for name in AUTHORITIES}
    for index, word in enumerate(call.words):
        problem = None if lower(word.text) in known else _url_problem(word.text)
        if problem is not None:
            raise call.error(
                f"The CA name '{word.text}' is not known and it is not a URL either ({problem}). "
                f"Known CA names are: {' '.join(AUTHORITIES)}.",
                index,
            )


def check_ports(call: Call) -> None:
    """80:port or 443:port, or by name; - is none."""
    for index, word in enumerate(call.words):
        if word.text and (problem := _port_problem(word.text)):
            raise call.error(problem, index)


def _port_problem(text: str) -> str | None:
    if text.startswith(("http:", "https:")):
        outside, local = 80, text.partition(":")[2]
    else:
        outside, rest = strtol(text)
        if abs(outside) >= 2**63 - 1:
            return "unable to parse first port number"
        if rest == text or not rest.startswith(":"):
            return "no ':' after first port number"
        local = rest[1:]
    if not local.startswith("-") and not 0 < atol(local) <= 65535:
        return "invalid number for port map, must be in ]0,65535]"
    return None if outside in {80, 443} else "mapped port number must be 80 or 443"


def check_binding(call: Call) -> None:
    """none, a key's id and its value, or a JSON file with both."""
    if len(call.words) > 1 and call.words[1].text:
        return
    if lower(call.words[0].text) == "none":
        return
    path = absolute(call.place.server_root, call.words[0].text)
    if call.place.files.kind(path) is not Kind.FILE:
        raise call.error(f"{call.name}: file not found: {path}", 0)
    import json  # noqa: PLC0415 - rare

    try:
        content = json.loads(call.place.files.read(path))
    except (OSError, ValueError, RecursionError):
        raise call.error(f"{call.name}: error reading JSON file {path}", 0) from None
    for key in ("kid", "hmac"):
        if not isinstance(content, dict) or not isinstance(content.get(key), str):
            message = f"{call.name}: JSON does not contain '{key}' element in file {path}"
            raise call.error(message, 0)
