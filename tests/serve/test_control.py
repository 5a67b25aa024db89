"""The control socket: questions, answers, people who do not behave."""

import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from httpdlite.serve.children import Children
from httpdlite.serve.control import (
    LONGEST_LINE,
    PATIENCE,
    Control,
    NobodyThereError,
    Questions,
    ask,
)

Answer = Callable[[dict[str, Any], int | None], None]


def handle(what: str, answer: Answer) -> None:
    """Say what was asked; a descriptor if that is wanted."""
    with Path(os.devnull).open() as file:
        answer({"asked": what}, file.fileno() if what == "file" else None)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """The path of a socket that is looked after."""
    with selectors.DefaultSelector() as selector:
        made = Control(str(tmp_path / "sock"), 0o600, selector, handle)
        reading, writing = os.pipe()
        selector.register(reading, selectors.EVENT_READ)

        def look() -> None:
            while True:
                for key, events in selector.select():
                    if key.fileobj == reading:
                        return
                    key.data(events)

        thread = threading.Thread(target=look)
        thread.start()
        yield made.path
        os.write(writing, b"x")
        thread.join()
        made.close()
        os.close(reading)
        os.close(writing)
    assert not Path(made.path).exists()


def test_a_question_is_answered(path: str) -> None:
    assert ask(path, "status") == ({"asked": "status"}, None)
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_descriptor_comes_along(path: str) -> None:
    answer, descriptor = ask(path, "file")
    assert answer == {"asked": "file"}
    assert descriptor is not None
    assert Path(f"/proc/self/fd/{descriptor}").readlink() == Path(os.devnull)
    os.close(descriptor)


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{}\n", b"\xff\n", b'{"ask"\n', b"1\n"])
def test_rubbish_is_answered_with_what_to_say(path: str, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(line)
        assert b'"error"' in sock.recv(4096)
    assert ask(path, "status")[0] == {"asked": "status"}


def test_a_line_without_end_is_not_kept(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(b"x" * (2 * LONGEST_LINE))
        sock.settimeout(PATIENCE)
        try:
            assert sock.recv(4096) == b""
        except ConnectionResetError:
            pass  # it was closed with something unread
    assert ask(path, "status")[0] == {"asked": "status"}


def test_one_that_leaves_disturbs_nobody(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(b'{"ask": "sta')
    assert ask(path, "status")[0] == {"asked": "status"}


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NobodyThereError, match="No such file or directory"):
        ask(str(tmp_path / "none"), "status")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    with pytest.raises(NobodyThereError, match="Connection refused"):
        ask(str(tmp_path / "left"), "status")


def test_the_next_servers_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    with selectors.DefaultSelector() as selector:
        first = Control(str(path), 0o600, selector, handle)
        second = Control(str(path), 0o600, selector, handle)
        first.close()
        assert path.exists()
        second.close()
        assert not path.exists()


def test_a_path_that_is_too_long_raises_oserror(tmp_path: Path) -> None:
    with selectors.DefaultSelector() as selector, pytest.raises(OSError, match="too long"):
        Control(str(tmp_path / ("x" * 120)), 0o600, selector, handle)


# --- questions to children -----------------------------------------------------------------------


def no_children() -> Children:
    return Children(0, lambda *_: os._exit(1))


def test_without_children_the_answer_is_there_at_once() -> None:
    found: list[object] = []
    questions = Questions(no_children())
    questions.ask("tunnels", found.append)
    questions.finish()
    assert found == [{}]
    assert questions.next_wakeup() is None


@pytest.mark.parametrize("number", [99, "1", None, [1], {"a": 1}, 1.5])
def test_answers_to_nothing_are_ignored(number: object) -> None:
    found: list[object] = []
    questions = Questions(no_children())
    questions.ask("tunnels", found.append)
    questions.answered(1, {"answer": number, "tunnels": []})
    questions.finish()
    assert found == [{}]
