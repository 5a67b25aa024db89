"""Sections of all kinds: which of them cover a request, in which order, and which has the last say.

Every section appends its mark to a field of the request or of the answer, so the order of merging
can be read. Directives in all kinds of sections are in `sections_values.py`.
"""

from collections.abc import Iterable
from typing import Final

from tests.peers.behaviour import sections_values
from tests.peers.behaviour.language import Case, Configuration, case, get


def mark(name: str) -> str:
    """Lines that show that a section counts."""
    return (
        f"RequestHeader append X-Order {name}\nHeader always append X-Order {name}\n"
        f"RequestHeader set X-Last {name}\nSetEnv LAST {name}\n"
    )


def _targets(targets: Iterable[str]) -> tuple[Case, ...]:
    return tuple(case(target, get(target)) for target in targets)


# --- order ----------------------------------------------------------------------------------------

OF_PATHS: Final = Configuration(
    "<Location>, order",
    f"""\
{mark("server")}
<Location /a/b>
{mark("ab")}</Location>
<Location /a>
{mark("a")}</Location>
<LocationMatch ^/a>
{mark("match-a")}</LocationMatch>
<Location />
{mark("root")}</Location>
<Location ~ "/b$">
{mark("tilde-b")}</Location>
<Location /a/>
{mark("a-slash")}</Location>
<Location /a*>
{mark("wild")}</Location>
<Location "/a/b/c?">
{mark("question")}</Location>
<Location /a//b>
{mark("slashes")}</Location>
<Location /%61>
{mark("escaped")}</Location>
<Location "/with blank">
{mark("blank")}</Location>
<LocationMatch "^/(?i)A/x">
{mark("any-case")}</LocationMatch>
<LocationMatch "\\.(png|gif)$">
{mark("picture")}</LocationMatch>
<Location "/[ab]/set">
{mark("set")}</Location>
RequestHeader set X-Env "%{{LAST}}e"
ProxyPass / http://WORKER/
""",
    _targets(
        (
            *("/", "/a", "/a/", "/a/b", "/a/b/", "/a/bc", "/a/b/c", "/a/b/cd", "/a/b/cd/e", "/ab"),
            *("/a//b", "/%61/b", "/%2561/x", "/a/../a/b", "/with%20blank/x", "/A/X", "/a/x", "/b"),
            *("/x.png", "/a/x.gif?b", "/x.PNG", "/a/set", "/b/set/x", "/c/set", "/a%2fb", "/a/./b"),
            *("http://a.test/a/b", "/a?/b", "/a;/b", "//a/b", "/%c3%a4/b"),
        )
    ),
)

OF_WORKERS: Final = Configuration(
    "<Proxy>, order",
    f"""\
{mark("server")}
<Proxy http://WORKER/p/q>
{mark("pq")}</Proxy>
<Proxy http://WORKER/p>
{mark("p")}</Proxy>
<Proxy *>
{mark("star")}</Proxy>
<ProxyMatch "/q">
{mark("match-q")}</ProxyMatch>
<Proxy http://*/p/*>
{mark("wild")}</Proxy>
<Proxy http://WORKER/p/>
{mark("p-slash")}</Proxy>
<Proxy http://other.test/>
{mark("other")}</Proxy>
<ProxyMatch "\\?x">
{mark("query")}</ProxyMatch>
<ProxyMatch "x y|x%20y">
{mark("blank")}</ProxyMatch>
<Location /in>
{mark("in")}</Location>
<Location /in/q>
{mark("inq")}</Location>
<Files "*">
{mark("files")}</Files>
<Directory />
{mark("directory")}</Directory>
<If "true">
{mark("if")}</If>
RequestHeader set X-Env "%{{LAST}}e"
ProxyPass /in http://WORKER/p
ProxyPass /out http://WORKER/o
ProxyPassMatch ^/m/(.*)$ http://WORKER/p/$1
ProxyPass /raw http://WORKER/p nocanon
<Location /loc>
ProxyPass http://WORKER/p/q
</Location>
""",
    _targets(
        (
            *("/in", "/in/", "/in/q", "/in/q/x", "/in/qx", "/in/a", "/out", "/out/q", "/out/p/q"),
            *("/in/a?x", "/in/x%20y", "/m/q", "/m/q/x?x", "/loc", "/loc/x", "/none", "/none/p/q"),
            *("/raw/q", "/raw/x%20y", "/in//q", "/in/%71"),
        )
    ),
)

OF_FILES: Final = Configuration(
    "<Directory> and <Files>, order",
    f"""\
DocumentRoot ROOT
{mark("server")}
<Directory ROOT/a/b>
{mark("ab")}</Directory>
<Directory ROOT/a>
{mark("a")}
<Files "*.txt">
{mark("a-txt")}</Files>
<FilesMatch "^n">
{mark("a-n")}</FilesMatch>
</Directory>
<Directory ROOT>
{mark("root")}</Directory>
<Directory />
{mark("top")}</Directory>
<DirectoryMatch "/a/b$">
{mark("match-ab")}</DirectoryMatch>
<DirectoryMatch "/a/">
{mark("match-a")}</DirectoryMatch>
<Directory ~ "/b">
{mark("tilde-b")}</Directory>
<Directory ROOT/*/b>
{mark("wild")}</Directory>
<Directory "ROOT/a/">
{mark("a-slash")}</Directory>
<Files "*.txt">
{mark("txt")}</Files>
<Files none.txt>
{mark("none")}</Files>
<FilesMatch "\\.(txt|png)$">
{mark("filesmatch")}</FilesMatch>
<Files ~ "^n">
{mark("tilde-n")}</Files>
<Files "?">
{mark("one")}</Files>
<Location /a>
{mark("loc-a")}</Location>
<If "true">
{mark("if")}</If>
Alias /alias ROOT/a
AliasMatch ^/am/(.*)$ ROOT/a/$1
Header always set X-File "expr=%{{REQUEST_FILENAME}}"
Header always set X-Env "%{{LAST}}e"
ErrorDocument 404 "none"
ProxyPass /p http://WORKER/
""",
    _targets(
        (
            *("/none.txt", "/x", "/xy", "/a/none.txt", "/a/x", "/a/nx", "/a/b/x.png", "/a/b/n.txt"),
            *("/a/b/none/txt", "/a/c/x.txt", "/alias/none.txt", "/alias/b/x", "/am/b/x.txt"),
            *("/am/none", "/p/none.txt", "/p/a", "/a//x", "/a/b/../x.txt", "/aliasx", "/a/n%20x"),
        )
    ),
)

OF_DIRECTORIES: Final = Configuration(
    "<Directory>, order",
    f"""\
DocumentRoot /usr
{mark("server")}
<Directory /usr/share/doc>
{mark("doc")}
<FilesMatch "^n">
{mark("doc-n")}</FilesMatch>
<Files none>
{mark("doc-none")}
<If "%{{REQUEST_FILENAME}} =~ /none$/">
{mark("doc-none-if")}</If>
</Files>
<If "%{{REQUEST_FILENAME}} =~ m#^/usr/share/doc/#">
{mark("doc-if")}</If>
</Directory>
<Directory /usr/share>
{mark("share")}
<Files none>
{mark("share-none")}</Files>
<If "true">
{mark("share-if")}</If>
</Directory>
<Directory /usr>
{mark("usr")}</Directory>
<Directory />
{mark("top")}</Directory>
<DirectoryMatch "^/usr/share$">
{mark("match-end")}</DirectoryMatch>
<DirectoryMatch "^/usr/share/$">
{mark("match-slash-end")}</DirectoryMatch>
<DirectoryMatch "^/usr/share">
{mark("match-share")}</DirectoryMatch>
<DirectoryMatch "/doc/">
{mark("match-doc")}</DirectoryMatch>
<DirectoryMatch "none">
{mark("match-none")}</DirectoryMatch>
<Directory ~ "/[sd]o?[hc]">
{mark("tilde")}</Directory>
<Directory /usr/*/doc>
{mark("wild")}</Directory>
<Directory /*/sh*>
{mark("wild-sh")}</Directory>
<Directory "/usr/share/">
{mark("share-slash")}</Directory>
<Directory /usr//share/./doc>
{mark("unclean")}</Directory>
<Directory /usr/share/none>
{mark("not-there")}</Directory>
<Files none>
{mark("none")}</Files>
<FilesMatch "^NONE$">
{mark("capitals")}</FilesMatch>
<FilesMatch "^[^/]*$">
{mark("every")}</FilesMatch>
<Files "n?ne*">
{mark("wild-file")}</Files>
<Files "/usr/share/none">
{mark("path")}</Files>
<Location /share>
{mark("location")}</Location>
<Proxy *>
{mark("proxy")}</Proxy>
<If "%{{REQUEST_FILENAME}} =~ m#/share#">
{mark("if")}</If>
Header always set X-File "expr=%{{REQUEST_FILENAME}}|%{{PATH_INFO}}"
Header always set X-Env "%{{LAST}}e"
ErrorDocument 404 "none"
""",
    _targets(
        (
            *("/none", "/share/none", "/share/doc/none", "/share/doc/nothing", "/share/doc/x"),
            *("/share/none/doc/none", "/share/doc/none/x", "/share/x", "/lib/none", "/no/ne"),
            *("/share//doc//none", "/share/./none", "/share/none/", "/share/no%20ne", "/share/No"),
            *("/share/doc/no%2ene", "/share/doc/none?x", "/share/doc/none.", "/share/doc/noneX"),
        )
    ),
)

OF_VHOSTS: Final = Configuration(
    "sections of vhosts, order",
    f"""\
DocumentRoot ROOT
{mark("main")}
ErrorDocument 404 "main"
Redirect /moved http://main.test/
SetEnvIf Request_URI /seen SEEN=main
<Location /a>
{mark("main-a")}
ErrorDocument 404 "main a"
</Location>
<Proxy *>
{mark("main-proxy")}</Proxy>
<Files "*">
{mark("main-files")}</Files>
<If "true">
{mark("main-if")}</If>
ProxyPass /main http://WORKER/main
<VirtualHost *:PORT>
  ServerName one.test
{mark("one")}
  ErrorDocument 404 "one"
  Redirect /moved/one http://one.test/
  SetEnvIf SEEN ^main$ SEEN=one
  RequestHeader set X-Seen "%{{SEEN}}e"
  <Location /a>
{mark("one-a")}
  ErrorDocument 404 "one a"
  </Location>
  <Location />
{mark("one-root")}</Location>
  <Proxy *>
{mark("one-proxy")}</Proxy>
  <Files "*">
{mark("one-files")}</Files>
  <If "true">
{mark("one-if")}</If>
  ProxyPass /moved/proxied http://WORKER/
  ProxyPass /p http://WORKER/one
  ProxyPass /a/p http://WORKER/one
</VirtualHost>
<VirtualHost *:PORT>
  ServerName two.test
  RequestHeader set X-Seen "%{{SEEN}}e"
  ProxyPass /p http://WORKER/two
  ProxyPass /a/p http://WORKER/two
</VirtualHost>
<VirtualHost *:PORT>
  ServerName three.test
  RequestHeader unset X-Order
  Header always unset X-Order
  SetEnvIf Request_URI /seen SEEN=three
  RequestHeader set X-Seen "%{{SEEN}}e"
  ErrorDocument 404 default
  ProxyPass /p http://WORKER/three
  ProxyPass /a/p http://WORKER/three
  <If "%{{REQUEST_URI}} =~ m#/x$#">
{mark("three-if")}</If>
</VirtualHost>
""",
    tuple(
        case(f"{host}{target}", get(target, host=f"{host}.test"))
        for host in ("one", "two", "three", "unknown")
        for target in (
            *("/p", "/p/x", "/p/seen", "/a/p/x", "/a/none", "/none", "/main/x"),
            *("/moved/x", "/moved/one/x", "/moved/proxied/x"),
        )
    ),
)

TABLES: Final = (
    *(OF_PATHS, OF_WORKERS, OF_FILES, OF_DIRECTORIES, OF_VHOSTS, *sections_values.TABLES),
)
ALONE: Final = (OF_VHOSTS,)
