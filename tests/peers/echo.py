"""The echo worker of the Autobahn suite, a program of its own: `python -m tests.peers.echo PORT`.

In: WebSocket connections on a port of 127.0.0.1, with or without permessage-deflate. Out: every
message as it came. Hides the limits of the `websockets` library: its default sizes, and the number
of fragments of a message, which only its environment can raise; hence `command`.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.peers.harness import LOOPBACK

LARGEST: Final = 32 * 1024 * 1024  # the suite's largest message is 16 MiB
FRAGMENTS: Final = 100_000  # 9.3.1 and 9.4.1: 4 MiB in pieces of 64 bytes


def command(port: int) -> list[str]:
    """The command line that runs the worker, its limits raised."""
    limit = f"WEBSOCKETS_MAX_FRAGMENTS={FRAGMENTS}"
    return ["env", limit, sys.executable, "-m", "tests.peers.echo", str(port)]


async def _echo(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


async def _serve(port: int) -> None:
    async with serve(_echo, LOOPBACK, port, max_size=LARGEST, ping_interval=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
