"""Where the frames of a WebSocket begin and end, and the close frame of somebody between the two
ends. Pure; nothing of a payload is kept or looked at.

Comes in: the bytes of one direction, cut anywhere. Goes out: whether a frame of ours may stand
here, whether the side has said that it closes, and the close frame itself. Hides the three lengths
of a frame's head.

The rules:

1.  Between two frames is a boundary, also between those of a fragmented message: a control frame
    may stand there (RFC 6455 §5.4). Extensions that are in use leave that as it is.
2.  What cannot be a frame of this direction makes the whole of it unknown from there on: reserved
    opcodes, a mask where none belongs (or none where one does), a control frame that is long or
    fragmented, a continuation of nothing, a message within a message. Reserved bits are the
    extensions' business.
3.  After a close frame there is nothing more to say in that direction (§5.5.1).

Source: RFC 6455 §5.2 to §5.5.
"""

from typing import Final

GOING_AWAY: Final = 1001  # RFC 6455 §7.4.1

_CONTINUATION: Final = 0
_CLOSE: Final = 8
_DATA: Final = (1, 2)
_CONTROL: Final = (8, 9, 10)
_FIN: Final = 0x80
_MASKED: Final = 0x80
_LONGEST_HEAD: Final = 14
_HEAD_SIZES: Final = tuple(
    2 + {126: 2, 127: 8}.get(second & 0x7F, 0) + (4 if second & _MASKED else 0)
    for second in range(256)
)


class FrameTrack:
    """The frames of one direction; ``masked``: of the client's."""

    __slots__ = (
        "_closes",
        "_head",
        "_in_message",
        "_left",
        "_mask_bit",
        "has_closed",
        "is_valid",
    )

    def __init__(self, *, masked: bool) -> None:
        self.is_valid = True
        self.has_closed = False  # a whole close frame has passed
        self._mask_bit = _MASKED if masked else 0
        self._head = b""  # of a head that is not whole yet
        self._left = 0  # of the payload
        self._closes = False  # is this frame a close frame?
        self._in_message = False

    @property
    def at_boundary(self) -> bool:
        """Did the last byte end a frame (or has there been none)?"""
        return self.is_valid and not self._left and not self._head

    def feed(self, data: memoryview) -> None:
        """Follow what has passed."""
        size = len(data)
        if size < self._left:  # in the middle of a large payload
            self._left -= size
            return
        at = self.advance(data)
        while at < size:
            at += self.advance(data[at:])

    def advance(self, data: memoryview) -> int:
        """Follow to the end of the present frame, or of ``data``; how many bytes that is."""
        if not self.is_valid:
            return len(data)
        if self._left:
            return self._pass_payload(len(data))
        known = len(self._head)
        head = self._head + bytes(data[: _LONGEST_HEAD - known])
        if len(head) < 2 or len(head) < _HEAD_SIZES[head[1]]:
            self._head = head
            return len(data)
        self._head = b""
        size = _HEAD_SIZES[head[1]]
        if not self._read_head(head):
            self.is_valid = False
            return len(data)
        return size - known + self._pass_payload(len(data) - (size - known))

    def _pass_payload(self, there: int) -> int:
        taken = min(there, self._left)
        self._left -= taken
        if self._closes and not self._left:
            self._closes = False
            self.has_closed = True
        return taken

    def _read_head(self, head: bytes) -> bool:
        """Is it one that may stand here? See rule 2."""
        first, second = head[0], head[1]
        opcode, is_last, length = first & 0x0F, bool(first & _FIN), second & 0x7F
        if second & _MASKED != self._mask_bit:
            return False
        if opcode in _CONTROL:
            if not is_last or length > 125:
                return False
            self._closes = opcode == _CLOSE
        elif opcode == _CONTINUATION or opcode in _DATA:
            if (opcode == _CONTINUATION) != self._in_message:
                return False
            self._in_message = not is_last
        else:
            return False
        if length == 126:
            length = int.from_bytes(head[2:4], "big")
        elif length == 127:
            length = int.from_bytes(head[2:10], "big")
        self._left = length
        return not length >> 63


def close_frame(code: int, mask: bytes = b"") -> bytes:
    """A close frame without a text; towards a server with a mask of four bytes that nobody can
    guess (RFC 6455 §5.3).
    """
    payload = code.to_bytes(2, "big")
    if not mask:
        return bytes((_FIN | _CLOSE, len(payload))) + payload
    masked = bytes(byte ^ key for byte, key in zip(payload, mask, strict=False))
    return bytes((_FIN | _CLOSE, _MASKED | len(payload))) + mask + masked
