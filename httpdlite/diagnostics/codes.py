"""Every code that a finding can have, with the page that explains it.

In: nothing. Out: `CODES` by name, a page as text (`explain-code`), all pages as Markdown
(docs/codes.md is made by `python -m httpdlite.diagnostics.codes`). This is the one table: a test
holds it against the codes that the package uses, and another reads each example and finds its code
there. Codes are stable: one that is gone is not used again. Imported only when needed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import dedent, fill
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """A code and its page.

    `example` is a configuration that gives this finding, `apache` what Apache says about it, where
    FILE stands for the file and N for the line; None if Apache says nothing.
    """

    name: str
    title: str
    means: str
    example: str
    mend: str
    apache: str | None

    def page(self) -> str:
        """The page for a terminal."""
        return "\n".join(
            (
                f"{self.name}: {self.title}",
                "",
                _wrapped(self.means),
                "",
                "For example:",
                "",
                _indented(self.example),
                "",
                _wrapped(f"What to do: {self.mend}"),
                "",
                *self._apache_says(),
            )
        )

    def _apache_says(self) -> Iterator[str]:
        if self.apache is None:
            yield "Apache says nothing about it."
        else:
            yield "Apache says:"
            yield ""
            yield _indented(self.apache)

    def markdown(self) -> str:
        """The page as a section of docs/codes.md."""
        example = f"```apache\n{self.example}\n```"
        said = "Apache says nothing about it."
        if self.apache is not None:
            said = f"Apache says:\n\n```text\n{self.apache}\n```"
        head = f"## {self.name}\n\n**{self.title}.** {self.means}"
        return f"{head}\n\n{example}\n\nWhat to do: {self.mend}\n\n{said}\n"


def _wrapped(text: str) -> str:
    return fill(text, 78, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _code(name: str, title: str, **parts: str | None) -> Code:
    """A row, its texts freed of the layout of this file."""
    flat = {key: " ".join((parts[key] or "").split()) for key in ("means", "mend")}
    apache = parts["apache"]
    return Code(
        name,
        title,
        flat["means"],
        dedent(parts["example"] or "").strip("\n"),
        flat["mend"],
        None if apache is None else dedent(apache).strip("\n"),
    )


_READING: Final = (
    _code(
        "cannot-open",
        "a configuration file cannot be read",
        means="""The file is not there, is a directory or a device, or this user may not read it.
            A relative path begins at ServerRoot (option -d), not at the file that names it.""",
        example="Include conf/missing.conf",
        mend="""Correct the path or the permissions; IncludeOptional with a wildcard does without
            the file.""",
        apache="Could not open configuration file FILE: No such file or directory",
    ),
    _code(
        "no-such-file",
        "an Include matches nothing",
        means="""Include wants at least one file for a wildcard, and every directory on the way
            must be there and readable.""",
        example="Include sites/*.conf",
        mend="Make the file or directory, or write IncludeOptional if it may be missing.",
        apache="Include/IncludeOptional: No matches for the wildcard '*.conf' in 'DIR', failing",
    ),
    _code(
        "include-recursion",
        "a file includes itself",
        means="""Files include one another more than 128 deep, which nearly always means that one
            of them leads back to itself.""",
        example="Include httpd.conf",
        mend="Follow the notes `included from` and take one Include out of the circle.",
        apache="Exceeded maximum include depth of 128, There appears to be a recursion.",
    ),
    _code(
        "line-too-long",
        "a line is longer than 16 MiB",
        means="""A line, together with the lines that a backslash joins to it, has no end within
            16 MiB. Probably the file is no configuration at all.""",
        example="# more than 16 MiB without a line end",
        mend="Look at what the file is; take it out of the Include.",
        apache="Line too long",
    ),
    _code(
        "unclosed-section",
        "a section is not closed",
        means="""A section must be closed in the file that opened it. What follows the > of the
            opening tag is ignored, so a section on one line stays open.""",
        example="""
            <Location /a>
            ProxyTimeout 5
            """,
        mend="Put the closing tag on a line of its own: </Location>.",
        apache="FILE:N: <Location> was not closed.",
    ),
    _code(
        "unmatched-close",
        "a closing tag without its section",
        means="A section is closed that is not open: it was closed before, or never opened.",
        example="</Location>",
        mend="Remove the tag, or find the opening tag that was removed or misspelled.",
        apache="</Location> without matching <Location section",
    ),
    _code(
        "wrong-nesting",
        "sections are closed in the wrong order",
        means="""The section that was opened last must be closed first. <Else> and <ElseIf> need an
            <If> before them in the same section.""",
        example="""
            <VirtualHost *:80>
            <Location /a>
            </VirtualHost>
            </Location>
            """,
        mend="Swap the closing tags, or add the missing one before the one that is named.",
        apache="Expected </Location> but saw </VirtualHost>",
    ),
    _code(
        "bad-tag",
        "the > of a tag is missing",
        means="""The tag of a section must end with >. In a closing tag no blank may stand before
            it.""",
        example="""
            <Location /a
            </Location>
            """,
        mend="Write <Location /a> and </Location>.",
        apache="<Location> directive missing closing '>'",
    ),
    _code(
        "undefined-variable",
        "a ${NAME} stands for nothing",
        means="""${NAME} is replaced by what `Define NAME VALUE` gave before this line, else by the
            environment variable of that name. There is neither, so the text stays as it is. `Define
            NAME` without a value and the option -D give no value.""",
        example="ServerAdmin ${ADMIN_ADDRESS}",
        mend="""Define it above the line (or with -C "Define NAME VALUE"), or set it in the
            environment; Debian's files expect /etc/apache2/envvars to be loaded. What belongs to
            the request is written with a percent sign: %{REQUEST_URI}.""",
        apache="[core:warn] AH00111: Config variable ${NAME} is not defined",
    ),
    _code(
        "already-loaded",
        "a module is loaded twice",
        means="A second LoadModule for the same module is passed over, whatever file it names.",
        example="""
            LoadModule proxy_module modules/mod_proxy.so
            LoadModule proxy_module modules/mod_proxy.so
            """,
        mend="Remove one of the two lines.",
        apache="[so:warn] AH01574: module proxy_module is already loaded, skipping",
    ),
    _code(
        "module-not-implemented",
        "httpdlite does not have this module yet",
        means="""Loading it is accepted, since files load more than they use. The directives of the
            module are refused where they stand.""",
        example="LoadModule dav_module modules/mod_dav.so",
        mend="Nothing, if no directive of the module is in use; the line can go.",
        apache=None,
    ),
    _code(
        "unknown-module",
        "<IfModule> names a module that nobody knows",
        means="""Without any LoadModule every module of stock httpd counts as loaded. This one is
            none of them, so the lines of the section are skipped. The name may be misspelled:
            upper and lower case count here.""",
        example="""
            <IfModule mod_Proxy.c>
            </IfModule>
            """,
        mend="""Correct the name, or leave it if the section is for somebody else's module: the
            warning changes nothing.""",
        apache=None,
    ),
)

_WALKING: Final = (
    _code(
        "unknown-directive",
        "no such directive",
        means="""No loaded module has a directive of this name. Either it is misspelled, or its
            module is not loaded, or the line is not meant as a directive at all: a comment in the
            wrong place, the rest of a line that was broken without a backslash.""",
        example="ProxyPas /app http://127.0.0.1:8080/",
        mend="""Correct the name, or load the module that has it. The help below the finding names
            what comes closest.""",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Invalid command 'ProxyPas', perhaps misspelled or defined by a module not included in \
the server configuration
            """,
    ),
    _code(
        "wrong-context",
        "a directive stands where it may not",
        means="""Each directive has its places: the main server, virtual hosts, sections such as
            <Location>, .htaccess files. Some may stand in a section but not in every one.""",
        example="""
            <Location /a>
            Listen 8081
            </Location>
            """,
        mend="""Move the line to a place where it may stand: the help below the finding names
            them.""",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Listen not allowed in <Location> context
            """,
    ),
    _code(
        "wrong-arity",
        "too many or too few arguments",
        means="""Blanks divide arguments; quotes keep them together. An empty pair of quotes often
            counts as no argument. There are no comments at the end of a line: `#` and what follows
            are arguments as well.""",
        example="Timeout 60 # seconds",
        mend="""Put a value with blanks into quotes, a comment on a line of its own, and add what is
            missing.""",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Timeout takes one argument, ...
            """,
    ),
    _code(
        "bad-value",
        "an argument that the directive does not take",
        means="""The number of arguments is right, one of them is not: not a number where one must
            be, out of range, a word that is none of the known ones.""",
        example="KeepAliveTimeout soon",
        mend="The message says what is wanted; upper and lower case seldom count.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            KeepAliveTimeout has wrong format
            """,
    ),
    _code(
        "bad-regex",
        "a regular expression cannot be compiled",
        means="""The pattern is not a regular expression of Perl's kind (PCRE): a bracket is not
            closed, a repetition has nothing to repeat, a group does not exist.""",
        example="ProxyPassMatch ^/(app http://127.0.0.1:8080/$1",
        mend="""Correct the pattern; a bracket that is meant as itself is written with a backslash.
            A pattern with blanks needs quotes.""",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Regular expression could not be compiled.
            """,
    ),
    _code(
        "error",
        "the Error directive",
        means="""The configuration itself asks to be refused here, usually within an <IfDefine> or
            <IfModule> that says why.""",
        example='Error "not on this machine"',
        mend="Look at the sections around the line: their condition is what must change.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            not on this machine
            """,
    ),
    _code(
        "duplicate-listen",
        "the same address is listened on twice",
        means="""Two Listen lines name the same address and port, often one in the main file and
            one in an included file.""",
        example="""
            Listen 8080
            Listen 8080
            """,
        mend="Remove one of them; virtual hosts share an address without a Listen of their own.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Cannot define multiple Listeners on the same IP:port
            """,
    ),
    _code(
        "unknown-host",
        "a host name without an address",
        means="""The name of a <VirtualHost> or of a Listen cannot be resolved on this machine. A
            virtual host goes on without the address, and may then be reached by nobody.""",
        example="""
            <VirtualHost nowhere.invalid:80>
            </VirtualHost>
            """,
        mend="""Write the address itself, or *, and the name into a ServerName: which virtual host
            answers is decided by ServerName, not by the tag.""",
        apache="""
            [core:error] (EAI 2)Name or service not known: AH00547: Could not resolve host name \
nowhere.invalid -- ignoring!
            """,
    ),
    _code(
        "root-user",
        "User names the superuser",
        means="Requests must not be served as root. Apache refuses it unless it was built so.",
        example="User root",
        mend="Name an account without rights of its own, such as www-data.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Error: Apache has not been designed to serve pages while running as root. ...
            """,
    ),
    _code(
        "worker-name-too-long",
        "the URL of a worker is very long",
        means="""Apache keeps the name of a worker in a field of limited size and cuts longer ones,
            after which two workers can be taken for one.""",
        example="""
            # a ProxyPass to a URL of several hundred characters
            """,
        mend="Shorten the path of the URL.",
        apache="[proxy:error] AH00526 and the like, with the name that was cut",
    ),
    _code(
        "shared-worker",
        "a parameter without effect, since the worker is shared",
        means="""An earlier rule goes to the same worker, or to one whose URL is the beginning of
            this one. Both share its connections, and what was said first counts.""",
        example="""
            ProxyPass /a http://127.0.0.1:8080/ timeout=5
            ProxyPass /b http://127.0.0.1:8080/ timeout=60
            """,
        mend="""Give all parameters to the first rule. If the rules must differ, write the
            longer URL first.""",
        apache="""
            [proxy:warn] AH01146: Ignoring parameter 'timeout=60' for worker \
'http://127.0.0.1:8080/' because of worker sharing
            """,
    ),
    _code(
        "not-supported-yet",
        "Apache accepts it, httpdlite does not do it",
        means="""The line is right, but httpdlite does not have what it asks for, and serving
            without it could mean something else than the file says. So a start is refused. This
            does not count for `-t --syntax-only`, which gives Apache's verdict.""",
        example="CGIDScriptTimeout 20",
        mend="""The help below the finding names a replacement where there is one. If the line is
            not needed, remove it, or put it where only Apache reads it: <IfModule
            !httpdlite_module>. To go without its effect, name it with --waive.""",
        apache=None,
    ),
    _code(
        "warning",
        "a value that stands, with a remark",
        means="The line is accepted; the message says what to expect of it.",
        example="# there is no short example",
        mend="Decide whether the remark matters here. Nothing is refused because of it.",
        apache="the same message, in the form of the error log",
    ),
)

_CHECKING: Final = (
    _code(
        "no-log-directory",
        "the directory of a log is missing",
        means="""Logs are made when they are opened, their directory is not. A relative path begins
            at ServerRoot.""",
        example="ErrorLog nowhere/error.log",
        mend="Make the directory, or name another file.",
        apache="""
            (2)No such file or directory: AH02291: Cannot access directory 'DIR/' for main error log
            AH00014: Configuration check failed
            """,
    ),
    _code(
        "no-server-name",
        "the server does not know its name",
        means="""There is no ServerName outside the virtual hosts, and this machine's own name has
            no domain. Redirects that the server makes would show a wrong name.""",
        example="Listen 8080",
        mend="Add a line such as `ServerName www.example.com` to the main server.",
        apache="""
            AH00558: httpd: Could not reliably determine the server's fully qualified domain name, \
using 127.0.0.1. Set the 'ServerName' directive globally to suppress this message
            """,
    ),
)

CODES: Final = {row.name: row for row in (*_READING, *_WALKING, *_CHECKING)}
"""Every code, in the order of Apache's phases."""


def listing(codes: Iterable[Code] = CODES.values()) -> str:
    """All codes with their titles, one per line."""
    return "".join(f"{code.name:<24} {code.title}\n" for code in codes)


_HEAD: Final = """\
# Codes of findings

Each finding of `httpdlite -t` has a code in brackets, such as `error[unknown-directive]`.
`httpdlite explain-code CODE` prints the page of one. Codes are stable: scripts may rely on them.
This file is made by `python -m httpdlite.diagnostics.codes`.
"""


def document() -> str:
    """docs/codes.md."""
    return "\n".join((_HEAD, *(code.markdown() for code in CODES.values())))


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - it makes the page
