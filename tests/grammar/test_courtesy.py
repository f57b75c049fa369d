import pytest

from assistant.grammar.courtesy import cores


@pytest.mark.parametrize(
    ("sentence", "core"),
    [
        ("please stop", "stop"), ("could you please stop", "stop"), ("stop please", "stop"),
        ("hey computer can you stop now thank you", "stop"), ("Could You stop", "stop"),
        ("i would like you to stop", "stop"), ("tell me the time", "the time"),
        ("请停下", "停下"), ("麻烦你帮我看一下时间", "时间"), ("请问几点呢", "几点"), ("停一下吧", "停"),
        ("小本同学请停下谢谢", "停下"), ("能帮我停下吗", "停下"), ("你可以停下吗", "停下"),
        ("请stop", "stop"), ("please停", "停"),
    ],
)  # fmt: skip
def test_politeness_is_taken_off(sentence, core):
    assert core in cores(sentence)


@pytest.mark.parametrize(
    ("sentence", "not_core"),
    [
        ("stopping", "stop"),
        ("sorry", "rry"),
        ("停下吗", "停下"),
        ("nowhere", "where"),
        ("不停", "停"),
        ("don't stop", "stop"),
    ],
)
def test_other_words_stay(sentence, not_core):
    assert not_core not in cores(sentence)


def test_the_whole_sentence_comes_first():
    assert next(iter(cores("please stop"))) == "please stop"
    assert list(cores("")) == []


def test_nothing_but_politeness_does_not_become_nothing():
    assert "" not in list(cores("请帮我一下"))


def test_endless_politeness_costs_little():
    assert len(list(cores("please " * 500))) < 200
