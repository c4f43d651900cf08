"""The manual: both languages say the same, every link leads somewhere, and nothing comes from outside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HELP = ROOT / "resources" / "help"
PICTURES = HELP / "pictures"
LANGUAGES = ("nl", "en")
#: Elements without an end.
VOID = {"meta", "link", "img", "br", "hr"}
#: What the commands and the files of the project are called stays what it is in prose about them.
NEVER = re.compile(r"\b(hub|replica|quarantined?|qartod)s?\b", re.IGNORECASE)


@dataclass
class Page(HTMLParser):
    """A page of the manual, read."""

    path: Path
    headings: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    language: str = ""
    prose: str = ""
    elements: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append(tag)
        if tag not in VOID:
            self.unclosed.append(tag)
        if tag == "html":
            self.language = given.get("lang", "")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((tag, ""))
        if "id" in given:
            self.ids.add(given["id"])
        if tag in {"a", "link"}:
            self.links.append(given.get("href", ""))
        if tag == "img":
            self.pictures.append((given.get("src", ""), given.get("alt", "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed, f"{self.path}: </{tag}> closes nothing"
        assert self.unclosed.pop() == tag, f"{self.path}:{self.getpos()}: </{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        inside = set(self.unclosed)
        if inside & {"code", "pre"} or "nav" in inside:
            return
        self.prose += data
        if self.headings and self.unclosed and self.unclosed[-1] == self.headings[-1][0]:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)


def names(language: str) -> list[str]:
    return sorted(path.name for path in (HELP / language).glob("*.html"))


PAGES = [(language, name) for language in LANGUAGES for name in names(language)]


def page_of(language: str, name: str) -> Page:
    return Page(HELP / language / name)


def test_both_languages_have_the_same_pages() -> None:
    """Whoever changes the language stays at the same page."""
    assert names("nl") == names("en")
    assert "index.html" in names("nl")
    assert len(names("nl")) >= 9


@pytest.mark.parametrize("name", names("en"))
def test_a_page_is_built_alike_in_both_languages(name: str) -> None:
    """Headings, pictures, tables and lists of a page correspond, and its links lead to the same pages."""
    dutch, english = page_of("nl", name), page_of("en", name)
    assert [level for level, _ in dutch.headings] == [level for level, _ in english.headings]
    assert dutch.elements == english.elements
    ours = [link for link in english.links if "../nl/" not in link]
    theirs = [link for link in dutch.links if "../en/" not in link]
    assert ours == theirs


@pytest.mark.parametrize("name", names("en"))
def test_no_page_is_an_untranslated_copy(name: str) -> None:
    """No paragraph of some length is the same in both languages."""
    sentences = [
        {
            " ".join(part.split())
            for part in re.split(r"(?<=[.:;?])\s|\n", page_of(language, name).prose)
            if len(part.split()) > 5
        }
        for language in LANGUAGES
    ]
    assert sentences[0]
    assert sentences[0] & sentences[1] == set()


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_is_whole(language: str, name: str) -> None:
    """It names its language, has one first heading, and every element is closed."""
    page = page_of(language, name)
    assert page.language == language
    assert page.unclosed == []
    assert [level for level, _ in page.headings].count("h1") == 1
    assert "script" not in page.elements


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_link_leads_to_a_page_of_the_manual(language: str, name: str) -> None:
    """No link is dead and none leaves the folder: the manual works without a network."""
    page = page_of(language, name)
    assert page.links
    for link in page.links:
        file, _, fragment = link.partition("#")
        target = (page.path.parent / file).resolve() if file else page.path
        assert target.is_relative_to(HELP), link
        assert target.is_file(), link
        if fragment:
            assert fragment in Page(target).ids, link


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_page_can_be_reached_from_the_first(language: str, name: str) -> None:
    """The list of pages stands on the first page."""
    assert name in page_of(language, "index.html").links


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_pictures_are_described_and_in_the_language_of_the_page(language: str, name: str) -> None:
    """Every picture has a text for those who cannot see it."""
    for source, description in page_of(language, name).pictures:
        assert re.fullmatch(rf"\.\./pictures/(overview|[a-z]+-[a-z]+-{language})\.png", source)
        assert len(description) > 10


@pytest.mark.skipif(
    not PICTURES.is_dir(), reason="resources/help/pictures is missing: run `make screenshots`"
)
@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_picture_is_there(language: str, name: str) -> None:
    """The pictures that pages show were made."""
    page = page_of(language, name)
    absent = [source for source, _ in page.pictures if not (page.path.parent / source).is_file()]
    assert absent == []


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_the_manual_speaks_like_the_screens(language: str, name: str) -> None:
    """Outside of commands no word of the machinery is used."""
    assert NEVER.findall(page_of(language, name).prose) == []


def test_the_stylesheet_fetches_nothing() -> None:
    """One stylesheet, without fonts or pictures from elsewhere."""
    assert [path.name for path in HELP.rglob("*.css")] == ["style.css"]
    text = (HELP / "style.css").read_text(encoding="utf-8")
    assert "url(" not in text
    assert "@import" not in text
