"""Every text of the data is an attack: every page, in every language, shows its letters, runs nothing and asks nobody."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskmap import i18n, snapshot
from tests.browser.conftest import open_list, running_server, settled

PAYLOADS = (
    "<script>window.broken=1</script>",
    "<img src=x onerror='window.broken=1'>",
    "<img src=https://evil.invalid/a.png>",
    "<svg onload='window.broken=1'></svg>",
    "<iframe src=https://evil.invalid/f></iframe>",
    "<a href='javascript:window.broken=1'>evil</a>",
    "<style>body{display:none}</style>",
    "<details open ontoggle='window.broken=1'>evil</details>",
    "</title></p></td></script><script>window.broken=1</script>",
    "\"' onmouseover='window.broken=1' x='",
    "![b](https://evil.invalid/b.png)",
    "[evil](javascript:window.broken=1)",
    "[evil](https://evil.invalid)",
    "https://evil.invalid/auto www.evil.invalid a@evil.invalid",
    "<https://evil.invalid/angle>",
    "`code` **bold** _it_ ~~x~~ # H",
    "$\\href{javascript:window.broken=1}{evil}$ $x^2$",
    ":red[evil] :material/home: :smile: :streamlit:",
    "| a | b |\n|---|---|\n| evil | 2 |",
    "{{7*7}} ${7*7} %(x)s {0} {title}",
    "<b>%{customdata}</b><extra>evil</extra>",
    "<a href='https://evil.invalid/p'>evil</a><br><sub>evil</sub>",
    "&lt;script&gt; &amp; &#60;img src=x&#62;",
    '\u202eevil\u202c =HYPERLINK("https://evil.invalid")',
)
TEXTS = {
    "facilities": (
        "title", "title_kk", "title_ru", "title_en", "district", "settlement", "address", "programme", "buyer_name",
        "supplier_name", "source_file", "source_sheet", "method_details", "source_url",
    ),
    "contracts": ("supplier_name", "contract_no", "method_details"),
    "amendments": ("reason",),
    "problems": ("source_file", "sheet", "column", "value"),
}  # fmt: skip
PAGES = (
    "", "map", "nearby", "flagged", "method", "data", "facility", "facility?id={id}", "control?id={id}", "outcomes",
    "watch?add={id}",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(snapshot_folder, tmp_path_factory):
    """(address, snapshot) of a server whose texts are the payloads, one after another."""
    opened = snapshot.load(snapshot_folder)
    tables = {name: pq.read_table(opened.folder / f"{name}.parquet") for name in snapshot.TABLES}
    for name, columns in TEXTS.items():
        texts = pa.array([PAYLOADS[row % len(PAYLOADS)] for row in range(tables[name].num_rows)], pa.string())
        for column in set(columns) & set(tables[name].schema.names):
            tables[name] = tables[name].set_column(tables[name].schema.get_field_index(column), column, texts)
    manifest = {name: value for name, value in opened.manifest.items() if name not in ("files", "snapshot_id")}
    files = [{**file, "name": PAYLOADS[n], "shown": PAYLOADS[n]} for n, file in enumerate(manifest["import"]["files"])]
    sheets = [
        {**sheet, "sheet": PAYLOADS[1], "unmapped": list(PAYLOADS), "unsure": list(PAYLOADS)} for sheet in files[0]["sheets"]
    ]
    manifest["import"] = {**manifest["import"], "files": [{**files[0], "sheets": sheets}, *files[1:]]}
    folder = snapshot.write(tmp_path_factory.mktemp("hostile") / "snapshot", tables, manifest)
    with running_server(folder) as url:
        yield url, snapshot.load(folder)


def assert_harmless(page):
    """Nothing ran (the fixture `open_page` sees requests and errors), and no element was made of a payload."""
    assert page.evaluate("window.broken") is None
    made = page.evaluate(
        """() => {
        const found = [];
        const walk = (root) => root.querySelectorAll("*").forEach((e) => {
          if (e.shadowRoot) walk(e.shadowRoot);
          const address = e.getAttribute("href") || e.getAttribute("src") || e.getAttribute("xlink:href") || "";
          const isSource = /^https?:/.test(address) && e.rel === "noopener noreferrer"; // what a row names as its source
          const isLink = /evil/.test(address.split("?")[0]) && !isSource;
          if (isLink || /^\\s*javascript:/i.test(address)) found.push(e.outerHTML.slice(0, 200));
          const runs = [...e.attributes].some((a) => /^on/.test(a.name) && /broken/.test(a.value));
          if (runs) found.push(e.outerHTML.slice(0, 200));
          if (e.matches("img[src=x], iframe, .katex")) found.push(e.outerHTML.slice(0, 200));
          if (e.localName === "style" && /display:none\\}/.test(e.textContent) && e.textContent.length < 40) found.push("style");
        });
        walk(document);
        return found;
      }"""
    )
    assert not made
    assert page.locator("[data-testid=stMain]").is_visible()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_page_shows_the_letters_of_its_data_and_runs_nothing(open_page, hostile, lang):
    url, opened = hostile
    flagged = opened.facilities[opened.facilities["is_flagged"].fillna(False)]
    page = open_page(f"/?lang={lang}", base=url)
    assert_harmless(page)
    for path in PAGES[1:]:
        address = path.format(id=flagged["facility_id"].iloc[0])
        page.goto(f"{url}/{address}{'&' if '?' in address else '?'}lang={lang}")
        settled(page)
        page.locator("[data-testid=stMain] h1, [data-testid=stMain] h2, [data-testid=stMain] p.answer").first.wait_for()
        assert_harmless(page)


def test_each_payload_is_readable_on_the_page_of_its_facility(open_page, hostile):
    url, opened = hostile
    page = open_page("/facility?lang=en", base=url)
    for payload, id_ in zip(PAYLOADS, opened.facilities["facility_id"], strict=False):
        page.goto(f"{url}/facility?lang=en&id={id_}")
        page.get_by_role("heading", name=i18n.text("facility.section.sources", "en"), exact=True).wait_for()
        text = page.locator("[data-testid=stMain]").inner_text()
        assert letters(payload) in letters(text)
        assert_harmless(page)


def letters(text):
    """A text without what a browser does not show: joiners, directions, doubled blanks."""
    return " ".join(text.replace("\u2060", "").replace("\u202e", "").replace("\u202c", "").split())


PAINTED = "() => window.riskmapMap && riskmapMap.loaded() && riskmapMap.areTilesLoaded()"


# facilities one by one are on screen; the layers of a filter end with its number
POINTS = """() => riskmapMap.queryRenderedFeatures({
  layers: riskmapMap.getStyle().layers.map(layer => layer.id).filter(id => /^(points|flagged):/.test(id))
}).length > 0"""


def test_the_map_and_its_card_show_letters(open_page, hostile):
    url, opened = hostile
    page = open_page("/map?lang=en", base=url)
    placed = opened.facilities[opened.facilities["lat"].notna()].iloc[:: len(opened.facilities) // 6]
    for lon, lat in zip(placed["lon"], placed["lat"], strict=True):
        page.wait_for_function(PAINTED)
        page.evaluate("([lon, lat]) => riskmapMap.jumpTo({center: [lon, lat], zoom: 15})", [lon, lat])
        page.wait_for_function(PAINTED)
        page.wait_for_function(POINTS)
        canvas = page.locator(".maplibregl-canvas")
        box = canvas.bounding_box()
        middle = {"x": box["width"] / 2, "y": box["height"] / 2}
        canvas.hover(position=middle, force=True)
        assert_harmless(page)
        canvas.click(position=middle, force=True)
        page.locator(".maplibregl-popup a").first.wait_for()
        assert_harmless(page)


def test_filters_show_letters(open_page, hostile):
    url, _ = hostile
    page = open_page("/flagged?lang=en&programme=%3Cimg%20src%3Dx%20onerror%3Dwindow.broken%3D1%3E&q=%21%5Bb%5D(x)", base=url)
    page.locator(".st-key-chips").get_by_text("onerror=window.broken=1").first.wait_for()
    assert_harmless(page)
    page.locator(".st-key-filter_expander summary").first.click()
    open_list(page, page.locator(".st-key-f_programmes input").first)
    assert_harmless(page)
