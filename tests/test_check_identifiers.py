"""BIN and IIN: check digits worked by hand, masking everywhere."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap.check.identifiers import check_digit_fits, company_number, mask
from riskmap.check.values import id_of

# made up: 6 digits of a date of registration, type 4 (resident), head office, number, check digit by the formula
BIN = "240140000018"


def with_check_digit(eleven: str) -> str:
    return next(f"{eleven}{d}" for d in range(10) if check_digit_fits(f"{eleven}{d}"))


PERSON = with_check_digit("86010130012")  # a made-up man of 1 January 1986
PERSON_2000 = with_check_digit("00051550012")  # born 2000: a spreadsheet drops two zeros


def test_check_digit_by_hand() -> None:
    # 2*1+4*2+0*3+1*4+4*5+0*6+0*7+0*8+0*9+0*10+1*11 = 45; 45 mod 11 = 1, so the last digit must be 1
    assert check_digit_fits("240140000011") and not check_digit_fits(BIN)
    assert not check_digit_fits("123456789012")


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("240140000011", "240140000011", ""),
        ("KZ-BIN-240140000011", "240140000011", ""),
        ("БИН 2401 4000 0011", "240140000011", ""),
        (BIN, BIN, "bin_check_digit"),
        ("12345", "12345", "bin_malformed"),
        ("нет БИН", "нет БИН", "bin_malformed"),
        (PERSON, f"******{PERSON[-4:]}", "iin_masked"),
        (PERSON_2000.lstrip("0"), f"******{PERSON_2000[-4:]}", "iin_masked"),
        ("******0126", "******0126", ""),
    ],
)
def test_company_numbers(text, value, code) -> None:
    cell = company_number(text)
    assert (cell.value, cell.code) == (value, code)


def test_lost_zeros_come_back_only_where_the_check_digit_fits() -> None:
    full = with_check_digit("01014000012")
    assert company_number(full.lstrip("0")).value == full and company_number(full.lstrip("0")).code == "bin_padded"
    wrong = full[:-1] + str((int(full[-1]) + 1) % 10)
    assert company_number(wrong.lstrip("0")).value == wrong.lstrip("0")


@pytest.mark.parametrize(
    "text", [f"ИП Иванов, ИИН {PERSON}", f"тел. и {PERSON[:6]} {PERSON[6:]}", f"({PERSON})", f"жсн: {PERSON[:-1]}0"]
)
def test_a_persons_number_never_stays_whole_in_a_text(text) -> None:
    digits = "".join(c for c in mask(text) if c.isdigit())
    assert len(digits) == 4 and "******" in mask(text)


def test_amounts_and_company_numbers_are_not_masked() -> None:
    assert mask("240140000011 и 123456789012345") == "240140000011 и 123456789012345"


def test_another_country_has_no_bins() -> None:
    assert id_of("supplier_id", "CMO040217HK2", "").value == "CMO040217HK2"
    assert id_of("supplier_id", "CMO040217HK2", "KZ-BIN").code == "bin_malformed"


@pytest.mark.parametrize(
    ("name", "text", "code", "severity"),
    [
        ("facility_id", "9.8044E+11", "id_shortened", "error"),
        ("supplier_id", "9,8E+11", "id_shortened", "cell"),
        ("facility_id", "<script>", "id_bad_characters", "error"),
        ("facility_id", "../../x", "id_bad_characters", "error"),
        ("facility_id", "x" * 10_000, "id_too_long", "error"),
        ("facility_id", "KZ-01/2024 № 7", "", ""),
        ("facility_id", "007", "", ""),
    ],
)
def test_identifiers_are_text(name, text, code, severity) -> None:
    cell = id_of(name, text, "KZ-BIN")
    assert (cell.code, cell.severity) == (code, severity)
    assert cell.value == (None if code else text)


@hypothesis_settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789 -.иинИИН:№", max_size=40))
def test_masking_is_stable_and_never_raises(text) -> None:
    assert mask(mask(text)) == mask(text)
