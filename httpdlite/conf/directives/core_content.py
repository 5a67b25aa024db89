"""core.c: what Apache does with files, scripts and the content of answers.

In: the words of one directive. Out: nothing, or httpd's message. httpdlite serves no files and runs
no scripts, so most of it has no effect; what makes answers is refused. Rules: httpd's core
documentation; wordings and tolerances as observed with 2.4.71.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SECTIONS, SERVERS, VHOST, Call, Remark
from httpdlite.conf.directives.core import MODULE, words_of
from httpdlite.conf.directives.smart_filters import only_compresses
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Arity, Directive, Refusal, Takes, directive, judged
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing, different, moot
from httpdlite.conf.values import expression, forbidden_in, number, one_of

NO_FILES: Final = moot("it is about files, and none are served here")
NO_SCRIPTS: Final = moot("it is about scripts, and none are run here")
NO_HTACCESS: Final = moot("it is about .htaccess files, and none are read here")


# --- options and overrides ------------------------------------------------------------------------

_OPTIONS: Final = frozenset(
    "indexes includes includesnoexec followsymlinks symlinksifownermatch execcgi multiviews "
    "runscripts".split()
)
_MIXED: Final = "Either all Options must start with + or -, or no Option may."


@dataclass(frozen=True, slots=True)
class Links:
    """What Options says of symbolic links: of those words `given` (None: it only changes what is
    around it), `added` and `removed`.
    """

    given: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @property
    def are_followed(self) -> bool:
        """In any way? Without Options they are."""
        usual = frozenset(("followsymlinks",)) if self.given is None else self.given
        return bool((usual - self.removed) | self.added)


_OF_LINKS: Final = frozenset(("followsymlinks", "symlinksifownermatch"))


def _merge_links(outer: Links, inner: Links) -> Links:
    """An inner section's over an outer one's; also a later line's over an earlier one's."""
    if inner.given is not None:
        return inner
    return Links(
        outer.given,
        (outer.added - inner.removed) | inner.added,
        (outer.removed - inner.added) | inner.removed,
    )


def _read_options(call: Call) -> Links:
    """Signed words, or plain ones; None and All only as the first, and signs may follow them."""
    _check_options(call)
    links = Links()
    for word in words_of(call):
        sign = word.text[:1] if word.text[:1] in {"+", "-"} else ""
        name = lower(word.text[len(sign) :])
        here = _OF_LINKS & {"followsymlinks" if name == "all" else name}
        if not sign:
            links = Links((links.given or frozenset()) | here)
        elif sign == "+":
            links = _merge_links(links, Links(added=here))
        else:
            links = _merge_links(links, Links(removed=here))
    return links


def _check_options(call: Call) -> None:
    signed, as_a_whole = False, False
    for position, word in enumerate(words_of(call)):
        sign = word.text[:1] if word.text[:1] in {"+", "-"} else ""
        name = lower(word.text[len(sign) :])
        mixed = signed if not sign else position > 0 and not signed and not as_a_whole
        if mixed:
            raise call.error(_MIXED)
        signed = signed or bool(sign)
        if name in {"none", "all"}:
            _check_whole(call, name.capitalize(), first=position == 0, signed=signed)
            as_a_whole = True
        elif name not in _OPTIONS:
            raise call.error(f"Illegal option {word.text[len(sign) :]}")


def _check_whole(call: Call, name: str, *, first: bool, signed: bool) -> None:
    if not first:
        option = "Option" if name == "None" else "option"
        raise call.error(f"'Options {name}' must be the first {option} given.")
    if signed:
        raise call.error(f"You may not use 'Options +{name}' or 'Options -{name}'.")


_OVERRIDES: Final = frozenset("limit options fileinfo authconfig indexes none all".split())


def _check_override(call: Call) -> None:
    if _is_useless(call):
        where = f"line {call.line.number} of {call.line.file}"
        _warn(call, f"AH00114: Useless use of AllowOverride in {where}.")
    for word in words_of(call):
        name, equals, value = word.text.partition("=")
        if lower(name) == "nonfatal":
            if not equals:
                raise call.error("=Override, =Unknown or =All expected after Nonfatal")
        elif lower(name) not in _OVERRIDES:
            raise call.error(f"Illegal override option {name}")
        elif lower(name) == "options":
            _check_override_options(call, value)


def _check_override_options(call: Call, value: str) -> None:
    for option in value.split(","):
        if option and lower(option) not in _OPTIONS | {"none", "all"}:
            raise call.error(f"Illegal option {option}")


def _is_useless(call: Call) -> bool:
    useless = "<location <locationmatch <files <filesmatch <if <elseif <else <limit <limitexcept"
    return forbidden_in(call, *useless.split())


def _warn(call: Call, message: str, level: str = "core:warn") -> None:
    call.place.warn(Remark(message, call.span, level))


def _check_override_list(call: Call) -> None:
    from httpdlite.conf.directives import registry  # noqa: PLC0415 - it is made of this file

    where = f"{call.line.file}:{call.line.number}"
    if _is_useless(call):
        _warn(call, f"AH00115: Useless use of AllowOverrideList at {where}")
    for word in call.words:
        if lower(word.text) == "none":
            if len(call.words) > 1:
                raise call.error("'None' not allowed with other directives in AllowOverrideList")
            return
        entry = registry().find(word.text)
        if entry is None or not any(call.place.find_module(m.identifier) for m in entry.modules):
            _warn(
                call,
                f"AH00116: Discarding unrecognized directive `{word.text}' in AllowOverrideList "
                f"at {where}",
            )
        elif not entry.row.contexts & SECTIONS:
            _warn(
                call,
                f"AH02304: Discarding directive `{word.text}' not allowed in AllowOverrideList "
                f"at {where}",
            )


_ETAGS: Final = frozenset("inode mtime size digest".split())


def _check_etag(call: Call) -> None:
    for word in words_of(call):
        sign = word.text[:1] if word.text[:1] in {"+", "-"} else ""
        name = word.text[len(sign) :]
        if lower(name) in {"none", "all"}:
            if sign:
                raise call.error(f"FileETag keyword '{name}' cannot be used with '+' or '-'")
        elif lower(name) not in _ETAGS:
            raise call.error(f"Unknown keyword '{name}' for FileETag directive")


# --- where files are ------------------------------------------------------------------------------


def _read_document_root(call: Call) -> str:
    text = call.words[0].text
    path = absolute(call.place.server_root, text)
    if call.place.files.kind(path) is Kind.DIRECTORY or not call.place.checks_document_roots:
        return path
    if VHOST not in call.place.context:
        raise call.error(f"DocumentRoot '{path}' is not a directory, or is not readable", 0)
    message = f"AH00112: Warning: DocumentRoot [{path}] does not exist"
    call.place.warn(Remark(message, call.words[0].span, apache=(message,)))
    return path


DOCUMENT_ROOT: Final = directive(
    "DocumentRoot",
    Takes(Arity.ONE, _read_document_root),
    contexts=SERVERS,
    standing=different("no files are served: what no rule maps to a worker is answered with 404"),
    usual="/var/www/html as Debian builds it",
    doc="The directory that URLs are looked up in as files.",
)


USUAL_DOCUMENT_ROOT: Final = "/var/www/html"
"""Where files are without a DocumentRoot, as Debian builds httpd."""


# --- errors and handlers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handler:
    """A SetHandler: `for_files` where a section about files is around it."""

    name: str
    for_files: bool


_FILE_SECTIONS: Final = ("<files", "<filesmatch", "<directory", "<directorymatch")


def _read_handler(call: Call) -> Handler:
    text = call.words[0].text
    if text.startswith("expr=") or "%{" in text or text.endswith("\\"):
        message = "Can't parse expression : {}"
        expression(call, text.removeprefix("expr="), 0, message, string=True)
    return Handler(text, forbidden_in(call, *_FILE_SECTIONS))


_PAGES: Final = {
    "server-status": "Remove or waive it: there is no page with figures of the server yet.",
    "server-info": "Remove or waive it: httpdlite -S and httpdlite report show what was read.",
    "balancer-manager": "Remove or waive it: change the configuration and start again instead.",
}


def refuse_handler(handler: Handler) -> Iterator[Refusal]:
    name = handler.name
    if lower(name) in {"none", "default-handler"}:
        return
    if lower(name[:6]) == "proxy:":
        hint = "Use ProxyPass: it needs no file to be there."
        yield Refusal("SetHandler with proxy: is not supported yet", hint=hint)
    elif lower(name) in _PAGES:
        yield Refusal(f"the handler {name} is not supported yet", hint=_PAGES[lower(name)])
    elif name.startswith("expr=") or "%{" in name:
        yield Refusal("a handler that an expression names is not supported")
    elif not handler.for_files:
        hint = "Pass the path to a worker that runs it, with ProxyPass."
        yield Refusal(f"the handler {name} is not supported", hint=hint)


SET_HANDLER: Final[Directive[Handler]] = directive(
    "SetHandler",
    Takes(Arity.ONE, _read_handler),
    contexts=EVERYWHERE,
    standing=Standing(
        Class.MOOT, "it sets none, or one for files, of which httpdlite serves none", answers=True
    ),
    refuse=refuse_handler,
    doc="What makes the answers, instead of the files' own handler.",
)


def _refuse_filters(words: tuple[str, ...]) -> Iterator[Refusal]:
    for name in words[0].split(";"):
        if lower(name) != "none" and not only_compresses(name):
            yield Refusal(f"the filter {name} is not supported")


# --- scripts --------------------------------------------------------------------------------------


def _check_cgi_var(call: Call) -> None:
    if call.words[0].text != "REQUEST_URI":
        raise call.error(f'Unrecognized CGI variable: "{call.words[0].text}"', 0)
    if lower(call.words[1].text) not in {"current-uri", "original-uri"}:
        message = "Valid rules for REQUEST_URI are 'current-uri' and 'original-uri'"
        raise call.error(message, 1)


def _check_default_type(call: Call) -> None:
    if lower(call.words[0].text) not in {"none", "off"}:
        where = f"line {call.line.number} of {call.line.file}"
        _warn(call, f"AH00117: Ignoring deprecated use of DefaultType in {where}.")


def _check_ranges(call: Call) -> None:
    text = call.words[0].text
    if lower(text) in {"none", "default", "unlimited"}:
        return
    values = "'none', 'default', 'unlimited' or a positive integer"
    number(lambda value: value > 0, f"{call.name} requires {values}", read=atoi)(call)


OPTIONS: Final = directive(
    "Options",
    Takes(Arity.RAW, _read_options),
    contexts=EVERYWHERE,
    default=Links(),
    combine=_merge_links,
    combine_in_section=_merge_links,
    merge=_merge_links,
    standing=different(
        "no files are served; it only says whether RewriteRule may be used in a section, for which "
        "links have to be followed"
    ),
    usual="FollowSymLinks",
    doc="Which features of files and directories are on.",
)

_ON_OFF: Final = "parameter must be 'on' or 'off'"
_RANGES: Final = moot("the worker answers requests for ranges itself")

MODULES: Final = (
    (
        MODULE,
        (
            DOCUMENT_ROOT,
            SET_HANDLER,
            OPTIONS,
            judged(
                "AllowOverride",
                Arity.RAW,
                DIRECTORY,
                NO_HTACCESS,
                "Which kinds of directives a .htaccess file may have.",
                check=_check_override,
                usual="None",
            ),
            judged(
                "AllowOverrideList",
                Arity.WORDS,
                DIRECTORY,
                NO_HTACCESS,
                "Which directives a .htaccess file may have.",
                check=_check_override_list,
                usual="None",
            ),
            judged(
                "AccessFileName",
                Arity.RAW,
                SERVERS,
                NO_HTACCESS,
                "How .htaccess files are called.",
                usual=".htaccess",
            ),
            judged(
                "FileETag",
                Arity.RAW,
                EVERYWHERE,
                NO_FILES,
                "What the ETag of a file is made of.",
                check=_check_etag,
                usual="MTime Size",
            ),
            judged(
                "EnableMMAP",
                Arity.ONE,
                EVERYWHERE,
                NO_FILES,
                "Whether files are mapped into memory.",
                check=one_of("on off", _ON_OFF),
                usual="On",
            ),
            judged(
                "EnableSendfile",
                Arity.ONE,
                EVERYWHERE,
                NO_FILES,
                "Whether the kernel sends files.",
                check=one_of("on off", _ON_OFF),
                usual="Off",
            ),
            judged(
                "AcceptPathInfo",
                Arity.ONE,
                EVERYWHERE,
                NO_FILES,
                "Whether a path may go on behind the name of a file.",
                check=one_of("on off default", "AcceptPathInfo must be set to on, off or default"),
                usual="Default",
            ),
            judged(
                "ContentDigest",
                Arity.FLAG,
                EVERYWHERE,
                NO_FILES,
                "Whether files are sent with a checksum.",
                usual="Off",
            ),
            judged(
                "DefaultType",
                Arity.ONE,
                EVERYWHERE,
                moot("Apache 2.4 ignores it as well"),
                "Was the media type of files without one.",
                check=_check_default_type,
            ),
            judged(
                "ForceType",
                Arity.ONE,
                EVERYWHERE,
                moot("the Content-Type that the worker sends counts"),
                "The media type of all files.",
            ),
            judged(
                "AddDefaultCharset",
                Arity.ONE,
                EVERYWHERE,
                different(
                    "a Content-Type is passed on as the worker sent it; Apache would add this "
                    "charset to text/plain and text/html without one",
                    but_for="off",
                ),
                "The charset named for texts that come without one.",
                usual="Off",
            ),
            judged(
                "SetOutputFilter",
                Arity.ONE,
                EVERYWHERE,
                different("answers are passed on as the worker sent them, without compressing"),
                "The filters that answers pass through.",
                refuse=_refuse_filters,
            ),
            judged(
                "SetInputFilter",
                Arity.ONE,
                EVERYWHERE,
                different("bodies are passed on as the client sent them, without unpacking"),
                "The filters that request bodies pass through.",
                refuse=_refuse_filters,
            ),
            *(
                judged(
                    name,
                    Arity.ONE,
                    SERVERS | DIRECTORY,
                    _RANGES,
                    f"How many {what} a request for a file may have.",
                    check=_check_ranges,
                    usual=usual,
                )
                for name, what, usual in (
                    ("MaxRanges", "ranges", "200"),
                    ("MaxRangeOverlaps", "ranges that overlap", "20"),
                    ("MaxRangeReversals", "ranges out of order", "20"),
                )
            ),
            *(
                judged(name, Arity.ONE_OR_TWO, EVERYWHERE, NO_SCRIPTS, f"How much {what}.")
                for name, what in (
                    ("RLimitCPU", "time scripts may use"),
                    ("RLimitMEM", "memory scripts may use"),
                    ("RLimitNPROC", "processes scripts may start"),
                )
            ),
            judged(
                "CGIPassAuth",
                Arity.FLAG,
                SECTIONS,
                NO_SCRIPTS,
                "Whether scripts see the Authorization field.",
                usual="Off",
            ),
            judged(
                "CGIVar",
                Arity.TWO,
                EVERYWHERE,
                NO_SCRIPTS,
                "How a variable for scripts is made.",
                check=_check_cgi_var,
            ),
            judged(
                "QualifyRedirectURL",
                Arity.FLAG,
                EVERYWHERE,
                NO_SCRIPTS,
                "Whether REDIRECT_URL is a full URL.",
                usual="Off",
            ),
        ),
    ),
)
