"""Laws of pseudonyms: the same for the same, others for others, of the same form, and relations between texts stay."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtcheck.resolution import stem
from xtcheck.snapshot.pseudonyms import Pseudonyms
from xtcheck.snapshot.redaction import Redaction
from xtcheck.values.scalars import folded

NAMES = frozenset({"sofia", "martinez", "zoë", "zo", "ë", "anyorganizationone", "devops", "shared", "grün", "gr", "ü"})
KEY = bytes(32)
MADE = Pseudonyms(NAMES, KEY)
WORDS = st.sampled_from(
    ["Sofia", "sofia", "SOFIA", "SoFia", "Martinez", "AnyOrganizationOne", "DevOps", "Shared", "Zoë"]
)
MARKS = st.sampled_from([" ", " – ", "-", "|", ", ", "_", ".", "@", "'", "#EXT#@"])
PARTS = st.lists(WORDS | MARKS | st.sampled_from(["group", "user", "42", "x"]), max_size=6).map("".join)


@settings(max_examples=60)
@given(PARTS, MARKS, PARTS)
def test_a_text_is_replaced_part_by_part(left: str, mark: str, right: str) -> None:
    assert MADE.text(left + mark + right) == MADE.text(left) + MADE.text(mark) + MADE.text(right)


@settings(max_examples=100)
@given(PARTS, PARTS)
def test_texts_are_alike_exactly_when_they_were(one: str, other: str) -> None:
    for alike in (str, str.casefold, str.lower, folded, stem):
        assert (alike(MADE.text(one)) == alike(MADE.text(other))) == (alike(one) == alike(other)), alike


@settings(max_examples=60)
@given(PARTS)
def test_how_a_name_begins_for_a_service_stays_so(name: str) -> None:
    assert stem(MADE.text(name)) == MADE.text(stem(name))


@pytest.mark.parametrize("word", ["Sofia", "sofia", "SOFIA", "SoFia", "Zoë", "Grün"])
def test_no_name_is_left(word: str) -> None:
    assert not set(re.findall(r"\w+", MADE.text(word).casefold())) & NAMES
    assert MADE.text(word).casefold() != word.casefold()


def test_what_names_nobody_stays() -> None:
    text = '(user.department -eq "Sales") at 2026-11-24T05:17:03.1200000Z in us-east-1 for ${source.label}'
    assert MADE.text(text) == text


def test_values_in_logs_are_masked_and_what_they_are_of_stays() -> None:
    listed = {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"Department"'}
    changed = {"displayName": "Department", "oldValue": None, "newValue": '["Nobody else bears this name"]'}
    found = Redaction(MADE).value({"modifiedProperties": [changed, listed]})
    assert found == {"modifiedProperties": [{**changed, "newValue": "*"}, listed]}


def test_a_guest_s_name_still_belongs_to_the_address() -> None:
    guest = MADE.text("sofia_anyorganizationone.com#EXT#@shared.onmicrosoft.com")
    local, domain = MADE.text("sofia@anyorganizationone.com").split("@")
    assert guest == f"{local}_{domain}#EXT#@{MADE.text('shared')}.onmicrosoft.com"
    assert domain.endswith(".com")


def test_a_name_with_the_suffix_of_its_organization_keeps_it() -> None:
    assert MADE.text("Sofia Martinez|AnyOrganizationOne").endswith("|" + MADE.text("AnyOrganizationOne"))


@settings(max_examples=60)
@given(st.uuids(), st.booleans())
def test_an_id_is_another_id_of_its_kind(id_: UUID, upper: bool) -> None:  # noqa: FBT001  # hypothesis gives it
    text = str(id_).upper() if upper else str(id_)
    made = MADE.text(f"/users/{text}/x").removeprefix("/users/").removesuffix("/x")
    assert UUID(made) != id_
    assert (UUID(made).version, UUID(made).variant) == (id_.version, id_.variant)
    assert made == (made.upper() if upper else made.lower())
    assert MADE.text(text.lower()) == made.lower()


def test_the_id_of_a_template_is_everybody_s() -> None:
    template = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
    assert MADE.text(f"applicationTemplateId eq '{template}'") == f"applicationTemplateId eq '{template}'"


def test_the_id_of_a_job_holds_the_tenant_s() -> None:
    tenant = "0e1d0a10-7c5f-4b6e-9a51-a1c0de000001"
    job = f"Azure2Azure.{tenant.replace('-', '')}.b650fb7f-d11c-5ab8-ab57-486457e0da06"
    assert MADE.text(job).split(".")[:2] == ["Azure2Azure", MADE.text(tenant).replace("-", "")]


@settings(max_examples=30)
@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_an_account_has_twelve_digits_wherever_it_stands(account: str) -> None:
    made = MADE.text(account)
    assert re.fullmatch(r"[0-9]{12}", made)
    assert made != account
    assert MADE.text(f"arn:aws:iam::{account}:role/x") == f"arn:aws:iam::{made}:role/x"


def test_ids_of_aws_keep_their_shape() -> None:
    store = MADE.text("d-9067f1a2b3")
    assert re.fullmatch(r"d-[0-9a-f]{10}", store)
    user = MADE.text("9067f1a2b3-feeb2e77-2ad6-5642-a289-365ad5760adf")
    assert user.startswith(store.removeprefix("d-") + "-")
    made = MADE.text("arn:aws:sso:::permissionSet/ssoins-7223f1a2b3c4d5e6/ps-94071d2f3c14524d")
    assert re.fullmatch(r"arn:aws:sso:::permissionSet/ssoins-[0-9a-f]{16}/ps-[0-9a-f]{16}", made)
    assert "7223f1a2b3c4d5e6" not in made


def test_another_folder_has_other_names() -> None:
    one, other = Pseudonyms(NAMES), Pseudonyms(NAMES)
    assert one.text("Sofia") == one.text("Sofia") != other.text("Sofia")


def test_many_words_stay_many() -> None:
    many = Pseudonyms(frozenset(f"x{number}" for number in range(20_000)))
    assert len({many.text(f"x{number}") for number in range(20_000)}) == 20_000
