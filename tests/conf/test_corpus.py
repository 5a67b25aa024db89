"""The project's own corpus: what httpd would say, and what httpdlite finds; the same with httpd."""

import re
import subprocess
from pathlib import Path

import pytest

from httpdlite.conf.reader import ConfigSource, DiskFiles, Reading, read_config
from httpdlite.diagnostics import COMMAND_LINE_FILE, apache_lines, first_error
from tests.conf.corpus import FILES, MODULES, NAMES, read_sample
from tests.conf.reading import FakeNames
from tests.peers.apache import MODULES as MODULES_FOLDER
from tests.peers.apache import find_apache


def preamble(root: Path) -> list[str]:
    """What stands before every sample: the modules it needs, and where logs go."""
    modules = (f"LoadModule {m}_module {MODULES_FOLDER}/mod_{m}.so" for m in MODULES)
    return [*modules, "ServerName pre.example", f"ErrorLog {root}/error_log", "LogLevel warn"]


def placed(path: Path, root: Path) -> Path:
    """A copy of the sample of which nothing depends on the checkout."""
    conf = root / "httpd.conf"
    conf.write_text(path.read_text(encoding="utf-8").replace("<IfFile CONF>", f"<IfFile {conf}>"))
    return conf


def read_placed(conf: Path) -> Reading:
    source = ConfigSource(str(conf), str(conf.parent), before=tuple(preamble(conf.parent)))
    return read_config(source, DiskFiles(), FakeNames())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_sample(path: Path, tmp_path: Path) -> None:
    sample = read_sample(path)
    conf = placed(path, tmp_path)
    reading = read_placed(conf)
    found = first_error(reading.diagnostics)
    lines = apache_lines(found, "apache2") if found else ["OK"]
    shown = [neutral(line, conf).removeprefix("apache2: ") for line in lines]
    assert shown == sample.expected
    findings = [
        f"{found.span.line}:{found.span.column} {found.code}"
        for found in reading.diagnostics
        if found.span is not None and found.span.file != COMMAND_LINE_FILE
    ]
    assert sorted(findings) == sample.findings


def neutral(text: str, conf: Path) -> str:
    return text.replace(str(conf), "CONF").replace(str(conf.parent), "ROOT")


@pytest.mark.peer
@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_httpd_says_the_same(path: Path, tmp_path: Path) -> None:
    sample = read_sample(path)
    if sample.only_here:
        pytest.skip("httpd 2.4 differs here by design")
    conf = placed(path, tmp_path)
    before = [word for line in preamble(tmp_path) for word in ("-C", line)]
    done = subprocess.run(
        [find_apache(), "-t", "-d", str(tmp_path), *before, "-f", str(conf)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    lines = done.stderr.decode("latin-1").splitlines()
    said = [neutral(line, conf) for line in lines if not re.match(r"\[\w{3} \w{3} |AH00558", line)]
    said = [re.sub(r"^(apache2|httpd): ", "", line).rstrip() for line in said]
    expected = ["Syntax OK"] if sample.expected == ["OK"] else sample.expected
    assert said == expected


def test_every_finding_of_the_corpus_has_its_code_in_it() -> None:
    assert len(FILES) > 10
    assert all(read_sample(path).expected != [""] for path in FILES)
