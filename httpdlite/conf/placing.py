"""Where a directive or a section may stand: httpd's two checks of it, and their messages.

In: a row, and the sections around it. Out: a message, or None. The first check is that of the
override class and comes before everything else; the second is the directive's own and comes after
its words are counted. Both depend on nothing but the names of the sections and the context, so
lines within the same ones share an `Around`, which remembers. Rules: invoke_cmd and
ap_check_cmd_context in server/config.c and core.c, as of 2.4.71.
"""

from collections.abc import Iterator
from typing import Any, Final

from httpdlite.conf.call import SERVER, VHOST, Context, Enclosing
from httpdlite.conf.directives import overrides
from httpdlite.conf.rows import Directive, Section

Row = Directive[Any] | Section

_LIMITS: Final = frozenset({"<limit", "<limitexcept"})
_ASKED_FIRST: Final = (
    "<directory",
    "<directorymatch",
    "<location",
    "<locationmatch",
    "<files",
    "<filesmatch",
    "<if",
    "<elseif",
    "<else",
)
"""The order in which httpd looks for a forbidden section, whatever their nesting."""


class Around:
    """The sections around a line: the innermost, and what is around that. None at server level."""

    def __init__(
        self,
        context: Context,
        section: Enclosing | None = None,
        outside: "Around | None" = None,
    ) -> None:
        self.context = context
        self.section = section
        self.outside = outside
        self._inside: dict[tuple[int, str], Around] = {}
        self._judged: dict[Row, tuple[str | None, str | None]] = {}

    def within(self, context: Context, section: Enclosing) -> "Around":
        """What is around the lines of such a section."""
        key = (context.value, section.key)
        found = self._inside.get(key)
        if found is None:
            found = self._inside[key] = Around(context, section, self)
        return found

    def judge(self, row: Row) -> tuple[str | None, str | None]:
        """What is wrong with a row here by its class, and by its own rule."""
        found = self._judged.get(row)
        if found is None:
            found = self._judged[row] = self._class_error(row), self._own_error(row)
        return found

    def _sections(self) -> Iterator[Enclosing]:
        """From inside out."""
        around: Around | None = self
        while around is not None and around.section is not None:
            yield around.section
            around = around.outside

    def _class_error(self, row: Row) -> str | None:
        servers = SERVER | VHOST
        mask = servers if self.context & servers else self.context
        if row.contexts & mask and self._fits_authorization(row):
            return None
        if self.section is None:
            return f"{row.name} not allowed here"
        return f"{row.name} not allowed in {self.section.name}> context"

    def _fits_authorization(self, row: Row) -> bool:
        """Whether a row may stand here if this is an authorization section, or a <Limit> in one."""
        for section in self._sections():
            key = section.key
            if key in overrides.REQUIRE or key in overrides.ALIAS:
                return overrides.is_auth_config(row, alias=key in overrides.ALIAS)
            if key not in _LIMITS:
                break
        return True

    def _own_error(self, row: Row) -> str | None:
        where = self._forbidding(row) if self.section else None
        name = row.name + (">" if isinstance(row, Section) else "")
        return f"{name} cannot occur within {where} section" if where else None

    def _forbidding(self, row: Row) -> str | None:
        if self.context is VHOST and VHOST not in row.contexts and SERVER in row.contexts:
            return "<VirtualHost>"
        if not row.forbidden:
            return None
        limits = _LIMITS | overrides.REQUIRE
        if "<limit" in row.forbidden and any(s.key in limits for s in self._sections()):
            return "<Limit> or <LimitExcept>"
        inner = {s.key: s.name for s in self._sections() if s.key in row.forbidden}
        first = next((inner[key] for key in (*_ASKED_FIRST, *inner) if key in inner), None)
        return f"{first}>" if first else None
