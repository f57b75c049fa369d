import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from assistant.declaration import language
from assistant.events import Transcript
from assistant.schedule import Due
from assistant.skill import Context, Reply, Skill, Spoken
from assistant.understanding import FORGET_SECONDS, LEAVE_SECONDS, Understanding

OKAY = Reply(en="Okay.", zh="好的。")
SECRET = "hunter2"

skill = Skill("probe", en="be tried", zh="受试")


def sentences(en: str, zh: str):
    return {"en": [en], "zh": [zh], "examples": {en: {}, zh: {}}}


@skill.intent(**sentences("throw", "出错"))
async def throw(context: Context) -> Reply:
    """Fail."""
    context.storage["lost"] = True
    context.schedule.after(timedelta(seconds=1))
    raise ValueError(SECRET)


@skill.intent(**sentences("hang", "卡住"))
async def hang() -> Reply:
    """Never end."""
    await asyncio.Event().wait()
    return OKAY


@skill.intent(**sentences("return nothing", "什么也不说"))
async def nothing() -> None:
    """Forget the reply."""


@skill.intent(**sentences("count", "数数"))
async def count(context: Context) -> Reply:
    """Count, slowly enough for two to meet."""
    number = context.storage.get("number", 0)
    await asyncio.sleep(0)
    context.storage["number"] = number + 1
    return Reply(en=f"{number + 1}", zh=f"{number + 1}")


@skill.intent(**sentences("look around", "看看四周"))
async def look(context: Context) -> Reply:
    """Tell what the context holds."""
    text = f"{context.lang} {context.now():%H:%M} {len(context.catalogue)} {context.last_reply}"
    return Reply(en=text, zh=text)


@skill.intent(**sentences("ring me", "叫我一声"))
async def ring_me(context: Context) -> Reply:
    """Ring later."""
    context.schedule.after(timedelta(seconds=5), {"fail": False})
    return OKAY


@skill.intent(**sentences("be done", "结束"))
async def end() -> Reply:
    """End."""
    return Reply(en="Bye.", zh="再见。", end=True)


@skill.due
async def done(context: Context, due: Due) -> Reply:
    """Ring or fail, as the payload says."""
    if due.payload["fail"]:
        raise ValueError(SECRET)
    return Reply(en="Done.", zh="到了。", ring=True)


@pytest.fixture
def bundled():
    return [skill]


@pytest.fixture
def understanding(storage, clock):
    return Understanding([skill], storage, clock, time_limit_seconds=0.05)


def due(now: datetime, *, skill: str = "probe", fail: bool = False, missed: bool = False) -> Due:
    return Due(id="1", skill=skill, when=now, payload={"fail": fail}, lang="en", missed=missed)


async def test_what_no_skill_understands_is_not_ours(say):
    assert await say("make me a sandwich") is None


@pytest.mark.parametrize("sentence", ["throw", "hang", "return nothing"])
async def test_a_skill_that_fails_says_so_and_the_next_turn_works(say, sentence):
    assert await say(sentence) == "Sorry, something went wrong when I tried to be tried."
    assert await say("count") == "1"


async def test_the_apology_is_in_the_language_asked(say):
    assert await say("出错") == "抱歉，受试时出错了。"


async def test_what_a_failed_turn_changed_is_not_kept(say, storage):
    await say("throw")

    assert storage.records("probe") == {}
    assert storage.pending("probe") == []


async def test_a_failure_is_logged_without_what_was_said(say, caplog):
    caplog.set_level(logging.INFO)

    await say("throw")

    assert "Skill probe failed: ValueError" in caplog.text
    assert "test_understanding.py" in caplog.text
    assert SECRET not in caplog.text


async def test_two_turns_of_a_skill_do_not_meet(say):
    assert await asyncio.gather(*(say("count") for _ in range(3))) == ["1", "2", "3"]


async def test_a_cancelled_turn_changes_nothing(understanding, storage):
    turn = asyncio.create_task(understanding.answer(Transcript("count", "en", 1)))
    await asyncio.sleep(0)
    turn.cancel()

    with pytest.raises(asyncio.CancelledError):
        await turn
    assert storage.records("probe") == {}


async def test_a_skill_sees_its_context(say):
    assert await say("look around") == "en 15:05 1 None"
    await say("count")
    assert await say("看看四周") == f"zh 15:05 1 {Spoken('1', 'en')}"


async def test_an_answer_carries_the_intent_and_what_it_asks_for(understanding):
    answer = await understanding.answer(Transcript("be done", "en", 1))

    assert (answer.intent.name, answer.intent.source) == ("probe.end", "grammar")
    assert (answer.reply, answer.ring, answer.end) == (Spoken("Bye.", "en"), False, True)


async def test_what_falls_due_is_announced_by_its_skill(say, wait):
    await say("叫我一声")

    (answer,) = await wait(timedelta(seconds=6))

    assert (answer.intent.name, answer.reply, answer.ring) == ("probe.due", Spoken("到了。", "zh"), True)


@pytest.mark.parametrize(("skill", "fail"), [("gone", False), ("probe", True)])
@pytest.mark.parametrize("missed", [True, False])
async def test_what_a_skill_cannot_announce_is_announced_all_the_same(
    understanding, clock, skill, fail, missed
):
    answer = await understanding.due(due(clock.now(), skill=skill, fail=fail, missed=missed))

    assert (
        answer.reply.text == f"Something you asked for is due, but the skill '{skill}' cannot say what it is."
    )
    assert answer.ring is not missed


async def test_a_full_disk_is_not_hidden(say, storage, monkeypatch, caplog):
    storage.close()

    assert await say("count") == "Sorry, something went wrong when I tried to be tried."


vault = Skill("vault", en="guard the vault", zh="看守金库")
opened: list[str] = []


@vault.intent(
    en=["open the {which} vault"],
    zh=["打开{which}金库"],
    examples={"open the north vault": {"which": "north"}, "打开北边的金库": {"which": "北边的"}},
    confirm=Reply(en="Really open the {which} vault?", zh="真的要打开{which}金库吗？"),
)
async def open_vault(which: str) -> Reply:
    """Open a vault."""
    opened.append(which)
    return Reply(en="It is open.", zh="打开了。")


@pytest.fixture
def guarded(storage, clock):
    opened.clear()
    return Understanding([skill, vault], storage, clock)


async def said(understanding: Understanding, *sentences: str) -> list[str | None]:
    answers = [
        await understanding.answer(Transcript(sentence, language(sentence), 1)) for sentence in sentences
    ]
    return [answer and answer.reply.text for answer in answers]


async def test_what_is_dangerous_is_done_only_after_a_yes(guarded):
    answer = await guarded.answer(Transcript("open the north vault", "en", 1))

    assert (answer.intent.name, answer.reply.text, answer.asks) == (
        "vault.open_vault",
        "Say yes or no. Really open the north vault?",
        True,
    )
    assert opened == []
    assert await said(guarded, "Yes.") == ["It is open."]
    assert opened == ["north"]


async def test_the_question_and_the_yes_may_be_in_different_languages(guarded):
    assert await said(guarded, "打开北边的金库", "yes") == [
        "请回答是或不是：真的要打开北边的金库吗？",
        "打开了。",
    ]


@pytest.mark.parametrize(("no", "reply"), [("no", "Okay, I won't."), ("算了", "Okay, I won't.")])
async def test_a_no_drops_it(guarded, no, reply):
    assert await said(guarded, "open the north vault", no, "yes") == [
        "Say yes or no. Really open the north vault?",
        reply,
        None,
    ]
    assert opened == []


@pytest.mark.parametrize("other", ["count", "make me a sandwich", "yes, but not now", "嗯"])
async def test_anything_else_drops_it_and_is_answered_as_ever(guarded, other):
    _, answer, late = await said(guarded, "open the north vault", other, "yes")

    assert answer == ("1" if other == "count" else None)
    assert late is None
    assert opened == []


async def test_a_yes_that_comes_late_does_nothing(guarded, clock):
    await said(guarded, "open the north vault")
    clock.advance(timedelta(seconds=LEAVE_SECONDS + 1))

    assert await said(guarded, "yes") == [None]
    assert opened == []


async def test_a_yes_counts_once_and_only_for_the_last_question(guarded):
    await said(guarded, "open the north vault", "open the south vault", "yes", "yes")

    assert opened == ["south"]


async def test_a_yes_without_a_question_is_not_ours(guarded):
    assert await said(guarded, "yes") == [None]


async def test_what_was_said_is_forgotten_after_a_while(understanding, say, clock):
    told = await say("what time is it")
    clock.advance(timedelta(seconds=FORGET_SECONDS))
    assert await say("repeat that") == told

    clock.advance(timedelta(seconds=FORGET_SECONDS + 1))
    understanding.forget_old()

    assert understanding._last_reply is None
