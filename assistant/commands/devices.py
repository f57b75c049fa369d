"""`xiaoben devices`: which microphones and speakers there are, and which ones the configuration takes."""

import argparse
import asyncio
import dataclasses
import json
from collections.abc import Iterator, Sequence

from assistant.audio.device import list_devices
from assistant.audio.inventory import ROLES, Device, Role, matching, missing
from assistant.config import AudioConfig, Config
from assistant.errors import localized

SUMMARY = ("list microphones and speakers", "列出麦克风和扬声器")


def configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the devices; raises AudioError when the sound system cannot be asked."""
    devices = asyncio.run(list_devices())
    lines = _as_json(devices, config.audio) if args.json else _as_text(devices, config.audio)
    print("\n".join(lines))
    return 0


def _as_json(devices: Sequence[Device], audio: AudioConfig) -> Iterator[str]:
    taken = {role: _taken(devices, audio, role) for role in ROLES}
    entries = [
        dataclasses.asdict(device) | {"configured": [role for role in ROLES if taken[role] == device]}
        for device in devices
    ]
    yield json.dumps(entries, ensure_ascii=False)


def _as_text(devices: Sequence[Device], audio: AudioConfig) -> Iterator[str]:
    for role in ROLES:
        yield _heading(role)
        taken = _taken(devices, audio, role)
        yield from (_line(device, role, taken) for device in devices if device.channels(role))
        if taken is None:
            yield f"  {missing(devices, getattr(audio, role), role)}"


def _taken(devices: Sequence[Device], audio: AudioConfig, role: Role) -> Device | None:
    return next(iter(matching(devices, getattr(audio, role), role)), None)


def _heading(role: Role) -> str:
    if role == "microphone":
        return localized(en="Microphones", zh="麦克风")
    return localized(en="Speakers", zh="扬声器")


def _line(device: Device, role: Role, taken: Device | None) -> str:
    mark = "*" if device == taken else " "
    channels = device.channels(role)
    line = localized(
        en=f"{mark} {device.name}  {device.rate_hz} Hz, {channels} channel{'s' if channels > 1 else ''}",
        zh=f"{mark} {device.name}  {device.rate_hz} Hz，{channels} 声道",
    )
    return line + (localized(en=", the default", zh="，系统默认") if role in device.default else "")
