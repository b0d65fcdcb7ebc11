"""The fictitious documents of the demo: every state of their clock, marked DEMO, written once."""

from datetime import date

import pytest

from riskmap import settings as settings_file
from riskmap import snapshot, store
from riskmap.control import clock
from riskmap.demo import letters, visits
from riskmap.store import control

SETTINGS = settings_file.load()


@pytest.fixture
def filled(snapshot_folder, tmp_path):
    url, opened = f"sqlite:///{tmp_path / 'store.db'}", snapshot.load(snapshot_folder)
    visits.write(url, opened, seed=1, settings=SETTINGS)
    n = letters.write(url, opened, settings=SETTINGS)
    return url, opened, n


def test_documents_in_several_states_all_marked(filled):
    url, opened, n = filled
    db = store.open(url)
    found = control.documents(db)
    assert n == len(found) >= 3 and all(one.is_demo for one in found)
    states = {one.state for one in clock.clocks(found, opened.as_of, SETTINGS)}
    assert len(states) >= 2, states
    cited = {each for one in found for each in one.observation_ids}
    assert cited <= {one.observation_id for one in store.observations(db) if one.state == "accept"}
    assert {act.act_id for act in control.acts(db)} == {f"DEMO-ACT-{number}" for number in range(1, 5)}
    assert all(act.is_demo and act.published_on > date(2026, 1, 1) for act in control.acts(db))


def test_a_store_that_has_documents_keeps_them(filled):
    url, opened, _ = filled
    assert letters.write(url, opened, settings=SETTINGS) == 0
