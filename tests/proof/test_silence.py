import socket
import struct

from assistant.proof import yard
from assistant.proof.capture import Packet
from assistant.proof.report import Text
from assistant.proof.silence import row

NAME = Text("packets", "数据包")
DNS_QUERY = b"\0\1\1\0\0\1\0\0\0\0\0\0\3out\7xiaoben\7example\0\0\1\0\1"


def udp(port: int, payload: bytes) -> Packet:
    ip = bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0]) + bytes([10, 0, 0, 1]) + bytes([10, 0, 0, 2])
    frame = bytes(12) + b"\x08\0" + ip + struct.pack("!HHHH", 4000, port, 0, 0) + payload
    return Packet("exit", frame)


def test_a_packet_is_described_by_where_it_goes_and_what_it_asks_for():
    assert "UDP 10.0.0.1 port 4000 to 10.0.0.2 port 9, 43 bytes" in str(udp(9, b"x"))
    assert "asking for out.xiaoben.example" in str(udp(53, DNS_QUERY))
    assert "ethertype 0x0806" in str(Packet("exit", bytes(12) + b"\x08\x06" + bytes(28)))


def test_silence_counts_only_if_the_capture_is_known_to_see():
    assert row("fenced", NAME, [], missed="").verdict == "held"
    assert row("fenced", NAME, [], missed="DNS").verdict == "unproven"
    assert row("fenced", NAME, [udp(9, b"x")], missed="").verdict == "open"
    assert row("fenced", NAME, [udp(9, b"x")], missed="DNS").verdict == "open"


def test_the_name_server_gives_every_name_one_ipv4_address():
    answer = yard.dns_answer(DNS_QUERY)
    assert answer.endswith(socket.inet_aton(yard.IPV4))
    assert not yard.dns_answer(DNS_QUERY[:-4] + b"\0\x1c\0\1").endswith(socket.inet_aton(yard.IPV4))
