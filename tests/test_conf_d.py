"""The sample drop-ins of conf.d/: each is a valid configuration alone, and so are all together.

What they say must also be right for the real httpd, where it is installed: they are what people
copy.
"""

from pathlib import Path

import pytest

from tests.peers.harness import APACHE_LOADED, APACHE_MODULES, httpdlite_command, require_program
from tests.peers.harness import run_to_end as run

FOLDER = Path(__file__).resolve().parents[1] / "conf.d"
DROP_INS = sorted(FOLDER.glob("*.conf"))
SWITCHES = ("JUPYTER", "GRAFANA", "HOME_ASSISTANT", "VAULTWARDEN")
ALL_ON = tuple(word for name in SWITCHES for word in ("-D", name))

each = pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda path: path.name)
switched = pytest.mark.parametrize("switches", [(), ALL_ON], ids=["as they are", "all on"])


@pytest.fixture
def server_root(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "all.conf").write_text(f'IncludeOptional "{FOLDER}/*.conf"\n')
    return tmp_path


def test_there_are_drop_ins_and_every_switch_is_used() -> None:
    assert len(DROP_INS) >= 3
    text = "".join(path.read_text() for path in DROP_INS)
    assert all(f"<IfDefine {name}>" in text for name in SWITCHES)
    assert text.count("<IfDefine ") == len(SWITCHES) + text.count("<IfDefine !")


@each
@switched
def test_each_is_valid_alone(drop_in: Path, switches: tuple[str, ...], server_root: Path) -> None:
    configtest(server_root, "-f", str(drop_in), *switches)


@switched
def test_all_are_valid_together(switches: tuple[str, ...], server_root: Path) -> None:
    configtest(server_root, "-f", str(server_root / "all.conf"), *switches)


def configtest(server_root: Path, *arguments: str) -> None:
    done = run(httpdlite_command("-t", "-d", str(server_root), *arguments), server_root)
    assert done.status == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "Syntax OK", done.stderr


@each
@switched
@pytest.mark.peer
def test_httpd_finds_them_valid_too(
    drop_in: Path, switches: tuple[str, ...], server_root: Path
) -> None:
    load = [
        word
        for name in APACHE_LOADED.split()
        for word in ("-C", f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so")
    ]
    command = [require_program("apache2"), "-t", "-d", str(server_root), "-f", str(drop_in)]
    done = run([*command, *load, *switches], server_root)
    assert done.status == 0, done.stderr
    assert "Syntax OK" in done.stderr
