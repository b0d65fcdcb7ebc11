"""The simulated world as files that a reader must cope with: hidden fields, words of the source, some broken rows.

Names and numbers are plainly invented. Identifiers are well formed (12 digits, the check digit is right), so that every
check of a real BIN runs on them, but they begin with 7701 (buyers) or 7702 (contractors): registration in the year 77,
and so no firm. The years 1977 and 2077 are both impossible: BINs exist since the 2000s and carry the date of a
registration in independent Kazakhstan.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from riskmap import i18n, schema
from riskmap.demo.rows import World

# Words of the source for our codes: a Russian register of facilities, a Kazakh register of contracts.
TYPE_WORDS = {
    "school": "Школа", "kindergarten": "Детский сад", "hospital": "Больница", "primary_care": "Амбулатория",
    "sport": "Спорткомплекс", "culture": "Дом культуры", "water": "Водоснабжение", "heat": "Котельная", "housing": "Жилой дом",
    "road_bridge": "Автодорога", "social_service": "Центр социального обслуживания",
    "service_centre": "Центр обслуживания населения", "other": "Прочее",
}  # fmt: skip
PROGRAMME_WORDS = {
    "comfort_school": "Комфортная школа (Келешек мектептері)", "rural_health": "Модернизация сельского здравоохранения",
    "recovered_assets": "Возвращённые активы", "republican_budget": "Республиканский бюджет", "local_budget": "Местный бюджет",
}  # fmt: skip
UNIT_WORDS = {"places": "мест", "beds": "коек", "visits per shift": "посещений в смену", "m2": "кв. м", "km": "км", "MW": "МВт"}
CAUSE_WORDS = {
    "money": "Недофинансирование", "design": "Корректировка ПСД", "contractor": "По вине подрядчика",
    "weather": "Погодные условия", "unknown": "Неизвестно",
}  # fmt: skip
METHOD_WORDS = {
    "open": "Ашық конкурс", "selective": "Алдын ала біліктілік іріктеуі бар конкурс", "limited": "Баға ұсыныстарын сұрату",
    "direct": "Бір көзден алу", "failed": "Бір көзден алу (өтпеген сатып алу)",
}  # fmt: skip
PAYMENT_WORDS = {"advance": "Аванс", "act": "Акт выполненных работ"}
REASON_WORDS = {
    "design": "Корректировка проекта", "materials": "Рост цен на материалы", "scope": "Дополнительные работы",
    "time": "Продление срока",
}  # fmt: skip

# Chance that a field is not disclosed at a facility of middling openness. Absent: always disclosed.
HIDDEN = {
    "facilities": {
        "facility_type": 0.02, "programme": 0.06, "region": 0.02, "settlement": 0.03, "location_precision": 0.05,
        "buyer_id": 0.09, "buyer_name": 0.03, "supervisor_name": 0.15, "budget_amount": 0.04, "capacity": 0.11,
        "capacity_unit": 0.11, "due_announced_on": 0.05, "due_normative_on": 0.20, "expertise_on": 0.20, "delay_cause": 0.30,
        "source_url": 0.08, "source_as_of": 0.05,
    },
    "contracts": {
        "supplier_id": 0.10, "supplier_name": 0.04, "signed_on": 0.08, "start_on": 0.11, "value_first_amount": 0.15,
        "value_amount": 0.04, "due_first_on": 0.14, "due_on": 0.05, "n_amendments": 0.14, "paid_amount": 0.09,
        "advance_amount": 0.14, "method": 0.10, "n_bidders": 0.15, "published_on": 0.12, "bid_deadline_on": 0.13,
        "is_on_rnu": 0.10, "is_terminated": 0.09,
    },
    "payments": {"paid_on": 0.01, "payment_kind": 0.05},
    "progress": {"progress_source": 0.05},
    "amendments": {"amended_on": 0.05, "due_before_on": 0.08, "value_before_amount": 0.08, "reason": 0.25},
    "bids": {"amount": 0.06, "is_valid": 0.10, "bidder_id": 0.08},
}  # fmt: skip
HIDDEN_WHOLE = {"payments": 0.08, "progress": 0.03, "amendments": 0.12, "bids": 0.15}  # a facility's rows are absent altogether
_THIEVES_HIDE = 1.5

# How many facilities get which broken cell; each such facility stays in every selection.
SPOILED = {
    "swapped_coordinates": 3, "point_at_zero": 1, "wrong_region": 4, "impossible_date": 3, "text_in_number": 3,
    "impossible_signing": 3, "text_in_bidders": 3, "negative_payment": 3, "future_payment": 2, "progress_over_all": 2,
    "twice": 2, "contract_twice": 1,
}  # fmt: skip
# How each file is written: language of its headers, separator, order of dates, encoding.
LAYOUT = {
    "facilities": ("ru", ";", "dmy", "utf-8-sig"), "contracts": ("kk", ";", "dmy", "utf-8"),
    "payments": ("ru", ",", "iso", "utf-8"), "progress": ("", ",", "iso", "utf-8"),
    "amendments": ("", ",", "iso", "utf-8"), "bids": ("ru", ";", "dmy", "utf-8"),
}  # fmt: skip


@dataclass(frozen=True)
class Disclosed:
    """What the parties disclose: tables with schema column names (typed, empty = hidden), and the facilities whose
    rows `write` will break, by kind of break."""

    tables: dict[str, pd.DataFrame]
    spoiled: dict[str, list[str]]


def disclose(
    world: World,
    *,
    seed: int,
    settlements: pd.DataFrame,
    region_names: Mapping[str, Mapping[str, str]],
    money_factor: float = 1.0,
) -> Disclosed:
    """Name, round and hide. The same seed hides the same fields whatever `money_factor` all amounts are multiplied by."""
    rng = np.random.default_rng([seed, 1])
    world = whole_money(world, money_factor)
    tables = {
        "facilities": _facilities(rng, world, settlements, region_names), "contracts": contract_rows(world),
        "payments": world.payments.assign(payment_kind=world.payments["payment_kind"].map(PAYMENT_WORDS)),
        "progress": world.progress,
        "amendments": world.amendments.assign(reason=world.amendments["reason"].map(REASON_WORDS)),
        "bids": world.bids.assign(bidder_id=bins("7702", world.bids["bidder"])).drop(columns="bidder"),
    }  # fmt: skip
    tables = _hide(rng, tables, world.truth)
    ids = rng.permutation(world.facilities["facility_id"].to_numpy())
    ends = np.cumsum(list(SPOILED.values()))
    spoiled = {kind: sorted(ids[end - n : end]) for (kind, n), end in zip(SPOILED.items(), ends, strict=True)}
    return Disclosed(tables, spoiled)


def select(disclosed: Disclosed, facility_ids: set[str]) -> Disclosed:
    """Only what concerns these facilities."""
    return replace(disclosed, tables={n: t[t["facility_id"].isin(facility_ids)] for n, t in disclosed.tables.items()})


def missing_share(disclosed: Disclosed, world: World) -> float:
    """Share of the fields that exist in the world's facilities and contracts and are not disclosed."""
    n_hidden = n_all = 0
    for name in ("facilities", "contracts"):
        for column in HIDDEN[name]:
            truth = world.facilities if name == "facilities" else world.contracts
            exists = truth[column].notna().to_numpy() if column in truth else np.ones(len(truth), dtype=bool)
            n_all += int(exists.sum())
            n_hidden += int((disclosed.tables[name][column].isna().to_numpy() & exists).sum())
    return n_hidden / n_all


# ---- names and numbers ---------------------------------------------------------------------------------------------
def whole_money(world: World, factor: float) -> World:
    """All amounts times `factor` in whole thousands of tenge.

    Values are rounded up and payments down: an advance of exactly the lawful share, or a contract paid in full, must
    not come out above it by a rounding.
    """

    def up(table: pd.DataFrame, *names: str) -> pd.DataFrame:
        return table.assign(**{name: np.ceil(table[name] * factor / 1000 - 1e-6) * 1000 for name in names})

    def down(table: pd.DataFrame, *names: str) -> pd.DataFrame:
        return table.assign(**{name: np.floor(table[name] * factor / 1000 + 1e-6) * 1000 for name in names})

    return replace(
        world,
        facilities=up(world.facilities, "budget_amount"),
        contracts=up(world.contracts, "value_first_amount", "value_amount"),
        payments=down(world.payments, "amount"),
        amendments=up(world.amendments, "value_before_amount", "value_after_amount"),
        bids=up(world.bids, "amount"),
        truth=down(world.truth, "stolen_amount"),
    )


def truth_table(world: World, money_factor: float) -> pd.DataFrame:
    """The simulated truth with amounts at the scale of the files."""
    return whole_money(world, money_factor).truth.drop(columns="closedness")


def _facilities(
    rng: np.random.Generator, world: World, settlements: pd.DataFrame, region_names: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    f = world.facilities
    at = f["settlement_index"].to_numpy()
    number = f.groupby("facility_type").cumcount() + 1
    titles = {
        lang: [
            i18n.text(f"demo.title.{kind}", lang, n=n, place=place)
            for kind, n, place in zip(f["facility_type"], number, settlements[f"name_{lang}"].to_numpy()[at], strict=True)
        ]
        for lang in i18n.LANGUAGES
    }
    # Most rows name the region in Russian, some in Kazakh, some by its code.
    spoken = rng.choice(["ru", "kk", "code"], len(f), p=[0.75, 0.15, 0.10])
    region = [code if way == "code" else region_names[way][code] for code, way in zip(f["region_code"], spoken, strict=True)]
    absorbed = rng.random(len(f)) < 0.03  # the source says "absorbed" and not who was paid what
    paid = world.payments.groupby("facility_id")["amount"].sum().reindex(f["facility_id"]).fillna(0).to_numpy()
    return pd.DataFrame({
        "facility_id": f["facility_id"], "title": titles["ru"], **{f"title_{lang}": titles[lang] for lang in i18n.LANGUAGES},
        "facility_type": f["facility_type"].map(TYPE_WORDS), "programme": f["programme"].map(PROGRAMME_WORDS),
        "region": region, "settlement": settlements["name_ru"].to_numpy()[at],
        "lat": f["lat"].round(5), "lon": f["lon"].round(5),
        "location_precision": f["location_precision"], "buyer_id": bins("7701", f["buyer"]),
        "buyer_name": [f"Demo Buyer {i}" for i in f["buyer"]],
        # two offices of three say how to reach them; a rule and no draw, so that everything else stays as the seed has it
        "buyer_contact": [f"https://demo-buyer-{i}.example" if i % 3 else None for i in f["buyer"]],
        "supervisor_name": [f"Demo Supervisor {1 + i % 37}" for i in f["number"]],
        "budget_amount": f["budget_amount"], "currency": "KZT",
        "capacity": f["capacity"], "capacity_unit": f["capacity_unit"].map(UNIT_WORDS),
        "due_announced_on": f["due_announced_on"], "due_normative_on": f["due_normative_on"], "completed_on": f["completed_on"],
        "delay_cause": f["delay_cause"].map(CAUSE_WORDS), "expertise_on": f["expertise_on"],
        "absorbed_amount": np.where(absorbed, paid, np.nan),
        "source_url": [f"https://demo.example/facility/{i}" for i in f["facility_id"]], "source_as_of": f["source_as_of"],
    })  # fmt: skip


def contract_rows(world: World) -> pd.DataFrame:
    """The contracts as they are disclosed in full: with sums of payments, in the words of the source."""
    c = world.contracts
    sums = world.payments.groupby(["contract_no", "payment_kind"])["amount"].sum().unstack(fill_value=0.0)
    sums = sums.reindex(index=c["contract_no"], columns=["advance", "act"], fill_value=0.0).fillna(0.0)
    n_amendments = world.amendments.groupby("contract_no").size().reindex(c["contract_no"]).fillna(0)
    words = c["method"].where(~c["is_failed_tender"], "failed").map(METHOD_WORDS)
    same = ("signed_on", "start_on", "value_first_amount", "value_amount", "due_first_on", "due_on", "n_bidders", "published_on")
    return pd.DataFrame({
        "facility_id": c["facility_id"], "contract_no": c["contract_no"], "supplier_id": bins("7702", c["supplier"]),
        "supplier_name": [f"Demo Contractor {i}" for i in c["supplier"]], **{name: c[name] for name in same},
        "bid_deadline_on": c["bid_deadline_on"], "n_amendments": n_amendments.to_numpy(),
        "paid_amount": sums.sum(axis=1).to_numpy(), "advance_amount": sums["advance"].to_numpy(),
        "method": words, "method_details": words,
        "is_on_rnu": c["is_on_rnu"], "rnu_from_on": c["rnu_from_on"], "rnu_to_on": c["rnu_to_on"],
        "is_terminated": c["is_terminated"],
    })  # fmt: skip


def bins(prefix: str, numbers: pd.Series) -> np.ndarray:
    """Well-formed test identifiers: `prefix` (impossible year and month), type 40, serial number, check digit."""
    serials, place = np.unique(numbers.to_numpy(), return_inverse=True)
    found: list[str] = []
    serial = 0
    while len(found) <= (serials.max() if len(serials) else 0):
        # the serial runs over 5 digits; the month moves on when they are used up
        body = f"{int(prefix) + 2 * (serial // 100_000):04d}40{serial % 100_000:05d}"
        check = _check_digit(body)
        if check is not None:
            found.append(f"{body}{check}")
        serial += 1
    return np.array(found, dtype=object)[serials][place]


def _check_digit(body: str) -> int | None:
    """Twelfth digit of a BIN from the first eleven; None where no digit is valid."""
    digits = [int(d) for d in body]
    for weights in (range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        check = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11
        if check < 10:
            return check
    return None


# ---- what is not disclosed -----------------------------------------------------------------------------------------
def _hide(rng: np.random.Generator, tables: dict[str, pd.DataFrame], truth: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Empty fields and absent rows: partly at random, more where the buyer is closed or something is being hidden."""
    tendency = truth["closedness"] * np.where(truth["mechanisms"] != "", _THIEVES_HIDE, 1.0)
    tendency = pd.Series((tendency / tendency.mean()).to_numpy(), index=truth["facility_id"])
    result = {}
    for name, table in tables.items():
        hidden = table.copy()
        if name in HIDDEN_WHOLE:
            absent = tendency.index[rng.random(len(tendency)) < HIDDEN_WHOLE[name] * tendency.to_numpy()]
            hidden = hidden[~hidden["facility_id"].isin(absent)]
        closed = tendency.loc[hidden["facility_id"]].to_numpy()
        for column, chance in HIDDEN[name].items():
            away = rng.random(len(hidden)) < np.minimum(0.8, chance * closed)
            hidden[column] = hidden[column].astype("boolean" if hidden[column].dtype == bool else hidden[column].dtype).mask(away)
        result[name] = hidden.reset_index(drop=True)
    facilities, contracts = result["facilities"], result["contracts"]
    no_point = rng.random(len(facilities)) < 0.03
    facilities.loc[no_point, ["lat", "lon"]] = np.nan
    facilities.loc[facilities["buyer_name"].isna(), "buyer_contact"] = None
    contracts.loc[contracts["method"].isna(), "method_details"] = None
    unsaid = contracts["facility_id"].isin(facilities.loc[facilities["absorbed_amount"].notna(), "facility_id"])
    contracts.loc[unsaid, ["paid_amount", "advance_amount"]] = np.nan
    absorbed = facilities.loc[facilities["absorbed_amount"].notna(), "facility_id"]
    result["payments"] = result["payments"][~result["payments"]["facility_id"].isin(absorbed)].reset_index(drop=True)
    return result


# ---- files ---------------------------------------------------------------------------------------------------------
def write(disclosed: Disclosed, folder: Path) -> list[Path]:
    """Write DEMO_<table>.csv for each table, with the broken rows; returns the paths. An earlier set is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in disclosed.tables.items():
        lang, separator, order, encoding = LAYOUT[name]
        columns = [schema.column(name, c) for c in table.columns]
        headers = [c.name if not lang else (getattr(c, lang) or (c.name,))[0] for c in columns]
        texts = pd.DataFrame({c.name: _text(table[c.name], c.kind, order) for c in columns})
        rows = _break(name, texts, disclosed.spoiled)
        path = folder / f"DEMO_{name}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=separator, lineterminator="\n")
            writer.writerow(headers)
            writer.writerows(rows)
        paths.append(path)
    return paths


def _text(values: pd.Series, kind: str, order: str) -> np.ndarray:
    """A column as the text that stands in the file; hidden = empty."""
    empty = values.isna().to_numpy()
    if kind == "date":
        days = np.datetime_as_string(values.to_numpy(dtype="datetime64[D]"))
        text = days.astype(object) if order == "iso" else np.array([f"{d[8:]}.{d[5:7]}.{d[:4]}" for d in days], dtype=object)
    elif kind in ("money", "integer"):
        text = values.fillna(0).round().astype("int64").astype(str).to_numpy(dtype=object)
    elif kind == "bool":
        text = np.where(
            values.fillna(False).to_numpy(dtype=bool), "иә" if order == "dmy" else "yes", "жоқ" if order == "dmy" else "no"
        ).astype(object)
    elif kind == "number":
        text = np.array([f"{v:g}" for v in values.fillna(0)], dtype=object)
    else:
        text = values.astype(object).where(~empty, "").astype(str).to_numpy(dtype=object)
    text[empty] = ""
    return text


def _break(name: str, texts: pd.DataFrame, spoiled: Mapping[str, list[str]]) -> list[list[str]]:
    """The rows of a file with the errors that real files have."""
    texts = texts.reset_index(drop=True)
    first: dict[str, int] = {}
    for row, facility_id in enumerate(texts["facility_id"]):
        first.setdefault(facility_id, row)

    def cells(kind: str, **columns: str) -> None:
        rows = [first[i] for i in spoiled[kind] if i in first]
        for column, value in columns.items():
            texts.loc[rows, column] = value

    extra: list[dict[str, str]] = []
    if name == "facilities":
        for row in (first[i] for i in spoiled["swapped_coordinates"] if i in first):
            texts.loc[row, ["lat", "lon"]] = texts.loc[row, ["lon", "lat"]].to_numpy()
        cells("point_at_zero", lat="0", lon="0")
        for row in (first[i] for i in spoiled["wrong_region"] if i in first):
            texts.loc[row, "region"] = "KZ-47" if texts.loc[row, "region"] != "KZ-47" else "KZ-10"
        cells("impossible_date", due_announced_on="31.06.2025")
        cells("text_in_number", capacity="уточняется")
        extra = [texts.loc[first[i]].to_dict() for i in spoiled["twice"] if i in first]
        like = {**texts.iloc[0].to_dict(), "budget_amount": "85000000", "completed_on": ""}
        extra += [
            {**like, "facility_id": "DEMO-900001", **_titles("", "", "")},
            {**like, **_titles("Демо: объект без кода", "Демо: кодсыз нысан", "Demo: facility without an ID"),
             "facility_id": "", "budget_amount": "-85000000"},
            {**like, "facility_id": "DEMO-900002", "budget_amount": "-120000000"},
            {}, {},
            {"facility_id": "Итого", "budget_amount": str(sum(int(v) for v in texts["budget_amount"] if v))},
        ]  # fmt: skip
    elif name == "contracts":
        cells("impossible_signing", signed_on="30.02.2024")
        cells("text_in_bidders", n_bidders="бір-екі")
        extra = [texts.loc[first[i]].to_dict() for i in spoiled["contract_twice"] if i in first]
        extra += [{**texts.iloc[0].to_dict(), "facility_id": "DEMO-900009", "contract_no": "DEMO-900009/1"}, {}]
    elif name == "payments":
        extra = [{**texts.loc[first[i]].to_dict(), "amount": "-5000000"} for i in spoiled["negative_payment"] if i in first]
        extra += [{**texts.loc[first[i]].to_dict(), "paid_on": "2062-03-01"} for i in spoiled["future_payment"] if i in first]
    elif name == "progress":
        extra = [{**texts.loc[first[i]].to_dict(), "progress_share": "150%"} for i in spoiled["progress_over_all"] if i in first]
    blank = dict.fromkeys(texts.columns, "")
    return texts.to_numpy().tolist() + [list({**blank, **row}.values()) for row in extra]


def _titles(ru: str, kk: str, en: str) -> dict[str, str]:
    return {"title": ru, "title_ru": ru, "title_kk": kk, "title_en": en}
