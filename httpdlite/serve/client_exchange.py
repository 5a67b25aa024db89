"""One request and its response as far as the client sees it: what is known of it, the bytes that go
out, the lines in the logs.

Comes in: a request's head, its vhost, the client's connection. Goes out: response heads and bodies,
framed for the client; one access-log line; what others ask of a request. Hides the back-pressure
towards the client. ``answering.py`` and ``serving.py`` build on it. Sources: RFC 9110, RFC 9112.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from httpdlite.proxy import exchange
from httpdlite.proxy.answers import Problem
from httpdlite.proxy.bodies import Body, ChunkedBody
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    UNDELIMITED,
    Delimiter,
    KeepAlive,
)
from httpdlite.proxy.fields import FieldBlock, FieldLine
from httpdlite.proxy.framing import RequestHead, ResponseHead
from httpdlite.routes.errorformat import ErrorForm
from httpdlite.routes.logline import LogLine
from httpdlite.routes.regex import given_up_line
from httpdlite.routes.request import Request
from httpdlite.routes.route import Route
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.serve.log import About
from httpdlite.serve.phasing import Phasing, make_request
from httpdlite.serve.record import (
    DetailedRecord,
    RedirectedRecord,
    RequestRecord,
    log_id_of,
    new_log_id,
    notes_of_worker,
)
from httpdlite.serve.spool import Spool
from httpdlite.serve.switching import Switch

if TYPE_CHECKING:
    from httpdlite.serve.client import ClientConnection
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.worker import WorkerConnection

LAST_CHUNK: Final = b"0\r\n\r\n"


class ClientExchange:
    """A request from its head to the end of its response. ``keep_alive``: may others follow it?"""

    # What a request begins with; one that is not served by a worker changes little of it.
    keep_alive: KeepAlive = CLOSES
    worker: "WorkerConnection | None" = None
    awaits_continue = False  # the client sends its body after the worker's 100
    _route: Route | None = None
    _pool: "Pool | None" = None
    _collected: list[bytes] | None = None
    _asked = False
    _is_over = False
    _chunked_out = False
    _has_answered = False  # the response's head has been sent
    _lines: Sequence[FieldLine] = ()
    _delimiter: Delimiter = UNDELIMITED
    _status = 0
    _size = 0
    _is_logged = False

    # What is rarely otherwise.
    _settings: Settings | None = None  # a refusal's own
    _problem: Problem | None = None  # what an ErrorDocument is asked for because of
    _original: RequestHead | None = None  # the client's request, while that is so
    _skipped: Body | None = None  # its body
    _has_phases = True  # a target that is none goes through none
    _drops_body = False  # of the response: it was a HEAD
    _is_traced = False  # the body is for the answer to a TRACE
    _held: bytes | None = None  # of the body, until the worker's 100 (ping)
    _spool: Spool | None = None  # of a body that is to be whole before the worker is asked
    _speaks_1_0 = False  # to the client (force-response-1.0)
    _tail = b""  # what follows the body
    _ending: bytes | None = None  # of the request's head, if not the pool's
    _has_continued = False  # a 100 went to the client
    _worker_body: Body | None = None  # of the response, for its trailers in a log
    _worker_status = 0  # of the worker's response, where a log asks for notes
    _used: "WorkerConnection | None" = None  # the last that had this request, likewise
    _first_byte: int | None = None  # nanoseconds until the response began, likewise
    _redirected: Route | None = None  # the route before an error document was asked for
    _log_id: str | None = None  # once the error log has a line about this request
    _phasing: Phasing | None = None  # if its vhost has something to do for its phases
    _phased: Request | None = None  # as they have left it
    _switch: Switch | None = None  # a 101 that came before the whole body was sent

    def __init__(
        self,
        connection: "ClientConnection",
        request: RequestHead,
        vhost: Vhost,
        started: float,
        path: str | None = None,
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._request = request
        self._vhost = vhost
        self._path = (
            path if path is not None else request.target.partition(b"?")[0].decode("latin-1")
        )
        self._started = started
        if vhost.logs_bytes:
            endpoint = connection.endpoint
            self._received_before = endpoint.received - connection.unread - len(request.raw)
            self._sent_before = endpoint.sent
        self._body: Body | None = request.body

    # --- what others ask ---

    @property
    def settings(self) -> Settings:
        """The settings of this request."""
        if self._route is not None:
            return self._route.settings
        return self._settings or self._vhost.table.settings

    @property
    def vhost(self) -> Vhost:
        """Where it is served."""
        return self._vhost

    @property
    def method(self) -> bytes:
        """The request's method."""
        return self._request.method

    @property
    def reads_body(self) -> bool:
        """Do the client's bytes still belong to this request?"""
        return self._body is not None and not self._body.done

    @property
    def is_waiting(self) -> bool:
        """Does it wait for a connection to its worker?"""
        if self._has_answered or self._is_over:
            return False
        return self._asked and self.worker is None

    @property
    def is_sending(self) -> bool:
        """Has the worker still to get some of the body?"""
        body = self._body
        is_whole = self._held is None and self._spool is None
        return not is_whole or (body is not None and not body.done)

    @property
    def sends_body(self) -> bool:
        """Is the client on its way to send (more of) the body?"""
        return self.reads_body and not self.awaits_continue

    @property
    def _now(self) -> float:
        return self._connection.child.engine.now

    def _as_request(self) -> Request:
        """What the phases have left, or what they would have, had there been anything to do."""
        request = self._phased
        if request is None:
            connection, route = self._connection, self._route
            request = self._phased = make_request(self._request, self._vhost, connection.client)
            request.path, request.may_wait = self._path, False
            request.settings = settings = self.settings
            if self._has_phases:
                request.environment.update(settings.environment)
                if request.is_secure:
                    variables = request.connection.tls_variables(settings.tls_options)
                    request.environment.update(variables)
            if route is not None:
                request.filename, request.handler = route.filename, "proxy-server"
        return request

    def _log_phases(self, request: Request) -> None:
        """The lines that phases, or edits of mod_headers, have for the error log."""
        for line in request.lines:
            self._log_error(line)
        request.lines.clear()
        self.log_given_up()

    def log_given_up(self) -> None:
        """That an expression of the configuration has been given up, if so."""
        line = given_up_line()
        if line is not None:
            self._log_error(line)

    @property
    def _has_fields(self) -> bool:
        """Have the phases set fields for the answer, whatever it is?"""
        return self._phased is not None and bool(self._phased.error_fields)

    # --- what goes to the client ---

    def _send_response(
        self,
        head: ResponseHead,
        lines: list[FieldLine],
        payload: bytes,
        block: FieldBlock | None,
        *,
        done: bool,
    ) -> None:
        child = self._connection.child
        out = exchange.response_head(
            head.status,
            head.reason,
            lines,
            block,
            date=child.http_date(),
            server=child.server_line,
            keep_alive=self.keep_alive,
            delimiter=self._delimiter,
        )
        if self._speaks_1_0:
            out = out.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        self._status = head.status
        self._lines = lines
        self._has_answered = True
        self._send_body(out, payload, done=done)

    def _send_body(self, head: bytes, payload: bytes, *, done: bool) -> None:
        if self._drops_body:
            payload, self._delimiter, done = b"", UNDELIMITED, True
            self._leave_worker()
        self._size += len(payload)
        if self._delimiter is DELIMITED_BY_CHUNKED:
            payload = encode_chunk(payload) + LAST_CHUNK if done else encode_chunk(payload)
        if self._send(head + payload if head else payload) and done:
            self._finish()

    def _leave_worker(self) -> None:
        """Nothing more is wanted of it."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.client = None
            worker.discard()

    def _send(self, data: bytes) -> bool:
        """True when all was sent; else the worker waits until the client has taken it."""
        endpoint = self._connection.endpoint
        if not data:
            return not endpoint.queue
        try:
            if endpoint.send(data):
                return True
        except OSError:
            self._connection.abandon()
            return False
        endpoint.expire_at(self._now + self.settings.timeout)
        if self.worker is not None:
            self.worker.pause()
        return False

    def _drop_spool(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()

    def _finish(self) -> None:
        self._is_over = True
        self._drop_spool()
        self._log_access(complete=True)
        unread = self._body if self.reads_body else self._skipped
        self._connection.served(self.keep_alive, self._vhost, unread)

    # --- logs ---

    def note(self, line: LogLine) -> None:
        """Something that a worker did."""
        self._log_error(line)

    def _log_error(self, line: LogLine) -> None:
        connection = self._connection
        text = line.text
        if "{" in text and not line.is_literal:
            method = self._request.method.decode("latin-1")
            text = text.replace("{client}", self._client.ip)
            text = text.replace("{method}", method).replace("{uri}", self._path)
        client = None if line.of_server else self._client
        settings = self._vhost.table.settings if line.of_server else self.settings
        levels = settings.log_levels
        if not levels.wants(line.module, line.level):
            return
        vhost, about = self._vhost, None
        if client is not None:
            if vhost.error_form is not None:
                about = self._about(vhost.error_form)
            elif (referer := self._request.get(b"referer")) is not None:
                text = f"{text}, referer: {referer.decode('latin-1')}"
            connection.is_in_error_log = True
            self._log_id = self._log_id or new_log_id()
        line = replace(line, text=text)
        connection.child.log_error(line, client, vhost, levels, about)

    def _about(self, form: ErrorForm) -> About:
        """What an ErrorLogFormat may show of this request."""
        connection = self._connection
        is_first, self._log_id = self._log_id is None, self._log_id or new_log_id()
        record = DetailedRecord(
            connection.child,
            self._original or self._request,
            self._client,
            self._vhost,
            self._path,
            self._route or self._settings,
            self._status,
            self._lines,
            self._started,
            connection.requests,
        )
        record.phased = self._phased
        self._tell_more(record)
        return About(
            form,
            self._vhost.server_name,
            self._client,
            record,
            is_first_of_connection=not connection.is_in_error_log,
            is_first_of_request=is_first,
        )

    def note_unanswered(self, status: int) -> None:
        """The log line of a request that gets no answer."""
        self._status = status
        self._log_access()

    def _log_access(self, *, complete: bool = False) -> None:
        """One line per request; a second call is a no-op."""
        if self._is_logged or not self._vhost.access_logs:
            return
        self._is_logged = True
        connection, vhost = self._connection, self._vhost
        stays, count = self.keep_alive.stays, connection.requests
        kind: type[RequestRecord] = RequestRecord
        if self._original is not None:
            kind = RedirectedRecord
        elif vhost.logs_more:
            kind = DetailedRecord
        record = kind(
            connection.child,
            self._original or self._request,
            self._client,
            vhost,
            self._path,
            self._route or self._settings,
            self._status,  # 0, that is `-`: none was sent
            self._lines,
            self._started,
            count if stays or not count else count - 1,
        )
        record.body_bytes = self._size
        record.phased = self._phased
        if self._problem is not None:
            record.status_original = self._problem.status
        if vhost.logs_bytes:
            endpoint = connection.endpoint
            record.bytes_in = endpoint.received - connection.unread - self._received_before
            record.bytes_out = endpoint.sent - self._sent_before
        if not complete:
            record.connection_status = "X"
        elif stays:
            record.connection_status = "+"
        if kind is not RequestRecord:
            assert isinstance(record, DetailedRecord)
            self._tell_more(record)
        connection.child.ended.append(record)

    def _tell_more(self, record: DetailedRecord) -> None:
        if isinstance(record, RedirectedRecord):
            record.final = self._request
            record.first = self._redirected
        record.log_id = self._log_id
        record.connection_log_id = None
        if self._log_id is not None:
            connection = self._connection
            record.connection_log_id = log_id_of(connection.client, connection.since)
        record.first_byte_ns = self._first_byte
        record.trailers_in = _trailers(self._body or self._skipped)
        record.trailers_out = _trailers(self._worker_body)
        record.notes = notes_of_worker(
            self._worker_status, self._used.source_port if self._used is not None else 0
        )
        if self._phased is not None:
            record.notes = {**self._phased.notes, **record.notes}

    def _note_answer(self, status: int, body: Body | None) -> None:
        """What a log wants to know of the worker's response, as it begins."""
        self._worker_status = status
        self._worker_body = body
        if self.settings.tracks_first_byte:
            now = self._connection.child.engine.clock()
            self._first_byte = int((now - self._started) * 1e9)


def _trailers(body: Body | None) -> bytes:
    return body.trailers if isinstance(body, ChunkedBody) else b""


def encode_chunk(data: bytes) -> bytes:
    """One chunk of RFC 9112 §7.1; nothing for no data, which would be the last chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
