"""Checks in code: a user's own ``test_*.py`` beside the policies, over evidence that it declares.

``@pytest.mark.reads("group", tenant="shared", group="DevOps – Shared Tenant")`` says what a test needs; it is read with
everything else, once, and the fixture ``evidence`` hands it out. What was not declared was not read.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

import pytest

from xtcheck.errors import Mark, Mistake, XtcheckError, choices
from xtcheck.estate import Estate, Scope
from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Ambiguous, Present, Ref, Unread, Verdict
from xtcheck.nodes import Scalar
from xtcheck.permissions import chain
from xtcheck.plugin import options
from xtcheck.plugin.items import CheckItem
from xtcheck.plugin.outcomes import Unknown
from xtcheck.policy.slots import SLOTS
from xtcheck.report.records import code_record, requests_seen
from xtcheck.report.shown import printable

if TYPE_CHECKING:
    from xtcheck.world import World

Json = Any

MARKER = "reads(kind, tenant=alias or link=from--to or aws=alias, **names): evidence that a check in code needs"
SUBJECTS = ("tenant", "link", "aws")

CODE = pytest.StashKey["Code"]()


class Code:
    """What checks in code need of the run."""

    def __init__(self, estate: Estate, world: Callable[[], World]) -> None:
        self.estate, self.world = estate, world

    def understood(self, item: pytest.Item) -> Iterator[pytest.Mark]:
        """The markers of a test that name an object; what is wrong with others is told when the test's turn comes."""
        for mark in item.iter_markers("reads"):
            with suppress(XtcheckError, TypeError):
                self.meant(*mark.args, **mark.kwargs)
                yield mark

    def declared(self, item: pytest.Item) -> list[Ref]:
        """The objects that a test's markers name."""
        return [self.meant(*mark.args, **mark.kwargs) for mark in self.understood(item)]

    def meant(self, kind: str, **where: str) -> Ref:
        """The object that a kind and names mean; hyphens of names are written ``_``.

        :raises XtcheckError: there is no such kind, alias or name.
        """
        if kind not in BY_NAME:
            raise XtcheckError(f"there is no kind {kind!r}; {choices(kind, BY_NAME)}")
        names = {key.replace("_", "-"): value for key, value in where.items()}
        scope = self._scope(BY_NAME[kind].subject, names)
        for slot, value in names.items():
            if slot in SUBJECTS:
                continue
            if slot not in SLOTS:
                raise XtcheckError(f"there is no name {slot!r}; {choices(slot, (*SUBJECTS, *SLOTS))}")
            scope = _named(scope, slot, value)
        try:
            ref = BY_NAME[kind].ref(scope)
        except KeyError as error:
            raise XtcheckError(f"{kind} needs the name {error.args[0]}") from error
        tenant = self.estate.tenants.get(ref.place)
        for link in chain(ref.kind):
            if link.opt_in and not (tenant and tenant.secrets):
                raise XtcheckError(f"{ref} is read only by opt-in: {link.opt_in}")
        return ref

    def _scope(self, subject: str, names: Mapping[str, str]) -> Scope:
        alias = names.get(subject)
        if alias is None:
            raise XtcheckError(f"this kind belongs to a {subject}: say {subject}=…")
        match subject:
            case "tenant":
                return Scope(self.estate, tenant=_known(self.estate.tenants, alias))
            case "link":
                return Scope(self.estate, link=_known({str(link): link for link in self.estate.links}, alias))
            case _:
                return Scope(self.estate, aws=_known(self.estate.aws, alias))


T = TypeVar("T")


def _known(table: Mapping[str, T], alias: str) -> T:
    if alias not in table:
        raise XtcheckError(f"config.yml declares no {alias!r}; {choices(alias, table, 'declared')}")
    return table[alias]


def _named(scope: Scope, slot: str, value: str) -> Scope:
    key = Scalar(Mark("@pytest.mark.reads", 1, 1), value, plain=False, shown=value)
    try:
        meant = SLOTS[slot].meant(key, scope)
    except Mistake as mistake:
        raise XtcheckError(f"{mistake.text}; {mistake.hint}") from mistake
    if len(meant) != 1:
        raise XtcheckError(f"{value!r} means {len(meant)} objects; name one")
    return scope.named(slot, *meant[0])


def _shown(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    return f"({', '.join([*map(repr, args), *(f'{name}={value!r}' for name, value in kwargs.items())])})"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose evidence is not known does not run.

    :raises Unknown: so that pytest counts an error, never a pass.
    """
    if isinstance(item, CheckItem) or not options.reads(item.config):
        return
    code = item.config.stash[CODE]
    for mark in item.iter_markers("reads"):
        try:
            ref = code.meant(*mark.args, **mark.kwargs)
        except (XtcheckError, TypeError) as error:
            raise Unknown(f"@pytest.mark.reads{_shown(mark.args, mark.kwargs)}: {error}") from error
        _look(ref, code.world())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give a check in code a record like any other's, and an unknown one a text without a traceback."""
    report = yield
    if isinstance(item, CheckItem) or (call.when != "call" and report.outcome == "passed"):
        return report
    code = item.config.stash[CODE]
    refs = code.declared(item)
    raised = call.excinfo.value if call.excinfo else None
    if isinstance(raised, Unknown):
        report.longrepr = f"UNKNOWN: {printable(str(raised))}"
    verdict = _verdict(report, raised)
    reason = printable(str(raised).partition("\n")[0]) if raised else ""
    rests_on = requests_seen(refs, code.world()) if refs else []
    report.__dict__["xtcheck"] = code_record(
        item.nodeid, item.location, refs, verdict, report.outcome, reason, rests_on
    )
    return report


def _verdict(report: pytest.TestReport, raised: BaseException | None) -> Verdict:
    if report.outcome == "passed":
        return Verdict.COMPLIANT
    if report.outcome == "skipped":
        return Verdict.NOT_APPLICABLE
    # What is neither an assertion nor pytest.fail is a test that broke: it has shown nothing.
    return Verdict.DRIFT if isinstance(raised, AssertionError | pytest.fail.Exception) else Verdict.UNKNOWN


def _look(ref: Ref, world: World) -> Json:
    found = world.evidence(ref)
    match found:
        case Present():
            return found.document
        case Absent():
            return None
        case Unread():
            raise Unknown(f"{found.cause}; {found.remedy}")
        case Ambiguous():
            raise Unknown(f"{found.what}; make it one")
        case _:
            assert_never(found)


def _copied(document: Json) -> Json:
    """A document of its own; of a million users it takes a fraction of what copy.deepcopy does."""
    match document:
        case dict():
            return {key: _copied(value) for key, value in document.items()}
        case list():
            return [_copied(item) for item in document]
    return document


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Callable[..., Json]:
    """Hands out declared evidence: ``evidence("group", tenant="shared", group="…")`` is the object's document as the
    service gave it (a list for collections), or None when the service says, as documented, that there is none.
    """
    code = request.config.stash[CODE]
    declared = set(code.declared(request.node))

    def look(kind: str, **where: str) -> Json:
        ref = code.meant(kind, **where)
        if ref not in declared:
            line = f"@pytest.mark.reads{_shown((kind,), where)}"
            pytest.fail(f"this evidence is not declared, so it was not read; add the line {line}", pytrace=False)
        return _copied(_look(ref, code.world()))

    return look
