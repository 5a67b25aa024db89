"""The disk and a mapping look alike to the reading."""

import os
from pathlib import Path

import pytest

from httpdlite.conf.files import DictFiles, DiskFiles, Files, Kind, Missing, absolute, expand


def both(folder: Path) -> list[Files]:
    """The same few files on the disk and in a mapping."""
    (folder / "d" / "sub").mkdir(parents=True)
    (folder / "d" / "a.conf").write_bytes(b"\xff")
    (folder / "d" / "sub" / "b.conf").write_bytes(b"b")
    content = {f"{folder}/d/a.conf": b"\xff", f"{folder}/d/sub/b.conf": b"b"}
    return [DiskFiles(), DictFiles(content)]


def test_disk_and_mapping_agree(tmp_path: Path) -> None:
    for files in both(tmp_path):
        assert files.read(f"{tmp_path}/d/a.conf") == b"\xff"
        assert files.kind(f"{tmp_path}/d") is Kind.DIRECTORY
        assert files.kind(f"{tmp_path}/d/a.conf") is Kind.FILE
        assert files.kind(f"{tmp_path}/nope") is None
        assert sorted(files.names(f"{tmp_path}/d")) == ["a.conf", "sub"]
        assert list(expand(f"{tmp_path}/d", files, optional=False)) == [
            f"{tmp_path}/d/a.conf",
            f"{tmp_path}/d/sub/b.conf",
        ]
        assert list(expand(f"{tmp_path}/*/*/b.conf", files, optional=False)) == [
            f"{tmp_path}/d/sub/b.conf"
        ]
        with pytest.raises(OSError, match="No such file"):
            files.read(f"{tmp_path}/nope")
        with pytest.raises(OSError, match="Is a directory"):
            files.read(f"{tmp_path}/d")
        with pytest.raises(OSError, match="No such file"):
            files.names(f"{tmp_path}/nope")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    files = DiskFiles()
    assert files.kind(f"{tmp_path}/pipe") is Kind.OTHER
    assert files.kind(f"{tmp_path}/loop") is None
    assert files.kind("/a\0b") is None
    assert files.read("/dev/null") == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        files.read(f"{tmp_path}/pipe")


def test_a_file_is_no_directory_even_for_a_wildcard_that_may_match_nothing(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    (found,) = expand(f"{tmp_path}/f/*", DiskFiles(), optional=True)
    assert isinstance(found, Missing)
    assert found.message.endswith("/f: Not a directory")


@pytest.mark.parametrize(
    "path,merged",
    [
        ("a", "/r/a"),
        ("a/", "/r/a/"),
        ("./a/../b//c", "/r/b/c"),
        ("/x/../../y", "/y"),
        ("//x", "/x"),
        ("", "/r"),
        ("/", "/"),
    ],
)
def test_paths_are_merged_as_apr_does(path: str, merged: str) -> None:
    assert absolute("/r", path) == merged
