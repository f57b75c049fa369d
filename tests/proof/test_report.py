import dataclasses
import hashlib
import json

import pytest

from assistant.proof.report import Report, Row, Text, canonical

SEEN = Text("reached", "出去了")
HELD = [
    *(
        Row("escape", f"way {n}", Text("A way", "出路"), SEEN, Text("blocked", "被挡住"), "held")
        for n in range(15)
    ),
    Row("silence", "fenced", Text("packets", "数据包"), SEEN, Text("0 packets", "0 个数据包"), "held"),
    Row("trace", "memory", Text("words in memory", "内存中的话"), SEEN, Text("nothing", "没有"), "held"),
]
ABSENT = Row("escape", "vsock", Text("vsock", "vsock"), Text("none", "没有"), Text("", ""), "absent")


def report(*rows: Row) -> Report:
    return Report({"kernel": "Linux", "user": "ann", "sudo_user": ""}, rows)


def test_all_held_is_proven_and_what_the_machine_lacks_does_not_count():
    assert report(*HELD, ABSENT).proven


@pytest.mark.parametrize("verdict", ["open", "unproven"])
@pytest.mark.parametrize("index", [0, 15, 16])
def test_one_row_that_fails_fails_the_report(index: int, verdict: str):
    rows = list(HELD)
    rows[index] = dataclasses.replace(rows[index], verdict=verdict)
    assert not report(*rows).proven


@pytest.mark.parametrize("part", ["escape", "silence", "trace"])
def test_a_part_that_is_missing_proves_nothing(part: str):
    assert not report(*(row for row in HELD if row.part != part)).proven


def test_too_few_escapes_prove_nothing():
    assert not report(*HELD[1:], ABSENT).proven


def test_the_digest_is_that_of_the_rest_and_changes_with_it():
    fields = report(*HELD).as_json()
    digest = fields.pop("sha256")
    assert digest == hashlib.sha256(canonical(fields)).hexdigest()
    assert digest != report(*HELD, ABSENT).as_json()["sha256"]
    assert json.loads(json.dumps(fields)) == fields | {"rows": [dataclasses.asdict(row) for row in HELD]}


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["NOT proven", "A way: reached"]), ("zh", ["未能证明", "出路：出去了"])]
)
def test_a_person_reads_which_way_is_open(language: str, words: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LANG", language)
    rows = [dataclasses.replace(HELD[0], result=SEEN, verdict="open"), *HELD[1:]]
    text = "\n".join(report(*rows).as_text())
    for word in words:
        assert word in text
    assert text.count("✗") == 1


def test_a_row_comes_from_another_process_unchanged():
    assert Row.from_json(json.loads(json.dumps(dataclasses.asdict(HELD[0])))) == HELD[0]


@pytest.mark.parametrize(
    ("language", "proven", "recording", "sudo"),
    [
        ("en", "nothing leaves when root runs it", "a run on a recording, not the service", "run of ann may"),
        (
            "zh",
            "由 root 运行时，什么都出不去",
            "处理录音的一次运行，而不是系统服务",
            "ann 平常运行时的防护可能更少",
        ),
    ],
)
def test_the_conclusion_says_for_whom_it_was_proven_and_on_what(
    language: str, proven: str, recording: str, sudo: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XIAOBEN_LANG", language)
    verdict, scope, by_sudo = Report({"user": "root", "sudo_user": "ann"}, HELD).conclusion
    assert proven in verdict
    assert recording in scope
    assert sudo in by_sudo
    assert len(report(*HELD).conclusion) == 2
    assert recording in "\n".join(report(*HELD).as_text())


@pytest.mark.parametrize(("language", "words"), [("en", "Open: A way. "), ("zh", "敞开：出路。")])
def test_the_verdict_names_what_is_open(language: str, words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LANG", language)
    assert words in report(dataclasses.replace(HELD[0], verdict="open"), *HELD[1:]).verdict
    assert words[:4] not in report(dataclasses.replace(HELD[0], verdict="unproven"), *HELD[1:]).verdict
