"""Where the goodbye of a tunnel stands: between two frames, or nowhere, whatever has passed before
and whatever comes meanwhile. The scene is that of test_goodbye.py.
"""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.tunnel import Side, TunnelLimits
from httpdlite.serve.goodbye import PATIENCE
from tests.serve.test_goodbye import GOODBYE, MASK, Scene, act, kinds, other, unmasked

KINDS_OF_FRAMES = (b"\x81\x02ab", b"\x01\x01c", b"\x89\x00", b"\x80\x7e\x00\x80" + bytes(128))


def masked(data: bytes) -> bytes:
    """A frame with a mask of zeros."""
    size = 4 if data[1] == 126 else 2
    return bytes((data[0], data[1] | 0x80)) + data[2:size] + bytes(4) + data[size:]


STREAMS = {
    Side.CLIENT: [masked(data) for data in KINDS_OF_FRAMES] * 4,
    Side.WORKER: list(KINDS_OF_FRAMES) * 4,
}


def without_goodbye(side: Side, data: bytes) -> bytes:
    """What was received before it, or all of it."""
    size = len(GOODBYE) + (len(MASK) if side is Side.WORKER else 0)
    close = data[-size:]
    if len(close) == size and (unmasked(close) if side is Side.WORKER else close) == GOODBYE:
        return data[:-size]
    return data


STEPS = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 150)), max_size=12)


@kinds
@given(steps=STEPS, at=st.integers(0, 12))
def test_a_goodbye_never_stands_within_a_frame(
    limits: TunnelLimits, steps: list[tuple[Side, int]], at: int
) -> None:
    got: dict[Side, bytes] = {}

    async def script(scene: Scene) -> None:
        left = {side: b"".join(STREAMS[side]) for side in Side}
        for number, (side, size) in enumerate(steps):
            if number == at:
                await scene.end()
            if left[side] and not scene.endings:
                await scene.send(side, left[side][:size])
                left[side] = left[side][size:]
        await scene.end()
        await scene.wait(PATIENCE)
        await scene.wait(PATIENCE)
        assert scene.endings
        for side in Side:
            got[side] = b"".join(iter(lambda: scene.take(side), b""))  # noqa: B023 - used at once

    act(script, limits)
    for side in Side:
        passed = without_goodbye(side, got[side])
        assert b"".join(STREAMS[other(side)]).startswith(passed)
        is_whole = len(passed) in {0, *accumulate(map(len, STREAMS[other(side)]))}
        assert is_whole is (passed != got[side])
