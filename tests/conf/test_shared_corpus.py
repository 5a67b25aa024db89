"""Configurations of others, read where they lie: no exception, and the verdict of httpd.

`../shared/corpus/configs` has the verdict of httpd 2.4.71 for each file, and what had to be put
around it first. Here nothing is put around, so only files are compared that needed nothing and in
which no directive is refused for now; every file is read.
"""

import csv
from pathlib import Path
from typing import Final

import pytest

from httpdlite.conf.directives import registry
from httpdlite.conf.reader import ConfigSource, DictFiles, Reading, read_config
from httpdlite.diagnostics import NOT_SUPPORTED, first_error, render_json, render_text
from tests.conf.reading import FakeNames

SHARED: Final = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
CONFIGS: Final = SHARED / "configs"
PUBLISHED: Final = SHARED / "published"

WRAPPERS: Final = {
    "RequireAll": ("<Location /x>", "<RequireAll>"),
    "<Location>": ("<Location /x>",),
    "<Directory>": ("<Directory /x>",),
}


def manifest() -> list[dict[str, str]]:
    path = CONFIGS / "manifest.tsv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


SAMPLES: Final = manifest()


def read_sample(path: Path, how: str) -> Reading:
    """Reads a file of the corpus as the manifest says it was: by itself, or within a section."""
    wrapper = next((tags for word, tags in WRAPPERS.items() if word in how), ())
    closing = [f"</{tag[1:].split()[0].rstrip('>')}>" for tag in reversed(wrapper)]
    lines = [*wrapper, f'Include "{path}"', *closing]
    top = "\n".join(["ServerName pre.example", *lines])
    files = DictFiles(
        {"/top.conf": top, str(path): path.read_bytes()}, ["/logs", "/var/log/apache2"]
    )
    # The oracle had every module of its package loaded.
    modules = tuple(f"LoadModule {name} x.so" for name in registry().modules)
    return read_config(ConfigSource("/top.conf", "/", before=modules), files, FakeNames())


@pytest.mark.skipif(not SAMPLES, reason="the corpus of configurations is not beside the checkout")
@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["path"] for sample in SAMPLES])
def test_a_configuration_of_others(sample: dict[str, str]) -> None:
    reading = read_sample(CONFIGS / sample["path"], sample["how run"])
    render_text(reading.diagnostics, reading.source_line)
    render_json(reading.diagnostics)
    in_scope = all(found.code != NOT_SUPPORTED for found in reading.diagnostics)
    as_it_is = not sample["repairs of the environment"] and sample["verdict"] != "n/a"
    of_others = any(found.code == "unknown-directive" for found in reading.diagnostics)
    if in_scope and as_it_is and not of_others:
        accepted = first_error(reading.diagnostics) is None
        assert accepted is (sample["verdict"] == "accept"), sample["message"]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the corpus is not beside the checkout")
@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.conf")), ids=lambda path: path.stem)
@pytest.mark.parametrize("how", ["server", "<Location>", "<Directory>"])
def test_a_published_snippet(path: Path, how: str) -> None:
    reading = read_sample(path, how)
    assert reading.tree.main is not None
    render_text(reading.diagnostics, reading.source_line)


@pytest.mark.skipif(not SAMPLES, reason="the corpus of configurations is not beside the checkout")
def test_something_is_really_compared() -> None:
    compared = [
        sample
        for sample in SAMPLES
        if not sample["repairs of the environment"]
        and sample["verdict"] != "n/a"
        and all(
            found.code not in {NOT_SUPPORTED, "unknown-directive"}
            for found in read_sample(CONFIGS / sample["path"], sample["how run"]).diagnostics
        )
    ]
    assert len(compared) > 20
