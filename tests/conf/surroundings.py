"""Configurations of others, each read with what had to be around it when the real httpd judged it.

In: `../shared/corpus/configs` beside the checkout, read where it lies. Out: a `Sample` per line of
its manifest, and a reading of it. The manifest says in words how a sample was run (as main file or
included, in which section, its tree under which path) and what was put around it (stub files,
directories, users, lines that were dropped because the module was not there); here all that is
supplied through the arguments of the reading, never by changing a file.
"""

import csv
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from httpdlite.conf.directives import registry
from httpdlite.conf.files import DictFiles, Kind
from httpdlite.conf.reader import ConfigSource, Reading, read_config
from tests.conf.agreement import Verdict, our_verdict, split_places
from tests.conf.reading import FakeNames

SHARED: Final = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
CONFIGS: Final = SHARED / "configs"
PUBLISHED: Final = SHARED / "published"

HERE: Final = "/oracle/f"  # where a sample lies that is no tree
WRAPPER: Final = "/oracle/wrapper.conf"
SERVER_ROOT: Final = "/oracle/root"
DEFAULT_ROOT: Final = "/etc/apache2"  # httpd's own ServerRoot, as Debian builds it

DIRECTORIES: Final = (
    f"{SERVER_ROOT}/logs",
    f"{DEFAULT_ROOT}/logs",
    "/usr/local/apache2/logs",
    "/var/log/apache2",
    "/var/log/httpd",
    "/var/log",
    "/var/run/apache2",
    "/var/lib/dav",
    "/var/lock/apache2",
    "/var/www/html",
    "/srv/www/htdocs",
    "/var/cache/apache2",
    "/var/www",
    "/dev",
    "/proc/self/fd",
    "/tmp",
)
"""What is there besides the sample and what the manifest adds."""

DEVICES: Final = {
    "/dev/random": b"x",
    "/dev/urandom": b"x",
    "/usr/share/apache2/ask-for-passphrase": b"x",
}

ENVIRONMENT: Final = {
    "APACHE_RUN_USER": "www-data",
    "APACHE_RUN_GROUP": "www-data",
    "APACHE_PID_FILE": "/var/run/apache2/apache2.pid",
    "APACHE_RUN_DIR": "/var/run/apache2",
    "APACHE_LOCK_DIR": "/var/lock/apache2",
    "APACHE_LOG_DIR": "/var/log/apache2",
}
"""Debian's envvars; not set where the manifest has the warning of an undefined one."""

SET_VARIABLES: Final = {
    "AEM_HOST": "localhost",
    "AEM_PORT": "4503",
    "AEM_HTTP_PROXY_HOST": "127.0.0.1",
    "AEM_HTTP_PROXY_PORT": "3128",
    "AEM_COMMERCE_ENDPOINT_2": "http://commerce2.test/",
    "AEM_COMMERCE_ENDPOINT_3": "http://commerce3.test/",
    "AEM_COMMERCE_ENDPOINT_4": "http://commerce4.test/",
    "AEM_COMMERCE_ENDPOINT_5": "http://commerce5.test/",
    "COMMERCE_ENDPOINT": "http://commerce.test/",
    "DISP_LOG_LEVEL": "warn",
    "REWRITE_LOG_LEVEL": "warn",
    "EXPIRATION_TIME": "3600",
    "FORWARDED_HOST_SETTING": "On",
    "POD_NAME": "pod",
    "SSL_PROXY_ENGINE": "on",
    "PRESERVE_HOST": "on",
    "DESTINATION_URL": "http://backend.example/",
}
"""Values for "environment variables set": the manifest does not say which."""

PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"

ACCOUNTS: Final = dict.fromkeys("root daemon bin sys www-data nobody nogroup".split(), 1)

THIRD_PARTY: Final = frozenset(
    f"{name}_module"
    for name in (
        "security2 php wsgi fcgid passenger dav_svn authz_svn xsendfile evasive20 auth_openidc "
        "auth_mellon auth_gssapi auth_cas qos geoip rpaf authnz_external jk mpm_itk uwsgi "
        "authnz_pam bw lookup_identity intercept_form_submit"
    ).split()
) | {"mod_shib"}
"""The modules of others that the oracle had loaded."""

SECTIONS: Final = {
    "<RequireAll>": ("<Location />", "<RequireAll>\nRequire all granted"),
    "<Location>": ("<Location />",),
    "<Directory>": ("<Directory />",),
}

ALSO_AT: Final = {"apache2": ("/usr/lib64/apache2",)}
"""Further places of a tree: Gentoo's ServerRoot is none of its configuration's folder."""

PEM: Final = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of the manifest."""

    path: str
    kind: str
    verdict: str
    message: str
    how: str
    repairs: tuple[str, ...]

    @property
    def tree(self) -> str | None:
        """Where its folder was put."""
        found = re.search(r"tree at ([^, ]+)", self.how)
        return found[1] if found else None

    @property
    def is_main(self) -> bool:
        return self.how.startswith("as main file")

    def expected(self) -> Verdict:
        """What the oracle said."""
        if self.verdict == "accept":
            return Verdict()
        return _manifest_verdict(self.message)


LONGEST_MESSAGE: Final = 280  # the manifest cuts what is longer


def _manifest_verdict(message: str) -> Verdict:
    """The manifest gives all phases one form; the phase is left open ("?")."""
    places, rest = split_places(message)
    return Verdict("?", places, rest, cut=len(message) >= LONGEST_MESSAGE)


@cache
def samples() -> tuple[Sample, ...]:
    """All lines of the manifest; none where the corpus is not there."""
    path = CONFIGS / "manifest.tsv"
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        Sample(
            row["path"],
            row["kind"],
            row["verdict"],
            row["message"],
            row["how run"],
            tuple(part.strip() for part in row["repairs of the environment"].split(";") if part),
        )
        for row in rows
    )


def judged_samples() -> list[Sample]:
    """Those of which the oracle's verdict is known."""
    return [sample for sample in samples() if sample.verdict != "n/a"]


# --- the files around a sample --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Around:
    """What stood around a sample: its own place, files, accounts, environment."""

    place: str
    content: Mapping[str, str | bytes]
    directories: list[str]
    accounts: Mapping[str, int]
    environment: Mapping[str, str]
    server_root: str


class KnownPrograms:
    """Files in which the programs of a Debian system are there, too."""

    def __init__(self, inner: DictFiles) -> None:
        self._inner = inner

    def read(self, path: str) -> bytes:
        return self._inner.read(path)

    def kind(self, path: str) -> Kind | None:
        known = self._inner.kind(path)
        if known is None and path.startswith(("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/")):
            return Kind.FILE
        return known

    def names(self, path: str) -> list[str]:
        return self._inner.names(path)


def around(sample: Sample) -> Around:
    """What the manifest says was around a sample."""
    root = sample.tree or (DEFAULT_ROOT if sample.is_main else SERVER_ROOT)
    content: dict[str, str | bytes] = dict(DEVICES)
    if sample.tree is None:
        name = posixpath.basename(sample.path).lstrip(".")
        place = f"{HERE}/{name}"
        content[place] = (CONFIGS / sample.path).read_bytes()
    else:
        folder = _folder(sample)
        inner = (CONFIGS / sample.path).relative_to(folder)
        place = f"{sample.tree}/{inner}"
        for file in folder.rglob("*"):
            for top in (sample.tree, *ALSO_AT.get(folder.name, ())):
                if file.is_file():
                    content[f"{top}/{file.relative_to(folder)}"] = file.read_bytes()
    directories = [*DIRECTORIES, root, f"{root}/logs"]
    for kind, path in _stubs(sample, root):
        if kind == "mkdir":
            directories.append(path.rstrip("/"))
        else:
            content.setdefault(path, "" if kind == "include" else PEM)
    dropped = tuple(_dropped(sample))
    if dropped:
        content = {path: _without(text, dropped) for path, text in content.items()}
    return Around(
        place,
        content,
        directories,
        {**ACCOUNTS, **dict.fromkeys(_added(sample), 1000)},
        _environment(sample),
        root,
    )


def _folder(sample: Sample) -> Path:
    """The folder of the corpus that was put at `sample.tree`."""
    assert sample.tree is not None
    parts = sample.path.split("/")
    last = sample.tree.rsplit("/", 1)[1]
    for depth, part in enumerate(parts[:-1]):
        if part == last and depth:
            return CONFIGS.joinpath(*parts[: depth + 1])
    deep = parts[0] in {"certbot", "aem-dispatcher"} or parts[1] == "macro-tests"
    return CONFIGS.joinpath(*parts[: 2 if deep else 1])


_STUB: Final = re.compile(r"(mkdir|stub (?:file|map file|include))(?: ServerRoot)? (.+)")


def _stubs(sample: Sample, root: str) -> Iterator[tuple[str, str]]:
    for repair in sample.repairs:
        if repair == "stub suexec binary":
            yield "file", "/usr/lib/apache2/suexec"
        elif found := _STUB.fullmatch(repair):
            yield found[1].removeprefix("stub "), found[2].replace("(ServerRoot)", root)


def _added(sample: Sample) -> list[str]:
    found = (re.fullmatch(r"added (?:user|group) (.+)", repair) for repair in sample.repairs)
    return [one[1] for one in found if one]


def _dropped(sample: Sample) -> Iterator[str]:
    """Patterns of the lines that were commented out."""
    for repair in sample.repairs:
        if found := re.match(r"dropped LoadModule (\w+)", repair):
            yield rf"LoadModule\s+{found[1]}_module"
        elif found := re.match(r"dropped (\w+) \(", repair):
            yield rf"{found[1]}\s"
        elif repair.startswith("LoadModule of built-in"):
            yield r"LoadModule\s+(?:so|watchdog|http|log_config|logio|version|unixd)_module"
        elif repair.startswith("own LoadModule mpm_"):
            yield r"LoadModule\s+mpm_"


def _without(text: str | bytes, dropped: tuple[str, ...]) -> str | bytes:
    data = text.encode() if isinstance(text, str) else text
    pattern = rb"(?im)^[ \t]*(?=" + "|".join(dropped).encode() + rb")"
    return re.sub(pattern, b"#", data)


def _environment(sample: Sample) -> dict[str, str]:
    if "AH00111" in sample.message:
        return {}
    extra = SET_VARIABLES if "environment variables set" in sample.how else {}
    return {**ENVIRONMENT, "PATH": PATH, "PWD": HERE, **extra}


# --- readings -------------------------------------------------------------------------------------


@cache
def preamble(mpm: str = "prefork") -> tuple[str, ...]:
    """A LoadModule line for everything that the oracle had."""
    modules = registry().modules.values()
    wanted = [
        module.identifier
        for module in modules
        if not module.static
        and (not module.third_party or module.identifier in THIRD_PARTY)
        and not re.fullmatch(r"mpm_(?:event|worker|prefork)_module", module.identifier)
    ]
    return tuple(f"LoadModule {name} x.so" for name in (f"mpm_{mpm}_module", *wanted))


def read_sample(sample: Sample) -> Reading:
    """A reading of the sample as it was run."""
    there = around(sample)
    mpm = "event" if "MPM event instead of prefork" in sample.repairs else "prefork"
    before = preamble(mpm)
    names = FakeNames({"localhost": ("127.0.0.1",)}, there.accounts)
    defines = sample.how.partition("-D ")[2].split()
    content = dict(there.content)
    top = there.place
    if not sample.is_main:
        top = WRAPPER
        content[top] = _wrapper(sample, there)
    files = KnownPrograms(DictFiles(content, there.directories))
    source = ConfigSource(
        top, there.server_root, tuple(defines), before, environment=there.environment
    )
    return read_config(source, files, names)


def _wrapper(sample: Sample, there: Around) -> str:
    """The file that includes a sample which is no main file."""
    tags = next((tags for word, tags in SECTIONS.items() if word in sample.how), ())
    closing = [f"</{tag[1:].split()[0].rstrip('>')}>" for tag in reversed(tags)]
    lines = ["ServerName oracle.test", f"ErrorLog {SERVER_ROOT}/logs/error_log"]
    if found := re.search(r"after (\S+)$", sample.how):
        first = next(path for path in there.content if path.endswith(f"/{found[1]}"))
        lines.append(f'Include "{first}"')
    return "\n".join([*lines, *tags, f'Include "{there.place}"', *closing])


def verdict_of(sample: Sample) -> Verdict:
    """Ours on a sample, in the manifest's form."""
    found = our_verdict(read_sample(sample)).within(WRAPPER)
    shorten = f"{HERE}/"
    places = tuple((line, file.replace(shorten, "")) for line, file in found.places)
    message = found.message.replace(shorten, "").replace(there_root(sample), "(ServerRoot)")
    if found.phase == "C":
        message = message.replace("AH00543: ", "AH00543: apache2: ")
    return Verdict("?" if found.phase else "", places, message)


def there_root(sample: Sample) -> str:
    """What the manifest calls (ServerRoot)."""
    return "\0" if sample.tree else (DEFAULT_ROOT if sample.is_main else SERVER_ROOT)
