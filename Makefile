# Two commands do everything on a fresh machine with Python 3.11, make and a Debian package manager:
#   make run    installs, builds the demo snapshot if there is none, opens the dashboard
#   make test   installs, brings the browser and PostgreSQL, runs every test
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
DEMO := data/demo/snapshots
# the snapshot that is shown, or the folder of kept ones: your own, or the demo
SNAPSHOT ?= $(or $(RISKMAP_SNAPSHOT),$(DEMO))
SHOWN := $(or $(wildcard $(SNAPSHOT)/current),$(wildcard $(SNAPSHOT)/manifest.json),$(SNAPSHOT)/current)
# where observations are kept: your own store, or the fictitious one of the demo
STORE ?= $(or $(RISKMAP_STORE),$(if $(filter $(DEMO),$(SNAPSHOT)),sqlite:///data/demo/store.db,sqlite:///data/store.db))
# a Debian package where something is missing; as root, or through sudo
APT := $(if $(filter 0,$(shell id -u)),,sudo )apt-get
# open a browser only where there is a screen
HEADLESS := $(if $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname))),false,true)

.PHONY: run test check install browser database demo docs card study clean bench pictures

run: install $(SHOWN)
	RISKMAP_SNAPSHOT=$(SNAPSHOT) RISKMAP_STORE=$(STORE) $(PY) -m streamlit run app.py --server.port $(PORT) --server.headless $(HEADLESS)

install: $(VENV)/installed
$(VENV)/installed: requirements.txt constraints.txt
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || ($(APT) update -qq && $(APT) install -y -qq python3.11-venv)
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	touch $@

$(DEMO)/current: | install
	$(PY) -m riskmap demo --out data/demo

demo: install
	$(PY) -m riskmap demo --out data/demo

browser:
	@command -v chromium >/dev/null || ($(APT) update -qq && $(APT) install -y -qq chromium)

# the store is tested against a real server too; its tests start one of their own
database:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || ($(APT) update -qq && $(APT) install -y -qq postgresql)

# files of tests side by side on all cores; what drives a browser afterwards, with the machine to itself
test: install browser database
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not browser"
	REQUIRE_BROWSER=1 $(PY) -m pytest -m browser

check: install
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(MAKE) test

docs: install
	PYTHONPATH=. $(PY) tests/test_commands.py > docs/commands.md
	PYTHONPATH=. $(PY) tests/test_validate.py > docs/card.txt

# the pictures of the help page, from the running app
pictures: install browser $(SHOWN)
	PYTHONPATH=. $(PY) docs/pictures.py $(SNAPSHOT)

# the figures of the Method page: fifty simulated worlds on which nothing is tuned (docs/validation.md)
card: install
	$(PY) -m riskmap validate --card
	PYTHONPATH=. $(PY) tests/test_validate.py > docs/card.txt

# the tables of docs/study-*.md, from the real public files beside the project: make study DATA=../shared/data
DATA ?= ../shared/data
study: install
	PYTHONPATH=. $(PY) tests/test_study.py $(DATA)

bench: install $(DEMO)/current
	$(PY) -m bench

clean:
	rm -rf $(VENV) data
