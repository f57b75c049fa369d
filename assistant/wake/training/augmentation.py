"""Rooms, noises, microphones: what lies between a mouth and our samples, all of it synthetic."""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from assistant.events import RATE_HZ
from assistant.wake.training.sound import Random, Sound, resample, rms


def vary_voice(sound: Sound, rng: Random) -> Sound:
    """Another throat: pitch and formants up to about two semitones up or down, the tempo with them."""
    return resample(sound, RATE_HZ, RATE_HZ * float(np.exp(rng.uniform(-0.13, 0.13))))


def room(rng: Random) -> Sound:
    """An impulse response: direct sound, a few early reflections, an exponentially decaying tail."""
    decay = float(rng.uniform(0.08, 0.7))  # seconds to -60 dB
    size = int(decay * 100) * RATE_HZ // 100
    time = np.arange(size) / RATE_HZ
    decaying = rng.standard_normal(size) * 10 ** (-3 * time / decay)
    decaying[: int(0.002 * RATE_HZ)] = 0
    tail = _lowpass(decaying.astype(np.float32), float(rng.uniform(1500, 7000)))
    response = tail * np.float32(10 ** (rng.uniform(-16, 4) / 20) / (np.linalg.norm(tail) + 1e-9))
    for delay in rng.integers(16, 480, size=int(rng.integers(2, 7))):
        response[min(delay, size - 1)] += rng.uniform(-0.5, 0.5)
    response[0] = 1
    return response


def reverberate(sound: Sound, response: Sound) -> Sound:
    """`sound` heard in a room; as long as before."""
    size = 1 << (len(sound) + len(response)).bit_length()  # a power of two: quick to transform
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return cast(Sound, np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32))


def colour(sound: Sound, rng: Random) -> Sound:
    """A cheap microphone: bumps and dips, a tilt, limited bass and treble."""
    spectrum = np.fft.rfft(sound)
    octave = np.log2(np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE_HZ), 20) / 1000)
    gain_db = rng.uniform(-3, 3) * octave
    for _ in range(3):
        gain_db += rng.uniform(-6, 6) * np.exp(
            -(((octave - rng.uniform(-3, 3)) / rng.uniform(0.3, 1.5)) ** 2)
        )
    gain_db -= 12 * np.maximum(0, np.log2(rng.uniform(40, 300) / 1000) - octave)
    if rng.random() < 0.4:
        gain_db -= 24 * np.maximum(0, octave - np.log2(rng.uniform(3000, 8000) / 1000))
    return cast(Sound, np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(sound)).astype(np.float32))


def record(sound: Sound, rng: Random) -> Sound:
    """The level at which it is captured, sometimes too high; rounded to 16 bits."""
    level = 10 ** (rng.uniform(-42, -12) / 20)
    louder = sound * (level / (rms(sound) + 1e-9))
    limit = rng.uniform(0.3, 1.0) * np.abs(louder).max(initial=1e-9) if rng.random() < 0.08 else 1.0
    return cast(Sound, np.round(louder.clip(-limit, limit).clip(-1, 1) * 32767).astype(np.float32) / 32768)


def add_noise(sound: Sound, speech: Sound, rng: Random, babble: Sequence[Sound]) -> Sound:
    """`sound` with noise, up to 27 dB quieter or 3 dB louder than `speech`, or without."""
    if rng.random() < 0.1:
        return sound
    added = noise(len(sound), rng, babble)
    ratio_db = rng.uniform(-3, 27)
    return sound + added * np.float32(rms(speech) / (rms(added) + 1e-9) * 10 ** (-ratio_db / 20))


def noise(size: int, rng: Random, babble: Sequence[Sound]) -> Sound:
    """Some steady or restless noise, `size` samples."""
    kinds: list[Callable[[], Sound]] = [
        lambda: _coloured(size, rng),
        lambda: _coloured(size, rng) * _swell(size, rng),
        lambda: _babble(size, rng, babble),
        lambda: _hum(size, rng) + 0.3 * _coloured(size, rng),
        lambda: _music(size, rng),
        lambda: _knocks(size, rng) + 0.1 * _coloured(size, rng),
    ]
    return kinds[int(rng.choice(len(kinds), p=[0.3, 0.15, 0.2, 0.1, 0.15, 0.1]))]()


def _unit(sound: Sound) -> Sound:
    return sound / np.float32(rms(sound) + 1e-9)


def _lowpass(sound: Sound, cutoff_hz: float) -> Sound:
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return cast(
        Sound,
        np.fft.irfft(spectrum / np.sqrt(1 + (frequency / cutoff_hz) ** 4), len(sound)).astype(np.float32),
    )


def _coloured(size: int, rng: Random) -> Sound:
    """White to brown: power falls with the frequency to a power of 0 to 2.2."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 30)
    return _unit(np.fft.irfft(spectrum * frequency ** (-rng.uniform(0, 1.1)), size).astype(np.float32))


def _swell(size: int, rng: Random) -> Sound:
    points = rng.uniform(-20, 0, size=2 + size // 8000)
    curve = np.interp(np.arange(size), np.linspace(0, size, len(points)), points)
    return (10 ** (curve / 20)).astype(np.float32)


def _babble(size: int, rng: Random, voices: Sequence[Sound]) -> Sound:
    """One to five people talking elsewhere."""
    mixture = np.zeros(size, np.float32)
    for _ in range(int(rng.integers(1, 6))):
        talk = np.concatenate([voices[index] for index in rng.integers(len(voices), size=6)])
        mixture += _unit(np.resize(np.roll(talk, int(rng.integers(len(talk)))), size))
    return _unit(reverberate(mixture, room(rng)))


def _hum(size: int, rng: Random) -> Sound:
    """Mains, a fridge, a fan."""
    base = float(rng.choice([50, 60, 100, 120])) * float(rng.uniform(0.95, 1.05))
    time = np.arange(size) / RATE_HZ
    partials = (
        np.sin(2 * np.pi * base * k * time + rng.uniform(0, 6.3)) * rng.uniform(0, 1) / k
        for k in range(1, 12)
    )
    return _unit(np.sum(list(partials), axis=0).astype(np.float32))


def _music(size: int, rng: Random) -> Sound:
    """Notes of a scale with overtones, several voices and a beat."""
    mixture = np.zeros(size + RATE_HZ, np.float32)
    beat = int(rng.uniform(0.12, 0.5) * RATE_HZ)
    root = rng.uniform(80, 300)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 19, 24])
    for start in range(0, size, beat):
        for _ in range(int(rng.integers(0, 4))):
            length = int(rng.uniform(0.1, 0.9) * RATE_HZ)
            time = np.arange(length) / RATE_HZ
            pitch = root * 2 ** (rng.choice(scale) / 12)
            overtones = rng.uniform(0, 1, size=6) / np.arange(1, 7)
            tone = sum(a * np.sin(2 * np.pi * pitch * k * time) for k, a in enumerate(overtones, start=1))
            mixture[start : start + length] += tone * np.exp(-time * rng.uniform(1, 12))
        if rng.random() < 0.4:
            hit = rng.standard_normal(1600) * np.exp(-np.arange(1600) / rng.uniform(100, 500))
            mixture[start : start + 1600] += hit
    return _unit(mixture[:size])


def _knocks(size: int, rng: Random) -> Sound:
    """Dishes, doors, keys."""
    mixture = np.zeros(size + RATE_HZ, np.float32)
    for start in rng.integers(0, size, size=int(rng.integers(1, 2 + size // 6000))):
        length = int(rng.uniform(0.01, 0.25) * RATE_HZ)
        decay = np.exp(-np.arange(length) / (length / 5))
        ring = np.sin(2 * np.pi * rng.uniform(200, 5000) * np.arange(length) / RATE_HZ)
        mixture[start : start + length] += (
            (ring * rng.uniform(0, 1) + 0.5 * rng.standard_normal(length)) * decay * rng.uniform(0.1, 1)
        )
    return _unit(mixture[:size])
