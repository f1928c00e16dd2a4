"""TCP links between nodes that can be cut and healed, on loopback.

A cut link holds what it carries, as a broken cable does: connections stay open, nothing arrives, new ones hang.
Healed, everything that was held goes on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping

Pair = tuple[int, int]
"""(who dials, who is dialled)."""
CHUNK = 64 * 1024


class Links:
    """All links of one network in a thread of its own. `routes`: pair → (port of the link, port of the node)."""

    def __init__(self, routes: Mapping[Pair, tuple[int, int]]) -> None:
        self._routes = dict(routes)
        self._loop = asyncio.new_event_loop()
        self._open: dict[Pair, asyncio.Event] = {}
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def part(self, one: Iterable[int], other: Iterable[int]) -> None:
        """Cut every link between the two sides."""
        left, right = set(one), set(other)
        for pair in self._routes:
            if (pair[0] in left and pair[1] in right) or (pair[0] in right and pair[1] in left):
                self._loop.call_soon_threadsafe(self._open[pair].clear)

    def heal(self) -> None:
        """All links are whole again."""
        for event in self._open.values():
            self._loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """End everything."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        for pair, (port, target) in self._routes.items():
            whole = self._open[pair] = asyncio.Event()
            whole.set()

            async def joined(
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
                whole: asyncio.Event = whole,
                target: int = target,
            ) -> None:
                await self._carry(reader, writer, whole, target)

            self._servers.append(await asyncio.start_server(joined, "127.0.0.1", port))

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole: asyncio.Event, target: int
    ) -> None:
        await whole.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        both = [asyncio.ensure_future(_pump(a, b, whole)) for a, b in ((reader, back), (there, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (writer, back):
                with contextlib.suppress(OSError, RuntimeError):
                    end.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        everything = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)
        await asyncio.sleep(0)  # closed connections are told so in the loop's next round
        await asyncio.sleep(0)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole: asyncio.Event) -> None:
    with contextlib.suppress(OSError, ConnectionError):
        while data := await reader.read(CHUNK):
            await whole.wait()
            writer.write(data)
            await writer.drain()
