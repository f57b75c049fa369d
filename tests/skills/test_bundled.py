"""What must hold for every skill that we ship."""

import json
from pathlib import Path

import pytest

from assistant import skills
from assistant.claims import conflicts
from assistant.grammar.matcher import Matcher
from tests.conftest import BUNDLED

EVAL = Path(__file__).parents[3] / "shared" / "eval" / "text"

ACTIONS = [action for skill in skills.enabled(skills.load([BUNDLED])) for action in skill.actions]
EXAMPLES = [(action, sentence) for action in ACTIONS for sentence in action.examples]

STRANGE = [
    "what time is it in Tokyo", "what's the time in New York right now", "what time does the train leave",
    "what day is Christmas this year", "what is the date of next Saturday", "what's the weather today",
    "set an alarm for seven", "wake me up at six", "set the temperature to 20 degrees", "turn off the lights",
    "turn off the timer switch in the garage", "cancel my meeting", "cancel the alarm", "stop the music",
    "play some jazz", "who was the first man on the moon", "tell me a joke", "how long is the Nile",
    "how long is left of the movie", "remind me to call mum",
    "remind me to take out the trash in ten minutes",
    "timer", "five minutes", "repeat the last song", "what did he say", "don't stop", "never", "say cheese",
    "what can you see", "I need help with my homework", "the timer is broken", "thank you", "okay",
    "time flies",
    "how much time does it take to boil an egg", "set a timer for", "set a timer for a while", "today",
    "东京现在几点", "纽约现在是什么时间", "火车几点开", "几点开门", "今年春节是几号", "你的生日是几号",
    "今天天气怎么样",
    "明天早上七点叫我起床", "定一个七点的闹钟", "打开客厅的灯", "播放音乐", "取消闹钟", "取消会议",
    "停止播放", "五分钟",
    "五分钟后打开空调", "提醒我给妈妈打电话", "五分钟后提醒我关火", "给我讲个笑话", "这部电影还有多久结束",
    "还要多久才能到家",
    "从这里到机场要多长时间", "煮鸡蛋要几分钟", "再说吧", "不要停", "谢谢", "好的", "他说什么", "你是谁",
    "计时器坏了",
    "计时器取消了吗", "今天", "你会说英语吗", "帮我写一首诗", "空调调到二十六度", "过一会儿叫我", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(template for action in ACTIONS for template in action.templates)


@pytest.mark.parametrize(("action", "sentence"), EXAMPLES, ids=[sentence for _, sentence in EXAMPLES])
def test_an_example_is_understood_among_all_skills(matcher, action, sentence):
    match = matcher.match(sentence, "en")

    assert (match.template.intent, match.slots) == (action.name, action.examples[sentence])


def test_no_two_actions_claim_a_sentence(bundled):
    assert list(conflicts(bundled, bundled)) == []


@pytest.mark.parametrize("sentence", STRANGE)
def test_what_no_skill_is_for_is_left_to_others(matcher, sentence):
    assert matcher.match(sentence, "en") is None


@pytest.mark.parametrize("name", ["text_ha", "text_xsid", "text_slurp", "text_snips"])
def test_real_requests_for_other_things_are_left_alone(matcher, name):
    path = EVAL / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip("the evaluation set is not there")
    with path.open() as file:
        rows = [json.loads(line) for line in file]
    labels = [(row.get("intent") or f"{row['scenario']}/{row['action']}", row["text"]) for row in rows]
    others = [text for label, text in labels if not _ours(label)]

    taken = {text for text in others if matcher.match(text, "en")}

    assert taken <= {"cancel"}  # which SLURP says of a calendar


def _ours(label: str) -> bool:
    return any(word in label.lower() for word in ("time", "date", "alarm", "nevermind", "respond"))
