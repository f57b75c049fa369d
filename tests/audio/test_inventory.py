import pytest

from assistant.audio.inventory import Device, matching, missing, refused, stopped

CAMERA = Device(0, "HD Webcam: USB Audio (hw:1,0)", 1, 0, 16_000, [])
HEADSET = Device(1, "Jabra 耳机: USB Audio (hw:2,0)", 1, 2, 48_000, [])
SYSTEM = Device(2, "default", 32, 32, 44_100, ["microphone", "speaker"])
HDMI = Device(3, "HDMI", 0, 8, 48_000, [])
HDMI_2 = Device(4, "HDMI 2", 0, 8, 48_000, [])
DEVICES = [CAMERA, HEADSET, SYSTEM, HDMI_2, HDMI]


@pytest.mark.parametrize(
    ("wanted", "role", "found"),
    [
        ("", "microphone", [SYSTEM]),
        ("", "speaker", [SYSTEM]),
        ("webcam", "microphone", [CAMERA]),
        ("耳机", "speaker", [HEADSET]),
        ("usb", "microphone", [CAMERA, HEADSET]),
        ("hdmi", "speaker", [HDMI, HDMI_2]),
        ("webcam", "speaker", []),
        ("hdmi", "microphone", []),
        ("none", "speaker", []),
    ],
)
def test_a_name_fits_devices_of_its_role_and_a_whole_name_comes_first(wanted, role, found):
    assert matching(DEVICES, wanted, role) == found


def test_without_a_default_the_first_able_device_is_taken():
    assert matching([HDMI, CAMERA, HEADSET], "", "microphone") == [CAMERA]


def test_without_any_device_none_is_taken():
    assert matching([HDMI], "", "microphone") == []


def test_a_missing_device_is_told_with_those_there_are():
    error = missing(DEVICES, "Yeti", "microphone")
    assert error.en == (
        "No microphone has 'Yeti' in its name, there are: HD Webcam: USB Audio (hw:1,0), "
        "Jabra 耳机: USB Audio (hw:2,0), default; plug it in, or set audio.microphone to one that "
        "`xiaoben devices` shows."
    )
    assert error.zh.startswith("没有名称包含“Yeti”的麦克风，现有：HD Webcam")


def test_no_device_at_all_is_told():
    assert missing([HDMI], "", "microphone").en.startswith("No microphone was found; plug one in")
    assert missing([CAMERA], "", "speaker").zh.startswith("没有找到扬声器；请接上一个")


def test_a_device_that_refuses_or_stops_is_named():
    assert "'HDMI' cannot be opened (Device unavailable)" in refused(HDMI, "speaker", "Device unavailable").en
    assert stopped(CAMERA, "microphone").zh.startswith("麦克风“HD Webcam: USB Audio (hw:1,0)”停止工作")
