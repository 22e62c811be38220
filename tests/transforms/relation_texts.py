"""Composed stories in five languages, and what sites make of them: the generator behind the tests about copies.

The sentences are made of word lists and patterns written for this file. A story draws its own nouns, names and numbers,
so two stories share grammar and little else; two reports of one event draw from one small store of words.
"""

import random
from dataclasses import dataclass

LANGUAGES = ("en", "de", "el", "ru", "zh")


@dataclass(frozen=True)
class Grammar:
    """Word lists and sentence patterns. joint: what stands between words."""

    nouns: list[str]
    names: list[str]
    verbs: list[str]
    adjectives: list[str]
    times: list[str]
    patterns: list[str]
    joint: str = " "
    stop: str = ". "


GRAMMARS = {
    "en": Grammar(
        nouns="harbour budget bridge orchard tunnel museum factory valley library railway clinic reservoir stadium"
        " archive bakery quarry ferry glacier market school theatre vineyard warehouse workshop runway lighthouse"
        " nursery pension licence survey contract fence engine permit shelter canal meadow council"
        " tariff verdict".split(),
        names="Ardel Brunwick Castor Delmare Eastholm Farrow Gessing Hallam Irvale Jorvin Kestrel Lowmoor Marden"
        " Norvik Orrell Pendry Quarles Rothby Selwick Tarrant Ulmer Vasey Wexcombe Yarrow".split(),
        verbs="opened closed measured refused repaired questioned delayed doubled flooded inspected painted promised"
        " rejected replaced sold defended studied surrounded widened abandoned approved borrowed"
        " cancelled examined".split(),
        adjectives="northern disused costly narrow private crowded wooden ageing muddy temporary regional modest"
        " unfinished foreign silent reliable famous damaged stubborn cautious rural sudden".split(),
        times="before dawn,during the autumn,within nine weeks,on Tuesday evening,since the flood,after a long vote,"
        "at the third attempt,under new rules,without any notice,for the second year".split(","),
        patterns=[
            "The {a} {n} near {p} {v} the {n} {t}",
            "{p} {v} a {a} {n} and {d} {n}s {t}",
            "According to {p}, no {n} {v} the {a} {n} {t}",
            "{t} the {n} of {p} {v} {d} {a} {n}s",
            "Neither {p} nor the {a} {n} {v} its {n}, said {p}",
            "A {n} that {p} {v} {t} cost {d} million more than the {n}",
            "{d} {n}s in {p} were {a} when the {n} {v} them",
        ],
    ),
    "de": Grammar(
        nouns="Hafen Haushalt Brücke Obstgarten Tunnel Museum Fabrik Bücherei Bahnhof Klinik Stausee Stadion Archiv"
        " Bäckerei Steinbruch Fähre Gletscher Markt Schule Theater Weinberg Lager Werkstatt Leuchtturm Rente Lizenz"
        " Umfrage Vertrag Zaun Motor Kanal Wiese Gemeinderat Zoll Urteil Rathaus Schleuse Feuerwehr".split(),
        names="Ahrfeld Brunnau Castorf Delmrode Ostholm Farrental Gessing Hallgau Irlach Jorstadt Kestheim Lohmoor"
        " Mardorf Nordwiek Orlau Pendritz Querum Rothbach Selwitz Tarnow Ulmen Vasbeck".split(),
        verbs="eröffnete schloss vermaß verweigerte reparierte verzögerte verdoppelte überschwemmte prüfte strich"
        " versprach ersetzte verkaufte verteidigte untersuchte umgab verbreiterte verließ genehmigte"
        " lieh kündigte".split(),
        adjectives="nördliche stillgelegte teure enge private volle hölzerne alternde schlammige vorläufige regionale"
        " bescheidene fremde stille berühmte beschädigte sture vorsichtige ländliche plötzliche".split(),
        times="vor Sonnenaufgang,während des Herbstes,binnen neun Wochen,am Dienstagabend,seit der Flut,"
        "nach langer Abstimmung,beim dritten Versuch,unter neuen Regeln,ohne jede Ankündigung".split(","),
        patterns=[
            "Die {a} {n} bei {p} {v} den {n} {t}",
            "{p} {v} eine {a} {n} und {d} weitere {t}",
            "Laut {p} {v} keine {n} jene {a} {n} {t}",
            "{t} {v} der {n} von {p} rund {d} {a} Teile",
            "Weder {p} noch die {a} {n} {v} ihren {n}, sagte {p}",
            "Ein {n}, den {p} {t} {v}, kostete {d} Millionen mehr als der {n}",
        ],
    ),
    "el": Grammar(
        nouns="λιμάνι προϋπολογισμός γέφυρα περιβόλι σήραγγα μουσείο εργοστάσιο κοιλάδα βιβλιοθήκη σταθμός κλινική"
        " φράγμα στάδιο αρχείο φούρνος λατομείο πλοίο παγετώνας αγορά σχολείο θέατρο αμπέλι αποθήκη φάρος σύνταξη"
        " άδεια έρευνα σύμβαση φράχτης κινητήρας κανάλι λιβάδι συμβούλιο δασμός απόφαση δημαρχείο".split(),
        names="Αρδέλη Βρύσες Καστόρι Δελμάρι Ελαφώνα Φαράγγι Γέσινα Χαλάνδρι Ιρβάλη Γιορβίνα Κεστρίνη Λοφάκι"
        " Μαρδένα Νοτιάς Όρελο Πέντρι Κουαρλή Ροδιά Σελβίκι Ταράντα".split(),
        verbs="άνοιξε έκλεισε μέτρησε αρνήθηκε επισκεύασε καθυστέρησε διπλασίασε πλημμύρισε εξέτασε έβαψε υποσχέθηκε"
        " αντικατέστησε πούλησε υπερασπίστηκε μελέτησε διεύρυνε εγκατέλειψε ενέκρινε δανείστηκε ακύρωσε".split(),
        adjectives="βόρειο παλιό ακριβό στενό ιδιωτικό γεμάτο ξύλινο γερασμένο λασπωμένο προσωρινό τοπικό μέτριο ξένο"
        " σιωπηλό διάσημο χαλασμένο πεισματάρικο προσεκτικό αγροτικό ξαφνικό".split(),
        times="πριν την αυγή,μέσα στο φθινόπωρο,σε εννέα εβδομάδες,την Τρίτη το βράδυ,μετά την πλημμύρα,"
        "ύστερα από ψηφοφορία,με την τρίτη προσπάθεια,με νέους κανόνες,χωρίς προειδοποίηση".split(","),
        patterns=[
            "Το {a} {n} στην {p} {v} το {n} {t}",
            "Η {p} {v} ένα {a} {n} και {d} ακόμη {t}",
            "Σύμφωνα με την {p} κανένα {n} δεν {v} το {a} {n} {t}",
            "{t} το {n} της {p} {v} {d} {a} μέρη",
            "Ούτε η {p} ούτε το {a} {n} {v} το {n}, είπε η {p}",
        ],
    ),
    "ru": Grammar(
        nouns="порт бюджет мост сад тоннель музей завод архив вокзал госпиталь стадион рынок театр склад маяк пенсия"
        " договор забор мотор канал луг совет тариф приговор карьер паром ледник виноградник питомник шлюз причал"
        " колодец приют аэродром огород".split(),
        names="Ардель Бруново Касторово Дельмар Остхольм Фаррово Гессино Халлам Ирвалево Йорвино Кестрел Ломор"
        " Марден Норвик Оррелл Пендри Кварлес Ротбино Селвик Таррант".split(),
        verbs="открыл закрыл измерил отклонил починил задержал удвоил затопил проверил покрасил обещал заменил продал"
        " защитил изучил окружил расширил покинул одобрил занял отменил осмотрел".split(),
        adjectives="северный заброшенный дорогой узкий частный тесный деревянный старый грязный временный местный"
        " скромный чужой тихий известный сломанный упрямый осторожный сельский внезапный".split(),
        times="до рассвета,в течение осени,за девять недель,во вторник вечером,после наводнения,по итогам"
        " голосования,"
        "с третьей попытки,по новым правилам,без предупреждения".split(","),
        patterns=[
            "Самый {a} {n} у города {p} {v} {n} {t}",
            "{p} {v} {a} {n} и ещё {d} {t}",
            "По данным {p}, ни один {n} не {v} {a} {n} {t}",
            "{t} {n} города {p} {v} {d} частей",
            "Ни {p}, ни {a} {n} не {v} свой {n}, сообщил {p}",
        ],
    ),
    "zh": Grammar(
        nouns="港口 预算 大桥 果园 隧道 博物馆 工厂 山谷 图书馆 车站"
        " 诊所 水库 体育场 档案 面包店 采石场 渡轮 冰川 市场 学校"
        " 剧院 葡萄园 仓库 灯塔 养老金 许可 调查 合同 围墙 发动机 运河 草地 议会 关税 判决 消防队".split(),
        names="阿德尔 布伦镇 卡斯托 德尔马 东霍姆 法罗县 格辛 哈勒姆"
        " 伊尔谷 约尔文 凯斯特 洛摩尔 马登市 诺维克 奥雷尔 彭德里".split(),
        verbs="打开了 关闭了 测量了 拒绝了 修理了 推迟了 加倍了"
        " 淹没了 检查了 粉刷了 承诺了 替换了 出售了 保护了 研究了 包围了"
        " 拓宽了 放弃了 批准了 取消了".split(),
        adjectives="北部的 废弃的 昂贵的 狭窄的 私人的 拥挤的 木制的"
        " 老化的 泥泞的 临时的 地方的 普通的 外国的 安静的 著名的"
        " 损坏的 固执的 谨慎的".split(),
        times="天亮之前 秋季期间 九周之内 周二晚间 洪水之后 表决结束时 第三次尝试时 按照新规 没有通知".split(),
        patterns=[
            "{p}附近{a}{n}{t}{v}那座{n}",
            "{p}{v}{a}{n}以及另外{d}处{n}",
            "据{p}称，没有{n}{t}{v}{a}{n}",
            "{t}，{p}的{n}{v}{d}处{a}部分",
            "{p}和{a}{n}都没有{v}自己的{n}",
        ],
        joint="",
        stop="。",
    ),
}


def sentence(grammar: Grammar, rng: random.Random, words: dict[str, list[str]]) -> str:
    """One sentence; each place of its pattern is filled anew."""
    text = rng.choice(grammar.patterns)
    for mark, choices in (
        ("{n}", words["n"]),
        ("{p}", words["p"]),
        ("{v}", grammar.verbs),
        ("{a}", grammar.adjectives),
    ):
        while mark in text:
            text = text.replace(mark, rng.choice(choices), 1)
    text = text.replace("{t}", rng.choice(grammar.times)).replace("{d}", str(rng.randrange(3, 990)))
    return text[0].upper() + text[1:]


def story(language: str, seed: int | str, event: int | str | None = None, paragraphs: int = 12) -> list[str]:
    """The paragraphs of a story, some 35 words each. event: the small store of nouns and names that it draws from."""
    grammar = GRAMMARS[language]
    rng = random.Random(f"{language}-{seed}")
    words = {"n": grammar.nouns, "p": grammar.names}
    if event is not None:
        own = random.Random(f"{language}-event-{event}")
        words = {"n": own.sample(grammar.nouns, 12), "p": own.sample(grammar.names, 4)}
    return [
        grammar.stop.join(sentence(grammar, rng, words) for _ in range(4)) + grammar.stop.strip()
        for _ in range(paragraphs)
    ]


def substituted(language: str, lines: list[str], share: float, rng: random.Random) -> list[str]:
    """The text with a share of its words (of its characters, without spaces) replaced by others of the language."""
    grammar = GRAMMARS[language]
    if grammar.joint:
        return [
            " ".join(rng.choice(grammar.nouns) if rng.random() < share else word for word in line.split(" "))
            for line in lines
        ]
    # A word of Chinese has some two characters.
    return [
        "".join(rng.choice(grammar.nouns)[0] if rng.random() < share / 2 else letter for letter in line)
        for line in lines
    ]


FURNITURE = {
    "en": ["Share this story with your friends", "Subscribe to our letter and never miss the morning summary"],
    "de": ["Teilen Sie diesen Beitrag mit Freunden", "Abonnieren Sie unseren Brief mit dem Überblick am Morgen"],
    "el": ["Μοιραστείτε το άρθρο με φίλους σας", "Γραφτείτε στο δελτίο μας για την πρωινή ενημέρωση"],
    "ru": ["Поделитесь этой статьёй с друзьями", "Подпишитесь на нашу рассылку с утренним обзором"],
    "zh": ["与朋友分享这篇文章", "订阅我们的通讯，每天早晨收到摘要"],
}


def copies(language: str, lines: list[str], rng: random.Random) -> dict[str, list[str]]:
    """What partners make of a story: every one of these is a copy of it."""
    drop = rng.randrange(1, len(lines) - 1)
    return {
        "identical": list(lines),
        "headline": [story(language, rng.random(), paragraphs=1)[0][:60], *lines],
        "furniture": [FURNITURE[language][0], *lines, *FURNITURE[language]],
        "dropped": lines[:drop] + lines[drop + 1 :],
        "cut to 60 %": lines[: round(len(lines) * 0.6)],
        "cut to 30 %": lines[: round(len(lines) * 0.3)],
        "2 % other words": substituted(language, lines, 0.02, rng),
        "5 % other words": substituted(language, lines, 0.05, rng),
        "10 % other words": substituted(language, lines, 0.10, rng),
        "expanded": lines + story(language, rng.random(), paragraphs=len(lines) // 3),
    }


def others(language: str, lines: list[str], seed: int) -> dict[str, tuple[list[str], list[str]]]:
    """Pairs of texts that have something in common and are no copies."""
    footer = story(language, "footer", paragraphs=3)
    other = LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
    different = story(language, f"different-{seed}", paragraphs=10)
    return {
        "long quotation": (lines, [*different, *lines[3:5]]),
        "same event": (lines, story(language, f"report-{seed}", event=seed)),
        "same footer": (lines + footer, different + footer),
        "short, same footer": (lines[:4] + footer, different[:4] + footer),
        "translation": (lines, story(other, seed, event=seed)),
    }
