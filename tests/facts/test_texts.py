"""The catalogues: every text in every language, with the same placeholders, used, and in its own script."""

import datetime as dt
import re
import string
from pathlib import Path

import pytest

from maabar import errors, texts

PACKAGE = Path(texts.__file__).parent
LANGUAGES = list(texts.LANGUAGES)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_every_text_with_the_same_placeholders() -> None:
    english = texts.of("en").found
    for language in LANGUAGES:
        found = texts.of(language).found
        assert set(found) == set(english), language
        assert {key for key in english if placeholders(found[key]) != placeholders(english[key])} == set()


def test_arabic_is_arabic() -> None:
    for key, text in texts.of("ar").found.items():
        letters = re.sub(r"\{\w+\}", "", text)
        assert not letters.strip(" –%()0123456789") or re.search("[\u0600-\u06ff]", letters), key
        assert not re.search("[\u0660-\u0669\u06f0-\u06f9]", letters), key


def test_every_text_is_used_and_every_used_one_is_there() -> None:
    """A key stands in the code or a template as it is, or its last part is put in: `f"need.{need}"`."""
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.js")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    keys = set(texts.of("en").found)
    plain = {key for key in keys if f'"{key}"' in code or f"'{key}'" in code}
    starts = set(re.findall(r"""f["']([a-z_]+\.[a-z_]*)\{""", code))
    assert starts
    starts |= set(re.findall(r"""["']([a-z_.]+[._])["'] ~""", code))
    starts |= set(re.findall(r"""listed\(["']([a-z_]+\.)["']\)""", code))
    left = {key for key in keys - plain if not any(key.startswith(start) for start in starts)}
    assert left == set()
    spoken = set(re.findall(r"""\b(?:words|texts|t)\(\s*["']([a-z_]+\.[a-z_0-9]+)["']\s*[,)]""", code))
    assert spoken - keys == set()


def test_dates_follow_the_language_and_digits_are_western_in_both() -> None:
    day = dt.date(2017, 1, 30)
    assert texts.of("en").date(day) == "30 January 2017"
    assert texts.of("ar").date(day) == "30 كانون الثاني 2017"
    assert texts.of("en").date(day, is_short=True) == "30 Jan"
    assert (texts.of("en").direction, texts.of("ar").direction) == ("ltr", "rtl")


def test_a_number_keeps_its_direction_among_arabic_words() -> None:
    assert texts.of("ar").isolated("1,200") == "\u20661,200\u2069"
    assert texts.of("en").isolated("1,200") == "1,200"


def test_a_remark_that_is_kept_in_english_is_read_in_arabic_with_its_values() -> None:
    english, arabic = texts.of("en"), texts.of("ar")
    keys = [key for key in english.found if key.startswith("doubt.")]
    assert len(keys) > 10
    for key in keys:
        names = sorted(set(re.findall(r"\{(\w+)\}", english.found[key])))
        values = {name: f"<{at}> e{at}, f{at}" for at, name in enumerate(names)}
        said = english(key, **values)
        assert english.doubt(said) == said
        assert arabic.doubt(said) == arabic(key, **{name: arabic.isolated(value) for name, value in values.items()})
    within = english("doubt.doubt", warning=english("doubt.members", members=60, parameters=40, needed=200))
    assert not re.search("[a-z]", arabic.doubt(within))
    assert [number in arabic.doubt(within) for number in ("60", "40", "200")] == [True] * 3
    assert arabic.doubt("something else") == "something else"


def test_another_language_is_refused() -> None:
    with pytest.raises(errors.RunError) as caught:
        texts.of("fr")
    assert str(caught.value) == "--lang: found 'fr', expected en or ar; choose one of these"
