"""Sound devices and the choice among them by name. Knows no sound library."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.errors import AudioError

Role = Literal["microphone", "speaker"]
ROLES: tuple[Role, ...] = ("microphone", "speaker")
_CHINESE: dict[Role, str] = {"microphone": "麦克风", "speaker": "扬声器"}


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device, as PortAudio sees it."""

    index: int
    name: str
    inputs: int
    """Channels it can record; 0: it is no microphone."""
    outputs: int
    """Channels it can play; 0: it is no speaker."""
    rate_hz: int
    """The rate it prefers."""
    default: list[Role]
    """As what the system takes it when no name is given."""

    def channels(self, role: Role) -> int:
        """How many channels it has as a microphone or as a speaker."""
        return self.inputs if role == "microphone" else self.outputs


def matching(devices: Sequence[Device], wanted: str, role: Role) -> list[Device]:
    """The devices that a configured name fits, the one to take first; no name fits the system's default.

    A name fits when it is a part of the device's, whatever the case; a whole name comes before parts, then
    the system's order counts.
    """
    able = [device for device in devices if device.channels(role)]
    if not wanted:
        return [device for device in able if role in device.default][:1] or able[:1]
    fitting = [device for device in able if wanted.casefold() in device.name.casefold()]
    return sorted(fitting, key=lambda device: device.name.casefold() != wanted.casefold())


def missing(devices: Sequence[Device], wanted: str, role: Role) -> AudioError:
    """What to tell a person when no device fits."""
    names = [device.name for device in devices if device.channels(role)]
    zh = _CHINESE[role]
    if not names:
        return AudioError(
            en=f"No {role} was found; plug one in and see `xiaoben devices`.",
            zh=f"没有找到{zh}；请接上一个，并查看 `xiaoben devices`。",
        )
    return AudioError(
        en=f"No {role} has '{wanted}' in its name, there are: {', '.join(names)}; "
        f"plug it in, or set audio.{role} to one that `xiaoben devices` shows.",
        zh=f"没有名称包含“{wanted}”的{zh}，现有：{'、'.join(names)}；"
        f"请接上它，或把 audio.{role} 设为 `xiaoben devices` 列出的设备。",
    )


def refused(device: Device, role: Role, reason: str) -> AudioError:
    """What to tell a person when the device cannot be opened."""
    return AudioError(
        en=f"The {role} '{device.name}' cannot be opened ({reason}); close the program that uses it, or set "
        f"audio.{role} to another one that `xiaoben devices` shows.",
        zh=f"无法打开{_CHINESE[role]}“{device.name}”（{reason}）；请关闭占用它的程序，"
        f"或把 audio.{role} 设为 `xiaoben devices` 列出的另一个设备。",
    )


def stopped(device: Device, role: Role) -> AudioError:
    """What to tell a person when the device was there and is no more."""
    return AudioError(
        en=f"The {role} '{device.name}' stopped; if it was unplugged, plug it in again.",
        zh=f"{_CHINESE[role]}“{device.name}”停止工作；如果被拔出，请重新接上。",
    )
