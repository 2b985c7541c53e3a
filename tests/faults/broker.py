"""A broker with a second door: workers come in through a proxy, tests do not."""

from __future__ import annotations

from pathlib import Path

from demo.child import HOST
from demo.embedded import EmbeddedKafka
from tests.faults.proxy import Proxy

DOORS = """
listeners=PLAINTEXT://{host}:{port},WORKERS://{host}:{inner},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},WORKERS://{outer}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,WORKERS:PLAINTEXT,CONTROLLER:PLAINTEXT
"""


class ProxiedKafka(EmbeddedKafka):
    """Tells whoever comes through ``proxy`` to come through it the next time, too."""

    def __init__(self, data_dir: Path, proxy: Proxy) -> None:
        super().__init__(data_dir)
        self.proxy = proxy

    def command(self) -> list[str]:
        """Add the second door to the configuration, and lead the proxy to it."""
        command = super().command()
        inner = self._ports["workers_port"] = self.choose_port("workers_port")
        self.proxy.target = f"{HOST}:{inner}"
        config = Path(command[-1])
        doors = DOORS.format(host=HOST, inner=inner, outer=self.proxy.address, **self._ports)
        config.write_text(config.read_text() + doors)  # of a setting said twice the last holds
        return command
