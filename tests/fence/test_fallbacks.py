"""Where the kernel refuses a layer the others hold, and it is said what is open."""

import errno
import os
from pathlib import Path

import pytest

from assistant.fence import Layer, Reach, enclose, landlock, namespaces, observe, privileges, seccomp, view
from tests.fence.attempts import NEEDED, REACHED, WAYS_OUT, World, tried
from tests.fence.children import in_child

NETWORK = ("tcp", "udp", "c library", "system call", "another program")
FILES = ("reading", "writing", "writing to the system", "writing what may be read")


def some(names: tuple[str, ...], there: World) -> set[str]:
    return set(tried({name: WAYS_OUT[name] for name in names}, there).values())


def refuse_namespaces() -> None:
    """As an administrator does it: in a user namespace whose settings are ours, the rest the machine's."""
    namespaces.enter(namespaces._NEWUSER)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    privileges.drop()


def layers() -> dict[str, Layer]:
    return {layer.name: layer for layer in observe()}


def test_without_namespaces_there_is_no_network_and_no_other_file_still(there: World):
    def work():
        refuse_namespaces()
        enclose(there.reach)
        return some(NETWORK, there) | some(FILES, there), tried(NEEDED, there)

    outcomes, needed = in_child(work)
    assert REACHED not in outcomes
    assert needed == dict.fromkeys(NEEDED, REACHED)


def test_without_namespaces_landlock_keeps_us_from_other_programs(there: World):
    if landlock.version() < 6:
        pytest.skip(f"the kernel's Landlock is of version {landlock.version()}")

    def work():
        refuse_namespaces()
        enclose(there.reach)
        return some(("abstract socket", "signals", "memory of another"), there)

    assert in_child(work) == {"EPERM"}


def test_without_namespaces_it_says_so_and_why_and_what_is_open(there: World):
    def work():
        refuse_namespaces()
        enclose(there.reach)
        return layers(), tried({"path socket": WAYS_OUT["path socket"]}, there)

    found, socket = in_child(work)
    assert not found["mount namespace"].enforced
    assert "because user.max_user_namespaces is 0" in found["mount namespace"].en
    assert "user.max_user_namespaces 为 0" in found["mount namespace"].zh
    assert [name for name, layer in found.items() if not layer.enforced] == [
        "network namespace",
        "mount namespace",
    ]
    assert socket["path socket"] == REACHED, "it is open: a fence that closes it must say so"


def test_a_namespace_that_is_refused_half_way_leaves_us_who_we_are():
    def work():
        landlock.restrict(Reach(readable=[Path("/")]))  # the numbers in it cannot be written then
        with pytest.raises(PermissionError, match="user namespace") as refusal:
            namespaces.enter()
        return refusal.value.errno, os.getuid(), Path("/proc/self/ns/net").readlink()

    number, uid, network = in_child(work)
    assert number == errno.EACCES
    assert uid == os.getuid()
    assert network == Path("/proc/self/ns/net").readlink()


def test_the_namespaces_alone_have_no_network(there: World):
    def work():
        namespaces.enter()
        return some(("tcp", "udp", "another program", "abstract socket"), there), layers()[
            "network namespace"
        ]

    outcomes, observed = in_child(work)
    assert REACHED not in outcomes
    assert observed.enforced


def test_the_view_alone_keeps_files_apart(there: World):
    def work():
        namespaces.enter()
        view.build(Reach([Path("/usr"), Path("/lib"), Path("/lib64"), Path("/proc")]) + there.reach)
        return some((*FILES, "path socket"), there)

    assert REACHED not in in_child(work)


def test_a_view_that_cannot_be_built_changes_nothing(there: World, monkeypatch):
    monkeypatch.setattr(view, "_PIVOT_ROOT", {})

    def work():
        namespaces.enter()
        with pytest.raises(OSError, match="pivot_root"):
            view.build(there.reach)
        return (there.folder / "other" / "file").read_text(), Path.cwd()

    assert in_child(work) == ("other", Path.cwd())


def test_the_view_shows_what_a_chain_of_links_leads_to(tmp_path: Path):
    (tmp_path / "v3" / "whisper").mkdir(parents=True)
    (tmp_path / "v3" / "whisper" / "file").write_text("model")
    (tmp_path / "current").symlink_to("v3")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whisper").symlink_to(tmp_path / "current" / "whisper")

    def work():
        namespaces.enter()
        view.build(Reach([tmp_path / "models", tmp_path / "models" / "whisper"]))
        return (tmp_path / "models" / "whisper" / "file").read_text()

    assert in_child(work) == "model"


def test_the_view_shows_a_link_whatever_below_it_is_asked_for_first(tmp_path: Path):
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "real" / "file").write_text("real")
    (tmp_path / "link").symlink_to("real")

    def work():
        namespaces.enter()
        view.build(Reach([tmp_path / "link" / "inner", tmp_path / "link" / "absent", tmp_path / "link"]))
        return (tmp_path / "link" / "file").read_text(), sorted(path.name for path in tmp_path.iterdir())

    assert in_child(work) == ("real", ["link", "real"])


def test_the_view_passes_over_links_that_lead_in_a_circle(there: World, tmp_path: Path):
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")

    def work():
        namespaces.enter()
        view.build(there.reach + Reach([tmp_path / "one"]))
        return some(("reading",), there)

    assert REACHED not in in_child(work)


def opened() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_pipe_for_which_landlock_takes_no_rule_does_not_open_the_rest(there: World):
    def work():
        pipe = Path("/proc/self/fd", str(os.pipe()[1]))
        before = opened()
        landlock.restrict(Reach([Path("/proc")], [pipe]) + there.reach)
        pipe.write_text("heard")
        return some(FILES, there), opened() - before

    outcomes, leaked = in_child(work)
    assert REACHED not in outcomes
    assert not leaked


def test_seccomp_alone_opens_no_socket_of_a_network(there: World):
    def work():
        privileges.drop()
        seccomp.load()
        return some((*NETWORK, "netlink", "io_uring"), there), layers()["seccomp"].enforced

    outcomes, observed = in_child(work)
    assert REACHED not in outcomes
    assert observed


def test_without_libseccomp_the_rest_holds_and_it_is_said(there: World, monkeypatch):
    monkeypatch.setattr(seccomp, "pyseccomp", None)

    def work():
        enclose(there.reach)
        return some(("tcp", "udp", "another program", *FILES), there), layers()["seccomp"]

    outcomes, layer = in_child(work)
    assert REACHED not in outcomes
    assert not layer.enforced
    assert "libseccomp" in layer.en
    assert "libseccomp" in layer.zh


def test_without_landlock_the_rest_holds_and_it_is_said(there: World, monkeypatch):
    monkeypatch.setattr(landlock, "_CREATE_RULESET", 999)  # as in a kernel that has no such call

    def work():
        enclose(there.reach)
        return some((*NETWORK, *FILES), there), layers()["Landlock"]

    outcomes, layer = in_child(work)
    assert REACHED not in outcomes
    assert not layer.enforced
    assert "no Landlock" in layer.en


@pytest.mark.parametrize(("version", "size"), [(1, 8), (2, 8), (4, 16), (5, 16), (6, 24), (7, 24)])
def test_an_older_landlock_is_asked_for_what_it_knows(version: int, size: int, there: World, monkeypatch):
    if landlock.version() < version:
        pytest.skip(f"the kernel's Landlock is of version {landlock.version()}")
    monkeypatch.setattr(landlock, "version", lambda: version)
    asked: list[int] = []

    def note(number: int, *arguments: object) -> int:
        if number == 444:
            asked.append(arguments[1])
        return system_call(number, *arguments)

    system_call = landlock.system_call
    monkeypatch.setattr(landlock, "system_call", note)

    def work():
        landlock.restrict(there.reach)
        return asked, some(FILES, there)

    sizes, outcomes = in_child(work)
    assert sizes == [size]
    assert REACHED not in outcomes
