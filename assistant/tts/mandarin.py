"""Mandarin text to the phonemes that Kokoro was trained on. The only module that knows jieba and misaki."""

import functools
import itertools
import re
import warnings
from collections.abc import Iterator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes and pkg_resources in jieba, which is no longer kept up
    import jieba
    from misaki.zh import ZHG2P

from assistant.tts.scripts import stretches

_PUNCTUATION = str.maketrans(
    {
        "，": ", ", "、": ", ", "。": ". ", "．": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; ",
        "《": " “", "》": "” ", "「": " “", "」": "” ", "【": " “", "】": "” ", "（": " (", "）": ") ",
    }
)  # fmt: skip

# What the dictionaries read wrong, or have no word for, among what an assistant says.
_READINGS = {
    "一只手": "yi1 zhi1 shou3", "两只手": "liang3 zhi1 shou3", "为他": "wei4 ta1", "为你": "wei4 ni3",
    "为她": "wei4 ta1", "为您": "wei4 nin2", "为我": "wei4 wo3", "代为": "dai4 wei2", "切": "qie1",
    "切到": "qie1 dao4", "切换": "qie1 huan4", "切菜": "qie1 cai4", "变得": "bian4 de5",
    "古典乐": "gu3 dian3 yue4", "多长": "duo1 chang2", "多长时间": "duo1 chang2 shi2 jian1",
    "大夫": "dai4 fu5", "太长": "tai4 chang2", "弹": "tan2", "待一会": "dai1 yi1 hui4", "待会": "dai1 hui4",
    "待会儿": "dai1 hui4 er5", "很长": "hen3 chang2", "微调": "wei1 tiao2", "教他": "jiao1 ta1",
    "教你": "jiao1 ni3", "教您": "jiao1 nin2", "教我": "jiao1 wo3", "数一数": "shu3 yi1 shu3",
    "数到": "shu3 dao4", "朝阳区": "chao2 yang2 qu1", "炸薯条": "zha2 shu3 tiao2", "炸鸡": "zha2 ji1",
    "蒙古": "meng3 gu3", "设为": "she4 wei2", "调": "tiao2", "调为": "tiao2 wei2", "调亮": "tiao2 liang4",
    "调低": "tiao2 di1", "调到": "tiao2 dao4", "调回": "tiao2 hui2", "调大": "tiao2 da4",
    "调小": "tiao2 xiao3", "调快": "tiao2 kuai4", "调慢": "tiao2 man4", "调成": "tiao2 cheng2",
    "调暗": "tiao2 an4", "调高": "tiao2 gao1", "还书": "huan2 shu1", "还债": "huan2 zhai4",
    "还款": "huan2 kuan3", "还清": "huan2 qing1", "还给": "huan2 gei3", "还钱": "huan2 qian2",
    "重启": "chong2 qi3", "重放": "chong2 fang4", "重来": "chong2 lai2", "重设": "chong2 she4",
    "重试": "chong2 shi4", "重说": "chong2 shuo1", "量一下": "liang2 yi1 xia4", "长": "chang2",
    "长出": "zhang3 chu1", "长得": "zhang3 de5", "长时间": "chang2 shi2 jian1", "长着": "zhang3 zhe5",
    "长胖": "zhang3 pang4", "长高": "zhang3 gao1",
}  # fmt: skip
_MEASURES = {"只": "zhi1", "行": "hang2"}  # not zhi3 "only" and xing2 "to go" when they count something
_COUNTS = "一二三四五六七八九十百千两几半这那哪每"
_COUNTED = re.compile(rf"(?<=[{_COUNTS}])(?=[只行]$)")
_ALONE = "得地" + "".join(word for word in _READINGS if len(word) == 1)
_GUESSED = re.compile(rf"{_COUNTED.pattern}|(?=[{_ALONE}])|(?<=[{_ALONE}])")  # in words that jieba supposes
_OBLIGED = "我你您他她它们家天必须就还都也可总又只"  # what stands before a 得 that means "must"


def warm() -> None:
    """Load the dictionary now rather than with the first sentence."""
    _segmenter()


def phonemes(text: str) -> str:
    """How the Han characters of `text` sound, in Kokoro's alphabet; the rest stays, as ASCII punctuation."""
    parts = (
        _spoken(part) if lang == "zh" else part.translate(_PUNCTUATION)
        for lang, part in stretches(text, "en")
    )
    return "".join(parts).strip()


def _spoken(characters: str) -> str:
    words = ["", *_words(characters), ""]
    return " ".join(itertools.starmap(_word, zip(words, words[1:], words[2:], strict=False)))


def _words(characters: str) -> Iterator[str]:
    segmenter = _segmenter()
    for word in segmenter.cut(characters):
        seams = _COUNTED if segmenter.FREQ.get(word) else _GUESSED
        yield from filter(None, seams.split(word))


def _word(before: str, word: str, after: str) -> str:
    reading = _in_context(before, word, after) or _READINGS.get(word)
    try:
        return "".join(map(ZHG2P.py2ipa, reading.split())) if reading else ZHG2P.word2ipa(word)
    except ValueError:  # no dictionary knows how the character sounds
        return ""


def _in_context(before: str, word: str, after: str) -> str | None:
    """The reading of a character that depends on the words beside it."""
    if word == "得":
        return "dei3" if not before or before[-1] in _OBLIGED else "de5"
    if word == "地" and len(before) > 1 and before[0] not in _COUNTS and after[:1] not in "上下里面":
        return "de5"
    return _MEASURES.get(word) if before and before[-1] in _COUNTS else None


@functools.cache
def _segmenter() -> jieba.Tokenizer:
    segmenter = jieba.Tokenizer()
    # Not initialize(): that would read and leave a cache in /tmp, where anyone may put another one.
    frequencies, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.FREQ = {
        word: 0 if _swallows_particle(word, frequency) else frequency
        for word, frequency in frequencies.items()
    }
    segmenter.initialized = True
    for word in _READINGS:
        segmenter.add_word(word)
    return segmenter


def _swallows_particle(word: str, frequency: int) -> bool:
    """Whether jieba's word is one and a particle: 喝得 and others with a token frequency up to 5, 轻轻地."""
    reduplicated = len(word) == 3 and word[0] == word[1]
    return len(word) > 1 and word[-1] in "得地" and (frequency <= 5 or reduplicated)
