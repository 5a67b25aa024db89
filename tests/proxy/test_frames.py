"""Where frames begin and end: by hand, fed in any pieces, and held against the parser of the
`websockets` library.
"""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.streams import StreamReader

from httpdlite.proxy.frames import GOING_AWAY, FrameTrack, close_frame

TEXT, BINARY, MORE, CLOSE, PING = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.CLOSE, Opcode.PING
LENGTHS = st.integers(0, 300) | st.sampled_from([125, 126, 127, 65535, 65536])


def frame(opcode: Opcode, payload: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """A frame as the library makes it."""
    return Frame(opcode, payload, fin).serialize(mask=masked)


def track_of(data: bytes, *, masked: bool = True) -> FrameTrack:
    track = FrameTrack(masked=masked)
    track.feed(memoryview(data))
    return track


@st.composite
def streams(draw: st.DrawFn, *, masked: bool) -> list[bytes]:
    """Frames of messages, whole and in fragments, with control frames between them."""
    frames = []
    for _ in range(draw(st.integers(0, 4))):
        sizes = draw(st.lists(LENGTHS, min_size=1, max_size=3))
        for at, size in enumerate(sizes):
            opcode = MORE if at else draw(st.sampled_from([TEXT, BINARY]))
            fin = at == len(sizes) - 1
            frames.append(frame(opcode, bytes(size), fin=fin, masked=masked))
            if draw(st.booleans()):
                frames.append(frame(PING, bytes(draw(st.integers(0, 125))), masked=masked))
    return frames


def library_ends(data: bytes, *, masked: bool) -> tuple[list[int], bool]:
    """Where the library finds the ends of frames, and whether it found an error."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    ends: list[int] = []
    while reader.buffer:
        try:
            for _ in Frame.parse(reader.read_exact, mask=masked):
                raise AssertionError("all there is has been given")
        except EOFError:
            return ends, False
        except ProtocolError:
            return ends, True
        ends.append(len(data) - len(reader.buffer))
    return ends, False


def track_ends(data: bytes, *, masked: bool) -> tuple[list[int], bool]:
    """Where the track has them, fed one byte at a time, and whether it got lost."""
    track = FrameTrack(masked=masked)
    ends: list[int] = []
    for at in range(len(data)):
        track.feed(memoryview(data)[at : at + 1])
        if track.at_boundary:
            ends.append(at + 1)
    return ends, not track.is_valid


# --- what is followed ---------------------------------------------------------------------------


def test_before_the_first_byte_is_a_boundary() -> None:
    assert FrameTrack(masked=True).at_boundary


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_every_kind_of_length_fed_one_byte_at_a_time(size: int, masked: bool) -> None:
    data = frame(BINARY, bytes(size), masked=masked)
    ends, is_lost = track_ends(data + data[:1], masked=masked)
    assert (ends, is_lost) == ([len(data)], False)


@pytest.mark.parametrize("masked", [True, False])
def test_pieces_of_any_size_have_the_same_boundaries(masked: bool) -> None:
    @given(
        frames=streams(masked=masked), cuts=st.lists(st.integers(0, 400_000)), end=st.floats(0, 1)
    )
    def check(frames: list[bytes], cuts: list[int], end: float) -> None:
        data = b"".join(frames)
        ends = {0, *accumulate(map(len, frames))}
        stop = round(len(data) * end)
        track, before = FrameTrack(masked=masked), 0
        for cut in (*sorted(cut for cut in cuts if cut < stop), stop):
            track.feed(memoryview(data)[before:cut])
            before = cut
            assert track.at_boundary is (cut in ends)
        assert track.is_valid
        assert library_ends(data[:stop], masked=masked)[0] == sorted(
            end for end in ends if 0 < end <= stop
        )

    check()


@pytest.mark.parametrize("masked", [True, False])
def test_a_frame_is_advanced_over_and_no_more(masked: bool) -> None:
    @given(frames=streams(masked=masked), share=st.floats(0, 1, exclude_max=True))
    def check(frames: list[bytes], share: float) -> None:
        data = b"".join(frames)
        at = int(len(data) * share)
        track = track_of(data[:at], masked=masked)
        for end in accumulate(map(len, frames)):
            if end > at:
                assert track.advance(memoryview(data)[at:]) == end - at
                assert track.at_boundary
                at = end

    check()


@given(data=st.binary(max_size=60), masked=st.booleans())
def test_any_bytes_are_frames_where_the_library_finds_them(data: bytes, masked: bool) -> None:
    bits = bytes(byte & 0x8F if at % 3 == 0 else byte for at, byte in enumerate(data))
    bits += bytes(14)  # a head is judged when it is whole, and none is longer
    found, has_error = library_ends(bits, masked=masked)
    ends, is_lost = track_ends(bits, masked=masked)
    if is_lost:
        assert ends == found[: len(ends)]
    else:
        assert (ends, has_error) == (found, False)


def test_reserved_bits_are_the_business_of_extensions() -> None:
    data = bytearray(frame(TEXT, b"compressed"))
    data[0] |= 0x70
    assert track_of(bytes(data)).at_boundary


# --- closing --------------------------------------------------------------------------------------


def test_a_close_frame_counts_once_it_is_whole() -> None:
    data = frame(TEXT, b"x") + frame(CLOSE, b"\x03\xe8bye")
    assert not track_of(data[:-1]).has_closed
    assert track_of(data).has_closed
    assert track_of(frame(CLOSE)).has_closed


def test_a_close_frame_within_a_fragmented_message() -> None:
    assert track_of(frame(TEXT, b"x", fin=False) + frame(CLOSE, b"\x03\xe8")).has_closed


def test_a_ping_is_no_close_frame() -> None:
    assert not track_of(frame(PING, b"\x03\xe8")).has_closed


# --- what gets it lost ----------------------------------------------------------------------------


LOST = {
    "not masked": frame(TEXT, b"x", masked=False),
    "text of something else": b"hello, this is no frame",
    "a reserved data opcode": b"\x83\x80mask",
    "a reserved control opcode": b"\x8b\x80mask",
    "a long ping": b"\x89\xfe\x00\x7emask",
    "a fragmented ping": b"\x09\x80mask",
    "a continuation of nothing": frame(MORE, b"x"),
    "a message within a message": frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
    "a continuation behind the last": frame(TEXT, b"x") + frame(MORE, b"y"),
    "a length of 64 bits": b"\x82\xff" + b"\xff" * 8 + b"mask",
}


@pytest.mark.parametrize("data", LOST.values(), ids=LOST.keys())
def test_what_is_no_frame_of_a_client(data: bytes) -> None:
    track = track_of(data)
    assert not track.is_valid
    track.feed(memoryview(frame(TEXT, b"a good one")))
    assert not track.at_boundary
    assert track_ends(data, masked=True)[1]


def test_a_worker_does_not_mask() -> None:
    assert not track_of(frame(TEXT, b"x"), masked=False).is_valid


# --- our own close frame ------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [b"", b"\x37\xfa\x21\x3d"])
def test_the_library_reads_our_close_frame(mask: bytes) -> None:
    data = close_frame(GOING_AWAY, mask)
    reader = StreamReader()
    reader.feed_data(data)
    steps = Frame.parse(reader.read_exact, mask=bool(mask))
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == Frame(CLOSE, CloseCode.GOING_AWAY.to_bytes(2, "big"))
    assert not reader.buffer
    assert track_of(data, masked=bool(mask)).has_closed
