"""Help: tours lead to pages that exist, pictures are there and small, words are those of the glossary."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from test_light import ask

from riskmap import i18n, web
from riskmap.i18n import text
from riskmap.web import help as guide

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 60_000


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_step_has_its_words_and_a_page(lang):
    names = {name for steps in guide.TOURS.values() for name, _ in steps}
    html = guide.page(lang, {name: f"go/{name}" for name in names})
    for user, steps in guide.TOURS.items():
        for n, (name, _) in enumerate(steps, start=1):
            assert text(f"help.tour.{user}.step{n}", lang) in html
            assert name in ("overview", "m/") or (ROOT / "pages" / f"{name}.py").is_file()
            assert f'href="go/{name}"' in html
        assert not i18n.has(f"help.tour.{user}.step{len(steps) + 1}", lang)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("user", guide.TOURS)
def test_each_tour_has_a_picture_in_each_language(user, lang):
    address = guide.address(user, lang)
    app = Starlette(routes=web.routes())
    answer = ask(app, f"/{address}")
    assert answer.status_code == 200 and len(answer.content) <= MAX_BYTES
    assert Image.open(io.BytesIO(answer.content)).width >= 300
    assert f'src="{address}"' in guide.page(
        lang, dict.fromkeys({name for steps in guide.TOURS.values() for name, _ in steps}, "x")
    )


@pytest.mark.parametrize("name", ["nobody-kk", "../settings", "monitor-kk.webp", "monitor-xx", "%2e%2e%2fhelp"])
def test_no_other_file_leaves(name):
    assert ask(Starlette(routes=web.routes()), f"/pictures/{name}.webp").status_code == 404


def test_the_words_are_those_of_the_glossary():
    rows = guide.glossary()
    assert len(rows) > 60 and all(all(row[lang] for lang in i18n.LANGUAGES) for row in rows)
    assert {"kk": "нысан", "ru": "объект", "en": "facility"}.items() <= next(
        row for row in rows if row["en"] == "facility"
    ).items()
    assert "нысан" in guide.words("kk")


def test_the_readme_has_a_line_for_every_page():
    root = Path(__file__).parents[1]
    listed = re.findall("^\\| `/([a-z]+)` \\| .+ \\|$", (root / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.stem for page in (root / "pages").glob("[a-z]*.py"))
