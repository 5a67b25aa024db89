"""A request's body on its way to the worker.

Comes in: body pieces from the client's connection, the worker's connection once there is one. Goes
out: the body, as it comes or in chunks; or whole and with a length, where that is asked for
(``spool.py``). Hides when a body is read (16 KiB are collected before the worker is asked, as
Apache does), that it may have to wait for the worker's 100, and the back-pressure. ``serving.py``
builds on it. Sources: mod_proxy_http (2.4), RFC 9112.
"""

from typing import TYPE_CHECKING, Final

from httpdlite.proxy.bodies import Body
from httpdlite.proxy.fields import FramingError
from httpdlite.routes.logline import LogLine
from httpdlite.routes.route import Refusal
from httpdlite.serve.answering import MOST_TRACED, Answering
from httpdlite.serve.client_exchange import LAST_CHUNK, encode_chunk
from httpdlite.serve.connecting import describe
from httpdlite.serve.engine import NEVER
from httpdlite.serve.spool import Spool

if TYPE_CHECKING:
    from httpdlite.serve.pool import Pool

_OF_CHUNKS: Final = "AH01590"  # the answer to it ends with the connection
PREFETCH: Final = 16384  # the worker is not asked before that much of the body is there, or all


class Forwarding(Answering):
    """What ``Serving`` does with the body of its request."""

    def read_body(self, data: bytes) -> None:
        """More of the request's body, from the client."""
        body, endpoint = self._body, self._connection.endpoint
        assert body is not None
        self.awaits_continue = False
        try:
            payload = body.feed(data) if data else b""
        except FramingError as bad:
            self._drop_worker()
            refusal = Refusal(bad.status, bad.reason, bad.code)
            self.refuse(refusal, notes=bad.notes, has_length=bad.code != _OF_CHUNKS)
            return
        if body.done:
            self._connection.body_read(body.rest)
            endpoint.deadline = NEVER
        elif endpoint.deadline != NEVER:
            self._connection.await_body(self.settings.timeout)
        if self._asked:
            self._pass_on(payload, body)
            return
        if self._spool is not None:
            self._keep(self._spool, payload, body)
            return
        collected = self._collect(payload)
        size = sum(map(len, collected))
        if self._is_traced:
            if size > MOST_TRACED:
                self.refuse(Refusal(413, ""))
            elif body.done:
                self._send_trace(b"".join(collected))
        elif body.done or size >= PREFETCH:
            self._ask_worker()

    def _collect(self, payload: bytes) -> list[bytes]:
        """Keep a piece of the body until the worker can have it; all of them."""
        if self._collected is None:
            self._collected = []
        if payload:
            self._collected.append(payload)
        return self._collected

    def _keep(self, spool: Spool, payload: bytes, body: Body) -> None:
        try:
            spool.keep(payload)
            if body.done:
                spool.finish(self._tail)
        except OSError as failed:
            self._spool_failed(failed)
            return
        if body.done:
            self._ask_worker()

    def _pass_on(self, payload: bytes, body: Body) -> None:
        endpoint = self._connection.endpoint
        if self.worker is None:  # its name is being resolved, or the pool is full
            self._collect(payload)
            endpoint.pause()
            return
        if self._chunked_out:
            payload = encode_chunk(payload) + (LAST_CHUNK if body.done else b"")
        if body.done and self._tail:
            payload += self._tail
        if self._held is not None:  # the worker has not said 100
            self._held += payload
            endpoint.pause()
            return
        if payload and not self.worker.send_body(payload):
            endpoint.pause()
            endpoint.deadline = NEVER
        if self._switch is not None and body.done:
            self._switch_now()

    # --- towards the worker ---

    def _first_of_body(self, body: Body) -> tuple[bytes, int | None]:
        """What has been collected, as it goes to the worker, and the length that is announced."""
        if self._spool is not None:
            return self._spool.first, self._spool.length
        collected = b"".join(self._collected) if self._collected is not None else b""
        self._collected = None
        if not self._request.chunked:
            return collected, self._request.content_length
        self._chunked_out = not body.done or len(collected) >= PREFETCH
        if not self._chunked_out:
            return collected, len(collected)
        return encode_chunk(collected) + (LAST_CHUNK if body.done else b""), None

    def worker_drained(self) -> None:
        """The worker has taken what was queued: read on."""
        if self._spool is not None:
            self._send_spooled(self._spool)
        elif self.sends_body and self._held is None and not self._connection.at_eof:
            endpoint = self._connection.endpoint
            endpoint.resume()
            self._connection.await_body(self.settings.timeout)

    def _send_spooled(self, spool: Spool) -> None:
        """The next pieces, if it is time for them."""
        worker = self.worker
        if worker is None or worker.has_backlog or self._held is not None:
            return
        try:
            if not spool.send_on(worker):
                return
        except OSError as failed:
            self._spool_failed(failed)
            return
        self._drop_spool()
        if self._switch is not None:
            self._switch_now()

    def _spool_failed(self, failed: OSError) -> None:
        """The disk is full, or the like."""
        self._drop_worker()
        text = "write to temporary file failed"
        self._log_error(LogLine("proxy", 3, "AH01091", text, describe(failed)))
        self.refuse(Refusal(500, ""))

    # --- the worker's 100 ---

    def _must_hold(self, pool: "Pool") -> bool:
        """Does the body, or what there is of it, wait for the worker's 100?"""
        if self._spool is not None and self._request.get(b"expect") is not None:
            return True
        return pool.ping is not None and not self.awaits_continue

    def _hold(self, first: bytes) -> bytes:
        """The body waits for the worker's 100; nothing is to be sent with the head."""
        self._held = first
        self._connection.endpoint.pause()
        if self._request.get(b"expect") is None:
            self._request.replace(b"Expect", b"100-Continue")
            self._has_continued = True  # the client has not asked for one
        return b""

    def _let_go(self) -> None:
        """The worker wants the body."""
        held, self._held = self._held, None
        worker = self.worker
        assert worker is not None
        worker.begin_waiting()
        drained = worker.send_body(held) if held else True
        if self._switch is not None and not self.is_sending:
            self._switch_now()
        elif drained:
            self.worker_drained()

    def patience(self, seconds: float) -> float:
        """How long the worker may be silent, which is ``seconds`` ordinarily."""
        ping = self._pool.ping if self._pool is not None and self._held is not None else None
        return seconds if ping is None else ping

    @property
    def is_pinging(self) -> bool:
        """Does the body wait for the worker's 100?"""
        return self._held is not None

    # --- see serving.py ---

    def _drop_worker(self) -> None:
        raise NotImplementedError

    def _switch_now(self) -> None:
        raise NotImplementedError
