import random

import langdetect
import pytest
from langdetect import DetectorFactory
from langdetect.detector_factory import init_factory

from newsbeam.transforms import by_langdetect, detectors, language
from newsbeam.transforms.language import script, tell

SENTENCES = {
    "en": "The boats came home long after dark, and nobody on the pier had gone to bed before that.",
    "de": "Die Boote kamen erst lange nach Einbruch der Dunkelheit zurück, und niemand war schlafen gegangen.",
    "fr": "Les bateaux ne sont rentrés que longtemps après la tombée de la nuit, et personne ne dormait.",
    "es": "Los barcos volvieron mucho después de anochecer, y nadie en el muelle se había ido a dormir.",
    "it": "Le barche sono tornate molto dopo il tramonto, e nessuno sul molo era andato a dormire.",
    "pt": "Os barcos voltaram muito depois do anoitecer, e ninguém no cais tinha ido dormir.",
    "nl": "De schepen keerden pas laat in de avond terug, terwijl iedereen op de kade nog stond te wachten.",
    "pl": "Łodzie wróciły długo po zmroku i nikt na przystani nie poszedł wcześniej spać.",
    "el": "Οι βάρκες γύρισαν πολύ μετά το σκοτάδι και κανείς στην προβλήτα δεν είχε πάει για ύπνο.",
    "ru": "Лодки вернулись уже затемно, и никто на пристани до этого не ложился спать.",
    "tr": "Tekneler karanlık bastıktan çok sonra döndü ve iskelede kimse uyumaya gitmemişti.",
    "sv": "Båtarna kom hem långt efter mörkrets inbrott, och ingen på bryggan hade gått och lagt sig.",
    "cs": "Lodě se vrátily dlouho po setmění a nikdo na molu do té doby nešel spát.",
    "zh": "天黑以后很久，船才回到港口，码头上没有一个人去睡觉，大家都在等待。",
    "ja": "船が戻ってきたのは日が暮れてからずいぶん後で、桟橋では誰も眠っていなかった。",
    "ko": "배들은 어두워지고 한참 뒤에야 돌아왔고, 부두에서는 아무도 잠자리에 들지 않았다.",
}


DETECTORS = ("langdetect", "py3langid")


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize(("expected", "text"), SENTENCES.items())
def test_a_sentence_tells_its_language(expected: str, text: str, detector: str) -> None:
    told = tell(text, detector=detector)
    assert told.language == expected
    assert told.confidence >= 0.6


def test_detectors_have_the_same_codes() -> None:
    """What one calls by two letters the other never calls by another code: Norwegian is `no` in both."""
    own, other = (detectors.named(name).claims for name in DETECTORS)
    assert own - other == set()
    assert {len(code) for code in own | other} == {2}
    nynorsk = "Båtane kom heim lenge etter at det vart mørkt, og ingen på kaia hadde lagt seg før dei var komne."
    assert {tell(nynorsk, detector=name).language for name in DETECTORS} == {"no"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "Hello",
        "12 345 :-)",
        "https://example.org/some/long/path/that/is/no/language",
        "❗️⚡️ \u200d",
        "\x00",
    ],
)
@pytest.mark.parametrize("detector", DETECTORS)
def test_a_text_without_words_does_not_tell(text: str, detector: str) -> None:
    assert tell(text, detector=detector).language == "und"


@pytest.mark.parametrize("detector", DETECTORS)
def test_two_scripts_side_by_side_do_not_tell(detector: str) -> None:
    assert tell(SENTENCES["en"] + " " + SENTENCES["ru"], detector=detector).language == "und"


@pytest.mark.parametrize("detector", DETECTORS)
def test_two_languages_one_after_the_other_do_not_tell(detector: str) -> None:
    assert tell(SENTENCES["en"] * 4 + " " + SENTENCES["pl"] * 4, detector=detector).language == "und"
    assert tell(SENTENCES["en"] * 6 + " " + SENTENCES["pl"], detector=detector).language == "en"


def test_foreign_names_do_not_matter() -> None:
    assert tell(SENTENCES["ru"] + " (Harbour Watch, NEXTA)").language == "ru"
    assert tell("Traditional: 立法院今天三讀通過修正案，將於明年起施行，各界反應不一。").language == "zh"


def test_latin_names_in_a_text_of_ideographs_do_not_matter() -> None:
    text = "据科技网站 Electronista 报道，Windows 8 PC 引入的 UEFI 启动功能不会禁止安装 Linux，但 ARM 设备可能不行。"
    assert tell(text).language == "zh"
    assert tell(SENTENCES["en"] + " 立法院今天三讀通過修正案，將於明年起施行，各界反應不一。").language == "und"


ICELANDIC = "Við komum til að styðja við þá sem eru að fara að bera vitni fyrir norska ríkið í þessu máli."


def test_a_language_without_a_profile_is_none_where_the_page_declares_it() -> None:
    guessed = tell(ICELANDIC)
    assert guessed.language != "is"
    assert tell(ICELANDIC, declared="is").language == "und"
    assert tell(ICELANDIC, declared="is").confidence == guessed.confidence
    assert tell(SENTENCES["en"], declared="mt").language == "en"
    assert tell(SENTENCES["de"], declared="xx").language == "de"


def test_a_detector_that_knows_more_tells_more() -> None:
    assert tell(ICELANDIC, declared="is", detector="py3langid").language == "is"
    assert tell(ICELANDIC, detector="py3langid").language == "is"


def test_the_same_text_has_the_same_answer_in_any_order() -> None:
    texts = [*SENTENCES.values(), "ok danke merci a tutti quanti per favore"] * 3
    first = {text: tell(text) for text in texts}
    random.Random(7).shuffle(texts)
    random.seed(99)
    assert all(tell(text) == first[text] for text in texts)


@pytest.mark.parametrize("text", list(SENTENCES.values()))
def test_the_detector_is_langdetects_own(text: str) -> None:
    init_factory()
    DetectorFactory.seed = 0
    own = langdetect.detector_factory._factory.create()
    own.seed, own.n_trial = 0, by_langdetect.TRIALS
    own.append(text)
    ours = dict(zip(by_langdetect.profiles().languages, by_langdetect.chances(text), strict=True))
    for one in own.get_probabilities():
        assert ours[one.lang] == pytest.approx(one.prob)


def test_only_the_beginning_counts_and_it_ends_with_a_word() -> None:
    text = SENTENCES["de"] * 3 + SENTENCES["en"] * 30
    assert tell(text, prefix=200).language == "de"
    assert language._sample("alpha beta gamma", 12) == "alpha beta"


@pytest.mark.parametrize(
    ("text", "code"), [("Boats", "Latn"), ("Βάρκες", "Grek"), ("Лодки", "Cyrl"), ("船回", "Hani"), ("1234", "Zyyy")]
)
def test_the_script_of_most_letters(text: str, code: str) -> None:
    assert script(text) == code
