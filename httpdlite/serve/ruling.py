"""A request's rules: they are carried out before it is asked where it goes, or on its way there.

Comes in: a request's head; the route, where only its fields are edited. Goes out: the route, or a
refusal, and the request as its phases left it. Hides that the phases need not be asked when it is
known what will come of them (`routes/outcomes.py`), and that they may have to wait (`phasing.py`):
nothing is read from the client meanwhile, and the request is begun again. ``serving.py`` builds on
it.
"""

from httpdlite.routes.headers import RequestEdits
from httpdlite.routes.outcomes import Outcomes
from httpdlite.routes.request import Request, Unanswered
from httpdlite.routes.route import Refusal, Route, upgrade_token
from httpdlite.serve.forwarding import Forwarding
from httpdlite.serve.phasing import Phasing, client_of


class Ruling(Forwarding):
    """What ``Serving`` does before it asks a worker."""

    def _ruled(
        self, route: Route | Refusal | Outcomes | None, early: bytes
    ) -> Route | Refusal | None:
        """The route by the request's rules; None if they wait for something."""
        if isinstance(route, Outcomes):
            return self._as_before(route) or self._go_through_phases(route, early)
        if route is None:
            return self._go_through_phases(None, early)
        if isinstance(route, Route) and route.settings.request_edits is not None:
            return self._edit_request(route)
        return route

    def _as_before(self, outcomes: Outcomes) -> Route | Refusal | None:
        """What came of the phases of a request like this one; None if there was none."""
        head, client = self._request, self._connection.client
        outcome = outcomes.find(head, client)
        if outcome is None:
            return None
        saved = head.save()
        try:
            request = outcome.of(head, client)
        except Unanswered:
            head.restore(saved)
            return None
        self._take(request)
        return outcome.found

    def _go_through_phases(self, outcomes: Outcomes | None, early: bytes) -> Route | Refusal | None:
        """What they say; None if they wait for something, then this is begun again."""
        connection = self._connection
        phasing = self._phasing
        if phasing is None:
            phasing = self._phasing = Phasing(
                connection.child,
                self._request,
                self._vhost,
                connection.client,
                flow=connection,
                resume=lambda: self._resume(early),
                outcomes=outcomes,
            )
        result = phasing.run()
        if result is None:
            connection.endpoint.pause()
            return None
        self._phasing = None  # which knows this object
        self._take(result.request)
        return result.found

    def _take(self, request: Request) -> None:
        """The request as its phases have left it."""
        self._phased = request
        self._client = client_of(self._connection.client, request)
        self._path = request.path
        self._settings = request.settings
        self._log_phases(request)
        if request.settings.request_edits is not None:
            self._keep_as_edited(request.settings.request_edits)

    def _edit_request(self, route: Route) -> Route:
        """RequestHeader, where nothing else is to be done; the route with it."""
        settings = route.settings
        edits = settings.request_edits
        assert edits is not None
        head, self._route = self._request, route
        if edits.is_constant:
            edits.apply(None, head)
            self.log_given_up()
        else:
            request = self._as_request()
            edits.apply(request, head)
            self._log_phases(request)
        self._keep_as_edited(edits)
        if b"upgrade" in edits.touches:
            upgrade = head.get(b"upgrade") if head.minor else None
            token = upgrade_token(route.worker, route.authority.scheme, upgrade)
            return route._replace(upgrade=token)
        return route

    def _keep_as_edited(self, edits: RequestEdits) -> None:
        """What the request's Connection field says of the client's connection counts as edited."""
        if b"connection" in edits.touches:
            self.keep_alive = self._connection.offer_keep_alive(self._request, self._vhost)

    def _resume(self, early: bytes) -> None:
        if not self._is_over:
            self._connection.endpoint.resume()
            self.start(None, early)

    def start(self, route: Route | Refusal | Outcomes | None, early: bytes) -> None:
        """Begin, see ``Serving``."""
        raise NotImplementedError
