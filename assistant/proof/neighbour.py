"""An ordinary program beside the fence, as the user may have many: it relays, and holds a secret.

`python -m assistant.proof.neighbour FOLDER…` describes itself in one line of JSON, and ends with its input.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from assistant.proof import yard

SECRET = b"the neighbour's secret"
_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
THIS_MACHINE = 1  # VMADDR_CID_LOCAL
_VSOCK_PORT = 7777


def main(folders: list[str]) -> None:
    """Live until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    libc = ctypes.CDLL(None, use_errno=True)
    # Some kernels let only parents look into a process: the control of the proof must be able to.
    libc.prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    memory = ctypes.create_string_buffer(SECRET)
    connection = socket.create_connection((yard.IPV4, yard.PORT))
    shared = Path("/dev/shm", f"xiaoben-proof-{os.getpid()}")  # noqa: S108 - its name is our own number
    shared.write_bytes(SECRET)
    description = {
        "pid": os.getpid(),
        "address": ctypes.addressof(memory),
        "descriptor": connection.fileno(),
        "abstract": _relay(socket.AF_UNIX, f"\0xiaoben-proof-{os.getpid()}"),
        "relays": [_relay(socket.AF_UNIX, f"{folder}/relay") for folder in folders],
        "vsock_port": _vsock(),
        "system_v": _system_v(libc),
        "shared": str(shared),
    }
    sys.stdout.write(json.dumps(description) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    shared.unlink()


def _relay(family: int, address: str) -> str:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen()
    threading.Thread(target=yard.serve, args=(listener,), daemon=True).start()
    return address


def _vsock() -> int:
    """The port at which the relay listens; 0 where the kernel leads nobody to it."""
    try:
        listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        listener.bind((socket.VMADDR_CID_ANY, _VSOCK_PORT))
        listener.listen()
        threading.Thread(target=yard.serve, args=(listener,), daemon=True).start()
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as connection:
            connection.settimeout(0.5)
            connection.connect((THIS_MACHINE, _VSOCK_PORT))
    except OSError:
        return 0
    return _VSOCK_PORT


def _system_v(libc: ctypes.CDLL) -> int:
    identifier: int = libc.shmget(0, 4096, 0o600)  # gone with the room's namespace
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(identifier, None, 0), SECRET, len(SECRET))
    return identifier


if __name__ == "__main__":
    main(sys.argv[1:])
