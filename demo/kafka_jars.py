"""The jars of an Apache Kafka broker: pinned by hash in ``kafka_jars.lock``, fetched once per user.

``python -m demo.kafka_jars`` resolves them anew and rewrites the lock (``make lock`` does).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from demo.child import EmbeddedError

KAFKA_VERSION = "4.1.2"
# "!" keeps a coordinate from managing the versions of others: log4j's would bring older Kafka clients.
ENDPOINT = "+".join(
    (
        f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
        "net.sourceforge.argparse4j:argparse4j:0.7.0!",  # what kafka.tools.StorageTool needs beside
        "org.apache.logging.log4j:log4j-slf4j-impl:2.25.3!",  # without it the broker logs nothing
    )
)
LOCK_FILE = Path(__file__).with_name("kafka_jars.lock")
PARALLEL_DOWNLOADS = 8


class Jar(NamedTuple):
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def locked_jars() -> list[Jar]:
    """Return what the lock file lists."""
    jars = []
    for line in LOCK_FILE.read_text().splitlines():
        if not line.startswith("#"):
            coordinate, size, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, int(size), sha256))
    return jars


def cache_dir() -> Path:
    """Return the per-user directory that keeps the jars."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "command-centre" / f"kafka-{KAFKA_VERSION}"


def classpath(progress: Callable[[str], None]) -> str:
    """Return Kafka's class path, after fetching what is missing."""
    jars, home = locked_jars(), cache_dir()
    missing = [jar for jar in jars if not (home / jar.file_name).exists()]
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # somebody else may be at it: then theirs will do
            missing = [jar for jar in missing if not (home / jar.file_name).exists()]
            if missing:
                _fetch(missing, home, progress)
    return os.pathsep.join(str(home / jar.file_name) for jar in jars)


def _fetch(jars: list[Jar], home: Path, progress: Callable[[str], None]) -> None:
    total_mb = sum(jar.size_bytes for jar in jars) / 1e6
    text, done_mb = "downloading Kafka (first time only) … {:.0f} of {:.0f} MB", 0.0
    progress(text.format(done_mb, total_mb))
    with (
        tempfile.TemporaryDirectory(dir=home) as staging,
        ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool,
    ):
        futures = [pool.submit(_fetch_one, jar, home, Path(staging)) for jar in jars]
        for future in as_completed(futures):
            before, done_mb = done_mb, done_mb + future.result().size_bytes / 1e6
            if int(before / 5) != int(done_mb / 5):
                progress(text.format(done_mb, total_mb))


def _fetch_one(jar: Jar, home: Path, staging: Path) -> Jar:
    """Put one jar of the right content into ``home``, from the user's Maven repository or the net."""
    # Imported here because it takes a second, and only the first start needs it.
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    problem: object = None
    for attempt, local_repos in enumerate(([settings.repo_cache], [], [])):
        # A directory for each attempt: jgo takes what a broken download left for the whole file.
        context = MavenContext(
            repo_cache=staging / str(attempt), local_repos=local_repos, timeout=60
        )
        context.remote_repos.update(settings.repositories)
        try:
            found = (
                context.project(jar.group, jar.artifact)
                .at_version(jar.version)
                .artifact()
                .resolve()
            )
        except (OSError, RuntimeError) as exc:
            problem = exc
            continue
        if hashlib.sha256(found.read_bytes()).hexdigest() == jar.sha256:
            part = staging / f"{jar.file_name}.part"
            shutil.copyfile(found, part)
            part.replace(home / jar.file_name)
            return jar
        problem = f"{found} is not the file that {LOCK_FILE.name} names"
    msg = (
        f"could not fetch {jar.file_name} for Kafka: {problem}\n"
        "Check the network; a Maven mirror goes under [repositories] of jgo's settings (~/.config/jgo.conf)."
    )
    raise EmbeddedError(msg)


def _resolve() -> list[Jar]:
    import jgo
    from jgo.config import GlobalSettings

    artifacts = jgo.resolve(ENDPOINT, repositories=GlobalSettings.load().repositories)
    jars = []
    for artifact in artifacts:
        content = artifact.resolve().read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        jars.append(
            Jar(artifact.groupId, artifact.artifactId, artifact.version, len(content), digest)
        )
    return sorted(jars)


def main() -> None:
    """Rewrite the lock."""
    lines = [
        f"# Apache Kafka {KAFKA_VERSION}: group:artifact:version, bytes, sha256. Made by `make lock`."
    ]
    lines += [f"{j.group}:{j.artifact}:{j.version} {j.size_bytes} {j.sha256}" for j in _resolve()]
    LOCK_FILE.write_text("\n".join(lines) + "\n")
    sys.stdout.write(f"{len(lines) - 1} jars\n")


if __name__ == "__main__":
    main()
