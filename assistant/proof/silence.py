"""Whether a spoken turn sends anything: captured at the only exit of the room."""

import socket
import subprocess
import sys

from assistant.proof import yard
from assistant.proof.capture import Capture, Packet
from assistant.proof.report import Row, Text, Verdict

HOSTNAME = "out.xiaoben.example"
_LISTED = 5
_TOKEN = b"the capture sees me"


def control(capture: Capture) -> str:
    """Send a UDP packet and look up a name; empty, or which of them the capture did not see."""
    capture.packets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(_TOKEN, (yard.IPV4, yard.PORT))
    lookup = f"import socket; socket.getaddrinfo({HOSTNAME!r}, None)"
    subprocess.run([sys.executable, "-c", lookup], check=False, capture_output=True)
    seen = b"".join(packet.frame for packet in capture.packets())
    label = HOSTNAME.split(".")[1].encode()
    return ", ".join(name for name, mark in {"UDP": _TOKEN, "DNS": label}.items() if mark not in seen)


def row(name: str, title: Text, packets: list[Packet], missed: str) -> Row:
    """What was captured during a turn, given what the control missed."""
    listed = "; ".join(map(str, packets[:_LISTED]))
    verdict: Verdict = "open" if packets else "unproven" if missed else "held"
    seen = (
        Text(f"not seen: {missed}", f"未见到：{missed}") if missed else Text("UDP, DNS seen", "见到 UDP、DNS")
    )
    sent = Text(f"{len(packets)} packets {listed}".strip(), f"{len(packets)} 个数据包 {listed}".strip())
    return Row("silence", name, title, seen, sent, verdict)
