"""The pages of the codes that the walk and the checks after it give: names, places, arguments.

In: nothing. Out: rows for codes.py, which has the table.
"""

from typing import Final

from httpdlite.diagnostics.code import code_row

WALKING: Final = (
    code_row(
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
    code_row(
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
    code_row(
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
    code_row(
        "bad-value",
        "an argument that the directive does not take",
        means="""The number of arguments is right, one of them is not: not a number where one must
            be, out of range, a word that is none of the known ones.""",
        example="ProxyTimeout soon",
        mend="The message says what is wanted; upper and lower case seldom count.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Proxy Timeout must be at least 1 second.
            """,
    ),
    code_row(
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
    code_row(
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
    code_row(
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
    code_row(
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
    code_row(
        "root-user",
        "the superuser is named as User",
        means="Requests must not be served as root. Apache refuses it unless it was built so.",
        example="User root",
        mend="Name an account without rights of its own, such as www-data.",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Error:\\tApache has not been designed to serve pages while\\n\\trunning as root. ...
            """,
    ),
    code_row(
        "not-supported",
        "accepted by Apache, not done by httpdlite",
        means="""The line is right, but httpdlite does not have what it asks for, and serving
            without it could mean something else than the file says. So a start is refused. This
            does not count for `-t --syntax-only`, which gives Apache's verdict.""",
        example="WSGIScriptAlias /app /srv/app.wsgi",
        mend="""The help below the finding names a replacement where there is one. If the line is
            not needed, remove it, or put it where only Apache reads it: <IfModule
            !httpdlite_module>. To go without its effect, name the directive with --waive; what
            cannot be waived is a single value of a directive that has an effect with others.""",
        apache=None,
    ),
    code_row(
        "missing-file",
        "a file that a directive names is not there",
        means="""Apache opens or looks for some files while it reads the configuration. With some
            directives a missing one ends the reading, with others it is only said.""",
        example="CacheFile /no/such/file",
        mend="Make the file, or correct its name: relative ones begin at ServerRoot.",
        apache="(2)No such file or directory: AH00795: unable to stat(/no/such/file), skipping",
    ),
    code_row(
        "bad-expression",
        "an expression cannot be parsed",
        means="""The condition of an <If>, of `Require expr` or of `expr=` is not one of Apache's
            expressions: a bracket or an operand is missing, or a variable or function is not
            known.""",
        example="""
            <If "%{REQUEST_URI} = '/a' &&">
            </If>
            """,
        mend="""The message names what was unexpected. Texts need quotes of their own within the
            quotes around the whole expression; == compares texts, -eq numbers.""",
        apache="""
            AH00526: Syntax error on line N of FILE:
            Cannot parse condition clause: syntax error, unexpected $end
            """,
    ),
    code_row(
        "unknown-user",
        "the account that User names does not exist",
        means="The name is not known on this machine. A number is written with #: `User #33`.",
        example="User nobody-has-this-name",
        mend="Correct the name, or make the account.",
        apache="AH00543: httpd: bad user name nobody-has-this-name",
    ),
    code_row(
        "unknown-group",
        "the group that Group names does not exist",
        means="The name is not known on this machine. A number is written with #: `Group #33`.",
        example="Group nobody-has-this-name",
        mend="Correct the name, or make the group.",
        apache="AH00544: httpd: bad group name nobody-has-this-name",
    ),
    code_row(
        "waived",
        "a directive without effect, as was agreed",
        means="""httpdlite does not do what the line asks for, and --waive or HttpdliteWaive says
            that the server may start all the same.""",
        example="""
            <IfModule httpdlite_module>
            HttpdliteWaive WSGIScriptAlias
            </IfModule>
            WSGIScriptAlias /app /srv/app.wsgi
            """,
        mend="Nothing. Remove the line when nothing needs it any more.",
        apache=None,
    ),
    code_row(
        "waived-protection",
        "a directive that protects something is waived",
        means="""httpdlite does not do what the line asks for, and somebody agreed to start without
            it, although the line keeps somebody or something out. This is said at every start.""",
        example="""
            <IfModule httpdlite_module>
            HttpdliteWaive SecRuleEngine
            </IfModule>
            SecRuleEngine On
            """,
        mend="""Make sure that something else protects what lies behind: a firewall, the server in
            front, the application. Else remove the waiver.""",
        apache=None,
    ),
    code_row(
        "unused-waiver",
        "a waiver of something that is not refused",
        means="""No line of the configuration is refused under the name that --waive or
            HttpdliteWaive gives: it is misspelled, gone, or supported by now. A single value of a
            directive that has an effect with others, such as an ajp:// worker, cannot be
            waived.""",
        example="""
            <IfModule httpdlite_module>
            HttpdliteWaive ServerNam
            </IfModule>
            """,
        mend="Correct the name or remove the waiver.",
        apache=None,
    ),
)

CHECKING: Final = (
    code_row(
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
    code_row(
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
