"""What Header makes of answers: their fields in, the fields that go to the client out. Pure.

Comes in: a worker's answer as ``exchange.response_lines`` gives it, or one of the server's own; the
edits of `routes.headers`; the request as its phases left it. Goes out: ``Edited``. Hides what httpd
does after mod_headers has had its say (ap_http_header_filter); as observed with 2.4.71:

1. `always` goes out before the others. Date and Server come first, the first of each. Vary is one
   field with each name once. The type that counts stands where the first Content-Type is.
2. A Content-Length that was taken away comes back, as the last field, if the body is whole already;
   else the body goes out in chunks. 204 and 304 have none. Of an answer to HEAD it stays away.
3. A Connection field with `close` ends the connection; ours is appended to others. A Keep-Alive
   of the server's own takes the place of one that was set.
4. TRACE and `OPTIONS *`, where the server itself answers, are not edited.
5. Of the server's own pages Date and Server are the server's, unless a worker was to be asked.
"""

from typing import Final, NamedTuple

from httpdlite.proxy.answers import OwnAnswer
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    DELIMITED_BY_CLOSE,
    DELIMITED_BY_LENGTH,
    Delimiter,
    KeepAlive,
    merge_vary,
)
from httpdlite.proxy.fields import FieldBlock, FieldLine, field_line, split_fields
from httpdlite.proxy.framing import ResponseHead
from httpdlite.proxy.hopbyhop import connection_options
from httpdlite.proxy.pages import TRACE_TYPE
from httpdlite.routes.headers import Answer, ResponseEdits
from httpdlite.routes.regex import WORK
from httpdlite.routes.request import Request

_TYPE: Final = b"content-type"
_LENGTH: Final = b"content-length"
_VARY: Final = b"vary"
_DATE: Final = b"date"
_SERVER: Final = b"server"
_FIRST: Final = (_DATE, _SERVER)
_CONNECTION: Final = b"connection"
_KEEP_ALIVE: Final = b"keep-alive"
_OF_CONNECTION: Final = frozenset((_CONNECTION, _KEEP_ALIVE))
_WITHOUT_LENGTH: Final = (204, 304)


class Edited(NamedTuple):
    """An answer with its edits made; ``block``: its lines, if they are likely to come again."""

    lines: list[FieldLine]
    block: FieldBlock | None
    keep_alive: KeepAlive
    delimiter: Delimiter


# --- a worker's answers ---------------------------------------------------------------------------


def edit_response(
    edits: ResponseEdits | None,
    request: Request | None,
    head: ResponseHead,
    lines: list[FieldLine],
    *,
    keep_alive: KeepAlive,
    delimiter: Delimiter,
    minor: int,
    length: int | None,
) -> Edited:
    """A worker's answer to a client of HTTP/1.``minor``. ``length`` is that of the body, if all of
    it is there.
    """
    edited, block = _edited_block(edits, request, head, lines)
    keys = [line[0] for line in edited] if block is None else block.keys
    if delimiter is DELIMITED_BY_LENGTH and _LENGTH not in keys:
        if length is not None:
            edited = [*edited, field_line(b"Content-Length", b"%d" % length)]
        elif minor:
            delimiter = DELIMITED_BY_CHUNKED
        else:
            delimiter, keep_alive = DELIMITED_BY_CLOSE, CLOSES
    if not _OF_CONNECTION.isdisjoint(keys):
        edited, keep_alive = _with_connection(edited, keep_alive)
    return Edited(edited, block, keep_alive, delimiter)


def _edited_block(
    edits: ResponseEdits | None,
    request: Request | None,
    head: ResponseHead,
    lines: list[FieldLine],
) -> tuple[list[FieldLine], FieldBlock | None]:
    """The fields, edited: as last time if the same ones come again and the same is to be done."""
    before = head.block.passed or head.block
    values = None
    if (
        edits is not None
        and lines is before.lines
        and (request is None or not request.error_fields)
    ):
        values = edits.values(request)
    if values is None:
        return _edited(edits, request, head.status, lines), None
    key = (edits, head.status in _WITHOUT_LENGTH, values)
    kept = before.edited
    if kept is not None and kept[0] == key and kept[1] is not None:
        block: FieldBlock = kept[1]
        return block.lines, block
    edited = _edited(edits, request, head.status, lines)
    if WORK.has_given_up:
        return edited, None
    if kept is None:  # most heads come once
        before.edited = (key, None)
        return edited, None
    block = FieldBlock(edited, join=False)
    before.edited = (key, block)
    return edited, block


def _edited(
    edits: ResponseEdits | None, request: Request | None, status: int, lines: list[FieldLine]
) -> list[FieldLine]:
    kind = next((line[1][1] for line in lines if line[0] == _TYPE), None)
    answer = Answer(status, list(lines), _of_phases(request), kind)
    if edits is not None:
        if request is not None:
            request.status = status
        edits.apply(answer, request)
    return _finished(answer)


def _of_phases(request: Request | None) -> list[FieldLine]:
    """What they have set for the answer whatever it is."""
    if request is None:
        return []
    return [field_line(*field) for field in request.error_fields]


# --- the server's own answers ---------------------------------------------------------------------


def edit_answer(
    edits: ResponseEdits | None,
    request: Request | None,
    answer: OwnAnswer,
    *,
    keep_alive: KeepAlive,
    is_proxied: bool,
    date: bytes,
    server: bytes,
) -> tuple[bytes, OwnAnswer, KeepAlive]:
    """The head of one of the server's own answers, and the answer and its keep-alive as they are
    then. ``is_proxied``: a worker was to be asked. ``date``, ``server``: the lines of ours.
    """
    kind = next((line[1][1] for line in answer.lines if line[0] == _TYPE), None)
    # rules can ask for a 200 with a page, and for a 204: only OPTIONS and TRACE are no errors
    is_error = answer.status != 200 or kind not in (None, TRACE_TYPE)
    length = [line for line in answer.lines if line[0] == _LENGTH]
    others = [line for line in answer.lines if line[0] not in (_TYPE, _LENGTH)]
    always = _of_phases(request)
    has_page = is_error and answer.status not in _WITHOUT_LENGTH
    if has_page:
        success = [*always, *others]
    elif request is not None:
        success = [*[field_line(*field) for field in request.fields], *others]
    else:
        success = others
    made = Answer(answer.status, success, [] if has_page else always, kind)
    if edits is not None and not _is_early(answer, kind, request):
        if request is not None:
            request.status = answer.status
        edits.apply(made, request, is_error=is_error)
    last = field_line(b"Content-Type", made.content_type) if made.content_type is not None else None
    lines = _finished(made, keeps_type_out=True)
    if lines and lines[0][0] in _FIRST:
        lines, date, server = _without_first(lines, date, server, is_proxied=is_proxied)
    lines += length
    lines, keep_alive = _with_connection(lines, keep_alive)
    has_type = last is None or any(line[0] == _TYPE for line in lines)
    after = b"" if has_type or last is None else last.line
    start = b"HTTP/1.1 %d %b\r\n" % (answer.status, answer.reason)
    kept = b"".join([line[2] for line in lines])
    out = b"".join((start, date, server, kept, keep_alive.fields, after, b"\r\n"))
    sent = lines if has_type or last is None else [*lines, last]
    return out, answer._replace(lines=sent), keep_alive


def _is_early(answer: OwnAnswer, kind: bytes | None, request: Request | None) -> bool:
    """Is it made before mod_headers has a say: TRACE and `OPTIONS *`?"""
    is_of_server = request is not None and request.head.target == b"*"
    return kind == TRACE_TYPE or (is_of_server and answer.status < 300)


def _without_first(
    lines: list[FieldLine], date: bytes, server: bytes, *, is_proxied: bool
) -> tuple[list[FieldLine], bytes, bytes]:
    """Without Date and Server, and what these are."""
    found = {line[0]: line[2] for line in lines if line[0] in _FIRST}
    if is_proxied:
        date, server = found.get(_DATE, date), found.get(_SERVER, server)
    return [line for line in lines if line[0] not in _FIRST], date, server


# --- what follows mod_headers ---------------------------------------------------------------------


def _finished(answer: Answer, *, keeps_type_out: bool = False) -> list[FieldLine]:
    """Both tables as one. ``keeps_type_out``: a type that no field says is said by the caller."""
    lines = [*answer.always, *answer.success]
    vary = [line[1][1] for line in lines if line[0] == _VARY]
    if len(vary) > 1 or (vary and b"," in vary[0]):
        lines = merge_vary(lines, vary)
        if len(vary) > 1:
            lines = _once(lines, _VARY)
    kind = answer.content_type
    if kind is not None:
        lines = _with_type(lines, kind, keeps_out=keeps_type_out)
    if answer.status in _WITHOUT_LENGTH:
        lines = [line for line in lines if line[0] != _LENGTH]
    first = {line[0]: line for line in reversed(lines) if line[0] in _FIRST}
    if not first:
        return lines
    rest = [line for line in lines if line[0] not in _FIRST]
    return [first[key] for key in _FIRST if key in first] + rest


def _with_type(lines: list[FieldLine], kind: bytes, *, keeps_out: bool) -> list[FieldLine]:
    places = [at for at, line in enumerate(lines) if line[0] == _TYPE]
    if not places:
        return lines if keeps_out else [*lines, field_line(b"Content-Type", kind)]
    name, value = lines[places[0]][1]
    if value != kind:
        lines[places[0]] = field_line(name, kind)
    return _once(lines, _TYPE) if len(places) > 1 else lines


def _once(lines: list[FieldLine], key: bytes) -> list[FieldLine]:
    """Only the first of that name."""
    places = [at for at, line in enumerate(lines) if line[0] == key]
    return [line for at, line in enumerate(lines) if at not in places[1:]]


def _with_connection(
    lines: list[FieldLine], keep_alive: KeepAlive
) -> tuple[list[FieldLine], KeepAlive]:
    """What the answer's own Connection and Keep-Alive become beside ours."""
    present = [line[1][1] for line in lines if line[0] == _CONNECTION]
    if present and b"close" in connection_options(b",".join(present)):
        return lines, KeepAlive(stays=False, fields=b"")
    said = {line.key: line for line in split_fields(keep_alive.fields)}
    result: list[FieldLine] = []
    for line in lines:
        ours = said.get(line[0])
        if ours is None:
            result.append(line)
        elif line[0] == _KEEP_ALIVE:
            result.append(field_line(line[1][0], ours.field[1]))
            del said[_KEEP_ALIVE]
        else:
            result.append(field_line(line[1][0], b"%b, %b" % (line[1][1], ours.field[1])))
            del said[_CONNECTION]
    return result, KeepAlive(keep_alive.stays, b"".join([line[2] for line in said.values()]))
