"""Any text is read without a traceback: bytes, and real configurations that were damaged.

What must hold for every reading: a configuration or an error, never both and never neither; each
finding can be printed in every form; what is accepted compiles into a site, and whatever was read
has a report.
"""

import random
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st

from httpdlite.aid import page, text
from httpdlite.aid.report import make_report
from httpdlite.conf.reader import DictFiles, Reading
from httpdlite.diagnostics import Severity, apache_lines, render_json, render_text
from httpdlite.diagnostics.formats import render_github, render_sarif
from httpdlite.routes.compiling import compile_site
from tests.conf.reading import read
from tests.fuzz.budget import fuzz

CHECKOUT = Path(__file__).parents[2]

SEEDS = [
    """ServerName a.test
Listen 127.0.0.1:80
Define APP "127.0.0.1:9000"
LogFormat "%h %{User-Agent}i" short
CustomLog logs/access short
<VirtualHost *:80>
  ServerName b.test
  ServerAlias *.b.test c
  ProxyPass /no !
  ProxyPass "/ws/" "ws://${APP}/ws/" timeout=5 retry=0 \\
     connectiontimeout=300ms
  ProxyPassMatch ^/(x.*)$ http://${APP}/$1 nocanon
  <Location /l>
    ProxyPass unix:/run/s|http://localhost/
    ProxyPassReverse http://localhost/
  </Location>
  <LocationMatch "^/(?<n>[^/]+)/$">
    ProxyPreserveHost On
  </LocationMatch>
</VirtualHost>
""",
    """<IfDefine X>
Listen 1
</IfDefine>
<IfModule !mod_x.c>
  Include inc/*.conf
  IncludeOptional none/*.conf
</IfModule>
<IfVersion >= 2.4>
Timeout 30
</IfVersion>
KeepAliveTimeout 500ms
LogLevel info proxy:trace2
ErrorLog /root/logs/e
ProxyWebsocketIdleTimeout 10
ProxyWebsocketAsyncDelay 100ms
User www-data
Group #0
""",
]

FILES = {"inc/a.conf": "ProxyTimeout 3\n", "inc/b.conf": "<Location />\n</Location>\n"}

_WORDS = (
    "< > </ \\ \\\n \" ' ${ } ${APP} $1 # = ! ~ | * ? [ ] ( ) \0 \x01 \t \r\n é \udcff ../ : :: 0 "
    "-1 "
    "99999999999999999999 65536 On Off <Location <VirtualHost </VirtualHost> <If Define UnDefine "
    "Include ProxyPass ProxyPassMatch balancer://b ws:// unix: %{ %Z timeout= LoadModule Error "
    "ServerRoot RewriteRule SetEnv Listen [::1]: *: _default_:* <IfModule a>"
)
WORDS = _WORDS.split(" ")


def configurations() -> list[str]:
    """Seeds of ours, the sample drop-ins, and the collected ones where they are at hand."""
    found = sorted((CHECKOUT / "conf.d").glob("*.conf"))
    corpus = CHECKOUT.parent / "shared" / "corpus" / "configs"
    found += sorted(path for path in corpus.glob("**/*.conf") if path.stat().st_size < 20000)
    return SEEDS + [path.read_text("utf-8", "surrogateescape") for path in found]


CONFIGURATIONS = configurations()


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A configuration with a few lines and words moved, doubled, lost or replaced."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    lines = chance.choice(SEEDS if chance.random() < 0.5 else CONFIGURATIONS).splitlines(True)
    for _ in range(chance.randint(1, 6)):
        if not lines:
            break
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(chance.randrange(len(lines) + 1), lines[at])
            case 2:
                start = chance.randrange(len(lines[at]) + 1)
                word = chance.choice(WORDS)
                lines[at] = lines[at][:start] + word + lines[at][start:]
            case 3:
                start = chance.randrange(len(lines[at]) + 1)
                end = start + chance.randrange(5)
                lines[at] = lines[at][:start] + lines[at][end:]
            case _:
                words = lines[at].split(" ")
                words[chance.randrange(len(words))] = chance.choice(WORDS)
                lines[at] = " ".join(words)
    return "".join(lines)


def examine(reading: Reading) -> None:
    """What holds for every reading."""
    failed = any(found.severity is Severity.ERROR for found in reading.diagnostics)
    assert failed is (reading.config is None)
    for found in reading.diagnostics:
        assert found.message
        assert all(line.isascii() for line in apache_lines(found, "httpdlite"))
        if found.span is not None:
            assert found.span.line >= 1
    render_text(reading.diagnostics, lambda file, line: f"{file} {line}")
    render_json(reading.diagnostics)
    render_sarif(reading.diagnostics, version="1", base="/root")
    render_github(reading.diagnostics, base="/root")
    report = make_report(reading, DictFiles({}), datetime(2026, 11, 22, tzinfo=UTC))
    text.render_text(report)
    text.render_json(report)
    page.render_page(report)
    if reading.config is not None:
        compile_site(reading.config)


@fuzz(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """Bytes without sense."""
    examine(read(content, FILES))


@fuzz(st.lists(st.sampled_from([*WORDS, " ", "\n", " "]), max_size=40).map("".join), examples=150)
def test_any_words(content: str) -> None:
    """Words of the language in any order."""
    examine(read(content.encode("utf-8", "surrogateescape"), FILES))


@fuzz(damaged(), examples=150)
def test_damaged_configurations(content: str) -> None:
    """Configurations that were nearly right."""
    examine(read(content.encode("utf-8", "surrogateescape"), FILES, defines=("X",)))
