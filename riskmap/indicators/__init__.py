"""The catalogue: every indicator, in the order in which readers see it. One file each; nothing registers itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import narwhals as nw

from riskmap.engine import Frame
from riskmap.indicators.amendments import amendments
from riskmap.indicators.before_expertise import before_expertise
from riskmap.indicators.capacity_mismatch import capacity_mismatch
from riskmap.indicators.concentration import concentration
from riskmap.indicators.contractor_replaced import contractor_replaced
from riskmap.indicators.cost_growth import cost_growth
from riskmap.indicators.december_spike import december_spike
from riskmap.indicators.forecast_late import forecast_late
from riskmap.indicators.high_advance import high_advance
from riskmap.indicators.infeasible_schedule import infeasible_schedule
from riskmap.indicators.non_competitive import non_competitive
from riskmap.indicators.observed_below_reported import observed_below_reported
from riskmap.indicators.only_winner_valid import only_winner_valid
from riskmap.indicators.overdue import overdue
from riskmap.indicators.paid_ahead import paid_ahead
from riskmap.indicators.paid_over_contract import paid_over_contract
from riskmap.indicators.paid_while_stalled import paid_while_stalled
from riskmap.indicators.progress_lag import progress_lag
from riskmap.indicators.rule import Rule
from riskmap.indicators.short_submission import short_submission
from riskmap.indicators.single_bid import single_bid
from riskmap.indicators.slippage import slippage
from riskmap.indicators.stalled import stalled
from riskmap.indicators.undisclosed import undisclosed
from riskmap.indicators.unfair_register import unfair_register
from riskmap.indicators.unit_cost import unit_cost


@dataclass(frozen=True)
class Indicator:
    """One line of the catalogue. `name` is the settings section; `per` the row it looks at ("facility" or "contract").

    `unit` of the value: days, share, ratio, count, z or flag. `visible`: a visitor can see it from outside.
    The rule's docstring is the definition that readers see.
    """

    id: str
    name: str
    axis: str  # delivery | integrity | disclosure
    per: str
    rule: Callable[..., Rule]
    columns: tuple[str, ...]
    unit: str
    ocp_codes: tuple[str, ...] = ()
    visible: bool = False
    version: str = "1.0"
    author: str = "riskmap"
    next_review: str = "2027-06"

    @property
    def definition(self) -> str:
        return (self.rule.__doc__ or "").strip()

    def evaluate(self, settings: Mapping[str, Any], *, as_of_day: int) -> Rule:
        """The rule with its numbers from the settings section of its name."""
        given = {**settings[self.name], "as_of_day": as_of_day, "n_core_fields": len(settings["score"]["core_fields"])}
        return self.rule(**{name: given[name] for name in signature(self.rule).parameters})


INDICATORS: tuple[Indicator, ...] = (
    Indicator("D01", "overdue", "delivery", "facility", overdue, ("due_on",), "days", ("R064",), visible=True),
    Indicator("D02", "slippage", "delivery", "facility", slippage,
              ("due_first_on", "due_on", "start_on"), "share", ("R064", "R067")),
    Indicator("D03", "forecast_late", "delivery", "facility", forecast_late,
              ("progress_share", "progress_on", "start_on", "due_on"), "share", visible=True, version="1.1"),
    Indicator("D04", "progress_lag", "delivery", "facility", progress_lag,
              ("progress_share", "progress_on", "start_on", "due_on"), "ratio", visible=True),
    Indicator("D05", "stalled", "delivery", "facility", stalled, ("progress_share", "progress_on"), "days", visible=True),
    Indicator("D06", "infeasible_schedule", "delivery", "facility", infeasible_schedule,
              ("start_on", "due_first_on", "facility_type", "capacity", "capacity_unit"), "share"),
    Indicator("T01", "paid_ahead", "integrity", "facility", paid_ahead,
              ("paid_amount", "value_amount", "progress_share"), "share", ("R073",), visible=True),
    Indicator("T02", "paid_over_contract", "integrity", "facility", paid_over_contract,
              ("paid_amount", "value_amount"), "share", ("R068",)),
    Indicator("T03", "high_advance", "integrity", "facility", high_advance, ("advance_amount", "value_amount"), "share"),
    Indicator("T04", "december_spike", "integrity", "facility", december_spike,
              ("last_paid_on", "value_amount", "progress_share", "progress_on"), "share"),
    Indicator("T05", "paid_while_stalled", "integrity", "facility", paid_while_stalled,
              ("last_paid_on", "value_amount", "progress_share", "progress_on"), "share", ("R073",), visible=True, version="1.1"),
    Indicator("T06", "observed_below_reported", "integrity", "facility", observed_below_reported,
              ("progress_share", "observed_share"), "share", ("R073",), visible=True, version="1.1"),
    Indicator("T07", "unit_cost", "integrity", "facility", unit_cost,
              ("value_amount", "capacity", "capacity_unit", "facility_type", "signed_on"), "z", ("R016", "R017")),
    Indicator("T08", "cost_growth", "integrity", "contract", cost_growth,
              ("value_amount", "value_first_amount", "signed_on"), "share", ("R059", "R069")),
    Indicator("T09", "amendments", "integrity", "contract", amendments,
              ("n_amendments", "due_first_on"), "count", ("R064", "R065", "R066")),
    Indicator("T10", "single_bid", "integrity", "contract", single_bid, ("n_bidders", "method"), "count", ("R018",)),
    Indicator("T11", "non_competitive", "integrity", "contract", non_competitive, ("method",), "flag", ("R010", "R013"),
              version="1.1"),
    Indicator("T12", "short_submission", "integrity", "contract", short_submission,
              ("published_on", "bid_deadline_on", "method", "n_bidders"), "working_days", ("R003",)),
    Indicator("T13", "only_winner_valid", "integrity", "contract", only_winner_valid,
              ("is_valid", "is_winner", "n_bidders"), "count", ("R035",)),
    Indicator("T14", "unfair_register", "integrity", "contract", unfair_register,
              ("is_on_rnu", "rnu_from_on", "signed_on"), "flag", ("R046",)),
    Indicator("T15", "concentration", "integrity", "contract", concentration,
              ("supplier_id", "buyer_id", "value_amount", "signed_on"), "share", ("R040", "R050"), version="1.1"),
    Indicator("T16", "contractor_replaced", "integrity", "contract", contractor_replaced, ("is_terminated",), "flag",
              visible=True),
    Indicator("T17", "capacity_mismatch", "integrity", "contract", capacity_mismatch,
              ("supplier_registered_on", "supplier_revenue_amount", "signed_on", "value_amount"), "ratio"),
    Indicator("T18", "before_expertise", "integrity", "facility", before_expertise,
              ("expertise_on", "progress_on", "last_paid_on"), "days"),
    Indicator("X01", "undisclosed", "disclosure", "facility", undisclosed, (), "share", ("R001", "R005", "R063")),
)  # fmt: skip


def computed(settings: Mapping[str, Any]) -> tuple[Indicator, ...]:
    """The indicators of a snapshot: those that its settings know. An older snapshot lacks the younger rules."""
    return tuple(indicator for indicator in INDICATORS if indicator.name in settings)


def judge(contracts: Frame, facilities: Frame, *, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """The facilities with `<id>_severity`, `<id>_value` and `<id>_reason` for every indicator.

    Rules about contracts are evaluated on each contract; a facility takes the largest severity and value among those
    that are known.
    """
    of_contracts = [i for i in INDICATORS if i.per == "contract"]
    judged = contracts.with_columns(*_columns(of_contracts, settings, as_of_day))
    names = [f"{i.id}_{part}" for i in of_contracts for part in ("severity", "value", "reason")]
    worst = judged.group_by("facility_id").agg(*(nw.col(name).max() for name in names))
    frame = facilities.join(worst, on="facility_id", how="left")
    frame = frame.with_columns(*_columns([i for i in INDICATORS if i.per == "facility"], settings, as_of_day))
    # a fact known of one contract is known of the facility; without any contract every such fact is missing
    no_contract = nw.when(nw.col("n_contracts") == 0).then(nw.lit("no_contract")).otherwise(nw.lit("missing_columns"))
    settled = [
        nw.when(nw.col(f"{k}_severity").is_null()).then(nw.coalesce(nw.col(f"{k}_reason"), no_contract)).alias(f"{k}_reason")
        for k in (i.id for i in of_contracts)
    ]
    return frame.with_columns(*settled)


def _columns(indicators: list[Indicator], settings: Mapping[str, Any], as_of_day: int) -> list[nw.Expr]:
    columns = []
    for indicator in indicators:
        rule = indicator.evaluate(settings, as_of_day=as_of_day)
        reason: nw.Expr = nw.when(rule.severity.is_null()).then(nw.lit("missing_columns"))
        known = rule.severity
        for code, condition in reversed(list(rule.unknown.items())):
            reason = nw.when(condition.fill_null(False)).then(nw.lit(code)).otherwise(reason)
            known = nw.when(~condition.fill_null(False)).then(known)
        columns += [
            known.cast(nw.Float64).alias(f"{indicator.id}_severity"),
            rule.value.cast(nw.Float64).alias(f"{indicator.id}_value"),
            reason.alias(f"{indicator.id}_reason"),
        ]
    return columns
