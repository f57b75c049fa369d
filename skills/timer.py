"""Counts down and rings."""

from datetime import timedelta

from assistant.skill import Context, Due, Reply, Skill, en, zh

skill = Skill("timer", en="set timers", zh="计时")

LONGEST = timedelta(days=7)
NONE = Reply(en="There is no timer running.", zh="现在没有计时。")
NONE_SUCH = Reply(en="There is no timer of that length.", zh="没有这个时长的计时。")


@skill.intent(
    en=[
        "(set [up]|start|create|make|begin|run|add) [me] [a|an|the|my|another] {length} (timer|countdown)",
        "(set [up]|start|create|make|begin|run|add) [me] [a|an|the|my|another] [countdown|kitchen|egg]"
        " (timer|countdown) [for|of|to|at|with] {length}",
        "(set|start) [a|an|the|my] [{length}] (timer|alarm) (for|in) {length} [from now]",
        "(give me|i need|i want|(can|could) i (get|have)) [a|an|another] {length} timer",
        "(give me|i need|i want|(can|could) i (get|have)) [a|an|another] timer (for|of) {length}",
        "[a|an] {length} (timer|countdown)",
        "[a] (timer|countdown) [for|of] {length}",
        "[start] (count|counting) down [from] {length}",
        "time [me for] {length}",
        "(remind|alert|notify|tell|call|wake|ping|let) me [up|know] (in|after) {length} [from now]",
        "let me know when {length} (is|are|have|has) (up|over|passed)",
        "in {length} (remind|alert|notify|tell|call|wake|let) me [up|know]",
    ],
    zh=[
        "(设[置|定]|定|开[始|启]|打开|启动|[新]建|创建|添加|加|弄|做)[一个|1个|个|一下]{length}[后]的"
        "([倒](计|记)时[器]|定时[器]|闹钟|闹铃|倒数|钟)",
        "(设[置|定]|定|开[始|启]|打开|启动|[新]建|创建|添加|加|弄|做)[一个|1个|个|一下]{length}"
        "([倒](计|记)时[器]|定时[器]|闹钟|闹铃|倒数)",
        "(设[置|定]|定|开[始|启]|打开|启动|[新]建|创建)[一个|个|一下|我的|这个]"
        "([倒](计|记)时[器]|定时[器]|闹钟)[为|到|成|设为|时间]{length}[后]",
        "[把](倒计时|计时器|定时器)(设[置|定]|定|调)[为|成|到|在]{length}",
        "[一个|1个|个]{length}[的]([倒](计|记)时[器]|定时[器]|倒数)[开始]",
        "([倒](计|记)时[器]|定时[器]|倒数)[个|开始|到|为]{length}[开始]",
        "(计|定|设)[个]{length}[的时间|时]",
        "[再][过|等]{length}[以|之][后](提醒|叫醒|叫|教|喊|通知|告诉|提示|呼叫)[一下]我[一声|一下]",
        "[再][过|等]{length}[以|之]后(提醒|提示|叫|响|响铃|闹铃)[一声|一下]",
    ],
    examples={
        "set a timer for five minutes": {"length": timedelta(minutes=5)},
        "start a 10-minute timer": {"length": timedelta(minutes=10)},
        "set a timer for an hour and a half": {"length": timedelta(hours=1.5)},
        "wake me in twenty minutes": {"length": timedelta(minutes=20)},
        "五分钟后叫我": {"length": timedelta(minutes=5)},
        "五分钟后教我": {"length": timedelta(minutes=5)},  # as recognition writes 叫我
        "定一个三分钟的计时器": {"length": timedelta(minutes=3)},
        "计时一个半小时": {"length": timedelta(hours=1.5)},
        "倒计时90秒": {"length": timedelta(seconds=90)},
    },
)
async def start(context: Context, length: timedelta) -> Reply:
    """Start a countdown that rings when it ends."""
    if not timedelta() < length <= LONGEST:
        return Reply(
            en=f"A timer can run from one second to {en.duration(LONGEST)}.",
            zh=f"计时可以从一秒到{zh.duration(LONGEST)}。",
        )
    context.schedule.after(length, length.total_seconds())
    return Reply(
        en=f"Okay, {en.duration(length)}, starting now.", zh=f"好的，{zh.duration(length)}计时开始。"
    )


@skill.intent(
    en=["(set [up]|start|create|make|add) [me] [a|an|the|another] [new] [kitchen|egg] (timer|countdown)"],
    zh=["(设[置|定]|定|开[始|启]|打开|启动|[新]建|创建)[一个|个|一下]([倒](计|记)时[器]|定时[器])", "倒计时"],
    examples={"set a timer": {}, "设一个计时器": {}},
)
async def ask_length() -> Reply:
    """Ask how long the timer shall run."""
    return Reply(
        en='For how long? Say, for example, "set a timer for five minutes".',
        zh="多长时间？比如说：五分钟后叫我。",
    )


@skill.intent(
    en=[
        "how (much time|much longer|long) [is|do i have|does it have|have i got] [left|remaining]"
        " (on|in|for|until) [the|my|that] [{length}] (timer|timers|countdown)",
        "how (much time|long) (is left|is remaining|do i have left|have i got left|left|remaining)",
        "how much (longer|time) (does|do|has|have|will) (the|my) [{length}] (timer|timers) (have|got|run)"
        " [left|remaining|still]",
        "how (long|much time) (does|do) (the|my) [{length}] (timer|timers) [still] have [left]",
        "[how is] [the|my] (time|minutes) (left|remaining) [on (the|my) [{length}] (timer|timers)]",
        "[the|my] [{length}] timer (status|time left)",
        "[what is the] status of [the|my] [{length}] (timer|timers)",
        "(how is|check|show|show me|list|read) [on] [all] [the|my|all my] [{length}] (timer|timers)",
        "when (will|does|is) (the|my) [{length}] timer (end|finish|ring|go off|done|over|up|be done|be over)",
        "(do i have|are there|have i got) [any] timers [running|set|on]",
        "is (there|there a|a|the|my) timer [still] (running|set|on)",
        "(what|which|how many) timers (do i have|are running|are set|are there|have i set)",
    ],
    zh=[
        "[我的|这个|那个][{length}][的][倒计时|计时器|计时|定时器|定时|时间]"
        "(还剩[下]|剩下|还有|剩|还要|还需要)(多久|多长时间|多少时间|几分钟|多少分钟|多少)[时间|结束|到|到时间|响|完]",
        "[我的][{length}][的](倒计时|计时器|计时|定时器)(什么时候|几点|多久[以]后|还要多久)"
        "(到|结束|响|完|好|到时间|到点)",
        "[我的][{length}][的](倒计时|计时器|定时器)[的](状态|情况)",
        "[我]([现在][都|一共]有|设了|设置了|定了|开了)(哪些|什么|几个|多少个|多少)(倒计时|计时器|计时|定时器)",
        "(查看|列出|看|检查)[一下|所有[的]|全部[的]|我的](倒计时|计时器|定时器)",
        "[我]有没有(倒计时|计时器|定时器)[在(跑|走|运行)]",
        "(倒计时|计时器|计时)(到哪[里|儿]了|怎么样了)",
    ],
    examples={
        "how much time is left on the timer": {},
        "how long is left on my ten minute timer": {"length": timedelta(minutes=10)},
        "what timers do I have": {},
        "还剩多久": {},
        "五分钟的计时器还剩多长时间": {"length": timedelta(minutes=5)},
        "我有哪些计时器": {},
    },
)
async def remaining(context: Context, length: timedelta | None = None) -> Reply:
    """Tell how long the timers still run, or the one of a given length."""
    timers = _matching(context, length)
    left = [(timer, timer.when - context.now()) for timer in timers]
    if not timers:
        return NONE_SUCH if length else NONE
    if len(timers) == 1:
        return Reply(en=f"{en.duration(left[0][1])} left.", zh=f"还剩{zh.duration(left[0][1])}。")
    in_english = [f"{en.duration(rest)} left of {en.duration(_length_of(timer))}" for timer, rest in left]
    in_chinese = [f"{zh.duration(_length_of(timer))}的还剩{zh.duration(rest)}" for timer, rest in left]
    return Reply(
        en=f"You have {en.count(len(left), 'timer')}: {en.enumeration(in_english)}.",
        zh=f"有{zh.count(len(left), '个')}计时：{'，'.join(in_chinese)}。",
    )


@skill.intent(
    en=[
        "(cancel|stop|delete|remove|clear|end|turn off|kill|dismiss|get rid of) [the|my|that|this]"
        " [{length}] [countdown] (timer|countdown)",
        "(cancel|stop|delete|remove|clear|end|turn off|kill|dismiss) [the|my|that] timer (for|of) {length}",
        "i (do not|don't) need (the|my|that) [{length}] timer [any more|anymore]",
    ],
    zh=[
        "(取消|停止|停掉|停|关掉|关闭|关|删除|删掉|删|结束|终止|去掉|撤销|不要)[我的|这个|那个|刚才的]"
        "[{length}][的]([倒](计|记)时[器]|定时[器])",
        "[把][我的|这个|那个|刚才的][{length}][的]([倒](计|记)时[器]|定时器)(取消|停止|停|关|删|结束)[掉|了]",
        "(不用|别|不要|不)[再](计时|倒计时)了",
    ],
    examples={
        "cancel the timer": {},
        "stop the five minute timer": {"length": timedelta(minutes=5)},
        "取消计时器": {},
        "把五分钟的计时器取消": {"length": timedelta(minutes=5)},
    },
)
async def cancel(context: Context, length: timedelta | None = None) -> Reply:
    """Cancel the timer, or of several the one of a given length."""
    timers = _matching(context, length)
    if not timers:
        return NONE_SUCH if length else NONE
    if len({_length_of(timer) for timer in timers}) > 1:
        return Reply(
            en=f"There are {len(timers)} timers. Say which one, or cancel all timers.",
            zh=f"有{zh.count(len(timers), '个')}计时。请说取消几分钟的计时，或者取消所有计时。",
        )
    return _cancelled(context, timers)


@skill.intent(
    en=[
        "(cancel|stop|delete|remove|clear|end|turn off|kill|dismiss|get rid of)"
        " (all [of] [the|my]|every|both [of] [the|my]) [countdown] (timers|timer|countdowns)",
        "(cancel|stop|delete|remove|clear|end|turn off|kill|dismiss) [the|my] (timers|countdowns)",
    ],
    zh=[
        "(取消|停止|停掉|关掉|关闭|删除|删掉|清除|清空|结束)[我](所有|全部)[的]([倒](计|记)时[器]|定时[器])",
        "[把](所有|全部)[的]([倒](计|记)时[器]|定时器)[都|全](取消|停止|停|关|删|清空)[掉|了]",
        "([倒](计|记)时[器]|定时器)(都|全|全部|全都)(取消|停止|停|关|删)[掉|了]",
    ],
    examples={"cancel all timers": {}, "取消所有计时器": {}},
)
async def cancel_all(context: Context) -> Reply:
    """Cancel every timer."""
    timers = context.schedule.pending()
    return _cancelled(context, timers) if timers else NONE


@skill.due
async def ring(context: Context, due: Due) -> Reply:
    """Say that a timer has ended."""
    length = _length_of(due)
    if due.missed:
        today = due.when.date() == context.now().date()
        return Reply(
            en=f"While I was off, your timer for {en.duration(length)} ended,"
            f"{'' if today else f' on {en.date(due.when)}'} at {en.time(due.when)}.",
            zh=f"我没在运行的时候，您的{zh.duration(length)}计时在"
            f"{'' if today else zh.date(due.when)}{zh.time(due.when)}结束了。",
        )
    return Reply(
        en=f"Your timer for {en.duration(length)} is done.", zh=f"{zh.duration(length)}到了。", ring=True
    )


def _length_of(timer: Due) -> timedelta:
    return timedelta(seconds=timer.payload)


def _matching(context: Context, length: timedelta | None) -> list[Due]:
    return [timer for timer in context.schedule.pending() if length in {None, _length_of(timer)}]


def _cancelled(context: Context, timers: list[Due]) -> Reply:
    for timer in timers:
        context.schedule.cancel(timer.id)
    if len(timers) > 1:
        return Reply(
            en=f"I have cancelled {len(timers)} timers.", zh=f"已取消{zh.count(len(timers), '个')}计时。"
        )
    length = _length_of(timers[0])
    return Reply(
        en=f"I have cancelled the timer for {en.duration(length)}.", zh=f"已取消{zh.duration(length)}的计时。"
    )
