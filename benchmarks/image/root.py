"""A directory with a whole Debian system, and commands run inside it. For Linux, as root."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.image.dockerfile import Kind

LEFT_OUT = (
    "/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*",
    "/usr/share/groff/*", "/usr/share/lintian/*", "/usr/share/linda/*",
)  # fmt: skip
"""Files that Debian's slim images leave out."""

EMPTIED = ("var/cache/apt", "var/lib/apt/lists", "var/log", *(p[1:-2] for p in LEFT_OUT))
FROM_HOST = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
"""Files of this machine that build commands see: name resolution and trusted certificates."""

PASSED_ON = (
    "PIP_CERT", "PIP_DEFAULT_TIMEOUT", "HF_ENDPOINT", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _lent() -> Mapping[str, str]:
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


@dataclass(frozen=True, slots=True)
class Root:
    """A root directory, and the state that instructions leave for those after them.

    Attributes:
        path: The directory on this machine.
        lent: Environment variables that only build commands get.
        env: Environment variables set by ENV.
        workdir: Set by WORKDIR.
        user: Set by USER.
        commands: Those of ENTRYPOINT, CMD and HEALTHCHECK.
    """

    path: Path
    lent: Mapping[str, str] = field(default_factory=_lent)
    env: Mapping[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    workdir: str = "/"
    user: str = "0"
    commands: Mapping[Kind, Sequence[str]] = field(default_factory=dict[Kind, Sequence[str]])

    def inside(self, name: str) -> Path:
        """Return the path on this machine of a path inside the root."""
        return self.path / Path("/", self.workdir, name).relative_to("/")

    def command(
        self, argv: Sequence[str], env: Mapping[str, str], *, read_only: bool = False
    ) -> list[str]:
        """Return the command line that runs `argv` in the root, in a mount namespace of its own.

        Args:
            argv: The command inside the root.
            env: Environment variables besides those of ENV.
            read_only: Make everything but /tmp read-only, as when the image is served.
        """
        root = shlex.quote(str(self.path))
        proc = f"mount -t proc proc {root}/proc"
        if read_only:
            mounts = [
                f"mount --bind {root} {root}",
                f"mount -o remount,bind,ro {root}",
                f"mount -t tmpfs tmpfs {root}/tmp",
            ]
        else:
            mounts = [f"mount --bind {f} {root}{f}" for f in FROM_HOST if self.inside(f).is_file()]
        variables = [f"{k}={v}" for k, v in {**self.env, **env}.items()]
        inner = ["env", "-i", *variables, *argv]
        enter = ["chroot", f"--userspec={self.user}", str(self.path), "/bin/sh", "-c",
                 f"cd {shlex.quote(self.workdir)} && exec {shlex.join(inner)}"]  # fmt: skip
        script = " && ".join([*mounts, proc, f"exec {shlex.join(enter)}"])
        return ["unshare", "--mount", "sh", "-c", script]

    def run(self, argv: Sequence[str]) -> None:
        """Run a build command.

        Raises:
            subprocess.CalledProcessError: The command failed.
        """
        subprocess.run(self.command(argv, self.lent), check=True)

    def megabytes(self) -> float:
        """Return the size of its contents in 10⁶ bytes, as an engine shows an image's size."""
        out = subprocess.run(
            ["du", "--bytes", "--summarize", "--one-file-system", str(self.path)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return int(out.stdout.split()[0]) / 1e6


def debian(suite: str, path: Path) -> Root:
    """Install a minimal Debian of this suite into `path`, without the files of LEFT_OUT."""
    subprocess.run(["debootstrap", "--variant=minbase", suite, str(path)], check=True)
    excludes = "".join(f"path-exclude {pattern}\n" for pattern in LEFT_OUT)
    (path / "etc/dpkg/dpkg.cfg.d/slim").write_text(excludes, encoding="utf-8")
    for folder in EMPTIED:
        for entry in (path / folder).glob("*"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return Root(path)


def copied(root: Root, path: Path) -> Root:
    """Copy a root to `path`."""
    subprocess.run(["cp", "--archive", str(root.path), str(path)], check=True)
    return replace(root, path=path)
