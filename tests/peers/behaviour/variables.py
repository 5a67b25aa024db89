"""mod_setenvif: which lines set what, shown by fields that the worker gets."""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get, request

SHOW: Final = "\n".join(f'RequestHeader set X-{name} "%{{{name}}}e"' for name in "ABCDE")


def asked(*rows: tuple[str, bytes]) -> tuple[Case, ...]:
    """Cases with a name each."""
    return tuple(case(name, sent) for name, sent in rows)


LINES: Final = Configuration(
    "SetEnvIf, its lines",
    f"""\
SetEnvIf User-Agent "Mozilla/(\\d+)\\.(\\d+)" A=$1-$2-$3 B
SetEnvIf user-agent ^Opera !B A=opera
SetEnvIfNoCase User-Agent ^curl A=curl E
BrowserMatch ^Wget C=wget$0
BrowserMatchNoCase ^WGET D
SetEnvIf Remote_Addr ^127\\. D=local
SetEnvIf remote_addr ^10\\. D=far
SetEnvIf Request_URI "/img/(.*)\\.(gif|png)$" B=$2:$1
SetEnvIf Request_Method ^(POST|PUT)$ C=$1
SetEnvIf Request_Protocol 1\\.0 C=old
SetEnvIf Server_Addr ^(.*)$ E=$1
SetEnvIf X-None ^$ D=none
SetEnvIf X-Some ^$ D=empty
SetEnvIf a ^opera$ D=seen-$0
SetEnvIf B "^(.)" D=b-$1
SetEnvIf ^X-P.*r B:.* A=p-$0
SetEnvIf ^x-p.*r B:.* A=lower
SetEnvIfNoCase ^x-q b:.* A=q-$0
SetEnvIf X-Set . A=one A=two "B=with blank" C==
SetEnvIf X-Money . "A=\\$1 \\& &" B=$1$9
SetEnvIf X-Unset . !A !B
SetEnvIf X-Empty . A=
SetEnvIfExpr "%{{HTTP:X-E}} =~ /^(.)(.)/" A=$2$1-$0 B
SetEnvIfExpr "-n %{{HTTP:X-F}}" A=f-$1
SetEnvIfExpr "%{{HTTP:X-G}} -gt 5 && %{{req:X-G}} =~ /(.)$/" !B A=$1
SetEnvIf X-Stop . no-proxy
{SHOW}
ProxyPass / http://WORKER/
""",
    asked(
        ("nothing", get("/")),
        ("mozilla", get("/", "User-Agent: Mozilla/5.0 (X11)")),
        ("opera", get("/", "User-Agent: Opera Mozilla/4.1")),
        ("curl", get("/", "User-Agent: CURL/8")),
        ("wget", get("/", "User-Agent: Wget/1")),
        ("wget in capitals", get("/", "User-Agent: WGET/1")),
        ("a picture", get("/img/a/b.png?x")),
        ("a picture with a blank", get("/img/a%20b.gif")),
        ("a post", request("POST /", "Content-Length: 1", body=b"x")),
        ("1.0", get("/", version="HTTP/1.0")),
        ("an empty field", get("/", "X-Some:")),
        ("a field that is there", get("/", "X-None: a", "X-Some: b")),
        ("by expression", get("/", "X-Par: B:1", "X-Power: B:2")),
        ("by expression, no match in the last", get("/", "X-Par: B:1", "X-Power: C")),
        ("by expression, any case", get("/", "X-Qa: B:9")),
        ("several", get("/", "X-Set: y")),
        ("dollars", get("/", "X-Money: y")),
        ("unset", get("/", "User-Agent: Mozilla/5.0", "X-Unset: y")),
        ("set to nothing", get("/", "X-Empty: y")),
        ("a condition", get("/", "X-E: abc")),
        ("a condition without groups", get("/", "X-F: abc")),
        ("two conditions", get("/", "X-G: 17")),
        ("two conditions, one holds", get("/", "X-G: 3")),
        ("no proxy", get("/none", "X-Stop: y")),
        ("a repeated field", get("/", "User-Agent: a", "User-Agent: Mozilla/1.2")),
    ),
)

SECTIONS: Final = Configuration(
    "SetEnvIf in sections",
    f"""\
SetEnvIf Request_URI ^/ A=server
SetEnv B server
SetEnv C server
<Location /in>
  SetEnvIf A ^server$ A=section
  SetEnvIf X-Y (.*) D=$1
  SetEnv B section
  UnsetEnv C
</Location>
<Location /in/deep>
  SetEnvIf A ^section$ A=deep
  SetEnvIf D ^1$ D=deep-$0
</Location>
<LocationMatch ^/match/(?<E>[^/]*)>
  SetEnvIf MATCH_E (.*) E=$1
  SetEnv A set
</LocationMatch>
<Proxy http://WORKER/P>
  SetEnvIf X-Y (.*) E=proxy-$1
</Proxy>
{SHOW}
ProxyPass /in/p http://WORKER/P
ProxyPass / http://WORKER/
""",
    asked(
        ("outside", get("/", "X-Y: 1")),
        ("inside", get("/in/x", "X-Y: 1")),
        ("deep inside", get("/in/deep/", "X-Y: 1")),
        ("a named group", get("/match/abc/d")),
        ("of a worker's URL", get("/in/p/x", "X-Y: 7")),
    ),
)

IN_VHOST: Final = Configuration(
    "SetEnvIf by condition",
    f"""\
<If "%{{HTTP:X-Y}} == '1'">
  SetEnv A one
  <If "%{{HTTP:X-Z}} == '1'">
    SetEnv B inner
  </If>
  <Else>
    SetEnv B else
  </Else>
</If>
<ElseIf "%{{HTTP:X-Y}} =~ /^[23]$/">
  SetEnv A two
</ElseIf>
<ElseIf "%{{HTTP:X-Y}} == '3'">
  SetEnv A three
</ElseIf>
<Else>
  SetEnv A none
</Else>
<Location /in>
  SetEnv C in
  <If "env('A') == 'x' || %{{REQUEST_URI}} =~ m#/in/x#">
    SetEnv C if
    SetEnvIf X-Y (.*) D=$1
  </If>
  <Else>
    SetEnv D else
  </Else>
</Location>
<If "%{{REQUEST_FILENAME}} =~ m#^proxy:#">
  SetEnv E proxied
</If>
<If "%{{HTTP:X-Bad}} -lt 3">
  SetEnv E bad
</If>
{SHOW}
ProxyPass / http://WORKER/
""",
    asked(
        ("none", get("/")),
        ("one", get("/", "X-Y: 1")),
        ("one and inner", get("/", "X-Y: 1", "X-Z: 1")),
        ("two", get("/", "X-Y: 2")),
        ("three", get("/", "X-Y: 3")),
        ("in a section", get("/in/y", "X-Y: 1")),
        ("in a section, if", get("/in/x", "X-Y: 1")),
    ),
)

TABLES: Final = (LINES, SECTIONS, IN_VHOST)
