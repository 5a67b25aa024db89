"""<Directory>, <Files> and their like: which cover a file, in which order, and what they set."""

import pytest

from httpdlite.conf.directives.mod_env import ENVIRONMENT
from httpdlite.routes.expressions import FileStatus
from httpdlite.routes.filesections import FileSections, compile_file_sections, walk
from tests.serve.front import config_of

SECTIONS = """
<DirectoryMatch "/b/x$">
SetEnv S match-file
</DirectoryMatch>
<Directory /a/b>
SetEnv S ab
<Files x>
SetEnv S ab-x
</Files>
</Directory>
<Directory ~ "b">
SetEnv S tilde
</Directory>
<Directory /a>
SetEnv S a
</Directory>
<Directory /a//./b/../b/>
SetEnv S unclean
</Directory>
<Directory /?/b>
SetEnv S wild
</Directory>
<DirectoryMatch "/b/$">
SetEnv S match-directory
</DirectoryMatch>
<Directory />
SetEnv S root
</Directory>
<FilesMatch "^(?<name>[xy])$">
SetEnv S files
</FilesMatch>
<Files b>
SetEnv S b
</Files>
"""


class Tree:
    """Directories, and a file."""

    def status(self, path: str, *, follow: bool) -> FileStatus | None:
        assert follow
        kinds = {"/a": "directory", "/a/b": "directory", "/a/b/x": "file"}
        return FileStatus(kinds[path], 0, 0) if path in kinds else None

    def read(self, path: str, most: int) -> bytes:
        raise OSError(path, most)


@pytest.fixture(scope="module", name="sections")
def fixture_sections() -> FileSections:
    return compile_file_sections(config_of(f"Listen 80\n{SECTIONS}").main.others)


@pytest.mark.parametrize(
    ("filename", "marks"),
    [
        ("/", "root"),
        ("/none", "root"),
        ("/a/y", "root a files"),
        ("/a/b/x", "root a ab unclean wild tilde match-file files ab-x"),
        ("/a/b/y", "root a ab unclean wild tilde files"),
        ("/a/b/z/x", "root a ab unclean wild tilde"),  # /x is path information
        ("/a/b", "root a ab unclean wild tilde b"),
        ("/a/b/", "root a ab unclean wild tilde match-directory"),
    ],
)
def test_order(sections: FileSections, filename: str, marks: str) -> None:
    found = walk(sections, filename, Tree()).covering
    assert [section.scope[ENVIRONMENT].variables[0][1] for section in found] == marks.split()


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("/a/b/x/y/z", ("/a/b/x", "/y/z", "file")),
        ("/a/b/x/", ("/a/b/x", "/", "file")),
        ("/a/none/z", ("/a/none", "/z", None)),
        ("/a//b/", ("/a/b/", "", "directory")),
        ("/", ("/", "", "directory")),
    ],
)
def test_path_information(
    sections: FileSections, filename: str, expected: tuple[str, str, str | None]
) -> None:
    found = walk(sections, filename, Tree())
    assert (found.filename, found.path_info, found.kind) == expected


def test_named_groups_set_variables(sections: FileSections) -> None:
    assert walk(sections, "/a/y", Tree()).variables == {"match_name": "y"}
    assert walk(sections, "/a/z", Tree()).variables == {}
