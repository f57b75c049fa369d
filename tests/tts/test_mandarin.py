import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from misaki.zh import ZHG2P

from assistant.tts.kokoro import phonemes as mixed
from assistant.tts.mandarin import phonemes
from assistant.tts.normalize import normalize

# A character that has several readings, in the words that tell which.
READINGS = """
重庆 chong2  重新 chong2  重启 chong2  重试 chong2  重复 chong2  重要 zhong4  体重 zhong4  箱子很重 zhong4
重阳节 chong2  银行 hang2  行长 hang2  行业 hang2  三行代码 hang2  一行字 hang2  排行榜 hang2  不行 xing2
自行车 xing2  人行道 xing2  长江 chang2  长城 chang2  长春 chang2  多长时间 chang2  长大 zhang3
长得高 zhang3  校长 zhang3  市长 zhang3  还钱 huan2  还书 huan2  还给他 huan2  归还 huan2  还有 hai2
还是 hai2  还没好 hai2  还剩三分钟 hai2  音乐 yue4  乐器 yue4  古典乐 yue4  快乐 le4  娱乐 le4  乐山 le4
把灯调暗 tiao2  调亮 tiao2  把音量调高 tiao2  温度调到二十度 tiao2  调成静音 tiao2  微调 tiao2  调频 tiao2
空调 tiao2  声调 diao4  强调 diao4  调查 diao4  单调 diao4  他跑得很快 de5  打得很好 de5  喝得太多 de5
觉得 de5  变得更好 de5  记得 de5  来得及 de5  得到 de2  心得 de2  我得走了 dei3  你必须得去 dei3
我们得出发了 dei3  慢慢地走 de5  轻轻地关上门 de5  认真地学习 de5  高兴地说 de5  地方 di4  地铁 di4
在地上 di4  这块地很大 di4  世界各地 di4  我的 de5  目的 di4  的确 di2  为您服务 wei4  为你播放 wei4
为什么 wei4  成为 wei2  设为 wei2  以为 wei2  作为 wei2  三只猫 zhi1  这只狗 zhi1  十二只 zhi1  只有 zhi3
这只是开始 zhi3  弹琴 tan2  弹吉他 tan2  子弹 dan4  切换 qie1  一切 qie4  教我唱歌 jiao1  教室 jiao4
数到三 shu3  数字 shu4  量体温 liang2  音量 liang4  倒计时 dao4  打倒 dao3  着火 zhao2  睡着 zhao2
看着 zhe5  差不多 cha4  出差 chai1  便宜 pian2  方便 bian4  首都 du1  都是 dou1  朝阳区 chao2  朝鲜 chao2
厦门 xia4  降温 jiang4  投降 xiang2  处理 chu3  好处 chu4  中奖 zhong4  曾经 ceng2  房间 jian1  间隔 jian4
模式 mo2  模样 mu2  照相 xiang4  互相 xiang1  角色 jue2  淹没 mo4  没有 mei2  将来 jiang1  供给 ji3
效率 lv4  率领 shuai4  露出 lu4  似乎 si4  似的 shi4  宿舍 su4  六安 lu4  会计 kuai4  开会 hui4  勉强 qiang3
传记 zhuan4  传说 chuan2  湖泊 po1  积累 lei3  劳累 lei4  放假 jia4  真假 jia3  灾难 nan4  难受 nan2
担心 dan1  重担 dan4  当然 dang1  上当 dang4  兴奋 xing1  高兴 xing4  要求 yao1  需要 yao4  种子 zhong3
种树 zhong4  更新 geng1  更好 geng4  校准 jiao4  学校 xiao4  尽量 jin3  有空 kong4  空气 kong1  充分 fen4
分钟 fen1  大夫 dai4  西藏 zang4  收藏 cang2  爱好 hao4  反应 ying4  应该 ying1  系鞋带 ji4  系统 xi4
干净 gan1  能干 gan4  少年 shao4  多少 shao3  弯曲 qu1  歌曲 qu3  受不了 liao3  理发 fa4  发现 fa1
参加 can1  人参 shen1  对称 chen4  回答 da2  答应 da1  待会儿 dai1  等待 dai4  冠军 guan4  观众 guan1
结实 jie1  结果 jie2  哪吒 ne2  宁可 ning4  奇数 ji1  奇怪 qi2  散步 san4  打折 zhe2  咽喉 yan1  钥匙 yao4
炸鸡 zha2  爆炸 zha4  浙江 zhe4  番禺 pan1  蚌埠 beng4  东莞 guan3  秘鲁 bi4  蒙古 meng3  石家庄 zhuang1
这条路很长 chang2  他长着大眼睛 zhang3  增长很快 zhang3  两只手 zhi1
他弹得不错 tan2  今天得早点睡 dei3  唱得真好听 de5
"""


@pytest.mark.parametrize(("text", "reading"), re.findall(r"(\S+) (\S+)", READINGS))
def test_a_character_is_read_as_its_word_wants(text: str, reading: str):
    assert ZHG2P.py2ipa(reading) in phonemes(text)


def test_words_are_set_apart_and_punctuation_stays():
    assert phonemes("好的，灯开了。") == "xau̯↓ tɤ, tə→ŋkʰai̯→ lɤ."


@pytest.mark.parametrize("text", ["", " ", "龦", "㐂"])
def test_what_no_dictionary_knows_is_left_out(text: str):
    assert phonemes(text) == ""


def test_english_words_in_chinese_sound_english():
    assert mixed("把 bedroom 的灯关了", "zh") == "pa↓ bˈɛdɹum tɤ tə→ŋkwa→n lɤ"
    assert mixed("打开Wi-Fi。", "zh") == "ta↓kʰai̯→ wˈIfˌI."


def test_chinese_words_in_english_sound_chinese():
    assert mixed("The 客厅灯 is on.", "en") == "ðə kʰɤ↘tʰi→ŋ tə→ŋ ɪz ˈɔn."


def test_the_dictionary_is_loaded_silently_and_leaves_no_cache(tmp_path: Path):
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from assistant.tts import mandarin; mandarin.warm()"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert (loaded.stdout, loaded.stderr) == (b"", b"")
    assert list(tmp_path.iterdir()) == []


SPOKEN = """现在是7:05。|现在是七点零五分。
现在14:30|现在十四点三十分
7：05|七点零五分
会议在8:00开始|会议在八点开始
0:00|零点
下午2点|下午两点
12点2分|十二点二分
7:05:30|七点零五分三十秒
9:00-17:30|九点到十七点三十分
气温23℃|气温二十三摄氏度
今天23°C|今天二十三摄氏度
最低-3°C|最低零下三摄氏度
零下3℃|零下三摄氏度
-10~5℃|负十到五摄氏度
10-20度|十到二十度
体温36.5度|体温三十六点五度
湿度60%|湿度百分之六十
涨了0.5%|涨了百分之零点五
2026年3月5日|二零二六年三月五日
2026-03-05|二零二六年三月五日
2月2日|二月二日
3月5号|三月五号
星期2|星期二
3/4|四分之三
3.5公里|三点五公里
3.14|三点一四
0.05|零点零五
-5|负五
105|一百零五
1010|一千零一十
1,234元|一千二百三十四元
12345元|一万二千三百四十五元
20000|两万
100000000|一亿
2个苹果|两个苹果
22个|二十二个
2次|两次
第2天|第二天
第12集|第十二集
2分钟|两分钟
2小时后|两小时后
1小时30分|一小时三十分
3-5天|三到五天
1~2个小时|一到两个小时
5km|五公里
60km/h|每小时六十公里
5kg|五千克
500ml|五百毫升
电话13800138000|电话幺三八零零幺三八零零零
拨打110|拨打幺幺零
¥12.30|十二点三零元
$5|五美元
比分3:2|比分三比二
1+1=2|一加一等于二
5G网络|五G网络
iPhone 15|iPhone 十五
PM2.5是35|PM二点五是三十五
開啟客廳的燈|开启客厅的灯
他说"好"😀|他说 好""".splitlines()


@pytest.mark.parametrize("case", SPOKEN)
def test_numbers_and_symbols_are_read_as_words(case: str):
    text, spoken = case.split("|")
    assert normalize(text, "zh").strip() == spoken
