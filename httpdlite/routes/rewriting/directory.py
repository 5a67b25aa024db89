"""The rules of sections: carried out when the request is mapped, as one of the fixups.

Comes in: what counts of mod_rewrite in the sections that cover a request; then requests. Goes out:
a verdict, or what is answered. Source: mod_rewrite's documentation (per-directory context); as
observed with 2.4.71:

1. What the rules make of a path is asked for once more, as an internal redirect; not if they have
   made what was there before.
2. RewriteBase takes the place of the section's directory, where the result begins with it; without
   one DocumentRoot is cut off, or what an Alias has matched is put back.
3. What T and H have noted counts when all fixups are through, wherever the rule stood.
4. A path that is the section's own without its slash is left alone, unless AllowNoSlash is set.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from httpdlite.routes.expressions.view import Outside
from httpdlite.routes.request import Request, Verdict
from httpdlite.routes.rewriting.course import ERROR, MODULE, Course, say
from httpdlite.routes.rewriting.endings import by_status, goes_to_worker, leave
from httpdlite.routes.rewriting.maps import Maps
from httpdlite.routes.rewriting.rules import (
    FORCED_HANDLER,
    FORCED_TYPE,
    PASS_THROUGH,
    PROXY,
    Outcome,
    Rule,
    apply_rules,
)
from httpdlite.routes.rewriting.server import Switches, take_to_worker
from httpdlite.routes.rewriting.urls import replace_prefix
from httpdlite.routes.route import Refusal

HANDLER: Final = "redirect-handler"
REDIRECT: Final = "redirect:"
_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True, eq=False)
class DirectoryRewriting:
    """See above. ``place``: the section's argument with a slash at its end, None if none of the
    sections has a line of mod_rewrite.
    """

    switches: Switches
    rules: tuple[Rule, ...]
    maps: Maps
    outside: Outside
    place: str | None
    base: str | None
    allows_no_slash: bool
    ignores_context: bool

    def fixup(self, request: Request) -> Verdict | Refusal:
        """httpd's hook_fixup."""
        place = self.place
        if not self.switches.engine or place is None:
            return Verdict.DECLINED
        if not request.settings.follows_links:
            text = (
                "Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule "
                "directive is also forbidden due to its similar ability to circumvent directory "
                f"restrictions : {request.filename}"
            )
            request.log(MODULE, ERROR, "AH00670", text)
            return Refusal(_FORBIDDEN, "")
        before, query_before = request.filename, request.query
        is_proxied = request.is_proxied and (before or "").startswith(PROXY)
        if not (is_proxied or self.allows_no_slash) and before == place[:-1]:
            return Verdict.DECLINED
        course = Course(request, place, self.base, self.maps, self.outside)
        if request.rewriting_ended:
            course.say(8, "Declining, no further rewriting due to END flag")
            return Verdict.DECLINED
        if before is None:
            request.filename = request.path
            course.say(2, f"init rewrite engine with requested uri {request.path}")
        outcome, last = apply_rules(course, self.rules, 2 * request.settings.limit_line)
        if last is not None:
            request.rule = last.key
        if outcome is Outcome.UNCHANGED:
            if course.traces:
                course.say(1, f"pass through {request.filename}")
            request.filename = before
            return Verdict.DECLINED
        if outcome is Outcome.STATUS:
            return by_status(request)
        return self._finish(course, outcome, before, query_before)

    def _finish(
        self, course: Course, outcome: Outcome, before: str | None, query_before: str | None
    ) -> Verdict | Refusal:
        refusal = leave(course, outcome, "AH10411", query_before, partial(self._with_base, course))
        if refusal is not None:
            return refusal
        filename = course.request.filename or ""
        if goes_to_worker(filename):
            return take_to_worker(course, filename, outcome)
        if len(filename) > len(PASS_THROUGH):
            filename = filename.removeprefix(PASS_THROUGH)
        return self._to_path(course, filename, before)

    def _with_base(self, course: Course, url: str, scheme: int) -> str:
        """Of a URL whose path begins with the section's directory, RewriteBase in its place."""
        slash = url.find("/", scheme)
        if self.base is None or slash < 0 or slash + 1 == len(url):
            return url
        course.say(2, f"trying to replace prefix {self.place} with {self.base}")
        place = (self.place or "").removeprefix("/")
        found = self._replaced(course, url[slash + 1 :], place, self.base[1:])
        return url if found is None else url[: slash + 1] + found

    @staticmethod
    def _replaced(course: Course, text: str, prefix: str, by: str) -> str | None:
        found = replace_prefix(text, prefix, by)
        if found is not None and course.traces:
            bare = text[len(prefix.removesuffix("/")) + 1 :]
            course.say_bare(5, f"strip matching prefix: {text} -> {bare}")
            course.say_bare(4, f"add subst prefix: {bare} -> {found}")
        return found

    def _to_path(self, course: Course, filename: str, before: str | None) -> Verdict | Refusal:
        request = course.request
        request.filename = filename
        if not filename.startswith("/"):
            return Refusal(_BAD_REQUEST, "")
        if before == filename:
            course.say(1, f"initial URL equal rewritten URL: {filename} [IGNORING REWRITE]")
            return Verdict.OK
        path = self._as_path(course, filename)
        request.notes["redirect-keeps-vary"] = ""
        course.say(1, f"internal redirect with {path} [INTERNAL REDIRECT]")
        request.filename = f"{REDIRECT}{path}"
        request.handler = HANDLER
        return Verdict.OK

    def _as_path(self, course: Course, filename: str) -> str:
        """The URL path that a result means (rule 2)."""
        request, found = course.request, None
        root = request.document_root
        if self.base is not None:
            course.say(2, f"trying to replace prefix {self.place} with {self.base}")
            found = self._replaced(course, filename, self.place or "", self.base)
        else:
            length = len(root) - root.endswith("/")
            if filename.startswith(root[:length]) and filename[length : length + 1] == "/":
                found = filename[length:]
                course.say(2, f"strip document_root prefix: {filename} -> {found}")
        if found is not None or self.ignores_context:
            return filename if found is None else found
        context, prefix = request.context_root or root, request.context_prefix or ""
        course.say(2, f"trying to replace context docroot {context} with context prefix {prefix}")
        found = self._replaced(course, filename, context, prefix)
        return filename if found is None else found


def force_noted(request: Request) -> None:
    """The last of the fixups: the handler that a rule has noted with H. A type (T) is only told:
    what it would be of is not served.
    """
    filename = request.filename
    kind = request.notes.get(FORCED_TYPE)
    if kind:
        say(request, 1, f"force filename {filename} to have MIME-type '{kind}'")
    handler = request.notes.get(FORCED_HANDLER)
    if handler:
        say(request, 1, f"force filename {filename} to have the Content-handler '{handler}'")
        request.handler = handler
