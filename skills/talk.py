"""Talks about the talk itself: what can be said, once more, enough."""

from assistant.skill import Context, Reply, Skill, Spoken, en, zh

skill = Skill("talk", en="repeat what I said", zh="重复说过的话")


@skill.intent(
    en=[
        "what [else] (can|do) you do [for me]",
        "what are you able to do [for me]",
        "what (can|could|should) (i|we) (ask|say|do|ask you|say to you|do with you)",
        "what [kind of] (skills|abilities|features|functions|commands) do you have",
        "what are your (skills|abilities|features|functions|capabilities)",
        "(how|what) can you help [me] [with]",
        "how (can|do|should) i (use you|talk to you)",
        "show me what you can do",
        "[i need] help [me]",
    ],
    zh=[
        "你[都|还][能|会|可以][帮我](做什么|做些什么|干什么|干些什么|干嘛|干吗|做啥|干啥)[事|事情]",
        "你[都|还]会[些](什么|哪些|啥)[功能|技能|本领]",
        "你[都|还]有(什么|哪些|啥)(功能|技能|本领|本事|用|用处)",
        "你的(功能|技能|本领)[有哪些|是什么|都有什么]",
        "[我](能|可以|该)(问|跟|对|和)你(说|问)[些|点]什么",
        "[我](能|可以)问你[些](什么|哪些)[问题]",
        "[使用|功能](帮助|说明)",
        "(怎么|如何|怎样)(用|使用)你",
        "介绍[一下][你]自己",
        "介绍[一下]你的功能",
    ],
    examples={"what can you do": {}, "你会做什么": {}},
)
async def capabilities(context: Context) -> Reply:
    """Tell what the assistant can do."""
    skills = context.catalogue
    example = skills[0].examples
    return Reply(
        en=f'I can {en.enumeration([skill.en for skill in skills])}. Try: "{example["en"]}".',
        zh=f"我会{zh.enumeration([skill.zh for skill in skills])}。您可以问：{example['zh']}？",
    )


@skill.intent(
    en=[
        "stop [it|that|this|talking|speaking|the (ringing|alarm|noise|sound)|ringing]",
        "[be] (quiet|silent)",
        "(shut up|hush|shush|silence|enough|that is enough|stop stop|stop stop stop)",
    ],
    zh=[
        "(停|停停|停停停|停下|停下来|停止|打住|住口|闭嘴|够了|安静|安静点|安静一点|别吵|行了)",
        "(别|不要|不用)[再](说|讲|响|念|吵|叫)(了|话)",
        "(停止|停|关掉|关闭)(说话|播报|响铃|铃声)",
    ],
    examples={"stop": {}, "停": {}, "别说了": {}},
)
async def stop() -> Reply:
    """Stop talking or ringing."""
    return Reply(en="Okay.", zh="好的。", end=True)


@skill.intent(
    en=[
        "(never mind|nevermind|forget it|forget that|forget about it|cancel [that|it])",
        "(nothing|it is nothing|no thanks|no thank you|(do not|don't) (bother|worry) [about it])",
    ],
    zh=[
        "(没事|没事儿|没什么|没什么事|没啥|没啥事|算|不用|不必|不需要|不要|取消|没关系|当我没说|没有|退下)[了]",
        "(不用|没事)(谢谢|麻烦了)",
    ],
    examples={"never mind": {}, "没事了": {}, "算了": {}},
)
async def never_mind() -> Reply:
    """Drop the request."""
    return Reply(en="Okay.", zh="好的。", end=True)


@skill.intent(
    en=[
        "repeat [that|it|yourself|what you said]",
        "say (that|it|that one) (again|once more|one more time)",
        "(say again|once more|one more time|come again|pardon|pardon me|i beg your pardon)",
        "what did you [just] say",
        "what was that",
        "i (did not|didn't) (hear|catch|get|understand) (that|you|it|what you said)",
    ],
    zh=[
        "[再](说|讲|重复|念)(一遍|一次)",
        "重复",
        "你[刚才|刚刚|刚|在]说[的|了][是]什么",
        "[刚才|刚刚]说[的|了][是]什么",
        "[我][刚才|刚刚](没|没有)(听清|听清楚|听见|听到|听懂)",
    ],
    examples={"repeat that": {}, "what did you say": {}, "再说一遍": {}, "你刚才说什么": {}},
)
async def repeat(context: Context) -> Reply | Spoken:
    """Say the last reply again."""
    return context.last_reply or Reply(en="I have not said anything yet.", zh="我还没有说过什么。")
