"""Open data: every link of the page answers, the Data Package is valid and true of its files, the card may stand in a frame."""

import csv
import io
import re
from datetime import date

import jsonschema
import pytest
from starlette.applications import Starlette
from test_export import make_snapshot
from test_light import ask

from riskmap import i18n, web
from riskmap.i18n import text
from riskmap.web import embed, exports, opendata

# what the published schema of a Data Package (specs.frictionlessdata.io/data-package, version 1) asks for, as far as we use it
NAME = {"type": "string", "pattern": r"^([-a-z0-9._/])+$"}
SCHEMA = {
    "type": "object",
    "required": ["resources"],
    "properties": {
        "profile": {"type": "string"},
        "name": NAME,
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "licenses": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "anyOf": [{"required": ["name"]}, {"required": ["path"]}],
                "properties": {"name": {"type": "string", "pattern": "^([-a-zA-Z0-9._])+$"}, "path": {"type": "string"}},
            },
        },
        "resources": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "required": ["name", "path"],
                "properties": {
                    "name": NAME,
                    "path": {"type": "string", "pattern": r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"},
                    "format": {"type": "string"},
                    "mediatype": {"type": "string", "pattern": "^(.+)/(.+)$"},
                    "encoding": {"type": "string"},
                    "schema": {
                        "type": "object", "required": ["fields"],
                        "properties": {
                            "missingValues": {"type": "array", "items": {"type": "string"}},
                            "fields": {
                                "type": "array", "minItems": 1,
                                "items": {
                                    "type": "object", "required": ["name"],
                                    "properties": {
                                        "name": {"type": "string"},
                                        "type": {"enum": ["string", "number", "integer", "boolean", "date"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip
READ = {
    "integer": int,
    "number": float,
    "date": date.fromisoformat,
    "boolean": {"true": True, "false": False}.__getitem__,
    "string": str,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_snapshot(tmp_path_factory.mktemp("open") / "snapshot")


@pytest.fixture
def served(made, monkeypatch):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(made.folder))
    exports.forget()
    return made


@pytest.fixture
def app(served):
    return Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))


def links(html):
    return [address.replace("&amp;", "&") for address in re.findall(r'href="([^"]+)"', html)]


def test_every_file_of_the_page_is_there(app, served):
    own = [link for link in links(opendata.page(served, "http://h/", "en")) if not link.startswith(("http", "open?"))]
    assert len(own) >= 13 and len(set(own)) == len(own)
    for link in own:
        answer = ask(app, f"/{link}")
        assert answer.status_code == 200 and len(answer.content) > 100, link
        assert b"RESTRICTED" not in answer.content


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_data_package_is_valid_and_true(app, served, lang):
    answer = ask(app, f"/files/{served.id}/datapackage.json?lang={lang}")
    package = answer.json()
    jsonschema.Draft7Validator(SCHEMA).validate(package)
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names) == len(opendata.LISTS) * len(opendata.FORMATS)
    for one in package["resources"]:
        file = ask(app, f"/files/{served.id}/{one['path']}")
        assert file.status_code == 200, one["path"]
        assert ask(app, f"/files/{served.id}/{one['manifest']}").json()["sha256"]
        if one["format"] == "csv":
            _fits(file.text, one["schema"])


def _fits(content, described):
    """The header is the list of fields, and every cell is of the type said."""
    head, *rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    assert head == [field["name"] for field in described["fields"]]
    for row in rows:
        for cell, field in zip(row, described["fields"], strict=True):
            if cell not in described["missingValues"]:
                READ[field["type"]](cell)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/000000000000/datapackage.json", 404), ("/files/{id}/datapackage.json?x=1", 400),
        ("/files/{id}/datapackage.json?lang=xx", 400), ("/datasets/settings.csv", 404), ("/datasets/figures.csv?lang=xx", 400),
        ("/datasets/../settings.toml", 404), ("/embed/region/KZ-99", 404), ("/embed/region/KZ-75?x=1", 400),
        ("/embed/region/KZ-75?lang=xx", 400), ("/embed/region/KZ-75?lang=en&lang=en", 400), ("/embed/other", 404),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused(app, served, path, status):
    assert ask(app, path.format(id=served.id)).status_code == status


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_card_carries_the_words_the_date_and_the_demo_mark(app, served, lang):
    answer = ask(app, f"/embed/region/KZ-75?lang={lang}")
    assert answer.status_code == 200 and "<script" not in answer.text
    assert text("common.fair_words", lang) in answer.text and i18n.day(served.as_of, lang) in answer.text
    assert (text("common.demo", lang) in answer.text) == served.is_demo


def test_only_the_card_may_stand_in_a_frame(app, served):
    card = ask(app, "/embed/region/KZ-75?lang=en").headers
    assert "frame-ancestors *" in card["content-security-policy"] and "script-src" not in card["content-security-policy"]
    assert card["cross-origin-resource-policy"] == "cross-origin"
    style = re.search(r"<style>(.*?)</style>", embed.card(served, "KZ-75", "en"), re.DOTALL)[1]
    assert embed._style() == style  # the hash of the policy is of these very letters
    for path in ("/m/", "/m/report", "/health", f"/files/{served.id}/datapackage.json", "/embedded", "/m/../embed/region/KZ-75"):
        headers = ask(app, path).headers
        if not path.endswith("KZ-75"):
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert headers["cross-origin-resource-policy"] == "same-origin"


def test_the_line_for_another_page_is_escaped():
    line = embed.code_for('http://h/"><script>', "KZ-75", "en")
    assert "<script" not in line and line.startswith("<iframe ") and line.count("<") == 2
    assert opendata.base_of("http://h:8501/open?lang=kk") == "http://h:8501/"
