from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import files
from assistant.audio.files import WavWriter, frames, read, write
from assistant.errors import InputError, StorageError
from tests.audio.sounds import array, decibels, frequency, samples, tone


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("name", ["tone.wav", "tone.flac", "tone.ogg"])
def test_any_rate_and_format_is_heard_at_the_same_pitch_length_and_level(tmp_path, name, rate_hz):
    soundfile.write(tmp_path / name, tone(440, 1.0, rate_hz), rate_hz)
    heard = array(read(tmp_path / name))
    assert len(heard) == pytest.approx(16_000, abs=2)
    assert frequency(heard, 16_000) == pytest.approx(440, abs=1)
    assert decibels(heard) == pytest.approx(-9.0, abs=0.3)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_any_width_is_heard_at_the_same_level(tmp_path, subtype):
    soundfile.write(tmp_path / "tone.wav", tone(440, 0.2, 16_000), 16_000, subtype=subtype)
    assert decibels(array(read(tmp_path / "tone.wav"))) == pytest.approx(-9.0, abs=0.3)


def test_the_channels_are_mixed(tmp_path):
    left, right = tone(440, 0.2, 16_000), np.zeros(3200, np.float32)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), 16_000)
    assert decibels(array(read(tmp_path / "stereo.wav"))) == pytest.approx(-15.0, abs=0.3)


def test_frame_by_frame_it_is_the_same_with_the_last_frame_filled_up(tmp_path):
    soundfile.write(tmp_path / "tone.flac", tone(440, 5.01, 44_100), 44_100)
    heard = list(frames(tmp_path / "tone.flac"))
    assert {len(frame) for frame in heard} == {640}
    assert b"".join(heard).rstrip(b"\0") == read(tmp_path / "tone.flac").rstrip(b"\0")
    assert len(heard) == 251


def test_16_khz_mono_is_not_touched(tmp_path):
    sound = np.arange(-1000, 1000, dtype=np.int16)
    soundfile.write(tmp_path / "ramp.wav", sound, 16_000)
    assert read(tmp_path / "ramp.wav") == sound.tobytes()


def test_what_is_louder_than_full_scale_is_clipped_and_does_not_wrap(tmp_path):
    soundfile.write(tmp_path / "loud.wav", tone(440, 0.1, 16_000, peak=2.0), 16_000, subtype="FLOAT")
    heard = array(read(tmp_path / "loud.wav"))
    assert heard.max() == 32767
    assert np.abs(np.diff(heard.astype(int))).max() < 15_000


def test_a_file_longer_than_a_block_has_no_seams(tmp_path):
    soundfile.write(tmp_path / "long.wav", tone(100, 6.0, 48_000), 48_000)
    heard = array(read(tmp_path / "long.wav")).astype(int)
    assert len(heard) == 96_000
    steepest = 0.5 * 32768 * 2 * np.pi * 100 / 16_000
    assert np.abs(np.diff(heard[100:-100])).max() < steepest + 2


def test_a_raw_name_does_not_confuse_the_reader(tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(440, 0.1, 16_000), 16_000)
    (tmp_path / "tone.wav").rename(tmp_path / "tone.raw")
    assert len(read(tmp_path / "tone.raw")) == 3200


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"What time is it?\n" * 100, "is no sound file"),
        (bytes(range(256)) * 20, "is no sound file"),
        (b"RIFF$\0\0\0WAVE", "is no sound file"),
    ],
)
def test_what_is_no_sound_is_refused_in_a_sentence(tmp_path, content, sentence):
    (tmp_path / "mic.wav").write_bytes(content)
    with pytest.raises(InputError, match=rf"mic\.wav {sentence}"):
        read(tmp_path / "mic.wav")


def test_a_header_without_sound_is_refused(tmp_path):
    soundfile.write(tmp_path / "mic.wav", np.zeros(0, np.int16), 16_000)
    with pytest.raises(InputError, match="holds no sound"):
        read(tmp_path / "mic.wav")


def test_a_flac_file_that_was_cut_off_is_refused(tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.1, 20_000)
    soundfile.write(tmp_path / "mic.flac", noise, 16_000)
    (tmp_path / "mic.flac").write_bytes((tmp_path / "mic.flac").read_bytes()[:20_000])
    with pytest.raises(InputError, match="is no sound file"):
        read(tmp_path / "mic.flac")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file or directory"):
        read(tmp_path / "none.wav")
    with pytest.raises(InputError, match="Is a directory"):
        read(tmp_path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")  # root, whom tests often run as, may read anything

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        read(tmp_path / "mic.wav")


def test_the_sentences_are_there_in_chinese(tmp_path, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "zh")
    with pytest.raises(InputError) as failure:
        read(tmp_path / "none.wav")
    assert str(failure.value).startswith("无法读取声音文件")


def test_what_is_written_is_read_back(tmp_path):
    sound = samples(tone(440, 0.5, 16_000))
    write(tmp_path / "out.wav", sound, 16_000)
    assert read(tmp_path / "out.wav") == sound


def test_a_file_being_written_is_valid_at_any_moment(tmp_path):
    file = WavWriter(tmp_path / "out.wav", 24_000)
    assert soundfile.info(tmp_path / "out.wav").frames == 0
    for count in range(1, 4):
        file.write(bytes(960))
        assert soundfile.info(tmp_path / "out.wav").frames == 480 * count
        assert soundfile.info(tmp_path / "out.wav").samplerate == 24_000


def test_only_its_owner_may_read_it_though_it_was_there_before(tmp_path):
    (tmp_path / "reply.wav").touch(mode=0o644)
    write(tmp_path / "reply.wav", bytes(2), 16_000)
    assert (tmp_path / "reply.wav").stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(StorageError, match=r"out\.wav cannot be written: No such file or directory"):
        WavWriter(tmp_path / "none" / "out.wav", 24_000)
    with pytest.raises(StorageError, match="Is a directory"):
        WavWriter(tmp_path, 24_000)


def test_a_full_disk_is_one_sentence():
    with pytest.raises(StorageError, match="No space left on device"):
        files.write(Path("/dev/full"), bytes(1 << 16), 24_000)
