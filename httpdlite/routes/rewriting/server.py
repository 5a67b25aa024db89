"""The rules of a server: carried out as soon as the path is known, before it is mapped to anything.

Comes in: what counts of mod_rewrite in a server; then requests. Goes out: a verdict, or what is
answered. Source: mod_rewrite's documentation (per-server context); as observed with 2.4.71:

1. Whether the rules are carried out at all is the word of the section that covers the path, if it
   has one: RewriteEngine there may switch a server's rules off, or on. So it is with AllowAnyURI.
2. What has become a path of this machine is a file: one below DocumentRoot, unless its first
   directory is there, and was written in the rule (UnsafePrefixStat: however it came there).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from httpdlite.routes.expressions.view import Outside
from httpdlite.routes.request import Request, Verdict
from httpdlite.routes.rewriting.course import Course
from httpdlite.routes.rewriting.endings import by_status, goes_to_worker, leave
from httpdlite.routes.rewriting.maps import Maps
from httpdlite.routes.rewriting.rules import PASS_THROUGH, Outcome, Rule, apply_rules
from httpdlite.routes.rewriting.targets import REDUCED, own_url
from httpdlite.routes.rewriting.urls import below
from httpdlite.routes.route import Refusal

REWRITTEN: Final = "mod_rewrite_rewritten"
NO_CANON: Final = "proxy-nocanon"
_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class Switches:
    """Are rules carried out, and on what?"""

    engine: bool = False
    any_uri: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ServerRewriting:
    """See above. ``own``: what counts where no section says anything else."""

    rules: tuple[Rule, ...]
    maps: Maps
    outside: Outside
    own: Switches
    legacy_prefix: bool
    unsafe_prefix: bool
    home_of: Callable[[str], str | None]

    def translate(self, request: Request, switches: Switches | None = None) -> Verdict | Refusal:
        """httpd's hook_uri2file. ``switches``: those of the sections that cover the path (rule
        1).
        """
        counts = self.own if switches is None else switches
        if not counts.engine:
            return Verdict.DECLINED
        course = Course(request, None, None, self.maps, self.outside)
        if request.rewriting_ended:
            course.say(8, "Declining, no further rewriting due to END flag")
            return Verdict.DECLINED
        if not counts.any_uri and (request.path[:1] != "/" or request.head.target == b"*"):
            course.say(
                8,
                f"Declining, request-URI '{request.path}' is not a URL-path. Consult the manual "
                "entry for the RewriteOptions directive for options and caveats about matching "
                "other strings.",
            )
            return Verdict.DECLINED
        query_before = request.query
        _set_script_variables(request)
        if request.filename is None:
            request.filename = request.path
            if course.traces:
                course.say(2, f"init rewrite engine with requested uri {request.path}")
        elif course.traces:
            course.say(
                2,
                f"init rewrite engine with passed filename {request.filename}. "
                f"Original uri = {request.path}",
            )
        longest = 2 * request.settings.limit_line
        outcome, last = apply_rules(course, self.rules, longest)
        request.rule = last.key if last is not None else None
        if outcome is Outcome.UNCHANGED:
            if course.traces:
                course.say(1, f"pass through {request.filename}")
            return Verdict.DECLINED
        if outcome is Outcome.STATUS:
            return by_status(request)
        return self._finish(course, outcome, last, query_before)

    def _finish(
        self, course: Course, outcome: Outcome, last: Rule | None, query_before: str | None
    ) -> Verdict | Refusal:
        request = course.request
        refusal = leave(course, outcome, "AH10410", query_before)
        if refusal is not None:
            return refusal
        filename = request.filename or ""
        if goes_to_worker(filename):
            return take_to_worker(course, filename + (request.path_info or ""), outcome)
        if len(filename) > len(PASS_THROUGH) and filename.startswith(PASS_THROUGH):
            request.path = filename[len(PASS_THROUGH) :]
            return Verdict.DECLINED
        return self._to_file(course, self._expanded(filename), last)

    def _expanded(self, filename: str) -> str:
        """`/~user` is the user's home directory."""
        if filename[:2] != "/~":
            return filename
        user, slash, rest = filename[2:].partition("/")
        home = self.home_of(user) if user else None
        if home is None:
            return filename
        return f"{home.removesuffix('/')}/{rest}" if slash else home

    def _to_file(self, course: Course, filename: str, last: Rule | None) -> Verdict | Refusal:
        request = course.request
        request.filename = filename
        course.say(2, f"local path result: {filename}")
        if not filename.startswith("/"):
            return Refusal(_BAD_REQUEST, "")
        is_reduced = not self.legacy_prefix and REDUCED in request.notes
        if is_reduced or not self._is_file_path(course, filename, last):
            found = below(request.document_root, filename)
            if found is None:
                course.say(1, f"prefixing with document_root of {filename} FAILED")
                return Refusal(_FORBIDDEN, "")
            request.filename = found
            course.say(2, f"prefixed with document_root to {found}")
        course.say(1, f"go-ahead with {request.filename} [OK]")
        return Verdict.OK

    def _is_file_path(self, course: Course, path: str, last: Rule | None) -> bool:
        """Is it one of this machine as it stands (rule 2)?"""
        first = path.lstrip("/").partition("/")[0]
        directory = "/" if first in {".", ".."} else f"/{first}"
        if self.outside.files.status(directory, follow=True) is None:
            return False
        if last is None or self.unsafe_prefix:
            course.say(3, f"prefix_stat no lastsub subst prefix {directory}")
            return True
        allowed = last.flags.unsafe_prefix_stat
        course.say(
            3,
            f"prefix_stat compare statpath {directory} and lastsub output {last.output} "
            f"STATOK {int(allowed)} ",
        )
        if allowed:
            return True
        root = course.request.document_root
        for text, prefix in ((last.output, directory), (path, root)):
            begins = text.startswith(prefix) and bool(prefix)
            course.say(5, f"prefix_stat startsWith({text}, {prefix}) {int(begins)}")
            if begins:
                return True
        return False


def take_to_worker(course: Course, filename: str, outcome: Outcome) -> Verdict:
    """The request goes to a worker. With NE its URL is not made canonical, and has its query."""
    request = course.request
    if outcome is Outcome.UNESCAPED:
        request.notes[NO_CANON] = "1"
        if request.query is not None:
            filename = f"{filename}?{request.query}"
    request.filename = filename
    request.is_proxied = True
    request.handler = "proxy-server"
    if course.traces:
        course.say(1, f"go-ahead with proxy request {filename} [OK]")
    return Verdict.OK


def _set_script_variables(request: Request) -> None:
    """SCRIPT_URL and SCRIPT_URI: what was asked for, before internal redirects."""
    environment = request.environment
    url = environment.get("redirect_script_url", request.path)
    environment["script_url"] = url
    environment["script_uri"] = own_url(request) + url
