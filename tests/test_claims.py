from assistant.claims import Conflict, conflicts
from assistant.skill import Reply, Skill


def skill(name: str, en: str, zh: str, example: str | None = None) -> Skill:
    made = Skill(name, en="do this", zh="做这个")

    async def act(text: str = "") -> Reply:
        """Do this."""
        return Reply(en="Okay.", zh="好的。")

    made.intent(en=[en, "never {text}"], zh=[zh], examples={example or en: {}, zh: {}})(act)
    return made


def test_skills_that_mind_their_own_sentences_do_not_conflict():
    skills = [skill("tea", "make tea", "泡茶"), skill("coffee", "make coffee", "煮咖啡")]

    assert list(conflicts(skills, skills)) == []


def test_a_sentence_that_two_skills_claim_is_found_from_both_sides():
    skills = [skill("tea", "make [some] tea", "泡茶", "make tea"), skill("pot", "make tea", "烧水")]

    assert list(conflicts(skills, skills)) == [
        Conflict("make tea", "tea.act", "pot.act", lost=False),
        Conflict("make tea", "pot.act", "tea.act", lost=True),
    ]


def test_only_the_skills_in_question_are_tried():
    tea, pot = skill("tea", "make tea", "泡茶"), skill("pot", "make tea", "烧水")

    assert [conflict.intent for conflict in conflicts([tea, pot], [pot])] == ["pot.act"]
