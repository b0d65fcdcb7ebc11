"""A background from elsewhere: off by default, one host and no other, and nothing that could open more."""

import pytest

from riskmap import i18n, settings
from riskmap.problem import DataError, describe_error
from riskmap.web import background, guard, own_settings

TILES = "https://tiles.example.org/{z}/{x}/{y}.png?style=plain"


def of(url, attribution="© Example"):
    return background.of({"background": url, "attribution": attribution}, source="own.toml")


def test_there_is_none_by_default():
    assert background.of(settings.load()["map"]) is None
    policy = guard.content_policy()
    assert "img-src 'self' data: blob:;" in policy and "connect-src 'self';" in policy and "http" not in policy


def test_exactly_its_host_is_allowed_and_only_for_pictures_and_data():
    policy = guard.content_policy(of(TILES).origin).split("; ")
    opened = [rule for rule in policy if "https://tiles.example.org" in rule]
    assert opened == ["img-src 'self' data: blob: https://tiles.example.org", "connect-src 'self' https://tiles.example.org"]
    assert [rule for rule in policy if rule not in opened] == [
        rule for rule in guard.content_policy().split("; ") if rule.split()[0] not in ("img-src", "connect-src")
    ]


@pytest.mark.parametrize(
    ("url", "is_style", "origin"),
    [
        (TILES, False, "https://tiles.example.org"),
        ("https://tiles.example.org:8443/style.json", True, "https://tiles.example.org:8443"),
        ("http://127.0.0.1:8702/{z}/{y}/{x}.jpg", False, "http://127.0.0.1:8702"),
    ],
)
def test_tiles_and_styles_are_told_apart(url, is_style, origin):
    found = of(url)
    assert (found.url, found.is_style, found.origin) == (url, is_style, origin)


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png", "ftp://tiles.example.org/{z}/{x}/{y}.png", "//tiles.example.org/{z}/{x}/{y}",
        "https://name:word@tiles.example.org/{z}/{x}/{y}.png", "https://name@tiles.example.org/s.json", "javascript:alert(1)",
        "https://tiles.example.org; script-src *//{z}/{x}/{y}", "https://*/{z}/{x}/{y}.png", "https://*.example.org/{z}/{x}/{y}",
        "https://tiles.example.org/{z}/{x}.png", "https://{s}.example.org/{z}/{x}/{y}.png", "https:///{z}/{x}/{y}.png",
        "https://tiles.example.org/a b", "https://tiles.example.org:99999999/s.json", "https://tiles.example.org:70000/s.json",
        "https://[::1", "tiles", "https://tiles.example.org/\n", "http://127.0.0.1.example.org/s.json", "https://т.example/s.json",
        "https://tiles.example.org/" + "x" * 500,
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused_in_words(url):
    with pytest.raises(DataError) as refused:
        of(url)
    for lang in i18n.LANGUAGES:
        words = describe_error(refused.value, lang)
        assert "map.background" in words and "own.toml" in words and "{z}" in words


def test_it_says_whose_map_it_is():
    with pytest.raises(DataError, match="background_unattributed"):
        of(TILES, " ")


def test_the_settings_of_the_server_are_read(tmp_path, monkeypatch):
    file = tmp_path / "own.toml"
    file.write_text(f'[map]\nbackground = "{TILES}"\nattribution = "Example"\n', "utf-8")
    monkeypatch.setenv("RISKMAP_SETTINGS", str(file))
    own_settings.configured.cache_clear()
    background.configured.cache_clear()
    try:
        assert background.configured().origin == "https://tiles.example.org"
    finally:
        own_settings.configured.cache_clear()
        background.configured.cache_clear()


def test_it_is_no_part_of_what_judges():
    own = settings.load()
    shown = settings.overlay(own, {"map": {"background": TILES, "attribution": "Example"}})
    assert settings.digest(shown) == settings.digest(own)
