import pytest

from newsbeam.transforms.sitenames import names_site, words
from tests.transforms.sketching import sketch


@pytest.mark.parametrize(
    ("credit", "site", "url"),
    [
        ("Kathimerini", "Η Καθημερινή", "https://paper.example/1"),
        ("Η Καθημερινή", "anything", "https://www.kathimerini.gr/1"),
        ("The Harbour Herald", "Harbour Herald", "https://x.example/1"),
        ("harbour herald", "Harbour Herald Online", "https://x.example/1"),
        ("Harbour Herald", "x", "https://news.harbour-herald.co.uk/1"),
        ("AP", "x", "https://apnews.com/article/1"),
        ("harbourherald.co.uk", "Harbour Herald", "https://x.example/1"),
        ("www.harbourherald.co.uk", "x", "https://news.harbourherald.co.uk/1"),
        ("Harbour Herald", "harbourherald.co.uk", "http://127.0.0.1/1"),
        ("Коммерсант", "x", "https://www.kommersant.ru/1"),
        ("Le Progrès du Port", "Progres du port", "https://x.example/1"),
    ],
)
def test_a_credit_names_a_site(credit: str, site: str, url: str) -> None:
    assert names_site(credit, sketch("a", site=site, url=url))


@pytest.mark.parametrize(
    ("credit", "site", "url"),
    [
        ("News", "Evening News", "https://evening.example/1"),
        ("AP", "Apple Growers Weekly", "https://applegrowers.example/1"),
        ("Harbour Herald", "Harbour Times", "https://harbour.example/1"),
        ("Harbour Herald", "Herald Harbour", "https://x.example/1"),
        ("127.0.0.1", "x", "http://127.0.0.2/1"),
        ("", "x", "https://x.example/1"),
        ("…", "…", "https://x.example/1"),
        ("agencies", "Agencies", "https://agencies.example/1"),
    ],
)
def test_a_credit_names_another(credit: str, site: str, url: str) -> None:
    assert not names_site(credit, sketch("a", site=site, url=url))


def test_the_words_of_a_name_are_latin_and_without_articles() -> None:
    assert words("Η Εφημερίδα των Συντακτών") == ("efimerida", "ton", "syntakton")
    assert words("The The") == ("the",)
