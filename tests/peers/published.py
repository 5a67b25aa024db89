"""Published Apache snippets, made ready to run on loopback, and what httpd did with each of them.

In: the folder of snippets with its record of the real httpd's answers. Out: for each snippet a
`Replay`, which names its workers and makes the text of a configuration with workers, ports, files
and certificates put in their place. The record was made in the same way; here the answers are
mapped back, so both compare.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PLACEHOLDER_LINES: Final = frozenset({"...", "[...]", "apacheconfig", "${SSLCHAIN}"})
PLACEHOLDERS: Final = {
    "GOTIFY_PORT": "8081",
    "<snip>": "anyhost.test",
    "<SERVER>": "10.9.9.7",
    "[<path>]": "path",
    "<xo-server ip>:<xo-server port>": "10.9.9.9:80",
    "ServerName      *******": "ServerName host.test",
    "//*****:": "//10.9.9.8:",
    "[anylocalorremoteipyouwanttowhitelist]": "10.0.0.0/8",
    "${MAPPING-FILE-DIR}/proxy.txt": "ROOT/proxy.txt",
    "<Directory /var/www/>": "DocumentRoot ROOT/htdocs\n<Directory ROOT/htdocs/>",
}
"""What their authors left for the reader to fill in."""

WRAPPED: Final = {
    "octoprint-issue": ("<Location /octoprint/>\n", "</Location>\n"),
    "radicale-htaccess": ("DocumentRoot ROOT/htdocs\n<Directory ROOT/htdocs>\n", "</Directory>\n"),
    "syncthing-htaccess": ("DocumentRoot ROOT/htdocs\n<Directory ROOT/htdocs>\n", "</Directory>\n"),
}
"""Fragments that stand somewhere else than directly in a vhost."""

_OF_THE_HOST: Final = re.compile(
    r"^\s*(?:LoadModule|ServerRoot|Listen|User|Group|MDomain|MDCertificateAgreement"
    r"|SSLCertificate\w+|SSLCACertificateFile|SSLStaplingCache|SSLOpenSSLConfCmd +DH\w+"
    r"|ErrorLog|CustomLog|TransferLog)\s.*\n",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines about the machine: the stand has its own."""
_AUTH_FILE: Final = re.compile(r"(?<=Auth)(User|Group)File\s+\S+", re.IGNORECASE)
_TLS_OPTIONS: Final = re.compile(r"Include\s+\S+/options-ssl-apache.conf")
_TLS: Final = re.compile(r"^\s*SSLEngine\s+on\b.*", re.IGNORECASE | re.MULTILINE)

_AUTHORITY = re.compile(r"(?<!ServerName )\b(?:https?|wss?)://([A-Za-z0-9._-]+(?::\d+)?)")
_UNIX = re.compile(r"unix:(/[^|\"\s]+)(?=\|)")
_CONTINUED: Final = re.compile(r"\\\n")
_SECTION_OF_VHOST: Final = re.compile(
    r"^\s*<VirtualHost\b.*?^\s*</VirtualHost>", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_GLOBAL: Final = re.compile(r"^\s*Define\b", re.IGNORECASE | re.MULTILINE)
"""What acts on all of a configuration wherever it stands."""
_VHOST = re.compile(r"<VirtualHost\s+([^\s>]+)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replay:
    """One snippet, its placeholders filled."""

    name: str
    filled: str
    is_fragment: bool

    @property
    def authorities(self) -> list[str]:
        """The workers it names over TCP, `host` or `host:port`, as written."""
        behind_unix = _UNIX.sub("", self.filled)
        lines = [line for line in behind_unix.splitlines() if "|http://" not in line]
        return sorted(set(_AUTHORITY.findall("\n".join(_effective(lines)))))

    @property
    def unix_paths(self) -> list[str]:
        """The workers it names by unix socket."""
        return sorted(set(_UNIX.findall(self.filled)))

    @property
    def is_vhosts(self) -> bool:
        """Is it nothing but virtual hosts? What says nothing outside of them can have company."""
        lines = _effective(_CONTINUED.sub(" ", _OF_THE_HOST.sub("", self.filled)).splitlines())
        outside = _SECTION_OF_VHOST.sub("", "\n".join(lines))
        if self.name in WRAPPED or _GLOBAL.search(self.filled):
            return False
        return self.is_fragment or not outside.strip()

    def text(self, workers: Mapping[str, str], ports: Mapping[str, int], root: Path) -> str:
        """The snippet on loopback: workers by authority or path, ports by published port; `root`
        has the certificate (`pair.pem`) and the files it asks for.
        """
        text = _OF_THE_HOST.sub("", self.filled)
        text = _AUTH_FILE.sub(lambda found: f"{found[1]}File ROOT/{found[1].lower()}s", text)
        text = _TLS_OPTIONS.sub("" if _TLS.search(text) else "SSLEngine on", text)
        text = _TLS.sub("SSLEngine on\nSSLCertificateFile ROOT/pair.pem", text)
        before, after = WRAPPED.get(self.name, ("", ""))
        text = f"{before}{text}{after}"
        if self.is_fragment:
            switch = "" if "rewriteengine" in text.lower() else "RewriteEngine On\n"
            text = in_vhost(switch + text, "80")
        text = _VHOST.sub(lambda found: _vhost(found[1], ports), text)
        text = _UNIX.sub(lambda found: f"unix:{workers[found[1]]}", text)
        text = _AUTHORITY.sub(
            lambda found: found[0].replace(found[1], workers.get(found[1], found[1])), text
        )
        return text.replace("ROOT", str(root))


def _vhost(address: str, ports: Mapping[str, int]) -> str:
    """A vhost's tag: names and addresses of other machines are all of ours."""
    port = address.rpartition(":")[2] if ":" in address else "*"
    return f"<VirtualHost *:{ports.get(port, port)}>"


def in_vhost(text: str, port: str) -> str:
    """A fragment as the inside of a vhost with a name, as the record's were."""
    return f"<VirtualHost *:{port}>\nServerName anyhost.test\n{text}\n</VirtualHost>\n"


def _effective(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith("#")]


def fill_placeholders(text: str) -> str:
    """The text with what its author left for the reader to fill in."""
    lines = [line for line in text.splitlines() if line.strip() not in PLACEHOLDER_LINES]
    filled = "\n".join(lines) + "\n"
    for word, value in PLACEHOLDERS.items():
        filled = filled.replace(word, value)
    return filled


def read_snippets(folder: Path) -> list[Replay]:
    """All of them."""
    return [
        Replay(path.stem, fill_placeholders(text), "# fragment: true" in text)
        for path in sorted(folder.glob("*.conf"))
        for text in [path.read_text()]
    ]


def read_record(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the real httpd did, by snippet: a list of probes, `request` and `result`."""
    text = (folder / "observed.json").read_text().replace('"1.1 t"', '"1.1 anyhost.test"')
    record: dict[str, list[dict[str, Any]]] = json.loads(text)["snippets"]
    return record
