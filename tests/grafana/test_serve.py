"""Running it: addresses, stopping, and the command line."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys

import httpx
import msgspec
import pytest

from grafana.__main__ import arguments
from grafana.serve import serve
from schemas.settings import Settings
from tests.grafana.conftest import Server


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    """Nobody's figures are on the network by accident."""
    assert Settings().api_host == "127.0.0.1"


def test_the_command_line_says_otherwise_than_the_settings() -> None:
    """For what one changes by hand."""
    told = arguments(["--api-port", "9000", "--prefix", "replay-1."], Settings())

    assert (told.api_port, told.prefix, told.redis) == (9000, "replay-1.", Settings().redis)


def test_help_names_every_option_and_its_variable() -> None:
    """Without Redis."""
    done = subprocess.run(
        [sys.executable, "-m", "grafana", "--help"], capture_output=True, text=True, check=True
    )

    assert "--redis" in done.stdout
    assert "CC_API_PORT" in done.stdout


async def test_a_taken_port_is_said_in_a_sentence() -> None:
    """Not in a stack trace, and never by serving elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await serve(msgspec.structs.replace(Settings(), api_port=port))

        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "grafana", "--api-port", str(port)],
            capture_output=True,
            text=True,
        )

    assert done.returncode == 1
    assert done.stderr.startswith("cannot start: ")
    assert "Traceback" not in done.stderr


async def test_stopping_ends_open_event_streams(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """They would never end by themselves."""
    async with httpx.AsyncClient(base_url=server.url) as client:
        async with client.stream("GET", "/api/events") as response:
            assert response.status_code == 200
            async with asyncio.timeout(10):
                await server.stop()

            assert (await response.aread()).startswith(b"event: snapshot")

        with pytest.raises(httpx.ConnectError):
            await client.get("/api/health")
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


async def test_it_starts_and_waits_while_redis_is_not_there_yet() -> None:
    """The order of starting does not matter."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    server = Server(Settings(redis=f"redis://127.0.0.1:{port}/0"))
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/")).status_code == 200
            assert (await client.get("/api/health")).json()["status"] == "failed"
    finally:
        await server.stop()


def test_a_signal_ends_the_program_cleanly() -> None:
    """Exit status 0, nothing left behind."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "grafana", "--api-port", str(port)],
        stderr=subprocess.PIPE,
        text=True,
    )
    stderr = program.stderr
    assert stderr is not None
    while "startup complete" not in (line := stderr.readline()):
        assert line
    program.send_signal(signal.SIGTERM)

    assert program.wait(timeout=20) == 0
    assert "Traceback" not in stderr.read()
    stderr.close()
