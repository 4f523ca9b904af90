"""Each mistake of a policy: where it stands, what is wrong, what would be right; and never a secret."""

from __future__ import annotations

import pytest

from tests.documents.estates import load, mistakes

PARTNER = "applies-to: {role: target}\ncross-tenant-access:\n  partners:\n    one:\n      "
GROUP = "applies-to: {role: target}\ngroups:\n  A:\n    "
LINK = "applies-to: link\nsynchronization:\n  "
AWS = "applies-to: aws\nidentity-center:\n  "
APP = "applies-to: aws\nenterprise-app: "
ACCOUNT = AWS + 'accounts: {"111122223333": {assignments: '
B2B = PARTNER + "b2b-collaboration-inbound: "
FORMS = "{role: source}, {role: target}, {tenant: alias}, link, {link: {from: alias}}, aws or {aws: alias}"
BODY = "\ngroups: {A: {state: present}}"
DATED = "{reason: …, owner: …, until: …}"
WRITTEN_OUT = "write it out: verdicts show a rule part by part, and a secret nowhere"

CASES = [
    # The file and the document
    ("", "1:1: the file states nothing; begin with applies-to: and statements below it"),
    ("- a", "1:1: a policy document was expected, not a list; write key: value lines"),
    ("groups: {A: {state: present}}", "1:1: applies-to is missing; say {role: source}, {role: target}, link or aws"),
    ("applies-to: link", "1:1: the document states nothing; write statements below applies-to"),
    ("applies-to: link\nsynchronization: {}", "2:18: nothing is stated here; write a statement, or remove the key"),
    ("applies-to: link\nsynchronization:",
     "2:17: a mapping of statements was expected, not nothing; write key: value lines"),
    ("applies-to: link" + BODY, "2:1: unknown key 'groups'; valid here: cross-tenant-access, synchronization"),
    # applies-to
    ("applies-to: target" + BODY, f"1:13: applies-to cannot be 'target'; write {FORMS}"),
    ("applies-to: [link]" + BODY, f"1:13: applies-to cannot be a list; write {FORMS}"),
    ("applies-to: {role: both}" + BODY, "1:20: unknown role 'both'; write source or target"),
    ("applies-to: {tenant: on}" + BODY, "1:22: config.yml declares no 'on'; did you mean 'one'?"),
    ("applies-to: {tenant: zz}" + BODY, "1:22: config.yml declares no 'zz'; declared: one, shared, two"),
    ("applies-to: {tenant: [one, one]}" + BODY, "1:23: 'one' stands twice; name it once"),
    ("applies-to: {link: {frm: one}}" + BODY, "1:21: unknown key 'frm'; write from, to or both"),
    ("applies-to: {link: {}}" + BODY,
     "1:20: no end of the links is named; write from, to or both; or applies-to: link"),
    # Open keys
    (PARTNER.replace("one", "shared") + "state: present", "4:5: shared is this tenant itself; name its partner"),
    (PARTNER.replace("one", "each-target") + "state: present",
     "4:5: each-target means nobody for shared; no link of config.yml has this tenant as its source"),
    (PARTNER.replace("one", "contoso.com") + "state: present",
     "4:5: 'contoso.com' is no partner; write each-source, each-target, an alias of config.yml or a tenant id"),
    (GROUP.replace("A", "' '") + "state: present", "3:3: the name is empty; write the name"),
    (AWS + 'accounts: {"1": {assignments: []}}', "3:14: '1' is no AWS account id; write its 12 digits"),
    # Values of each type
    (PARTNER + "trust-mfa: yes", "5:18: true or false was expected, not 'yes'; write true"),
    (PARTNER + "trust-mfa: off", "5:18: true or false was expected, not 'off'; write false"),
    (PARTNER + "trust-mfa: [a]", "5:18: true or false was expected, not a list; write one value"),
    (PARTNER + "trust-mfa: null",
     "5:18: true or false was expected, not null; quote it if it is meant as a text"),
    (PARTNER + "trust-mf: true", "5:7: unknown key 'trust-mf'; did you mean 'trust-mfa'?"),
    (PARTNER + "state: prsent", "5:14: 'prsent' is not a value of this setting; did you mean 'present'?"),
    (B2B + "{users-and-groups: {allowed: [AllUsers]}}",
     "5:34: applications must be stated as well; the service evaluates both together"),
    (B2B + "{usrs: {allowed: [AllUsers]}}", "5:35: unknown part 'usrs'; valid here: applications, users-and-groups"),
    (B2B + "{users-and-groups: {allow: []}, applications: {allowed: [AllApplications]}}",
     "5:53: allowed: [...] or blocked: [...] was expected; one of the two, with its targets"),
    (B2B + "{users-and-groups: {allowed: [AllUser]}, applications: {allowed: [AllApplications]}}",
     "5:64: 'AllUser' is no target; write AllUsers or user <object id> or group <object id>"),
    (GROUP + "membership-rule: ''", "4:22: the text is empty; write the expected value, or leave the key out"),
    (GROUP + "membership-rule: [a]", "4:22: a membership rule was expected, not a list; write one value"),
    (GROUP + "membership-rule: (user.department -eq “DevOps”)",
     '4:22: the typographic quotation mark “ is none in a rule (column 22 of the rule); write plain ones: "…"'),
    (GROUP + 'membership-rule: |\n      user.department -eq "A"\n      or user.departmen -eq "B"',
     "4:22: user.departmen is no property of a user (line 2, column 4 of the rule); did you mean 'department'?"),
    (GROUP + "membership-rule: user.city -eq '${env.PATH}'",
     f"4:22: a part of the rule would come from the environment; {WRITTEN_OUT}"),
    (GROUP + "membership-rule: {rul: x}", "4:23: unknown key 'rul'; did you mean 'rule'?"),
    (GROUP + "membership-rule: {semantics: {}}", "4:22: rule is missing; state it"),
    (GROUP + "membership-rule: {rule: user.city -ne null, semantics: {null_negative: complement}}",
     "4:61: unknown point 'null_negative'; did you mean 'null-negative'?"),
    (GROUP + "membership-rule: {rule: user.city -ne null, semantics: {null-negative: tru}}",
     "4:76: 'tru' is no reading of A-08; valid here: complement, false"),
    (GROUP + "members: as-rul", "4:14: a list of members was expected, not 'as-rul'; write a list: [a, b]"),
    (GROUP + "members: {as-rule: {semantic: {}}}", "4:25: unknown key 'semantic'; did you mean 'semantics'?"),
    (GROUP + "members: {as-rule: {semantics: {}}, includes: [a]}",
     "4:41: unknown key 'includes'; valid here: as-rule"),
    (GROUP + "members: {expect: as-rule, settle: 2h}",
     "4:40: a duration was expected, not '2h'; write e.g. PT2H, at most P7D"),
    (GROUP + "members: {expect: as-rule, settle: P8D}",
     "4:40: a duration was expected, not 'P8D'; write e.g. PT2H, at most P7D"),
    (GROUP + "members: {expect: [a], settle: PT2H}",
     "4:36: nothing is documented to lag behind here; remove settle"),
    (LINK + "mappings: {a: {expression: 'Append([x], “|”)'}}",
     '3:30: the typographic quote “ is no delimiter (character 13 of the expression); only " delimits a text'),
    (LINK + "mappings: {a: {expression: 'append([x], 1)'}}",
     "3:30: unknown function 'append' (character 1 of the expression); names are case-sensitive: Append"),
    (LINK + 'mappings: {a: {expression: "Append([x],\\n [y)"}}',
     "3:30: the square bracket of the attribute is not closed (line 2, character 2 of the expression); write ]"),
    (LINK + "mappings: {a: {expression: x}}",
     "3:30: an expression is a function call; use direct: for an attribute, constant: for a text"),
    (LINK + "mappings: {a: {constnt: x}}", "3:18: unknown key 'constnt'; did you mean 'constant'?"),
    (LINK + "mappings: {a: {apply: always}}",
     '3:17: exactly one of constant, direct or expression was expected; e.g. {constant: "true"}'),
    (LINK + "mappings: {a: {direct: x, constant: x}}",
     '3:17: exactly one of constant, direct or expression was expected; e.g. {constant: "true"}'),
    (LINK + "mappings: {a: {direct: x, apply: create}}",
     "3:36: 'create' is not a value of apply; did you mean 'on-create'?"),
    (LINK + "mappings: {a: {direct: x, matching: first}}",
     "3:39: a precedence was expected, not 'first'; write 1, 2, …, or 0 for none"),
    (LINK + "accidental-deletion-threshold: many",
     "3:34: a whole number of deletions was expected, not 'many'; write digits, or off"),
    (LINK + "mappings: {a: x}",
     "3:17: constant, direct or expression was expected, not 'x'; write key: value lines"),
    (LINK + "assigned: {group: [x]}", "3:14: unknown key 'group'; did you mean 'groups'?"),
    (LINK + "assigned: {groups: {include: [x]}}",
     "3:22: unknown key 'include'; write a list (exactly these) or {includes: [...]}"),
    (LINK + "assigned: {includes: {groups: []}}",
     "3:13: includes nobody: this would always hold; name who must be included"),
    (LINK + "assigned: {groups: {includes: []}}",
     "3:33: includes nothing: this would always hold; name what must be included"),
    (LINK + "assigned: {groups: [a, a]}", "3:23: 'a' stands twice; name it once"),
    (LINK + "assigned: {groups: ['']}", "3:23: the name is empty; write the name"),
    (LINK + "assigned: {groups: a}", "3:22: a list of groups was expected, not 'a'; write a list: [a, b]"),
    (LINK + "health: helthy", "3:11: 'helthy' is not a value of this setting; did you mean 'healthy'?"),
    (ACCOUNT + "[{group: a}]}}", "3:45: permission-set is missing; state it"),
    (ACCOUNT + "[{group: a, user: b, permission-set: c}]}}",
     "3:45: exactly one of group, user was expected; state one"),
    (ACCOUNT + "[{group: a, permission-set: c}, {permission-set: c, group: a}]}}",
     "3:76: this stands twice; state it once"),
    (APP + "{signing-certificate: {atleast: 30}}",
     "2:39: at-least was expected, not a mapping; write {at-least: 30} (days)"),
    (APP + "{signing-certificate: -1}", "2:39: a whole number of days was expected, not '-1'; write digits only"),
    (APP + f"{{signing-certificate: {'9' * 5000}}}",
     f"2:39: a whole number of days was expected, not '{'9' * 5000}'; write digits only"),
    # Variables
    (LINK + "target-tenant: ${traget.id}", "3:18: there is no variable ${traget.id} here; did you mean 'target.id'?"),
    (LINK + "target-tenant: ${env.XT_UNSET}",
     "3:18: the environment variable XT_UNSET is not set; set it before the run"),
    # What may stand beside a value
    (LINK + "provisioning: {expect: on, waver: {}}", "3:30: unknown key 'waver'; did you mean 'waiver'?"),
    (LINK + "provisioning: {expect: on, severity: hih}",
     "3:40: unknown severity 'hih'; valid here: blocker, critical, minor, normal"),
    (LINK + "provisioning: {expect: on, controls: [cis]}",
     "3:41: 'cis' is no control reference; write framework@version:id"),
    (LINK + "provisioning: {expect: on, controls: cis@1:2}",
     "3:40: a list of controls was expected, not 'cis@1:2'; write a list: [a, b]"),
    (LINK + "provisioning: {expect: on, waiver: {reason: x, owner: y}}", f"3:38: a waiver needs until; write {DATED}"),
    (LINK + "provisioning: {expect: on, waiver: {reason: x, owner: ' ', until: 2026-01-01}}",
     f"3:38: a waiver needs owner; write {DATED}"),
    (LINK + "provisioning: {expect: on, waiver: {reason: x, owner: y, until: 20260101}}",
     "3:67: '20260101' is no date; write YYYY-MM-DD"),
    (LINK + "provisioning: {expect: on, attested: {by: a, on: 2026-01-01, until: 2027-01-01}}",
     "3:40: this is read from the service; nobody's word can stand in for it; remove attested"),
    (LINK + "provisioning: {expect: on, settle: PT2H}",
     "3:38: nothing is documented to lag behind here; remove settle"),
    (LINK + "scope: {expect: all, attested: {by: a, on: 2026-01-01, until: 2025-01-01}}",
     "3:65: it ends (2025-01-01) before it begins (2026-01-01); correct the dates"),
]  # fmt: skip


@pytest.mark.parametrize("text, said", CASES, ids=[f"{number}" for number in range(len(CASES))])
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text: str, said: str) -> None:
    assert mistakes(text) == [f"0.yml:{said}"]


def test_what_no_api_shows_must_be_attested() -> None:
    (said,) = mistakes("applies-to: {tenant: shared}\ntenant: {guest-billing: linked}")
    assert "no API shows this: a person must attest it; write {expect: …, attested: {by: …, on: 2026-01-31" in said


@pytest.mark.parametrize(
    "applies", ["{tenant: []}", "{link: {from: shared}}", "{link: {from: []}}", "{link: {from: one, to: two}}"]
)
def test_a_document_that_expands_to_nothing_is_a_mistake(applies: str) -> None:
    (said,) = mistakes(f"applies-to: {applies}\nsynchronization: {{state: present}}")
    assert said == (
        "0.yml:1:13: the document expands to nothing; config.yml declares no such tenant, link or AWS entry"
    )


def test_all_mistakes_of_all_documents_are_told_at_once() -> None:
    said = mistakes(
        LINK + "provisioning: maybe\n  health: bad\n---\napplies-to: nobody\na: b\n", GROUP + "stat: present"
    )
    assert [line.split(": ")[0] for line in said] == ["0.yml:3:17", "0.yml:4:11", "0.yml:6:13", "1.yml:4:5"]


def test_all_mistakes_of_one_statement_are_told_at_once() -> None:
    said = mistakes(LINK + "provisioning: {expect: maybe, severity: hih, controls: [x], waiver: no}")
    assert [line.split(": ")[0] for line in said] == [f"0.yml:3:{column}" for column in (26, 43, 59, 71)]


def test_a_mistake_about_many_tenants_is_told_once() -> None:
    assert len(mistakes(LINK + "provisioning: maybe")) == 1


def test_a_mistaken_file_leaves_the_checks_of_the_others() -> None:
    policies = load(LINK + "provisioning: maybe", LINK + "provisioning: on")
    assert [len(several) for several in policies.checks.values()] == [0, 2]


@pytest.mark.parametrize(
    "text",
    [
        LINK + "scope: ${env.XT_PRIVATE}",
        LINK + "health: ${env.XT_PRIVATE}",
        LINK + "assigned: ['${env.XT_PRIVATE}']",
        LINK + "assigned: {groups: ['${env.XT_PRIVATE}', '${env.XT_PRIVATE}']}",
        LINK + "assigned: {'${env.XT_PRIVATE}': [x]}",
        LINK + "assigned: {groups: {'${env.XT_PRIVATE}': [x]}}",
        LINK + "mappings: {a: {'${env.XT_PRIVATE}': x}}",
        LINK + "mappings: {a: {expression: '${env.XT_PRIVATE}'}}",
        LINK + "mappings: {a: {expression: '${env.XT_PRIVATE}([a])'}}",
        LINK + "provisioning: {expect: on, severity: '${env.XT_PRIVATE}'}",
        LINK + "provisioning: {expect: on, controls: ['${env.XT_PRIVATE}']}",
        LINK + "provisioning: {expect: on, waiver: {'${env.XT_PRIVATE}': x}}",
        LINK + "provisioning: {expect: on, waiver: {reason: x, owner: y, until: '${env.XT_PRIVATE}'}}",
        PARTNER + "trust-mfa: ${env.XT_PRIVATE}",
        PARTNER.replace("one", "${env.XT_PRIVATE}") + "state: present",
        B2B + "{'${env.XT_PRIVATE}': x}",
        B2B + "{users-and-groups: {allowed: ['${env.XT_PRIVATE}']}, applications: {allowed: []}}",
        ACCOUNT + "[{'${env.XT_PRIVATE}': a}]}}",
        AWS + "accounts: {'${env.XT_PRIVATE}': {assignments: []}}",
        APP + "{signing-certificate: '${env.XT_PRIVATE}'}",
        "applies-to: {tenant: '${env.XT_PRIVATE}'}" + BODY,
    ],
)
def test_no_mistake_repeats_what_the_environment_holds(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XT_PRIVATE", "hunter2")
    assert not [line for line in mistakes(text) if "hunter2" in line]


def test_a_name_cannot_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_PRIVATE", "hunter2")
    (said,) = mistakes(GROUP.replace("A", "${env.XT_PRIVATE}") + "state: present")
    assert said.startswith("0.yml:3:3: the name '${env.XT_PRIVATE}' would come from the environment; write it out")


def test_two_different_statements_on_one_place_are_a_mistake_that_names_both_lines() -> None:
    assert mistakes(PARTNER + "trust-mfa: true", PARTNER + "trust-mfa: false") == [
        "1.yml:5:18: shared/partner.one.trust-mfa is stated differently at 0.yml:5:18; state it once, or the same way"
    ]


@pytest.mark.parametrize("other", ["{expect: true, severity: minor}", "{expect: true, controls: [cis@1:2]}"])
def test_equal_values_with_different_options_are_different_statements(other: str) -> None:
    assert len(mistakes(PARTNER + "trust-mfa: true", PARTNER + f"trust-mfa: {other}")) == 1


@pytest.mark.parametrize(
    "absent, other, name",
    [
        (PARTNER + "state: absent", PARTNER + "trust-mfa: true", "shared/partner.one.trust-mfa"),
        (PARTNER + "state: absent", PARTNER + "user-sync-inbound: true", "shared/partner.one.user-sync-inbound"),
        (GROUP + "state: absent", GROUP + "processing: on", "shared/group.A.processing"),
        (GROUP + "state: absent", GROUP + "members: []", "shared/group.A.members"),
        (APP + "{state: absent}", APP + "{job: {state: present}}", "aws-main/enterprise-app.job.state"),
        (
            APP + "{state: absent}",
            APP + "{saml-identifier: of-identity-center}",
            "aws-main/enterprise-app.saml-identifier",
        ),
        (APP + "{state: absent}", APP + "{assigned: {groups: [A]}}", "aws-main/enterprise-app.assigned"),
        (APP + "{job: {state: absent}}", APP + "{provisioning: off}", "aws-main/enterprise-app.provisioning"),
        (APP + "{job: {state: absent}}", APP + "{name-id: same-as-user-name}", "aws-main/enterprise-app.name-id"),
    ],
)
def test_nothing_else_is_stated_about_what_must_be_absent(absent: str, other: str, name: str) -> None:
    (said,) = mistakes(absent, other)
    assert f"{name} is stated, but 0.yml:" in said
    assert said.endswith("says that the object is absent; keep one of the two")


@pytest.mark.parametrize(
    "absent, other",
    [
        (PARTNER + "state: absent", PARTNER + "identity-synchronization: {state: absent}"),
        (PARTNER + "state: absent", PARTNER + "user-sync-inbound: false"),
        (PARTNER + "state: absent", PARTNER + "trust-mfa: inherit"),
        (PARTNER + "state: absent", PARTNER + "effective-trust-mfa: false"),
        (APP + "{state: absent}", APP + "{job: {state: absent}}"),
        (APP + "{state: absent}", APP + "{assigned: {groups: [], users: []}}"),
        (APP + "{state: absent}", AWS + "people: {users: as-assigned, groups: as-assigned, memberships: as-assigned}"),
        (APP + "{job: {state: absent}}", APP + "{state: present}"),
        (APP + "{job: {state: absent}}", APP + "{single-sign-on: saml}"),
    ],
)
def test_what_is_true_of_something_absent_may_be_stated_besides(absent: str, other: str) -> None:
    assert not load(absent, other).mistakes


def test_what_must_be_absent_leaves_its_neighbours_alone() -> None:
    other = GROUP.replace("  A:", "  B:") + "processing: on"
    assert not load(GROUP + "state: absent", other, PARTNER + "state: absent").mistakes
