import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import StorageError
from assistant.fence import Reach
from assistant.fence.reach import of_run, sound, system


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("RUNTIME_DIRECTORY", "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    return Config(state=tmp_path / "state", models=tmp_path / "models", socket=tmp_path / "run" / "socket")


def test_what_does_not_exist_yet_is_made_for_the_owner_alone(config: Config, tmp_path: Path):
    of_run(config, outputs=[tmp_path / "events.jsonl"])
    for made, mode in (("state", 0o700), ("run", 0o700), ("events.jsonl", 0o600)):
        assert stat.S_IMODE((tmp_path / made).stat().st_mode) == mode


def test_a_run_writes_its_state_its_runtime_folder_and_its_outputs_only(config: Config, tmp_path: Path):
    reach = of_run(config, outputs=[tmp_path / "events.jsonl"])
    assert {path.name for path in reach.writable} == {"xiaoben", "state", "run", "events.jsonl"}


def test_a_recording_reaches_neither_the_state_nor_the_sound_server(config: Config, tmp_path: Path):
    reach = of_run(config, tmp_path / "said.wav", [tmp_path / "reply.wav"])
    assert config.state not in reach.writable
    assert not config.state.exists()
    assert not reach.sockets
    assert tmp_path / "said.wav" in reach.readable


def test_a_recording_reads_the_checksums_so_that_not_every_model_is_read_for_them(config: Config, tmp_path):
    reach = of_run(config, tmp_path / "said.wav")
    assert config.state / "models.json" in reach.readable
    assert config.state not in reach.readable


def test_the_output_that_exists_is_kept_until_it_is_written(config: Config, tmp_path: Path):
    (tmp_path / "reply.wav").write_text("before")
    of_run(config, tmp_path / "said.wav", [tmp_path / "reply.wav"])
    assert (tmp_path / "reply.wav").read_text() == "before"


def test_what_cannot_be_made_is_one_sentence_that_names_it(config: Config, tmp_path: Path):
    with pytest.raises(StorageError, match=r"absent/reply\.wav cannot be written: No such file"):
        of_run(config, tmp_path / "said.wav", [tmp_path / "absent" / "reply.wav"])
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(StorageError, match="state cannot be made"):
        of_run(config)


def test_models_that_are_linked_in_from_elsewhere_are_within_reach(config: Config, tmp_path: Path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "big.gguf").symlink_to(tmp_path / "disk" / "big.gguf")
    assert tmp_path / "disk" / "big.gguf" in resolved(config)


def test_what_is_linked_into_a_linked_folder_is_within_reach(config: Config, tmp_path: Path):
    (tmp_path / "cache" / "blobs").mkdir(parents=True)
    (tmp_path / "cache" / "snapshot").mkdir()
    (tmp_path / "cache" / "snapshot" / "model.bin").symlink_to("../blobs/1f2e")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whisper").symlink_to(tmp_path / "cache" / "snapshot")
    assert tmp_path / "cache" / "blobs" / "1f2e" in resolved(config)


@pytest.mark.parametrize("folder", ["models", "XDG_CONFIG_HOME/xiaoben"])
def test_links_that_lead_in_a_circle_are_passed_over(folder: str, config: Config, tmp_path: Path):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "one").symlink_to("other")
    (tmp_path / folder / "other").symlink_to("one")
    (tmp_path / folder / "all").symlink_to(".")
    assert config.models in of_run(config).readable


def resolved(config: Config) -> set[Path]:
    return {path.resolve() for path in of_run(config).readable}


def test_a_process_that_only_puts_up_a_fence_does_not_load_the_configuration_s_checks():
    loaded = "import sys, assistant.fence; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


def test_the_service_manager_and_its_credentials(config: Config, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/notify")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", f"{tmp_path}/credentials")
    assert tmp_path / "notify" in of_run(config).sockets
    assert tmp_path / "credentials" in of_run(config).readable
    monkeypatch.setenv("NOTIFY_SOCKET", "@abstract")
    assert tmp_path / "notify" not in of_run(config).sockets


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("unix:/mnt/wslg/PulseServer", "/mnt/wslg/PulseServer"),
        ("/tmp/native", "/tmp/native"),
        ("{1f2e}unix:/run/native tcp:host:4713", "/run/native"),
        ("tcp:host:4713", None),
        ("host", None),
    ],
)
def test_a_sound_server_is_reached_by_its_unix_socket_only(server, path):
    sockets = sound({"PULSE_SERVER": server}, Path("/home/somebody")).sockets
    assert [str(each) for each in sockets] == ["/run/pulse", *([path] if path else [])]


def test_the_sound_servers_of_a_desktop():
    sockets = sound({"XDG_RUNTIME_DIR": "/run/user/1000"}, Path("/home/somebody")).sockets
    assert Path("/run/user/1000/pulse") in sockets
    assert Path("/run/user/1000/pipewire-0") in sockets
    assert Path("/run/user/1000") not in sockets


def test_the_current_folder_is_not_let_in_because_python_looks_for_modules_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert tmp_path not in system().readable


def test_reaches_add_up():
    one, other = Reach([Path("/a")], [Path("/b")], [Path("/c")]), Reach([Path("/d")])
    assert one + other == Reach((Path("/a"), Path("/d")), (Path("/b"),), (Path("/c"),))
