"""Published Apache snippets, made ready to run on loopback, and what httpd did with each of them.

In: the folder of snippets with its record of the real httpd's answers. Out: for each snippet that
is in scope a `Replay`, which names its workers and listening ports and makes the text of a
configuration with workers and ports put in their place. The record was made with worker
authorities redirected and ports mapped; here the answers are mapped back, so both compare.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORDS = """
ServerRoot Listen ServerName ServerAlias ServerAdmin <VirtualHost <Location <LocationMatch
LoadModule Include IncludeOptional Define UnDefine
<IfDefine <IfModule <IfFile <IfVersion <IfDirective <IfSection
Timeout KeepAlive KeepAliveTimeout MaxKeepAliveRequests AllowEncodedSlashes MergeSlashes
ProxyPass ProxyPassMatch ProxyPassReverse ProxyPreserveHost ProxyRequests ProxyTimeout
ProxyAddHeaders ProxyVia ProxyWebsocketFallbackToProxyHttp
ProxyWebsocketAsync ProxyWebsocketAsyncDelay ProxyWebsocketIdleTimeout ProxyAsyncDelay
ProxyAsyncIdleTimeout
ErrorLog LogLevel LogFormat CustomLog TransferLog PidFile User Group
"""
IN_SCOPE = frozenset(_WORDS.lower().split())
"""What httpdlite carries out today; every issue that adds a directive adds it here."""

PLACEHOLDER_LINES = frozenset({"...", "[...]"})
PLACEHOLDERS = {"GOTIFY_PORT": "8081", "<snip>": "anyhost.test"}

_AUTHORITY = re.compile(r"\b(?:https?|wss?)://([A-Za-z0-9.-]+(?::\d+)?)")
_UNIX = re.compile(r"unix:(/[^|\"\s]+)(?=\|)")
_VHOST_PORT = re.compile(r"(<VirtualHost\s[^>]*?):(\d+)(?=[\s>])", re.IGNORECASE)
_NAME = re.compile(r"<?[^\s>]+")


@dataclass(frozen=True, slots=True)
class Replay:
    """One snippet: its published text, and its text as it was run (placeholders filled)."""

    name: str
    published: str
    filled: str
    is_fragment: bool

    @property
    def authorities(self) -> list[str]:
        """The workers it names over TCP, `host` or `host:port`, as written."""
        behind_unix = _UNIX.sub("", self.filled)
        lines = [line for line in behind_unix.splitlines() if "|" not in line]
        return sorted(set(_AUTHORITY.findall("\n".join(_effective(lines)))))

    @property
    def unix_paths(self) -> list[str]:
        """The workers it names by unix socket."""
        return sorted(set(_UNIX.findall(self.filled)))

    def published_text(self) -> str:
        """The snippet as published, in a vhost if it is a fragment."""
        return in_vhost(self.published, "80") if self.is_fragment else self.published

    def text(self, workers: Mapping[str, str], ports: Mapping[str, int]) -> str:
        """The snippet on loopback: workers by authority or path, ports by published port."""
        text = in_vhost(self.filled, "80") if self.is_fragment else self.filled
        text = _VHOST_PORT.sub(lambda found: f"{found[1]}:{ports[found[2]]}", text)
        text = _UNIX.sub(lambda found: f"unix:{workers[found[1]]}", text)
        return _AUTHORITY.sub(
            lambda found: found[0].replace(found[1], workers.get(found[1], found[1])), text
        )


def in_vhost(text: str, port: str) -> str:
    """A fragment as the inside of a vhost with a name, as the record's were."""
    return f"<VirtualHost *:{port}>\nServerName anyhost.test\n{text}\n</VirtualHost>\n"


def _effective(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith("#")]


def directive_names(text: str) -> set[str]:
    """The names of all directives and sections (`<name`) of a configuration, in lower case."""
    lines = (line.strip() for line in text.replace("\\\n", "").splitlines())
    found = (_NAME.match(line) for line in lines if line and not line.startswith(("#", "</")))
    return {name[0].lower() for name in found if name}


def fill_placeholders(text: str) -> str:
    """The text with what its author left for the reader to fill in."""
    lines = [line for line in text.splitlines() if line.strip() not in PLACEHOLDER_LINES]
    filled = "\n".join(lines) + "\n"
    for word, value in PLACEHOLDERS.items():
        filled = filled.replace(word, value)
    return filled


def read_snippets(folder: Path) -> tuple[list[Replay], list[str]]:
    """The snippets in scope, and the names of those that are not."""
    inside, outside = [], []
    for path in sorted(folder.glob("*.conf")):
        published = path.read_text()
        replay = Replay(
            path.stem, published, fill_placeholders(published), "# fragment: true" in published
        )
        if directive_names(replay.filled) <= IN_SCOPE:
            inside.append(replay)
        else:
            outside.append(path.stem)
    return inside, outside


def read_record(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the real httpd did, by snippet: a list of probes, `request` and `result`."""
    record: dict[str, list[dict[str, Any]]] = json.loads((folder / "observed.json").read_text())[
        "snippets"
    ]
    return record
