"""The phases of a request, in httpd's order, and what comes of them. Pure.

Comes in: a ``Request`` and its target. Goes out: a ``Route`` or a ``Refusal``, with the request as
the phases have left it. Hides the order of hooks, internal redirects, subrequests. Source:
ap_read_request (post_read_request), ap_process_request_internal, ap_internal_redirect; as observed
with 2.4.71:

1. post_read_request: mod_remoteip, mod_headers' early lines, mod_setenvif of the server.
2. The sections for the path; rules with mapping= (pre_translate_name).
3. translate_name: mod_rewrite of the server, ProxyPass, mod_alias of the server; else a file below
   DocumentRoot. The first that takes the request ends this phase.
   An answer of this phase has the settings of the path's sections and of the conditional ones.
4. map_to_storage: the sections for the worker's URL, or for the file; then again those for the
   path, which may have changed, and the conditional ones.
5. header_parser: mod_setenvif of sections. Access. Fixups: mod_rewrite of sections, the worker's
   URL made canonical, mod_alias of sections, mod_env, mod_headers.
6. The handler: the worker, an internal redirect, or there is nothing (404, or by its method).
7. A field for the answer that has a line end or another control byte in it makes a 500 of it all
   (AH02430). httpd asks the worker before it finds out.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from httpdlite.conf.directives.core_requests import Trace
from httpdlite.routes import cookies, filesections
from httpdlite.routes.conditionals import outside, those_that_hold
from httpdlite.routes.environment import read_toggles
from httpdlite.routes.expressions.functions import escape
from httpdlite.routes.fieldlines import is_fit
from httpdlite.routes.nobody import bad_target, not_of_files, trace_is_off
from httpdlite.routes.paths import ASTERISK, RequestPath, parse_encoded, parse_target, target_within
from httpdlite.routes.programs import DirectoryPrograms
from httpdlite.routes.regex import WORK
from httpdlite.routes.request import Request, Verdict
from httpdlite.routes.reverse import interpolated
from httpdlite.routes.rewritten import route_of_url
from httpdlite.routes.route import Refusal, Route, upgrade_token
from httpdlite.routes.table import Covering, Merged, Table

PROXY: Final = "proxy:"
REDIRECT: Final = "redirect:"
_REDIRECTS: Final = "redirect-handler"
_OF_SUBREQUEST: Final = 14_000  # steps (`conf.patterns.budget`): no more than 100 for one request


class Result(NamedTuple):
    """Where the request goes, and the request itself, which internal redirects have replaced."""

    found: Route | Refusal
    request: Request


def run(request: Request, target: bytes, upgrade: bytes | None) -> Result:
    """All phases of a request, and of those it is redirected to. ``upgrade``: the Upgrade field as
    far as it counts. Raises Unanswered.
    """
    while True:
        found = _Course(request, target, upgrade).run()
        if not isinstance(found, _Redirected):
            return _fit(found, request)
        most = request.vhost.table.settings.most_redirects
        if request.redirects >= most:
            text = (
                f"Request exceeded the limit of {most} internal redirects due to "
                "probable configuration error. Use 'LimitInternalRecursion' to increase the limit "
                "if necessary. Use 'LogLevel debug' to get a backtrace."
            )
            return Result(Refusal(500, text, "AH00124", request.settings), request)
        target = found.target
        path, mark, query = target.decode("latin-1").partition("?")
        request = request.redirected(path, query if mark else None)


def _fit(found: Route | Refusal, request: Request) -> Result:
    """With fields that may go out (rule 7)."""
    request.may_wait = False
    own = found.fields if isinstance(found, Refusal) else ()
    for name, value in (*own, *request.fields, *request.error_fields):
        if not is_fit(value):
            said = value.decode("latin-1")
            what = f"Response header '{name.decode('latin-1')}' value of '{said}'"
            text = f"{what} contains invalid characters, aborting request"
            request.log("http", 3, "AH02430", text)
            request.fields.clear()
            request.error_fields.clear()
            return Result(Refusal(500, "", settings=request.settings), request)
    return Result(found, request)


def look_up(request: Request, url: str) -> Request | None:
    """A subrequest: another request for ``url``, through all phases but the handler. Its status is
    that of the refusal, if there was one.
    """
    most = request.vhost.table.settings.most_subrequests
    if request.depth >= most:
        text = (
            f"Request exceeded the limit of {most} subrequest nesting levels due to probable "
            "configuration error. Use 'LimitInternalRecursion' to increase the limit if necessary. "
            "Use 'LogLevel debug' to get a backtrace."
        )
        request.log("core", 3, "AH00125", text)
        return None
    if not WORK.count(_OF_SUBREQUEST):
        request.log("core", 3, "AH00125", "Request exceeded what its subrequests may cost together")
        return None
    if not url.startswith("/"):  # beside the request's own
        url = f"{escape(request.path.rpartition('/')[0])}/{url}"
    target = target_within(url)
    path, mark, query = url.partition("#")[0].partition("?")
    asked = request.for_another(path, query if mark else None)
    before = request.head.save()
    try:
        refusal = _Course(asked, target, None).prepare()
    finally:
        request.head.restore(before)
    if refusal is not None:
        asked.status = refusal.status
    return asked


class _Redirected(NamedTuple):
    """An internal redirect."""

    target: bytes


@dataclass(slots=True)
class _Course:
    """One request's way through the phases."""

    request: Request
    raw: bytes
    upgrade: bytes | None
    locations: tuple[int, ...] = ()
    located: str | None = None  # the path that ``locations`` are for
    merged: Merged | None = None
    route: Route | Refusal | None = None  # by ProxyPass
    is_mapped: bool = False  # by a rule with mapping=
    target: RequestPath | None = None

    @property
    def table(self) -> Table:
        return self.request.vhost.table

    def run(self) -> Route | Refusal | _Redirected:
        """All phases."""
        return self.prepare() or self._handle()

    def prepare(self) -> Refusal | None:
        """All but the handler."""
        answer = self._read()
        if answer is None:
            answer = self._translate()
            if answer is not None:
                self._settle_early()
            else:
                answer = self._map() or self._check() or self._fix()
        return answer._replace(settings=self.request.settings) if answer is not None else None

    # --- the phases -------------------------------------------------------------------------------

    def _read(self) -> Refusal | None:
        """What is done as soon as a request has been read."""
        request, programs = self.request, self.table.programs
        if programs.remote_ip is not None:
            programs.remote_ip.run(request)
        if programs.early_edits is not None:
            request.lines += programs.early_edits.apply(request, request.head)
        return programs.variables.run(request) if programs.variables is not None else None

    def _translate(self) -> Refusal | None:
        request, table = self.request, self.table
        merged = self._locate()
        if table.has_mapped:
            refusal = self._translate_mapped()
            if refusal is not None or self.is_mapped:
                return refusal
        settings = table.settings
        path = parse_target(
            self.raw,
            request.head.method,
            encoded_slashes=merged.settings.encoded_slashes,
            merge_slashes=settings.merge_slashes,
        )
        if isinstance(path, int):
            if path == 404:  # for a slash that may not be encoded: known by then
                request.path = unquote_to_bytes(self.raw.partition(b"?")[0]).decode("latin-1")
            return bad_target(path, self.raw)
        self.target = path
        request.path = path.path
        rewriting = table.programs.rewriting
        if rewriting is not None:
            of_sections = merged.programs.rewriting
            switches = of_sections.switches if of_sections is not None else None
            verdict = rewriting.translate(request, switches)
            if isinstance(verdict, Refusal):
                return verdict
            if verdict is Verdict.OK:
                return None
        return self._translate_by_rules()

    def _translate_mapped(self) -> Refusal | None:
        request = self.request
        path = parse_encoded(
            self.raw,
            request.head.method,
            merge_slashes=self.table.settings.merge_slashes,
        )
        if isinstance(path, int):
            return bad_target(path, self.raw)
        if "no-proxy" in request.environment:
            return None
        mapped = self.table.decide_mapped(path, self.upgrade)
        if mapped is not None:
            self.is_mapped = True
            request.path = mapped.path
            self._take(mapped.found)
        return None

    def _translate_by_rules(self) -> Refusal | None:
        request, table = self.request, self.table
        if "no-proxy" not in request.environment:
            merged = self._locate()
            path = self.target
            assert path is not None
            query = request.query.encode("latin-1") if request.query is not None else None
            if request.path != path.path or query != path.query:
                path = RequestPath(request.path, path.raw, query, path.authority)
            route = table.find(path, self.upgrade, merged, request.environment)
            if route is not None:
                self._take(route)
                return None
        aliases = table.programs.aliases
        if aliases is not None:
            verdict = aliases.translate(request)
            if isinstance(verdict, Refusal):
                return verdict
            if verdict is Verdict.OK:
                return None
        if not request.path.startswith("/") and request.path != ASTERISK:
            text = f"Cannot map {request.method} {request.path} to file"
            return Refusal(400, text, "AH00127")
        request.filename = request.document_root.rstrip("/") + request.path
        return None

    def _take(self, route: Route | Refusal) -> None:
        self.route = route
        url = route.url if isinstance(route, Route) else ""
        self.request.filename = f"{PROXY}{url}"
        self.request.is_proxied = True
        self.request.handler = "proxy-server"

    def _map(self) -> Refusal | None:
        """The sections that count from here on."""
        request, table = self.request, self.table
        if request.path == ASTERISK:
            return Refusal(200, "")  # OPTIONS * asks the server itself
        filename = request.filename
        proxies: tuple[int, ...] = ()
        files: tuple[filesections.FileSection, ...] = ()
        if request.is_proxied and filename is not None:
            if table.proxy_sections.sections:
                url = filename[len(PROXY) :]
                proxies = table.proxy_sections.matching(url)
                if proxies:
                    request.environment.update(table.proxy_sections.variables(proxies, url))
        elif filename is not None:
            found = filesections.walk(table.file_sections, filename, outside().files)
            request.filename, request.path_info = found.filename, found.path_info
            files = found.covering
            request.environment.update(found.variables)
        merged = self._locate()
        if proxies or files:
            merged = table.merged(Covering(proxies, files, self.locations))
        if merged.conditionals:
            request.settings = merged.settings
            held = those_that_hold(merged.conditionals, request)
            if held:
                merged = table.merged(Covering(proxies, files, self.locations, held))
        self.merged = merged
        request.settings = merged.settings
        if request.method == "TRACE":
            if merged.settings.trace is Trace.OFF:
                return trace_is_off(merged.settings)
            if not request.is_proxied:
                return self._nothing_there()  # answered as TRACE is, before anybody is refused
        return None

    def _check(self) -> Refusal | None:
        request, programs = self.request, self._programs
        if programs.variables is not None and not request.is_subrequest:
            refusal = programs.variables.run(request)
            if refusal is not None:
                return refusal
        if request.settings.requires_tls and not request.is_secure:
            what = request.filename or request.path
            text = f"access to {what} failed, reason: SSL connection required"
            return Refusal(403, text, "AH02219")
        before = request.came_from
        request.judged_by = self.merged
        if before is not None and before.judged_by is self.merged:
            request.user, request.auth_type = before.user, before.auth_type
        elif programs.access is not None:
            return programs.access.check(request)
        return None

    def _fix(self) -> Refusal | None:
        request, programs = self.request, self._programs
        before = request.filename
        if programs.rewriting is not None:
            verdict = programs.rewriting.fixup(request)
            if isinstance(verdict, Refusal):
                return verdict
        if request.is_proxied and request.handler != _REDIRECTS:
            if self.route is None or request.filename != before:
                self.route = self._route_of_filename()
            if isinstance(self.route, Refusal):
                return self.route
            request.filename = self.route.filename
        if programs.aliases is not None:
            verdict = programs.aliases.fixup(request)
            if isinstance(verdict, Refusal):
                return verdict
        request.environment = {**request.settings.environment, **request.environment}
        if request.is_secure:
            options = request.settings.tls_options
            request.environment.update(request.connection.tls_variables(options))
        edits = request.settings.request_edits
        if edits is not None:
            request.head.edit(edits, request)
        if programs.fake_user is not None:
            verdict = programs.fake_user.fixup(request)
            if isinstance(verdict, Refusal):
                return verdict
        return None

    def _handle(self) -> Route | Refusal | _Redirected:
        request = self.request
        if request.handler == _REDIRECTS and request.filename is not None:
            target = request.filename.removeprefix(REDIRECT)
            if request.query is not None:
                target = f"{target}?{request.query}"
            return _Redirected(target.encode("latin-1"))
        if isinstance(self.route, Route) and request.is_proxied:
            return self._finish(self.route)
        return not_of_files(request.head.method, self._nothing_there(), request.settings)

    # --- parts ------------------------------------------------------------------------------------

    @property
    def _programs(self) -> DirectoryPrograms:
        assert self.merged is not None
        return self.merged.programs

    def _nothing_there(self) -> Refusal:
        request = self.request
        what = request.filename or request.path
        return Refusal(404, f"File does not exist: {what}", "AH00128", request.settings)

    def _locate(self) -> Merged:
        """The sections that cover the path, merged; their variables are set."""
        request, table = self.request, self.table
        if self.located != request.path or self.merged is None:
            self.located = request.path
            self.locations, variables = table.covering(request.path)
            request.environment.update(variables)
            self.merged = table.merged(Covering(locations=self.locations))
            request.settings = self.merged.settings
        return self.merged

    def _settle_early(self) -> None:
        """Where translate_name answers: the conditional sections count for that answer as they did
        when it began.
        """
        request, table = self.request, self.table
        changed = request.path, request.query, request.filename
        if self.target is not None:
            query = self.target.query
            request.path = self.target.path
            request.query = query.decode("latin-1") if query is not None else None
        request.filename = None
        merged = self._locate()
        covering = Covering(locations=self.locations)
        conditionals = table.merged(covering).conditionals
        if conditionals and (held := those_that_hold(conditionals, request)):
            merged = table.merged(covering._replace(conditionals=held))
        request.settings = merged.settings
        request.path, request.query, request.filename = changed

    def _route_of_filename(self) -> Route | Refusal:
        """Of a URL that a rule has made."""
        request = self.request
        assert request.filename is not None
        assert self.merged is not None
        url = request.filename[len(PROXY) :]
        return route_of_url(self.table, url, request, self.merged, self.upgrade)

    def _finish(self, route: Route) -> Route:
        """With the settings that count in the end."""
        request = self.request
        assert self.merged is not None
        edits = request.settings.request_edits
        if edits is not None and b"upgrade" in edits.touches:
            upgrade = request.head.get(b"upgrade") if request.head.minor else None
            token = upgrade_token(route.worker, route.authority.scheme, upgrade)
            route = route._replace(upgrade=token)
        settings, reverse = request.settings, self.merged.reverse
        if settings.interpolates:
            variables = request.environment
            reverse = interpolated(reverse, variables)
            request.settings = settings = replace(
                settings,
                cookie_paths=cookies.interpolated(settings.cookie_paths, variables),
                cookie_domains=cookies.interpolated(settings.cookie_domains, variables),
            )
        toggles = read_toggles(request.environment)
        if toggles is not settings.toggles and toggles != settings.toggles:
            request.settings = settings = replace(settings, toggles=toggles, is_special=True)
        if route.settings is settings and route.reverse is reverse:
            return route
        return route._replace(settings=settings, reverse=reverse)
