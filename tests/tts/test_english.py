import json

import pytest

from assistant.tts.english import phonemes
from assistant.tts.normalize import normalize


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("hey computer", "hˈA kəmpjˈuTəɹ"),
        ("Okay, the kitchen light is on.", "OkˈA, ðə kˈɪʧən lˈIt ɪz ˈɔn."),
        ("judge joy", "ʤˈʌʤ ʤˈY"),
        ("now", "nˈW"),
        ("bird", "bˈɜɹd"),
        ("table", "tˈAbᵊl"),
        ("hello", "həlˈO"),
        ("USB", "jˌuˌɛsbˈi"),
        ("I see", "ˌI sˈi"),  # without the stress Kokoro swallows it
        ("", ""),
        ("?!", ""),
    ],
)
def test_words_sound_as_kokoro_learned_them(text: str, sounds: str):
    assert phonemes(text) == sounds


SPOKEN = """It is 7:05 PM.|It is seven o five PM.
It's 10:00 AM.|It's ten a.m..
at 3:00|at three o'clock
at 14:30|at fourteen thirty
2:30pm|two thirty PM
It's 21°C outside|It's twenty one degrees Celsius outside
-3°C|negative three degrees Celsius
−5°C|negative five degrees Celsius
98.6°F|ninety eight point six degrees Fahrenheit
30% brightness|thirty percent brightness
0.5%|zero point five percent
3.5 miles|three point five miles
1/2|one half
5 km|five kilometers
100 km/h|one hundred kilometers per hour
25 min|twenty five minutes
500 ml|five hundred milliliters
5GB|five gigabytes
$5|five dollars
1000|one thousand
1,000|one thousand
1,234|one thousand two hundred and thirty four
12,345|twelve thousand three hundred and forty five
12345|twelve thousand three hundred and forty five
in 1998|in nineteen ninety eight
in 2026|in twenty twenty six
in the 1990s|in the nineteen ninety's
3rd|third
2026-03-05|the fifth of march twenty twenty six
5-6 days|five to six days
5–6 days|five to six days
#5|number five
No. 5|number five
Yes. No. Maybe.|Yes. No . Maybe.
Mr. Jones|Mister Jones
Dr. Lee|doctor Lee
A & B|A and B
5+3=8|five plus three equals eight
iPhone 15|iPhone fifteen
Wi-Fi 6|Wi-Fi six
room 302|room three hundred and two
(555) 123-4567|five five five, one two three, four five six seven
555-1234|five five five, one two three four
I don't know.|I don't know.
I AM here|I AM here
😀 fine|fine""".splitlines()


@pytest.mark.parametrize("case", SPOKEN)
def test_numbers_and_symbols_are_read_as_words(case: str):
    text, spoken = case.split("|")
    assert " ".join(normalize(text, "en").split()) == spoken


@pytest.mark.parametrize("text", ["6三", "+4", "\\", json.dumps({"a": [1, "b"]}), "<EOS>", "5\n6", "9" * 400])
def test_no_text_is_too_strange_to_be_read(text: str):
    normalize(text, "en")
    normalize(text, "zh")
