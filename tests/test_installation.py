"""What an installation writes, where it refuses, and that removing it leaves nothing behind."""

import os
import pwd
import socket
import sys
from pathlib import Path

import pytest

from assistant import paths
from assistant.config import Config, DestinationConfig, HistoryConfig, SkillsConfig
from assistant.errors import AudioError, ConfigError, ControlError, ModelError, StorageError, UsageError
from assistant.installation import dropins
from assistant.installation.manager import Systemd
from assistant.installation.sound import Alsa, Person, SoundServer, choose
from assistant.installation.system import System
from assistant.installation.user import User
from assistant.lan.addresses import LAN

ROOT = Path(__file__).parent.parent


class Recorder:
    """A manager that notes what it is asked for."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def start(self, units):
        self.calls.append(("start", *units))

    def stop(self, units):
        self.calls.append(("stop", *units))

    def reload(self):
        self.calls.append("reload")

    def encrypt_key(self, path):
        self.calls.append(("key", path))
        path.parent.mkdir(parents=True)
        path.write_text("encrypted")


@pytest.fixture
def pi(tmp_path, monkeypatch) -> Person:
    """A person whose checkout lies at home, on a machine whose Python is the system's."""
    home = tmp_path / "home/pi"
    for name in ("assistant", "models/whisper-base", "skills", ".venv/bin"):
        (home / "xiaoben" / name).mkdir(parents=True)
    for folder in home.rglob("*"):
        folder.chmod(0o755)
    (home / "xiaoben/models/models.toml").touch()
    (home / "xiaoben/systemd").symlink_to(ROOT / "systemd")
    monkeypatch.setattr(paths, "PACKAGE", home / "xiaoben/assistant")
    monkeypatch.setattr(sys, "executable", str(home / "xiaoben/.venv/bin/python"))
    monkeypatch.setattr(sys, "prefix", str(home / "xiaoben/.venv"))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    return Person("pi", 1000, home)


@pytest.fixture
def config(pi) -> Config:
    """The defaults, as they are in that checkout."""
    return Config()


HEAD = "# Written by `xiaoben install-service`, and replaced by it: put changes into another file here.\n"


def test_the_machine_s_facts_for_sound_devices(pi, config):
    home = pi.home
    assert dropins.service(config, pi, Alsa()) == HEAD + (
        f"""
[Service]
ExecStart={home}/xiaoben/.venv/bin/python -P -m assistant run
Environment=HOME={home}
BindReadOnlyPaths={home}/xiaoben/assistant
BindReadOnlyPaths={home}/xiaoben/models
BindReadOnlyPaths={home}/xiaoben/skills
BindReadOnlyPaths={home}/xiaoben/.venv
BindReadOnlyPaths={home}/xiaoben/models:/var/lib/private/xiaoben/models
SupplementaryGroups=audio
DeviceAllow=char-alsa rw
BindPaths=-/dev/snd
"""
    )


def test_the_machine_s_facts_for_a_sound_server(pi, config):
    native, cookie = Path("/run/user/1000/pulse/native"), pi.home / ".config/pulse/cookie"
    text = dropins.service(config, pi, SoundServer(pi, native, cookie))
    assert text.startswith(
        HEAD + "\n[Unit]\nRequires=user@1000.service\nAfter=user@1000.service\n\n[Service]\n"
    )
    assert text.endswith(
        f"""
BindReadOnlyPaths=/run/user/1000/pulse/native
Environment=PULSE_SERVER=unix:/run/user/1000/pulse/native
Environment=ALSA_CONFIG_PATH=/etc/xiaoben/asound.conf
LoadCredential=pulse-cookie:{cookie}
Environment=PULSE_COOKIE=%d/pulse-cookie
"""
    )


def test_the_one_who_installs_may_talk_to_the_service(pi):
    assert dropins.control_socket(pi) == HEAD + "\n[Socket]\nSocketUser=pi\n"


def test_a_python_at_home_is_shown_with_the_folder_it_links_to(pi, config, monkeypatch, tmp_path):
    (tmp_path / "python3.11.7").mkdir()
    (tmp_path / "python3.11").symlink_to("python3.11.7")
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "python3.11"))
    text = dropins.service(config, pi, Alsa())
    assert f"BindReadOnlyPaths={tmp_path}/python3.11\n" in text
    assert f"BindReadOnlyPaths={tmp_path}/python3.11.7\n" in text


def test_folders_that_the_configuration_names_stay_where_they_are(pi, tmp_path):
    for name in ("weights", "my_skills"):
        (tmp_path / name).mkdir()
    config = Config(models=tmp_path / "weights", skills=SkillsConfig(folder=tmp_path / "my_skills"))
    text = dropins.service(config, pi, Alsa())
    assert f"BindReadOnlyPaths={tmp_path}/weights\nBindReadOnlyPaths={tmp_path}/my_skills\n" in text


def test_the_person_s_own_skills_come_along(pi, config):
    own = pi.home / ".config/xiaoben/skills"
    own.mkdir(parents=True)
    assert f"BindReadOnlyPaths={own}:/etc/xiaoben/skills\n" in dropins.service(config, pi, Alsa())


def test_bytecode_that_only_its_owner_can_read_is_no_hindrance(tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "server.cpython-311.pyc").touch(mode=0o600)
    (tmp_path / "__pycache__").chmod(0o700)
    tmp_path.chmod(0o755)
    dropins.check_readable([tmp_path])
    (tmp_path / "server.py").touch(mode=0o600)
    with pytest.raises(StorageError, match=r"server\.py cannot be read"):
        dropins.check_readable([tmp_path])


@pytest.mark.parametrize("key", ["state", "socket"])
def test_a_place_that_systemd_gives_cannot_be_configured(pi, key):
    with pytest.raises(ConfigError, match=f"'{key}' cannot be set for the service"):
        dropins.service(Config(**{key: "/elsewhere"}), pi, Alsa())


def test_a_service_without_models_is_refused(pi):
    with pytest.raises(ModelError, match="no models at /nowhere"):
        dropins.service(Config(models="/nowhere"), pi, Alsa())


def test_a_path_that_would_end_a_setting_is_refused(pi, config, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/pi/my programs/python")
    with pytest.raises(StorageError, match="has a space"):
        dropins.service(config, pi, Alsa())


def test_a_percent_sign_stays_one(pi, config, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/100%/python")
    assert "ExecStart=/opt/100%%/python -P" in dropins.service(config, pi, Alsa())


def test_a_checkout_that_only_its_owner_can_read_is_refused(pi, config, tmp_path):
    secret = pi.home / "xiaoben/models/whisper-base"
    secret.chmod(0o750)
    recorder = Recorder()
    with pytest.raises(StorageError, match=rf"{secret} cannot be read.*chmod -R o\+rX"):
        System(recorder, tmp_path / "root").install(config, None, pi, Alsa())
    assert recorder.calls == []
    assert not (tmp_path / "root").exists()


def tree(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def test_installing_writes_the_units_and_starts_them(pi, config, tmp_path):
    recorder = Recorder()
    written = System(recorder, tmp_path / "root").install(config, None, pi, Alsa())
    units = "etc/systemd/system/xiaoben"
    assert tree(tmp_path / "root") == [
        f"{units}.service",
        f"{units}.service.d/installation.conf",
        f"{units}.socket",
        f"{units}.socket.d/installation.conf",
    ]
    assert sorted(written) == sorted(tmp_path / "root" / name for name in tree(tmp_path / "root"))
    assert {path.stat().st_mode & 0o777 for path in written} == {0o644}
    assert recorder.calls == [("stop",), ("start", "xiaoben.service")]


def test_the_broker_for_the_lan_comes_and_goes_with_what_is_to_be_reached(pi, tmp_path):
    recorder = Recorder()
    system = System(recorder, tmp_path)
    lights = DestinationConfig(host="192.168.1.4", port=1883)
    system.install(Config(lan={"lights": lights}), None, pi, Alsa())
    assert recorder.calls[-1] == ("start", "xiaoben.service", "xiaoben-lan.service")
    units = tmp_path / "etc/systemd/system"
    facts = (units / "xiaoben-lan.service.d/installation.conf").read_text()
    assert f"ExecStart={sys.executable} -P -m assistant.lan\nBindReadOnlyPaths={pi.home}/xiaoben/ass" in facts
    system.install(Config(), None, pi, Alsa())
    assert recorder.calls[-2:] == [("stop", "xiaoben-lan.service"), ("start", "xiaoben.service")]
    assert list(units.glob("xiaoben-lan*")) == []


_LAN = " ".join(map(str, LAN))


@pytest.mark.parametrize(
    ("hosts", "lines"),
    [
        ({"192.168.1.4": False}, ["IPAddressAllow=", "IPAddressAllow=192.168.1.4"]),
        ({"192.168.1.4": False, "9.9.9.9": True}, ["IPAddressAllow=", "IPAddressAllow=192.168.1.4 9.9.9.9"]),
        ({"lamp.local": False}, ["IPAddressAllow=", f"IPAddressAllow={_LAN}"]),
        ({"lamp.local": False, "9.9.9.9": True}, ["IPAddressAllow=", f"IPAddressAllow={_LAN} 9.9.9.9"]),
        ({"lamp.local": False, "example.org": True}, ["IPAddressAllow=", f"IPAddressAllow={_LAN} any"]),
    ],
)
def test_the_kernel_lets_the_broker_reach_no_more_than_it_must(pi, hosts, lines):
    lan = {
        f"host-{number}": DestinationConfig(host=host, port=80, beyond_lan=beyond)
        for number, (host, beyond) in enumerate(hosts.items())
    }
    written = dropins.broker(Config(lan=lan)).splitlines()
    assert [line for line in written if line.startswith("IPAddress")] == lines


def test_asking_for_another_kind_of_sound_takes_the_old_one_away(pi, config, tmp_path):
    system = System(Recorder(), tmp_path)
    system.install(config, None, pi, SoundServer(pi, Path("/run/native"), None))
    system.install(config, None, pi, Alsa())
    assert not (tmp_path / "etc/xiaoben/asound.conf").exists()


def test_installing_twice_changes_nothing(pi, config, tmp_path):
    system = System(Recorder(), tmp_path / "root")
    texts = [[path.read_text() for path in system.install(config, None, pi, Alsa())] for _ in range(2)]
    assert texts[0] == texts[1]


def test_the_settings_are_copied_and_then_the_service_s_own(pi, config, tmp_path):
    system = System(Recorder(), tmp_path / "root")
    own = pi.home / ".config/xiaoben/config.toml"
    assert system.settings_for(pi) is None
    own.parent.mkdir(parents=True)
    own.write_text('languages = ["zh"]\n')
    assert system.settings_for(pi) == own
    system.install(config, own, pi, Alsa())
    copy = tmp_path / "root/etc/xiaoben/config.toml"
    assert system.settings_for(pi) == copy
    assert copy.read_text() == 'languages = ["zh"]\n'


def test_a_sound_server_is_kept_from_boot_on_and_alsa_knows_nothing_else(pi, config, tmp_path):
    system = System(Recorder(), tmp_path / "root")
    written = system.install(config, None, pi, SoundServer(pi, Path("/run/native"), None))
    lingering = tmp_path / "root/var/lib/systemd/linger/pi"
    assert lingering in written
    assert "type pulse" in (tmp_path / "root/etc/xiaoben/asound.conf").read_text()
    system.install(config, None, pi, SoundServer(pi, Path("/run/native"), None))
    assert lingering.exists()
    assert lingering in system.remove(purge=False).removed


def test_who_had_a_manager_from_boot_on_before_keeps_it(pi, config, tmp_path):
    lingering = tmp_path / "root/var/lib/systemd/linger/pi"
    lingering.parent.mkdir(parents=True)
    lingering.touch()
    system = System(Recorder(), tmp_path / "root")
    assert lingering not in system.install(config, None, pi, SoundServer(pi, Path("/run/native"), None))
    system.remove(purge=True)
    assert lingering.read_text() == ""


def test_a_history_gets_its_key_once(pi, tmp_path):
    config = Config(history=HistoryConfig(enabled=True))
    recorder = Recorder()
    for _ in range(2):
        System(recorder, tmp_path / "root").install(config, None, pi, Alsa())
    key = tmp_path / "root/etc/credstore.encrypted/xiaoben.history-key"
    assert [call for call in recorder.calls if call[0] == "key"] == [("key", key)]


def test_removing_leaves_what_was_there_before(pi, config, tmp_path):
    root = tmp_path / "root"
    override = root / "etc/systemd/system/xiaoben.service.d/mine.conf"
    override.parent.mkdir(parents=True)
    override.write_text("[Service]\nNice=5\n")
    recorder = Recorder()
    system = System(recorder, root)
    written = system.install(config, None, pi, SoundServer(pi, Path("/run/native"), None))
    removal = system.remove(purge=False)
    assert sorted(removal.removed) == sorted(written)
    assert tree(root) == ["etc/systemd/system/xiaoben.service.d/mine.conf"]
    assert not (root / "etc/systemd/system/xiaoben.socket.d").exists()
    assert recorder.calls[-2:] == [("stop", "xiaoben.service", "xiaoben.socket"), "reload"]


def test_settings_key_and_state_are_kept_until_purged(pi, tmp_path):
    root = tmp_path / "root"
    system = System(Recorder(), root)
    (root / "var/lib/private/xiaoben").mkdir(parents=True)
    (root / "var/lib/private/xiaoben/xiaoben.db").touch()
    (root / "var/lib/xiaoben").symlink_to("private/xiaoben")
    source = tmp_path / "config.toml"
    source.write_text("[history]\nenabled = true\n")
    system.install(Config(history=HistoryConfig(enabled=True)), source, pi, Alsa())
    lasting = ["etc/credstore.encrypted/xiaoben.history-key", "etc/xiaoben", "var/lib/private/xiaoben"]
    assert sorted(system.remove(purge=False).kept) == [root / name for name in lasting]
    assert sorted(system.remove(purge=True).removed) == [
        root / name for name in [*lasting, "var/lib/xiaoben"]
    ]
    assert tree(root) == []


def test_removing_what_is_not_there_removes_nothing(tmp_path):
    removal = System(Recorder(), tmp_path).remove(purge=True)
    assert (removal.removed, removal.kept) == ([], [])


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_said_so(pi, config, tmp_path):
    (tmp_path / "root").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="cannot be changed: Permission denied"):
        System(Recorder(), tmp_path / "root").install(config, None, pi, Alsa())


def test_a_person_s_own_service_is_installed_and_removed(pi, config, tmp_path):
    recorder = Recorder()
    user = User(recorder, tmp_path / ".config")
    written = user.install(config)
    assert tree(tmp_path / ".config") == sorted(str(path.relative_to(user.configuration)) for path in written)
    facts = tmp_path / ".config/systemd/user/xiaoben.service.d/installation.conf"
    assert facts.read_text() == HEAD + f"\n[Service]\nExecStart={sys.executable} -P -m assistant run\n"
    lights = DestinationConfig(host="192.168.1.4", port=1883)
    user.install(Config(lan={"lights": lights}))
    assert facts.read_text().endswith("run\nRestrictAddressFamilies=AF_INET AF_INET6\n")
    user.remove()
    assert tree(tmp_path / ".config") == []
    assert recorder.calls[1:] == [("start", "xiaoben.service"), ("stop", "xiaoben.service"), "reload"]


@pytest.fixture
def logged_in(tmp_path) -> Person:
    folder = tmp_path / f"run/user/{os.getuid()}/pulse"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "native"))
    return Person("pi", os.getuid(), tmp_path / "home")


def test_a_sound_server_is_preferred_where_there_is_one(logged_in, tmp_path):
    chosen = choose(logged_in, None, tmp_path)
    assert isinstance(chosen, SoundServer)
    assert chosen.cookie is None
    assert isinstance(choose(logged_in, "alsa", tmp_path), Alsa)


def test_a_cookie_is_handed_over_if_there_is_one(logged_in, tmp_path):
    cookie = tmp_path / "home/.config/pulse/cookie"
    cookie.parent.mkdir(parents=True)
    cookie.touch()
    assert choose(logged_in, "socket", tmp_path).cookie == cookie


def test_without_a_sound_server_the_devices_are_used_or_it_is_said_so(tmp_path):
    nobody = Person("pi", 1000, tmp_path)
    assert isinstance(choose(nobody, None, tmp_path), Alsa)
    with pytest.raises(AudioError, match="pi has no sound server"):
        choose(nobody, "socket", tmp_path)


def test_a_person_is_found_by_number():
    entry = pwd.getpwuid(os.getuid())
    assert Person.of(os.getuid()) == Person(entry.pw_name, entry.pw_uid, Path(entry.pw_dir))


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder that stands for PATH; the programs in it write down how they were called."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def program(folder: Path, name: str, last: str = "") -> None:
    (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {folder}/calls\n{last}\n')
    (folder / name).chmod(0o755)


def test_units_are_started_by_their_present_files(programs):
    program(programs, "systemctl")
    Systemd(("--user",)).start(["xiaoben.service"])
    assert (programs / "calls").read_text().splitlines() == [
        "systemctl --user daemon-reload",
        "systemctl --user enable xiaoben.service",
        "systemctl --user restart xiaoben.service",
    ]


def test_nothing_is_stopped_when_nothing_is_installed(programs):
    program(programs, "systemctl")
    Systemd().stop([])
    assert not (programs / "calls").exists()


def test_a_unit_that_does_not_start_is_one_sentence(programs):
    program(programs, "systemctl", 'echo "Job failed." >&2; exit 1')
    with pytest.raises(ControlError, match=r"`systemctl daemon-reload` failed: Job failed; see `journalctl"):
        Systemd().reload()


def test_a_program_that_is_missing_is_said_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ControlError, match="`systemctl daemon-reload` failed: No such file"):
        Systemd().reload()


def test_a_key_has_32_random_bytes_and_its_own_name(programs):
    program(programs, "systemd-creds", f"cat > {programs}/plain-$$")
    for _ in range(2):
        Systemd().encrypt_key(programs / "store/xiaoben.history-key")
    first, second = [path.read_bytes() for path in programs.glob("plain-*")]
    assert len(first) == len(second) == 32
    assert first != second
    call = f"systemd-creds encrypt --name=xiaoben.history-key - {programs}/store/xiaoben.history-key"
    assert (programs / "calls").read_text().splitlines() == [call] * 2


def test_a_user_who_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no user with the number 4000000000"):
        Person.of(4_000_000_000)
