"""The pages of the codes of warnings about single directives: accepted, but seldom meant.

In: nothing. Out: rows for codes.py, which has the table.
"""

from typing import Final

from httpdlite.diagnostics.code import code_row

REMARKS: Final = (
    code_row(
        "worker-name-too-long",
        "the URL of a worker is very long",
        means="""Apache keeps the name of a worker in a field of limited size and cuts longer ones,
            after which two workers can be taken for one.""",
        example="""
            # a ProxyPass to a URL of several hundred characters
            """,
        mend="Shorten the path of the URL.",
        apache="[proxy:error] AH...: Alert! worker name (URL) too long; truncated to: ...",
    ),
    code_row(
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
    code_row(
        "protocol-replaced",
        "a protocol without a sign makes those before it void",
        means="""In SSLProtocol, a name with + is added and a name with - is taken away. A name
            without a sign replaces all that stands before it, which is seldom meant.""",
        example="SSLProtocol +TLSv1.2 TLSv1.3",
        mend="Give each name a sign, or begin with the one that has none: `all -TLSv1`.",
        apache="""
            [ssl:warn] AH02532: SSLProtocol: Protocol 'TLSv1.3' overrides already set \
parameter(s). Check if a +/- prefix is missing.
            """,
    ),
    code_row(
        "removed-value",
        "a value that Apache no longer has",
        means="The value is accepted, so that old files can be read, but has no effect any more.",
        example="SSLEngine optional",
        mend="Remove the line, or choose one of the values that are left.",
        apache="[ssl:notice] AH10510: 'SSLEngine optional' is no longer supported",
    ),
    code_row(
        "alias-covered",
        "an Alias that an earlier one covers",
        means="""Aliases are tried in the order of the file, and the path of an earlier one is the
            beginning of this one's: this one is never reached.""",
        example="""
            Alias /a /srv/a
            Alias /a/b /srv/b
            """,
        mend="Put the line with the longer path first.",
        apache="""
            [alias:warn] AH00671: The Alias directive in FILE at line N will probably never match \
because it overlaps an earlier Alias.
            """,
    ),
    code_row(
        "rewrite-condition-case",
        "a RewriteCond on which [NC] has no effect",
        means="""[NC] lets a regular expression take upper and lower case for the same. Comparisons
            such as =text or <text and tests such as -f do not know it.""",
        example="RewriteCond %{HTTP:Upgrade} -f [NC]",
        mend="Remove [NC], or write a regular expression: ^websocket$ instead of =websocket.",
        apache="""
            [rewrite:warn] AH00665: RewriteCond: NoCase option for non-regex pattern '-f' is not \
supported and will be ignored. (FILE:N)
            """,
    ),
    code_row(
        "rewrite-max-redirects",
        "the MaxRedirects of RewriteOptions is gone",
        means="The option has had no effect since Apache 2.2.",
        example="RewriteOptions MaxRedirects=10",
        mend="Remove it.",
        apache="""
            [rewrite:warn] AH00664: RewriteOptions: MaxRedirects option has been removed in favor \
of the global LimitInternalRecursion directive and will be ignored.
            """,
    ),
    code_row(
        "variable-name-with-equals",
        "the name of a variable contains an =",
        means="SetEnv takes the name and the value as two words; an = becomes part of the name.",
        example="SetEnv NAME=value",
        mend="Put a blank in place of the =.",
        apache="""
            [env:warn] AH10032: Spurious usage of '=' in an environment variable name. 'SetEnv \
NAME value' expected instead?
            """,
    ),
    code_row(
        "no-such-variable",
        "a variable for PassEnv that the server's environment does not have",
        means="""PassEnv copies variables of the environment that the server was started in. This
            one is not there, so requests will not have it.""",
        example="PassEnv NO_SUCH_VARIABLE",
        mend="Set it where the server is started, or write SetEnv with a value.",
        apache="[env:warn] AH01506: PassEnv variable NO_SUCH_VARIABLE was undefined",
    ),
    code_row(
        "slow-regex",
        "a regular expression that a long text can keep busy",
        means="""A text that nearly matches is tried in very many ways: when one repetition stands
            in another, or when several repetitions that take the same characters follow each other.
            Clients choose the texts. Such a search is given up after some million steps, and is
            then taken not to match; Apache gives up after ten million, with the same outcome.""",
        example="RedirectMatch ^/((a+)+)$ http://www.example.com/$1",
        mend="""Let each repetition take other characters than what follows it: [^/]+ in place of .+
            before a slash. Repeat a group only if it begins with something fixed.""",
        apache=None,
    ),
    code_row(
        "warning",
        "a value that stands, with a remark",
        means="The line is accepted; the message says what to expect of it.",
        example="# there is no short example",
        mend="Decide whether the remark matters here. Nothing is refused because of it.",
        apache="the same message, in the form of the error log",
    ),
)
