"""io_uring: asks the kernel by shared memory, so that filters of system calls do not see what is asked."""

import ctypes
import mmap
import os
import socket
import struct

from assistant.proof import libc

_SETUP, _ENTER = 425, 426
_QUEUES, _ENTRIES = 0, 0x10000000  # offsets for mmap
_GET_EVENTS = 1
_CONNECT, _SOCKET = 16, 45
_PARAMETERS = struct.Struct(
    "=30I"
)  # io_uring_params: 10 fields, 10 of the submission, 10 of the completion queue
_ENTRY = struct.Struct("=BBHiQQIIQ24x")
_RESULT_BYTES = 16


def connect(address: bytes) -> None:
    """Open and connect a TCP socket by io_uring alone; raises OSError."""
    ring = _Ring()
    descriptor = ring.submit(_SOCKET, int(socket.AF_INET), offset=int(socket.SOCK_STREAM))
    buffer = ctypes.create_string_buffer(address, len(address))
    ring.submit(_CONNECT, descriptor, offset=len(address), address=ctypes.addressof(buffer))


class _Ring:
    """One request at a time."""

    def __init__(self) -> None:
        parameters = ctypes.create_string_buffer(_PARAMETERS.size)
        self._ring = libc.call("syscall", _SETUP, 4, parameters)
        fields = _PARAMETERS.unpack(parameters.raw)
        entries, results = fields[:2]
        _, self._tail, self._mask, _, _, _, self._array = fields[10:17]
        self._done, _, self._done_mask, _, _, self._results = fields[20:26]
        size = max(self._array + entries * 4, self._results + results * _RESULT_BYTES)
        self._queues = mmap.mmap(self._ring, size, offset=_QUEUES)
        self._entries = mmap.mmap(self._ring, entries * _ENTRY.size, offset=_ENTRIES)

    def submit(self, operation: int, descriptor: int, *, offset: int, address: int = 0) -> int:
        """The result of a request; raises OSError."""
        tail = self._read(self._tail)
        index = tail & self._read(self._mask)
        entry = (operation, 0, 0, descriptor, offset, address, 0, 0, 0)
        _ENTRY.pack_into(self._entries, index * _ENTRY.size, *entry)
        self._write(self._array + index * 4, index)
        self._write(self._tail, tail + 1)
        libc.call("syscall", _ENTER, self._ring, 1, 1, _GET_EVENTS, None, 0)
        return self._result()

    def _result(self) -> int:
        head = self._read(self._done)
        place = self._results + (head & self._read(self._done_mask)) * _RESULT_BYTES
        result: int = struct.unpack_from("=Qi", self._queues, place)[1]
        self._write(self._done, head + 1)
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

    def _read(self, offset: int) -> int:
        value: int = struct.unpack_from("=I", self._queues, offset)[0]
        return value

    def _write(self, offset: int, value: int) -> None:
        struct.pack_into("=I", self._queues, offset, value)
