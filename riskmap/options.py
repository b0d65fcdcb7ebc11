"""What the commands and the server agree on: where things lie by default, and the options that many commands have."""

from pathlib import Path

import click

from riskmap.i18n import LANGUAGES

ARCHIVE = Path("data/demo/snapshots")
STORE = "sqlite:///data/store.db"

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])

lang = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of messages and files."
)
settings = click.option(
    "--settings", "settings_path", type=FILE, help="TOML file laid over the default settings (another country, other thresholds)."
)
store = click.option(
    "--store", "url", envvar="RISKMAP_STORE", default=STORE, show_default=True,
    help="sqlite:///file or postgresql+psycopg://address; an address with a password belongs into RISKMAP_STORE.",
)  # fmt: skip
