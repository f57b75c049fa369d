import random

import pytest

from assistant.tts.sentences import SentenceSplitter, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("好的。灯开了！还要什么？", ["好的。", "灯开了！", "还要什么？"]),
        ("Done. Anything else? Yes!", ["Done.", "Anything else?", "Yes!"]),
        ("他说：“好的。”然后走了。", ["他说：“好的。”", "然后走了。"]),
        ('He said "Hello!" Then he left.', ['He said "Hello!"', "Then he left."]),
        ("气温3.5度。湿度40%。", ["气温3.5度。", "湿度40%。"]),
        ("Pi is 3.14159. Good.", ["Pi is 3.14159.", "Good."]),
        ("It is 7:05, Mr. Smith.", ["It is 7:05, Mr. Smith."]),
        ("Dr. Who? No. Yes.", ["Dr. Who?", "No.", "Yes."]),
        ("The U.S. Army eats, e.g. Rice.", ["The U.S. Army eats, e.g. Rice."]),
        ("Play No. 5. Thanks.", ["Play No. 5.", "Thanks."]),
        ("At 7 a.m. today it rains.", ["At 7 a.m. today it rains."]),
        ("让我想想……好了。", ["让我想想……", "好了。"]),
        ("Well... maybe. End.", ["Well... maybe.", "End."]),
        ("第一行\n第二行\n\n第三行", ["第一行", "第二行", "第三行"]),
        ("OK.好的", ["OK.", "好的"]),
        ("去 example.com/a?b=1 看看。", ["去 example.com/a?b=1 看看。"]),
        ("# Title\n- **First** item\n* `second`", ["Title", "First item", "second"]),
        ("1. One\n2. Two", ["1. One", "2. Two"]),
        ("See [the manual](http://a.b/c).", ["See the manual."]),
        ("*This* is 5*3 or 2 * 3 or a_b.", ["This is 5*3 or 2 * 3 or a_b."]),
        ("", []),
        ("。。。\n😀 ** --", []),
    ],
)
def test_text_is_cut_into_sentences(text: str, sentences: list[str]):
    assert split(text) == sentences


def test_only_the_first_piece_is_cut_at_an_early_clause():
    clause = "我已经把客厅的灯打开了，"
    assert split(clause * 3) == [clause, clause + clause]


def test_a_short_clause_is_no_piece_of_its_own():
    assert split("好的，灯开了。") == ["好的，灯开了。"]


def test_a_long_sentence_is_cut_at_a_clause():
    beginning = "这句话没有句号也没有问号只是一直说下去直到有人觉得应该在这里喘一口气为止"
    assert split(f"好的。{beginning}，然后接着说") == ["好的。", f"{beginning}，", "然后接着说"]


@pytest.mark.parametrize("word", ["啊", "x", "word ", "7", "。，"])
def test_no_piece_is_longer_than_twelve_seconds_of_speech(word: str):
    pieces = split(word * 5000)
    assert all(len(piece) <= 180 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == (word * 5000).replace(" ", "").replace("。，", "")


def test_words_stay_whole_where_a_piece_without_marks_is_cut():
    assert {word for piece in split("word " * 200) for word in piece.split()} == {"word"}


def test_a_sentence_comes_as_soon_as_the_next_one_begins():
    splitter = SentenceSplitter()
    assert splitter.feed("好的。") == []
    assert splitter.feed("灯") == ["好的。"]
    assert splitter.flush() == ["灯"]


def test_a_splitter_can_be_used_again():
    splitter = SentenceSplitter()
    splitter.feed("我已经把客厅的灯打开了，")
    assert splitter.flush() == ["我已经把客厅的灯打开了，"]
    assert splitter.feed("我已经把客厅的灯打开了，好") == ["我已经把客厅的灯打开了，"]


def test_the_sentences_do_not_depend_on_where_the_chunks_end():
    chance = random.Random(1)
    alphabet = [
        *"。！？；…，、：.!?;,:\n\"'”’）)  aAbZ好的灯35*#-_`",
        "Mr.",
        "e.g. ",
        "word ",
        "\n- ",
        "3.5",
        "7:05",
        "**",
    ]
    for _ in range(1000):
        text = "".join(chance.choices(alphabet, k=chance.randint(0, 80)))
        whole = split(text)
        splitter = SentenceSplitter()
        pieces, rest = [], text
        while rest:
            size = chance.choice([1, 1, 2, 3, 10, 50])
            pieces += splitter.feed(rest[:size])
            rest = rest[size:]
        assert pieces + splitter.flush() == whole, text
