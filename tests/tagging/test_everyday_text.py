"""The bundled models know names of letters, minutes, messages, CVs and contracts, of people whom no list of theirs has."""

from pathlib import Path

import pytest

import fanlight

LISTS = Path(__file__).parents[2] / "tools" / "bundling"
GIVEN = [
    "Fatima",
    "Priya",
    "Olivia",
    "Liam",
    "Noah",
    "Emma",
    "Ahmed",
    "Yuki",
    "Chidi",
    "Ingrid",
    "Lars",
    "Siobhan",
    "Niamh",
    "Raj",
    "Anjali",
    "Omar",
    "Zainab",
    "Kwame",
    "Dmitri",
    "Svetlana",
    "Jose",
    "Lucia",
    "Hiroshi",
    "Tariq",
    "Leila",
    "Bjorn",
    "Astrid",
    "Pedro",
    "Carmen",
    "Ravi",
    "Deepa",
    "Hassan",
    "Aisha",
    "Ivan",
    "Olga",
    "Kofi",
    "Abena",
    "Valentina",
    "Finn",
    "Saoirse",
    "Elif",
    "Mehmet",
]
SURNAMES = [
    "Garcia",
    "Nguyen",
    "Patel",
    "Kowalski",
    "Smith",
    "Okafor",
    "Tanaka",
    "Kim",
    "Schmidt",
    "Rossi",
    "Dubois",
    "Larsen",
    "Petrov",
    "Haddad",
    "Khan",
]
CITIES = ["London", "Paris", "Berlin", "Oslo", "Lagos", "Mumbai", "Osaka", "Lima", "Kyiv", "Accra", "Denver", "Boston"]
FULL = [f"{name} {SURNAMES[n % len(SURNAMES)]}" for n, name in enumerate(GIVEN)]
KINDS = {  # a text with {} where the name is, the names, their type
    "greeting": ("Hi {}, could you send me the file?", GIVEN, "PER"),
    "letter": ("Dear {},\n\nThank you for the report.", GIVEN, "PER"),
    "sign-off": ("Please call me back.\n\nBest regards,\n{}", GIVEN, "PER"),
    "chat": ("{} left the chat", GIVEN, "PER"),
    "form": ("Name: {}", FULL, "PER"),
    "list": ("3. {}", FULL, "PER"),
    "photograph": ("Photo: {}/Reuters", FULL, "PER"),
    "employer": (
        "She works at {} in Oslo.",
        ["Acme Ltd.", "Basecamp Inc.", "Globex Corp.", "Siemens", "Ford Motor Co."],
        "ORG",
    ),
    "tag of a city": ("live from #{} :)", CITIES, "LOC"),
    "name in lower case": ("{} lives in oslo.", [name.lower() for name in FULL], "PER"),
}
KOREAN = {
    "성명: 홍길동": ["홍길동"],
    "임대인 이영희, 임차인 박철수": ["이영희", "박철수"],
    "지훈아, 내일 3시에 보자.": ["지훈", "내일", "3시"],
    "[오전 10:32] 민지: 늦을 것 같아요": ["오전 10:32", "민지"],
    "설탕 2큰술, 밀가루 300g": ["2큰술", "300g"],
    "주소: 부산광역시 해운대구 우동 1408": ["부산광역시 해운대구 우동"],
    "이메일: minsu@example.com": [],
}


def test_these_people_are_in_no_list_that_was_learned():
    listed = (LISTS / "english_given_names.txt").read_text(encoding="utf-8").split()
    assert not set(GIVEN) & set(listed)


@pytest.mark.parametrize("kind", KINDS)
def test_nine_of_ten_names_are_found_whole_and_of_their_type(kind):
    text, names, type_ = KINDS[kind]
    tagger = fanlight.load("en")
    right = 0
    for name in names:
        tag = "#" * ("#{}" in text)  # a tag is one token
        right += (tag + name, type_) in [(e.text, e.type) for e in tagger(text.format(name)).entities]
    assert right >= 0.9 * len(names)


@pytest.mark.parametrize("text", KOREAN)
def test_korean_letters_contracts_and_recipes(text):
    assert [e.text for e in fanlight.load("ko")(text).entities] == KOREAN[text]
