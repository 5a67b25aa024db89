"""Request targets: what stands between method and version in, a path to route by out. Pure.

Hides percent-decoding, dot segments, repeated slashes and the forms of a target (origin, absolute,
asterisk), so that rules and sections only ever see what httpd's would; and the way back, from a
decoded path to what is sent to a worker. Rules, as in httpd 2.4.71 (ap_parse_uri,
ap_normalize_path, ap_unescape_url, ap_proxy_canonenc) with HttpProtocolOptions Strict:

1. Texts are latin-1: one character is one byte of the path, whatever its encoding means.
2. 400: a blank or control character, `#`, a malformed `%`, a path that does not begin with `/`,
   `..` above the root, user names in an absolute target, schemes but http and https. These come
   before 404: `%00`, and `%2F` unless AllowEncodedSlashes has it.
3. Escaped unreserved characters count as themselves when dot segments are removed; everything else
   is decoded afterwards. Slashes and dots that only come with AllowEncodedSlashes On are resolved
   again, and then `..` stops at the root.
4. Slashes at the very beginning are always one; elsewhere MergeSlashes decides.
5. NoDecode keeps `%2F` as it is. A `%` that comes from `%25` is then ambiguous on the way back: it
   must look like an escape, else 400, and `%252F` becomes `%2F` (httpd's own behaviour).
"""

import re
from typing import Final, Literal, NamedTuple, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

EncodedSlashes = Literal["off", "on", "nodecode"]

ASTERISK: Final = "*"
"""The path of `OPTIONS *` (and of OPTIONS with an absolute target without a path)."""

_SEGMENT: Final = rb"/(?!/|\.\.?(?:[/?]|\Z))[^/?%#\x00-\x20\x7f]*+"
_PLAIN: Final = re.compile(rb"((?:%b)++)(?:\?([^#\x00-\x20\x7f]*+))?" % _SEGMENT)
_FORBIDDEN: Final = re.compile(rb"[#\x00-\x20\x7f]")
_ABSOLUTE: Final = re.compile(rb"(?i:https?):(?://([^/?]*))?([^?]*)(?:\?(.*))?", re.DOTALL)
_AUTHORITY: Final = re.compile(rb"(?:\[[^\]@]*\]|[^:@\[\]]*)(?::[0-9]*)?")
_HOST_AND_PORT: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):[0-9]+")

_MALFORMED: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile(
    rb"%(?:2[DEde]|3[0-9]|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9AEae])"
)
_NUL_OR_SLASH: Final = re.compile(rb"%(?:00|2[Ff])")
_ALL_BUT_SLASH: Final = re.compile(rb"%(?!2[Ff])[0-9A-Fa-f]{2}")

_CANONICAL: Final = re.compile(r"[A-Za-z0-9$\-_.+!*'(),:@&=/~;]*+")
_NOT_CANONICAL: Final = re.compile(rb"[^A-Za-z0-9$\-_.+!*'(),:@&=/~;]")
_NOT_CANONICAL_NODECODE: Final = re.compile(rb"%2[Ff]|[^A-Za-z0-9$\-_.+!*'(),:@&=/~;]")
_VISIBLE: Final = re.compile(rb"[^\x00-\x20\x7f]*+")


class RequestPath(NamedTuple):
    """A request target that can be routed. A NamedTuple: it is made once per request."""

    path: str
    """Decoded and normalised, latin-1; `*` for OPTIONS without a path."""
    raw: bytes
    """The whole target as received, with its query."""
    query: bytes | None
    """What follows the first `?`, None without one."""
    authority: bytes | None
    """`host[:port]` of an absolute target, which replaces the Host field; None without a host."""


class _Match(Protocol):
    @property
    def length(self) -> int:
        """Characters of the path that a prefix took; 0 for regular expressions."""


_M = TypeVar("_M", bound=_Match)
_M_co = TypeVar("_M_co", bound=_Match, covariant=True)


class _Matcher(Protocol[_M_co]):
    def match(self, path: str, /) -> _M_co | None:
        """The match of a rule with a path."""


def parse_target(
    target: bytes, method: bytes, *, encoded_slashes: str, merge_slashes: bool
) -> RequestPath | int:
    """Read a request target; a status (400, 404, 405) if it is to be refused.

    `encoded_slashes` is "off", "on" or "nodecode" (AllowEncodedSlashes). CONNECT is always refused:
    405 with a proper `host:port`, else 400.
    """
    plain = _PLAIN.fullmatch(target)
    if plain is not None and method != b"CONNECT":
        path, query = plain.groups()
        return RequestPath(path.decode("latin-1"), target, query, None)
    if not target or _FORBIDDEN.search(target):
        return 400
    if method == b"CONNECT":
        return 405 if _HOST_AND_PORT.fullmatch(target) else 400
    parts = _split(target)
    if parts is None:
        return 400
    raw_path, query, authority = parts
    if raw_path in (b"", b"*") and method == b"OPTIONS":
        return RequestPath(ASTERISK, target, query, authority)
    decoded = _decode(raw_path or b"/", encoded_slashes, merge_slashes)
    return decoded if isinstance(decoded, int) else RequestPath(decoded, target, query, authority)


def target_within(url: str) -> bytes:
    """The target of a request that is made within: without what follows a `#`; what no client could
    send, a blank, say, is escaped in its path.
    """
    path, mark, query = url.partition("#")[0].partition("?")
    escaped = _UNSENDABLE.sub(lambda found: f"%{ord(found[0]):02x}", path)
    return f"{escaped}{mark}{query}".encode("latin-1")


_UNSENDABLE: Final = re.compile(r"[\x00-\x20\x7f]")


def parse_encoded(target: bytes, method: bytes, *, merge_slashes: bool) -> RequestPath | int:
    """The same for rules with ``mapping=``, which see a path before it is decoded: without dot
    segments, only unreserved characters decoded. `%2F` is allowed, `%00` is a 404 (httpd lets it
    pass). What parse_target refuses with 400 or 405 is refused here, too.
    """
    if _PLAIN.fullmatch(target) or method == b"CONNECT" or b"%" not in target:
        return parse_target(target, method, encoded_slashes="off", merge_slashes=merge_slashes)
    parts = None if _FORBIDDEN.search(target) else _split(target)
    if parts is None:
        return 400
    raw_path, query, authority = parts
    if raw_path[:1] != b"/" or _MALFORMED.search(raw_path):
        return 400
    path, stays_inside = _normalize(_UNRESERVED.sub(_unescape, raw_path), merge_slashes)
    if not stays_inside:
        return 400
    if b"%00" in path:
        return 404
    return RequestPath(path.decode("latin-1"), target, query, authority)


def canonical_path(path: str, *, nodecode: bool = False) -> bytes | None:
    """A decoded path as it is sent to a worker: unreserved characters as they are, others as %XX.

    `nodecode` (AllowEncodedSlashes NoDecode): `%2F` in the path is an escape; None (400) if another
    `%` does not look like one.
    """
    if _CANONICAL.fullmatch(path):
        return path.encode("ascii")
    text = path.encode("latin-1")
    if not nodecode:
        return _NOT_CANONICAL.sub(_escape, text)
    if _MALFORMED.search(text):
        return None
    return _NOT_CANONICAL_NODECODE.sub(_escape_or_keep, text)


def check_query(query: bytes) -> bool:
    """May this query, or raw target, go to a worker? No control characters or blanks (else 403)."""
    return _VISIBLE.fullmatch(query) is not None


def raw_remainder(request: RequestPath, matcher: _Matcher[_M], matched: _M) -> _M | None:
    """With nocanon: the match to build the worker's URL from, of the raw target, query included.

    None if the raw target does not match as the decoded path did, for a prefix over the same
    length: `nocanon` is then ignored (AH01136) and the ordinary URL used.
    """
    raw = matcher.match(request.raw.decode("latin-1"))
    return raw if raw is not None and raw.length == matched.length else None


def _split(target: bytes) -> tuple[bytes, bytes | None, bytes | None] | None:
    """Path, query and authority; None for 400."""
    if target[:1] == b"/":
        target = b"/" + target.lstrip(b"/")
    elif absolute := _ABSOLUTE.fullmatch(target):
        authority, path, query = absolute.groups()
        if authority is not None and not _AUTHORITY.fullmatch(authority):
            return None
        if authority is not None and authority[:1] in (b"", b":"):
            authority = None
        return (path, query, authority) if path[:1] in (b"", b"/") else None
    path, mark, query = target.partition(b"?")
    return path, query if mark else None, None


def _decode(path: bytes, encoded_slashes: str, merge: bool) -> str | int:
    if path[:1] != b"/" or _MALFORMED.search(path):
        return 400
    path, stays_inside = _normalize(_UNRESERVED.sub(_unescape, path), merge)
    if not stays_inside:
        return 400
    for refused in _NUL_OR_SLASH.finditer(path):
        if refused[0] == b"%00" or encoded_slashes == "off":
            return 404
    if encoded_slashes == "nodecode":
        path = _ALL_BUT_SLASH.sub(_unescape, path)
    else:
        path = unquote_to_bytes(path)
    if encoded_slashes == "on":
        path, _ = _normalize(path, merge)
    return path.decode("latin-1")


def _normalize(path: bytes, merge: bool) -> tuple[bytes, bool]:
    """The path without dot segments (with `merge`, empty ones), and: did `..` stay inside?"""
    *segments, last = path.split(b"/")[1:]
    if last in (b".", b".."):
        segments.append(last)
        last = b""
    kept: list[bytes] = []
    stays_inside = True
    for segment in segments:
        if segment == b"..":
            if kept:
                kept.pop()
            else:
                stays_inside = False
        elif segment != b"." and (segment or not merge):
            kept.append(segment)
    return b"/" + b"/".join([*kept, last]), stays_inside


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[0][1:].decode("ascii"))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % ord(match[0])


def _escape_or_keep(match: re.Match[bytes]) -> bytes:
    return match[0] if len(match[0]) > 1 else _escape(match)
