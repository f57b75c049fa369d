"""A Debian 12 in which the ordinary user `pi` set Xiaoben up as the README says; built once and kept."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent.parent
HOME = Path("/home/pi/xiaoben")
"""The checkout in the machine."""

PROGRAMS = ("mmdebstrap", "mke2fs")
_PACKAGES = [
    *("linux-image-amd64", "systemd-sysv", "dbus", "libpam-systemd", "qemu-guest-agent", "sudo"),
    *("make", "python3", "python3-venv", "g++", "libportaudio2", "ca-certificates"),
    *("libasound2-plugins", "alsa-utils", "pulseaudio", "pulseaudio-utils"),
    *("pipewire", "pipewire-pulse", "wireplumber", "dbus-user-session"),
    *("systemd-resolved", "iproute2", "iputils-ping"),
]
_MADE_FROM = ("constraints.txt", "scripts/setup.py", "models/models.toml", "tests/boot/image.py")
# To llama.cpp a build that can be repeated is one for other processors too: an emulated one has no AVX-512.
_ANY_PROCESSOR = "SOURCE_DATE_EPOCH=1700000000"


@dataclass(frozen=True, slots=True)
class Image:
    """A disk and the kernel that boots it."""

    folder: Path

    @classmethod
    def made(cls, cache: Path) -> Self:
        """The image for this checkout; takes minutes when something that it rests on has changed."""
        parts = [(ROOT / name).read_bytes() for name in _MADE_FROM]
        image = cls(cache / hashlib.sha256(b"".join(parts)).hexdigest()[:16])
        if not image.folder.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="building-") as folder:
                finished = _build(Path(folder), cache / "wheels")
                finished.rename(image.folder)
        return image

    def file(self, pattern: str) -> Path:
        """`disk`, `vmlinuz*` or `initrd*`."""
        return next(self.folder.glob(pattern))


def _build(folder: Path, wheels: Path) -> Path:
    """Debian, a user and a checkout that is set up; `wheels` keeps what was compiled for the next time."""
    root, checkout, image = folder / "root", folder / "checkout.tar", folder / "image"
    setup = f"runuser -u pi -- env {_ANY_PROCESSOR} make -C {HOME} setup"
    hooks = [
        'chroot "$1" useradd --create-home --shell /bin/bash --groups sudo pi',
        """echo '%sudo ALL=(ALL) NOPASSWD: ALL' > "$1/etc/sudoers.d/pi" """,
        # The package registries are reached, and trusted, as this machine does it.
        'for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do cp "$file" "$1$file"; done',
        'install -D /etc/resolv.conf "$1/run/systemd/resolve/stub-resolv.conf"',
        f'tar -C "$1" --extract --file {checkout}',
        f'mkdir -p "$1/home/pi/.cache/xiaoben" && cp -r {wheels} "$1/home/pi/.cache/xiaoben/"',
        f'chroot "$1" chown -R pi: /home/pi && chroot "$1" {setup}',
        f'cp -r "$1/home/pi/.cache/xiaoben/wheels" {wheels.parent}',
        # A name is to be asked for at a server beyond the cable, and no neighbour without being told to.
        """printf '[Resolve]\\nDNS=192.0.2.1\\nLLMNR=no\\n' > "$1/etc/systemd/resolved.conf" """,
        f'cp "$1"/boot/vmlinuz* "$1"/boot/initrd* {image}',
    ]
    wheels.mkdir(exist_ok=True)
    image.mkdir()
    checkout.write_bytes(present_checkout(models=True))
    command = ["mmdebstrap", "--variant=apt", f"--include={','.join(_PACKAGES)}"]
    command += [f"--customize-hook={hook}" for hook in hooks]
    subprocess.run([*command, "bookworm", root, *_sources()], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, image / "disk", "8G"], check=True)
    shutil.rmtree(root)
    return image


def _sources() -> list[str]:
    """Where this machine gets Debian from, as apt knows it."""
    command = ["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"]
    lines = subprocess.run([*command, "Created-By: Packages"], capture_output=True, text=True, check=True)
    return sorted({line for line in lines.stdout.splitlines() if " bookworm" in line})


def present_checkout(*, models: bool = False) -> bytes:
    """The files of this checkout, new ones too, as a tar archive with their place in the machine."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    present = [name for name in names if name and (ROOT / os.fsdecode(name)).is_file()]
    weights = [os.fsencode(path.relative_to(ROOT)) for path in ROOT.glob("models/*") if path.is_dir()]
    tar = ["tar", "--create", "--null", "--files-from=-", f"--transform=s,^,{HOME.relative_to('/')}/,"]
    wanted = b"\0".join([*present, *(weights if models else ())])
    return subprocess.run(tar, cwd=ROOT, input=wanted, capture_output=True, check=True).stdout
