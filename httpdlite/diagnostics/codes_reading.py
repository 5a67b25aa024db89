"""The pages of the codes that the reading gives: files, includes, sections, names, macros.

In: nothing. Out: rows for codes.py, which has the table.
"""

from typing import Final

from httpdlite.diagnostics.code import code_row

READING: Final = (
    code_row(
        "cannot-open",
        "a configuration file cannot be read",
        means="""The file is not there, is a directory or a device, or this user may not read it.
            A relative path begins at ServerRoot (option -d), not at the file that names it.""",
        example="Include conf/missing.conf",
        mend="""Correct the path or the permissions; IncludeOptional with a wildcard does without
            the file.""",
        apache="Could not open configuration file FILE: No such file or directory",
    ),
    code_row(
        "no-such-file",
        "an Include matches nothing",
        means="""Include wants at least one file for a wildcard, and every directory on the way
            must be there and readable.""",
        example="Include *.site",
        mend="Make the file or directory, or write IncludeOptional if it may be missing.",
        apache="Include/IncludeOptional: No matches for the wildcard '*.site' in 'DIR', failing",
    ),
    code_row(
        "include-recursion",
        "a file includes itself",
        means="""Files include one another more than 128 deep, which nearly always means that one
            of them leads back to itself.""",
        example="Include httpd.conf",
        mend="Follow the notes `included from` and take one Include out of the circle.",
        apache="Exceeded maximum include depth of 128, There appears to be a recursion.",
    ),
    code_row(
        "line-too-long",
        "a line is longer than 16 MiB",
        means="""A line, together with the lines that a backslash joins to it, has no end within
            16 MiB. Probably the file is no configuration at all.""",
        example="# more than 16 MiB without a line end",
        mend="Look at what the file is; take it out of the Include.",
        apache="Line too long",
    ),
    code_row(
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
    code_row(
        "unmatched-close",
        "a closing tag without its section",
        means="A section is closed that is not open: it was closed before, or never opened.",
        example="</Location>",
        mend="Remove the tag, or find the opening tag that was removed or misspelled.",
        apache="</Location> without matching <Location> section",
    ),
    code_row(
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
    code_row(
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
    code_row(
        "undefined-variable",
        "a ${NAME} stands for nothing",
        means="""${NAME} is replaced by what `Define NAME VALUE` gave before this line, else by the
            environment variable of that name. There is neither, so the text stays as it is. `Define
            NAME` without a value and the option -D give no value.""",
        example="ServerAdmin ${ADMIN_ADDRESS}",
        mend="""Define it above the line (or with -C "Define NAME VALUE"), or set it in the
            environment; Debian's files expect /etc/apache2/envvars to be loaded. What belongs to
            the request is written with a percent sign: %{REQUEST_URI}.""",
        apache="[core:warn] AH00111: Config variable ${ADMIN_ADDRESS} is not defined",
    ),
    code_row(
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
    code_row(
        "two-mpms",
        "two MPMs are loaded",
        means="""mpm_event, mpm_worker and mpm_prefork are different ways to serve, and Apache takes
            exactly one of them. httpdlite serves in its own way, whichever is named.""",
        example="""
            LoadModule mpm_event_module modules/mod_mpm_event.so
            LoadModule mpm_prefork_module modules/mod_mpm_prefork.so
            """,
        mend="Remove one of the LoadModule lines.",
        apache="AH00534: httpd: Configuration error: More than one MPM loaded.",
    ),
    code_row(
        "module-not-implemented",
        "httpdlite does not have this module of a third party",
        means="""Loading it is accepted, since files load more than they use. The directives of the
            module are refused where they stand; what it does without any directive, as some
            modules that guard against floods do, does not happen here.""",
        example="LoadModule evasive20_module modules/mod_evasive20.so",
        mend="Remove the line if nothing needs the module.",
        apache=None,
    ),
    code_row(
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
    code_row(
        "request-variable",
        "${...} where %{...} is meant",
        means="""${HTTP:Upgrade} and its like look like a reference to a Define, so they stay as
            they are. Apache does not warn, since a RewriteMap could be meant. What belongs to the
            request is written with a percent sign.""",
        example="ServerAdmin ${HTTP:Upgrade}",
        mend="Write %{HTTP:Upgrade}.",
        apache=None,
    ),
    code_row(
        "unknown-macro",
        "a Use of a macro that is not defined",
        means="""A macro must be defined above its Use, in this file or in one that was included
            before. Upper and lower case do not count. UndefMacro makes it unknown again.""",
        example="""
            <Macro App $port>
            ProxyPass / http://127.0.0.1:$port/
            </Macro>
            Use Ap 8080
            """,
        mend="Correct the name, or move the definition above the Use.",
        apache="macro 'ap' undefined",
    ),
    code_row(
        "macro-arguments",
        "a Use with the wrong number of arguments",
        means="""A Use gives exactly one argument for each parameter of the macro. Blanks divide
            arguments; quotes keep them together.""",
        example="""
            <Macro App $port>
            ProxyPass / http://127.0.0.1:$port/
            </Macro>
            Use App 8080 8081
            """,
        mend="Compare the Use with the first line of the macro, which the note shows.",
        apache="macro 'app' (defined on line N of \"FILE\") used with 2 arguments instead of 1",
    ),
    code_row(
        "macro-recursion",
        "a macro uses itself",
        means="A Use within a macro names a macro whose lines are just being brought.",
        example="""
            <Macro App>
            Use App
            </Macro>
            Use App
            """,
        mend="Take the Use out of the macro.",
        apache="recursive use of macro 'app' is invalid",
    ),
    code_row(
        "macro-too-large",
        "macros bring too many lines",
        means="""Macros that use one another several times can make millions of lines out of a few.
            httpdlite reads no further; Apache would, for as long as its memory lasts.""",
        example="# macros that use one another, over and over",
        mend="Write the lines out, or let fewer macros use others.",
        apache=None,
    ),
    code_row(
        "wrong-macro",
        "a macro cannot be defined",
        means="""The first line of a macro must have a name and, for each parameter, a name of its
            own.""",
        example="""
            <Macro App $port $port>
            ProxyPass / http://127.0.0.1:$port/
            </Macro>
            """,
        mend="Give the macro a name, and each parameter another one.",
        apache="argument name conflict in macro 'app' (defined on line N of \"FILE\"): ...",
    ),
    code_row(
        "macro-parameter",
        "a parameter of a macro that may surprise",
        means="""Values are put in wherever the parameter's name occurs, also within words. So a
            name should begin with $, % or @, and not be the beginning of another one. A parameter
            that never occurs is probably misspelled in the lines of the macro.""",
        example="""
            <Macro App $port>
            ProxyPass / http://127.0.0.1:8080/
            </Macro>
            """,
        mend="Rename the parameter, or remove it if nothing needs it.",
        apache="""
            [macro:warn] AH02800: macro 'app' (defined on line N of "FILE"): argument '$port' (#1) \
never used
            """,
    ),
    code_row(
        "macro-redefined",
        "a macro is defined twice",
        means="The second definition takes the place of the first for all Uses below it.",
        example="""
            <Macro App>
            KeepAlive On
            </Macro>
            <Macro App>
            KeepAlive Off
            </Macro>
            """,
        mend="Rename one of them, or put an UndefMacro between them if it is on purpose.",
        apache="""
            [macro:warn] AH02802: macro 'app' multiply defined: defined on line N of "FILE", \
redefined on line N of "FILE"
            """,
    ),
    code_row(
        "macro-empty",
        "a macro without lines, or an empty argument",
        means="""Nothing stands between the tags of the macro, or a Use gives an empty text for a
            parameter. MacroIgnoreEmptyArgs says that this is on purpose.""",
        example="""
            <Macro App>
            </Macro>
            """,
        mend="Fill in what is missing, or remove the macro.",
        apache="""
            [macro:warn] AH02799: macro 'app' (defined on line N of "FILE"): empty contents!
            """,
    ),
    code_row(
        "macro-nesting",
        "a macro opens more sections than it closes",
        means="""The lines of the macro open a section and leave it open, or close one that they did
            not open. MacroIgnoreBadNesting says that this is on purpose.""",
        example="""
            <Macro App>
            <Location /app>
            </Macro>
            """,
        mend="Close each section within the macro that opens it.",
        apache="""
            [macro:warn] AH02795: bad cumulated nesting (+1) in macro 'app' (defined on line N of \
"FILE")
            """,
    ),
    code_row(
        "macro-flag",
        "an unknown flag of a macro",
        means="""What begins with a slash behind the name of a macro is a flag; there are
            two of them, about empty arguments and about nesting.""",
        example="""
            <Macro App /Whatever $port>
            ProxyPass / http://127.0.0.1:$port/
            </Macro>
            """,
        mend="Remove the flag; put a parameter that begins with a slash into quotes.",
        apache="[macro:warn] AH02804: macro 'app' (defined on line N of \"FILE\"): unknown flag",
    ),
    code_row(
        "trailing-text",
        "text behind the > of a macro's tag",
        means="What follows the > of <Macro> or </Macro> is passed over.",
        example="""
            <Macro App> KeepAlive On
            KeepAlive Off
            </Macro>
            """,
        mend="Put it on a line of its own, or behind a # if it is a comment.",
        apache="[macro:warn] AH02989: AH02801: non blank chars found after <Macro closing '>' ...",
    ),
    code_row(
        "lost-line",
        "the last line of a file that Apache does not read",
        means="""After a Use, Apache loses the last line of the file if no line end follows it. So
            does httpdlite.""",
        example="""
            <Macro App>
            KeepAlive On
            </Macro>
            Use App
            KeepAlive Off
            """,
        mend="End the file with a line end.",
        apache=None,
    ),
)
