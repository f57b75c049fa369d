import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.proof.scanner import Scanner, family, written_by, written_since
from assistant.proof.secret import sound, words

PHRASE = "seven quiet lighthouses sang last night 灯塔昨夜唱歌了"
SOUND = random.Random(0).randbytes(12_800)
SCANNER = Scanner([words("request", PHRASE), sound("sound", SOUND)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-le"])
@pytest.mark.parametrize("offset", range(5))
def test_words_are_found_in_every_encoding_at_every_place(encoding: str, offset: int):
    chunk = b"\xff" * offset + PHRASE.encode(encoding)
    finds = list(SCANNER.chunks([(0, chunk)], "here"))
    first = next(find for find in finds if find.needle == f"{encoding} “seven quiet lighthouses”")
    assert (first.secret, first.place, first.offset) == ("request", "here", offset)
    assert f"{encoding} “灯塔昨夜唱”" in {find.needle for find in finds}


@pytest.mark.parametrize("border", range(1, 20))
def test_a_needle_across_the_border_of_two_chunks_is_found(border: int):
    text = b"seven quiet lighthouses"
    finds = list(SCANNER.chunks([(100, text[:border]), (100 + border, text[border:])], "here"))
    assert [find.offset for find in finds] == [100]


def test_chunks_with_a_gap_between_them_are_not_joined():
    assert not list(SCANNER.chunks([(0, b"seven quiet "), (4096, b"lighthouses")], "here"))


def test_zeros_between_do_not_hide_what_comes_after():
    zeros = bytes(1 << 20)
    finds = SCANNER.chunks([(0, zeros), (len(zeros), b"seven quiet lighthouses")], "here")
    assert [find.offset for find in finds] == [len(zeros)]


def test_parts_of_a_needle_are_no_find():
    assert not list(SCANNER.chunks([(0, b"seven quiet lighthouse " * 1000)], "here"))


def test_a_sound_is_found():
    assert {find.secret for find in SCANNER.chunks([(0, SOUND)], "here")} == {"sound"}


def test_nothing_is_found_without_secrets():
    assert not list(Scanner([]).chunks([(0, PHRASE.encode())], "here"))


def test_a_file_that_has_gone_holds_nothing(tmp_path: Path):
    assert not list(SCANNER.file(tmp_path / "gone"))


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """A process that holds the phrase until it is told to wipe it."""
    code = (
        "import ctypes, sys, subprocess\n"
        "text = sys.stdin.readline().encode()\nbuffer = ctypes.create_string_buffer(text)\n"
        "child = subprocess.Popen(['sleep', '60'])\nprint('held', flush=True)\nsys.stdin.readline()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        for pid in reversed(family(process.pid)):
            os.kill(pid, 9)


def test_the_memory_of_a_process_is_searched(holder: subprocess.Popen[str]):
    assert not list(SCANNER.memory(holder.pid))
    holder.stdin.write(PHRASE + "\n")
    holder.stdin.flush()
    holder.stdout.readline()
    finds = list(SCANNER.memory(holder.pid))
    assert {find.secret for find in finds} == {"request"}
    assert f"process {holder.pid}" in finds[0].place


def test_children_belong_to_the_family(holder: subprocess.Popen[str]):
    holder.stdin.write("\n")
    holder.stdin.flush()
    holder.stdout.readline()
    assert len(family(holder.pid)) == 2


def test_only_files_changed_since_are_looked_at(tmp_path: Path):
    (tmp_path / "before").write_text("a")
    os.utime(tmp_path / "before", (0, 0))
    time.sleep(0.02)  # the kernel's clock for files is coarse
    moment = time.time()
    time.sleep(0.02)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "after").write_text("b")
    (tmp_path / "link").symlink_to("/proc/kmsg")
    os.mkfifo(tmp_path / "pipe")
    assert list(written_since(moment, [tmp_path])) == [tmp_path / "folder" / "after"]


def test_a_deleted_file_is_found_by_who_writes_it(tmp_path: Path):
    with (tmp_path / "gone").open("w+b") as file:
        file.write(PHRASE.encode())
        file.flush()
        (tmp_path / "gone").unlink()
        found = [find for path in written_by(os.getpid()) for find in SCANNER.file(path)]
    assert found


def test_a_file_that_is_only_read_does_not_count(tmp_path: Path):
    (tmp_path / "read").write_text(PHRASE)
    with (tmp_path / "read").open() as file:
        links = [path.readlink() for path in written_by(os.getpid())]
        assert Path(file.name) not in links
