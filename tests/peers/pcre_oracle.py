"""PCRE2 itself, as apache2 uses it: the same library, the same options, asked through ctypes.

Another version than 10.42 has other rules (10.43 takes lookbehinds of several lengths), so with
another one the tests that ask are skipped.
"""

import ctypes
import ctypes.util
import os
from typing import Final

import pytest

VERSION: Final = b"10.42"
OPTIONS: Final = 0x10 | 0x20 | 0x40  # DOLLAR_ENDONLY, DOTALL, DUPNAMES
IGNORE_CASE: Final = 0x8
NOT_BOL: Final = 0x1
CONFIG_VERSION: Final = 11
UNSET: Final = ctypes.c_size_t(-1).value
NO_MATCH: Final = -1

Spans = tuple[tuple[int, int], ...]


class Oracle:
    """Compiles and searches; what is compiled is freed with `forget`."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        library.pcre2_compile_8.restype = ctypes.c_void_p
        library.pcre2_code_free_8.argtypes = [ctypes.c_void_p]
        library.pcre2_match_data_create_from_pattern_8.restype = ctypes.c_void_p
        library.pcre2_match_data_create_from_pattern_8.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.pcre2_match_data_free_8.argtypes = [ctypes.c_void_p]
        library.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(ctypes.c_size_t)
        library.pcre2_get_ovector_pointer_8.argtypes = [ctypes.c_void_p]
        library.pcre2_get_ovector_count_8.argtypes = [ctypes.c_void_p]

    def compile(self, pattern: bytes, options: int = 0) -> int | None:
        """The compiled pattern, None if it is refused."""
        number, offset = ctypes.c_int(), ctypes.c_size_t()
        code: int | None = self._library.pcre2_compile_8(
            pattern,
            ctypes.c_size_t(len(pattern)),
            ctypes.c_uint32(OPTIONS | options),
            ctypes.byref(number),
            ctypes.byref(offset),
            None,
        )
        return code

    def forget(self, code: int | None) -> None:
        """Frees a compiled pattern."""
        self._library.pcre2_code_free_8(code)

    def takes(self, pattern: bytes) -> bool:
        """Whether a pattern is right."""
        code = self.compile(pattern)
        self.forget(code)
        return code is not None

    def search(
        self, code: int, subject: bytes, position: int = 0, options: int = 0
    ) -> Spans | int | None:
        """Where the match and its groups are, None if there is none, or the number of an error."""
        library = self._library
        data = library.pcre2_match_data_create_from_pattern_8(code, None)
        try:
            status: int = library.pcre2_match_8(
                ctypes.c_void_p(code),
                subject,
                ctypes.c_size_t(len(subject)),
                ctypes.c_size_t(position),
                ctypes.c_uint32(options),
                ctypes.c_void_p(data),
                None,
            )
            if status < 0:
                return None if status == NO_MATCH else status
            offsets = library.pcre2_get_ovector_pointer_8(data)
            count = library.pcre2_get_ovector_count_8(data)
            return tuple(_span(offsets[2 * n], offsets[2 * n + 1]) for n in range(count))
        finally:
            library.pcre2_match_data_free_8(data)


def _span(start: int, end: int) -> tuple[int, int]:
    return (-1, -1) if start == UNSET else (start, end)


def find_oracle() -> Oracle:
    """The library; skips the test, or fails it, if it is not here."""
    name = ctypes.util.find_library("pcre2-8")
    if name is None:
        if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
            pytest.fail("HTTPDLITE_REQUIRE_PEERS=1, and there is no libpcre2-8 here")
        pytest.skip("no libpcre2-8 on this machine")
    library = ctypes.CDLL(name)
    version = ctypes.create_string_buffer(64)
    library.pcre2_config_8(CONFIG_VERSION, version)
    if not version.value.startswith(VERSION):
        pytest.skip(f"libpcre2-8 is {version.value.decode()}, with rules of its own")
    return Oracle(library)
