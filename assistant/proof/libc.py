"""The C library, called past Python."""

import ctypes
import mmap
import os
import select
from typing import Any

ulong = ctypes.c_ulong
long = ctypes.c_long

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.shmat.restype = ctypes.c_void_p
_NOWHERE = ctypes.c_void_p(-1).value
_CALL_32 = bytes.fromhex(
    "53 89f8 89f3 87d1 cd80 5b c3"
)  # push rbx; eax=edi; ebx=esi; swap ecx, edx; int 0x80; …


def call(function: str, *arguments: Any) -> int:
    """What the function returns; raises OSError."""
    result: int = _LIBC[function](*arguments)
    if result < 0:
        raise _error()
    return result


def look_up(hostname: str) -> None:
    """Ask the name service; raises ConnectionError."""
    result = ctypes.c_void_p()
    if code := _LIBC.getaddrinfo(hostname.encode(), None, None, ctypes.byref(result)):
        _LIBC.gai_strerror.restype = ctypes.c_char_p
        raise ConnectionError(_LIBC.gai_strerror(code).decode())


def read_of(pid: int, address: int, length: int) -> bytes:
    """Memory of another process; raises OSError."""
    found = ctypes.create_string_buffer(length)
    here = (ctypes.c_size_t * 2)(ctypes.addressof(found), length)
    there = (ctypes.c_size_t * 2)(address, length)
    call("process_vm_readv", pid, here, 1, there, 1, 0)
    return found.raw


def attached(identifier: int, length: int) -> bytes:
    """The beginning of a System V shared memory; raises OSError."""
    place = _LIBC.shmat(identifier, None, 0)
    if place == _NOWHERE:
        raise _error()
    return ctypes.string_at(place, length)


def call_32(number: int, *arguments: int) -> int:
    """A system call as a 32-bit program makes it, on x86-64; raises OSError."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(_CALL_32)
    entry = ctypes.addressof(ctypes.c_char.from_buffer(code))
    result: int = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int] * 4)(entry)(number, *arguments)
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def wait_for_input(descriptor: int, seconds: float) -> None:
    """Return when something has come; raises TimeoutError."""
    if not select.select([descriptor], [], [], seconds)[0]:
        raise TimeoutError("no answer")


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
