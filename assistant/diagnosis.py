"""Judges what a microphone heard. Pure: samples in, findings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.errors import localized
from assistant.events import FRAME_SAMPLES, WakeDetected

Verdict = Literal["good", "doubtful", "bad"]

_QUIET_DB = -40.0  # speech at arm's length reaches -30 to -10 dBFS; recognition suffers below this
_CLIPPED_DB = -0.3
_NOISY_DB = -40.0
_LOUD_ECHO_DB = -25.0  # the wake word of somebody 2 m away is no louder than this


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """As a program reads it, e.g. `microphone`."""
    verdict: Verdict
    message: str
    """What was found and what to do, in the language of the person."""


def decibels(samples: bytes) -> tuple[float, float]:
    """Loudness of the loudest and of the quietest tenth of the frames, in dB of full scale."""
    sound = np.frombuffer(samples, "<i2").astype(np.float64) / 32768
    frames = sound[: sound.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    levels = 20 * np.log10(np.sqrt((frames**2).mean(axis=1)) + 1e-6)
    return float(np.quantile(levels, 0.95)), float(np.quantile(levels, 0.1))


def judge_microphone(samples: bytes) -> Finding:
    """Whether somebody who spoke was heard well."""
    if not any(samples):
        return Finding(
            "microphone",
            "bad",
            localized(
                en="The microphone delivers nothing but zeros: release its mute button or take another one.",
                zh="麦克风只送来静音：请关闭静音键，或换一个麦克风。",
            ),
        )
    loud, noise = decibels(samples)
    measured = localized(
        en=f"speech {loud:.0f} dB, noise {noise:.0f} dB", zh=f"语音 {loud:.0f} dB，噪声 {noise:.0f} dB"
    )
    if loud > _CLIPPED_DB:
        advice = localized(en="too loud: turn its gain down", zh="太响：请调低增益")
        return Finding("microphone", "doubtful", f"{measured}; {advice}")
    if loud < _QUIET_DB:
        advice = localized(en="too quiet: turn its gain up or come closer", zh="太轻：请调高增益或靠近一些")
        return Finding("microphone", "bad", f"{measured}; {advice}")
    if noise > _NOISY_DB:
        advice = localized(en="noisy: move it away from fans and speakers", zh="噪声大：请远离风扇和扬声器")
        return Finding("microphone", "doubtful", f"{measured}; {advice}")
    return Finding("microphone", "good", measured)


def judge_echo(before: bytes, during: bytes) -> Finding:
    """How much of its own voice the microphone hears, from silence and from what was heard while it spoke."""
    _, silence = decibels(before)
    echo, _ = decibels(during)
    if echo < silence + 6:
        message = localized(
            en="The microphone did not hear the speaker: is it switched on and turned up?",
            zh="麦克风没有听到扬声器的声音：扬声器打开并调大音量了吗？",
        )
        return Finding("speaker", "doubtful", message)
    heard = localized(en=f"heard at {echo:.0f} dB", zh=f"听到 {echo:.0f} dB")
    if echo > _LOUD_ECHO_DB:
        advice = localized(
            en="its own voice may drown you out: turn it down or move it away from the microphone",
            zh="它的声音可能盖过您：请调低音量，或让它离麦克风远一些",
        )
        return Finding("speaker", "doubtful", f"{heard}; {advice}")
    return Finding("speaker", "good", heard)


def judge_wake(detections: Sequence[WakeDetected], spoken: Sequence[str]) -> Finding:
    """Whether a wake word was recognised; `spoken` are those listened for, as a person says them."""
    if detections:
        found = ", ".join(f"{wake.word} {wake.score:.2f}" for wake in detections)
        return Finding("wake", "good", localized(en=f"recognised: {found}", zh=f"已识别：{found}"))
    names = " / ".join(spoken)
    message = localized(
        en=f"No wake word was recognised; say {names} clearly after the tone.",
        zh=f"没有识别到唤醒词；请在提示音后清楚地说 {names}。",
    )
    return Finding("wake", "doubtful", message)
