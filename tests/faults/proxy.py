"""A small TCP proxy that makes a network slow, silent or gone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Self

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
SILENT_S = 0.05


class Proxy:
    """Hands bytes on to ``target`` (``host:port``) from a port of its own; both may change."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.delay_s = 0.0
        self.gone = False
        self.silent = False
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """Where to connect instead."""
        return f"{HOST}:{self.port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """Refuse new connections and reset those there are, until ``mend``."""
        self.gone = True
        self._loop.call_soon_threadsafe(self._reset)

    def mend(self) -> None:
        """Be a good network again."""
        self.gone = self.silent = False
        self.delay_s = 0.0

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _reset(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.gone:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self.target.rsplit(":", 1))
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._hand_on(reader, back), self._hand_on(there, writer))
        self._writers -= {writer, back}

    async def _travel(self) -> None:
        await asyncio.sleep(self.delay_s)
        while True:
            if not self.silent:
                return
            await asyncio.sleep(SILENT_S)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await self._travel()
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()
