"""Personal data is found however it is written, and masked; other numbers stay (REV-18)."""

import pytest
import time_machine

from jiyue.textcheck.checkdigits import is_credit_code, is_luhn
from jiyue.textcheck.checking import check_fields
from jiyue.textcheck.circumstances import Circumstances
from jiyue.textcheck.findings import Severity

pytestmark = pytest.mark.unit

IDENTITY = "11010519491231002X"  # the example of the standard
MOBILE = "13800138000"


def _hits(text, *, sets=("privacy",), **about):
    findings = check_fields({"body_html": text}, rule_sets=sets, circumstances=Circumstances(**about))
    return [(finding.rule, finding.replacement) for finding in findings]


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "110105-1949-1231-002X",
        "1101\u200b0519491231\u200d002X",
        "1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
    ],
)
def test_an_identity_number_is_found_in_every_disguise(written):
    assert _hits(f"身份证号{written}。") == [("privacy.identity_number", "110105********002X")]


def test_an_identity_number_of_fifteen_digits_is_found():
    assert _hits("身份证430203671231011") == [("privacy.identity_number", "430203******011")]


@pytest.mark.parametrize("number", ["110105194912310021", "110105194913310021", "990105194912310024"])
def test_eighteen_digits_without_a_fitting_check_digit_day_or_province_are_no_identity_number(number):
    assert _hits(f"编号{number}") == []


def test_what_the_text_calls_an_identity_number_is_one_also_with_a_slip_in_it():
    assert _hits("身份证号110105194912310021") == [("privacy.identity_number", "110105********0021")]


@time_machine.travel("2026-11-22 12:00", tick=False)
def test_nobody_is_born_tomorrow():
    assert _hits("身份证号430203202611230016") == []


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "1 3 8 0 0 1 3 8 0 0 0",
        "+86 13800138000",
        "8613800138000",
        "138\u200b0013\ufeff8000",
        "一三八零零一三八零零零",
        "壹叁捌零零壹叁捌零零零",
    ],
)
def test_a_mobile_number_is_found_in_every_disguise(written):
    assert _hits(f"联系人：{written}。") == [("privacy.mobile", "138****8000")]


@pytest.mark.parametrize(
    "text",
    [
        "拨打12345政务服务便民热线",
        "咨询电话：0731-28888888",
        "投资13800138000元",
        "2024 2025 2026 2027 2028",
        "138****8000",
        "110105********002X",
        "2020-2025年",
        "文号2026-00013",
    ],
)
def test_numbers_of_offices_years_amounts_and_masked_ones_stay(text):
    assert _hits(text) == []


def test_numbers_that_the_unit_makes_public_stay():
    assert _hits(MOBILE, allowed_numbers=frozenset({"138-0013-8000"})) == []
    assert _hits("家庭电话0731-22223333") == [("privacy.landline", "0731-2*****33")]
    assert _hits("家庭电话0731-22223333", allowed_numbers=frozenset({"0731-22223333"})) == []


def test_bank_cards_are_found_by_beginning_length_and_check_digit():
    assert is_luhn("6217001234567893")
    assert _hits("6217 0012 3456 7893") == [("privacy.bank_card", "6217********7893")]
    assert _hits("6217 0012 3456 7894") == []
    assert _hits("批次4556677889900127") == []  # a code of sixteen digits that happens to fit
    assert _hits("银行卡4556677889900127") == [("privacy.bank_card", "4556********0127")]


def test_addresses_are_found_down_to_the_door_and_offices_are_not():
    home = "荷塘区月塘街道幸福小区3栋2单元501室"
    assert _hits(f"地点：{home}") == [("privacy.address", "荷塘区月塘街道幸福小区*栋*单元***室")]
    assert _hits("家庭住址：荷塘区金山路12号") == [("privacy.address", "荷塘区金山路**号")]
    assert _hits("地址：荷塘区新华东路行政中心2号楼305室") == []
    assert _hits("地址：荷塘区金山路12号") == []


def test_passports_vehicles_mail_and_chat_accounts_are_found():
    assert _hits("护照E12345678") == [("privacy.passport", "E1*****78")]
    assert _hits("型号E12345678") == []
    assert _hits("车牌湘B12345") == [("privacy.plate", "湘B***45")]
    assert _hits("微信号：zhangsan_88") == [("privacy.chat_account", "z*********8")]
    assert _hits("微信公众号：hetangfabu") == []
    assert _hits("个人邮箱zhang@example.com") == [("privacy.email", "z***@example.com")]
    assert _hits("邮箱xinxi@hetang.gov.cn，报名邮箱baoming@163.com") == []


def test_a_number_right_behind_another_one_is_found_too():
    found = _hits(f"张三{IDENTITY}，电话{MOBILE}，{MOBILE}")
    assert [rule for rule, _masked in found] == [
        "privacy.identity_number",
        "privacy.mobile",
        "privacy.mobile",
    ]


@pytest.mark.req("REV-18")
def test_law_enforcement_masks_the_names_of_parties_and_elsewhere_nobody_is_masked():
    text = "当事人：张三丰，性别：男，住址：荷塘区金山路12号。法定代表人：李四。张三丰辩称无过错，李四同意。"
    sets = ("privacy", "enforcement")
    assert _hits(text, sets=sets, is_enforcement=True) == [
        ("enforcement.party", "张某某"),
        ("privacy.address", "荷塘区金山路**号"),
        ("enforcement.party", "李某"),
        ("enforcement.party", "张某某"),
        ("enforcement.party", "李某"),
    ]
    assert _hits("当事人：张三丰，性别：男。", sets=sets) == []
    assert _hits("王小二来访", sets=sets, party_names=("王小二",)) == [("enforcement.party", "王某某")]


@pytest.mark.parametrize(
    "text", ["当事人：某某公司，", "当事人应当履行", "法定代表人姓名，", "当事人：张某某，", "负责人签名，"]
)
def test_what_is_no_name_of_a_party_stays(text):
    assert _hits(text, sets=("enforcement",), is_enforcement=True) == []


def test_credit_codes_are_asked_about_in_law_enforcement_only():
    code = "91350100M000100Y43"  # the example of the standard
    assert is_credit_code(code)
    assert _hits(f"统一社会信用代码{code}", sets=("privacy", "enforcement")) == []
    found = check_fields(
        {"body_html": f"统一社会信用代码{code}"},
        rule_sets=["enforcement"],
        circumstances=Circumstances(is_enforcement=True),
    )
    assert [(finding.rule, finding.severity) for finding in found] == [
        ("enforcement.credit_code", Severity.WARNING)
    ]
