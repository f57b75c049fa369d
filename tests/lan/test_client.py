"""What a skill has of the LAN."""

import logging
from pathlib import Path

import pytest

from assistant.errors import SkillError
from assistant.events import Transcript
from assistant.lan.client import Lan
from assistant.skill import Context, Reply, Skill
from assistant.understanding import Understanding
from tests.lan.peers import broker, echo, tcp_server

LAN = Lan(Path("/run/xiaoben-lan"), {"home-assistant": "tcp", "plug": "udp"})


async def fetch(context: Context) -> Reply:
    """Ask something in the LAN."""
    reader, writer = await context.lan.connect("one")
    writer.write(b"hello")
    text = (await reader.readexactly(5)).decode()
    writer.close()
    return Reply(en=text, zh=text)


def skill(permissions: list[str]) -> Skill:
    probe = Skill("probe", en="be tried", zh="受试", permissions=permissions)
    probe.intent(en=["fetch"], zh=["拿来"], examples={"fetch": {}, "拿来": {}})(fetch)
    return probe


def test_a_library_is_given_the_path_of_the_socket():
    assert LAN.path("home-assistant") == Path("/run/xiaoben-lan/home-assistant.sock")


def test_an_unknown_destination_is_told_in_both_languages():
    with pytest.raises(SkillError) as caught:
        LAN.path("mqtt")
    assert (
        caught.value.en
        == "The settings lack 'mqtt'; write its host and port below [lan.mqtt] and start again."
    )
    assert caught.value.zh == "配置中没有“mqtt”；请在 [lan.mqtt] 下写明 host 和 port，然后重新启动。"


async def test_a_destination_of_the_other_protocol_is_told():
    with pytest.raises(SkillError, match=r"'plug' must be spoken to by tcp; .* below \[lan\.plug\]"):
        await LAN.connect("plug")
    with pytest.raises(SkillError, match="'home-assistant' must be spoken to by udp"):
        async with LAN.datagrams("home-assistant"):
            pass


async def test_a_broker_that_is_not_there_is_told(folder: Path):
    lan = Lan(folder, LAN.protocols)
    with pytest.raises(SkillError, match="the broker for the LAN has ended"):
        await lan.connect("home-assistant")
    with pytest.raises(SkillError, match="the broker for the LAN has ended"):
        async with lan.datagrams("plug"):
            pass


async def test_a_skill_with_the_permission_reaches_a_destination(folder: Path, storage, clock):
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        understanding = Understanding([skill(["lan"])], storage, clock, lan=lan)
        answer = await understanding.answer(Transcript("fetch", "en", 1.0))
    assert answer.reply.text == "hello"


async def test_a_skill_without_the_permission_reaches_nothing_and_says_why(
    folder: Path, storage, clock, caplog
):
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        understanding = Understanding([skill([])], storage, clock, lan=lan)
        caplog.set_level(logging.DEBUG)
        answer = await understanding.answer(Transcript("拿来", "zh", 1.0))
    assert answer.reply.text == '这个技能无权访问“one”（tcp）；声明时请写 permissions=["lan"]。'
    assert not any(record.name.startswith("assistant.lan") for record in caplog.records)


async def test_where_nothing_is_configured_a_skill_says_what_is_missing(storage, clock):
    understanding = Understanding([skill(["lan"])], storage, clock)
    answer = await understanding.answer(Transcript("fetch", "en", 1.0))
    assert (
        answer.reply.text
        == "The settings lack 'one'; write its host and port below [lan.one] and start again."
    )


def test_a_permission_that_does_not_exist_is_named():
    with pytest.raises(SkillError, match="there is no permission 'internet'; use lan"):
        skill(["lan", "internet"])
