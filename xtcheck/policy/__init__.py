"""The policy documents: from YAML files and an estate to checks, with every mistake at once. Offline and pure."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xtcheck import nodes
from xtcheck.errors import Mark, Mistake, Mistakes, XtcheckError, collecting
from xtcheck.policy.places import TREES, place_of
from xtcheck.policy.scopes import APPLIES_TO, scopes
from xtcheck.policy.statements import Walk

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.estate import Estate
    from xtcheck.model import Check, Ref

SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Policies:
    """What the files say: the checks of each file in their order, and the mistakes of each file."""

    checks: Mapping[Path, tuple[Check, ...]]
    mistakes: Mapping[Path, Mistakes]
    beside: tuple[Check, ...] = ()
    """What files say that are not meant this time."""


def is_policy(path: Path, config: Path | None = None) -> bool:
    """Whether a path is a policy file; config.yml is none, however one comes to it."""
    return path.suffix.lower() in SUFFIXES and path.is_file() and path.resolve() != config


def files(path: Path, config: Path | None = None) -> list[Path]:
    """The policy files that a path means: itself, or those below a folder that are not hidden.

    Links are followed, but for one to a folder that it stands in: its files are found without it.

    :param config: the real path of config.yml.
    :raises XtcheckError: a folder cannot be looked into, or a link leads nowhere, so that policies may be missed.
    """
    if not path.is_dir():
        return [path] if is_policy(path, config) else []
    real = path.resolve()
    return sorted(file for file in _below(path, (real, *real.parents)) if is_policy(file, config))


def _below(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """What is no folder below a folder; ``above`` are the real paths of the folder and of all that it stands in."""
    try:
        for path in folder.iterdir():
            if path.name.startswith("."):
                continue
            if not stat.S_ISDIR(path.stat().st_mode):
                yield path
            elif (real := path.resolve()) not in above:
                yield from _below(path, (real, *above))
    except OSError as error:
        raise XtcheckError(f"{error.filename}: {error.strerror}, and its policies would be missed") from error


def load(
    named: Iterable[tuple[Path, str]],
    estate: Estate,
    beside: Iterable[tuple[Path, str]] = (),
    *,
    whole: bool = False,
) -> Policies:
    """Read all policy files together, because two of them may speak about one object.

    :param named: each file with the name that messages and node ids give it.
    :param beside: those that are not meant this time; what they declare is declared all the same.
    :param whole: their mistakes count, as they always do for a check of what nobody declares.
    """
    checks: dict[Path, tuple[Check, ...]] = {}
    mistakes: dict[Path, Mistakes] = {}
    first: dict[str, tuple[Path, Check]] = {}
    for path, shown in named:
        found: list[Mistake] = []
        stated = list(_checks_of(path, shown, estate, found))
        kept: list[Check] = []
        for check in stated:
            known = first.get(check.name)
            if known is None:
                first[check.name] = (path, check)
                kept.append(check)
                continue
            with collecting(found):
                merged = _merged(known[1], check)
                first[check.name] = (known[0], merged)
                _swap(kept if known[0] == path else checks, known, merged)
        checks[path] = tuple(kept)
        if found:
            mistakes[path] = Mistakes(found)
    for path, contradictions in _contradictions(checks).items():
        _add(mistakes, path, contradictions)
    unseen: list[Mistake] = []
    others = tuple(check for path, shown in beside for check in _checks_of(path, shown, estate, unseen))
    for path, several in checks.items() if unseen else ():
        if whole or any(check.setting.declares for check in several):
            _add(mistakes, path, unseen)
    return Policies(_knowing_what_is_declared(checks, others), mistakes, others)


def _add(mistakes: dict[Path, Mistakes], path: Path, more: Iterable[Mistake]) -> None:
    """Further mistakes of a file, after those that are known."""
    known = mistakes[path].mistakes if path in mistakes else ()
    mistakes[path] = Mistakes([*known, *more])


def _knowing_what_is_declared(
    checks: Mapping[Path, tuple[Check, ...]], others: Iterable[Check]
) -> dict[Path, tuple[Check, ...]]:
    """The checks, those of what is undeclared with the names that any policy of their subject speaks of."""
    stated = [*(check for several in checks.values() for check in several), *others]
    asked = {word for check in stated for word in check.setting.declares}
    names: dict[tuple[str, str], set[str]] = {}
    for check in stated:
        spoken = {check.setting.key: check.setting.key, **check.scope.slots}
        for word in asked & spoken.keys():
            names.setdefault((check.scope.subject, word), set()).add(spoken[word])

    def knowing(check: Check) -> Check:
        if not check.setting.declares:
            return check
        declared = {name for word in check.setting.declares for name in names.get((check.scope.subject, word), ())}
        return replace(check, expected={**check.expected, "declared": sorted(declared)})

    return {path: tuple(map(knowing, several)) for path, several in checks.items()}


def _contradictions(checks: Mapping[Path, tuple[Check, ...]]) -> dict[Path, list[Mistake]]:
    """What is stated about objects, or below them, that must be absent."""
    stated: dict[str, list[tuple[Path, Check]]] = {}
    for path, several in checks.items():
        for check in several:
            stated.setdefault(check.scope.subject, []).append((path, check))
    found: dict[Path, list[Mistake]] = {}
    for of_subject in stated.values():
        for absent in (check for _, check in of_subject if check.setting.presence and check.expected == "absent"):
            for path, check in of_subject:
                if _is_about(check, absent):
                    text = f"{check.name} is stated, but {absent.mark} says that the object is absent"
                    found.setdefault(path, []).append(Mistake(check.mark, text, "keep one of the two"))
    return found


def _is_about(check: Check, absent: Check) -> bool:
    """Whether a check says of an object, or of what is found through it, what cannot be true while it is absent."""
    gone = absent.kind.ref(absent.scope)
    return _stands_below(check, absent, gone) and not _holds_without(check, gone)


def _stands_below(check: Check, absent: Check, gone: Ref) -> bool:
    """Whether a statement is written below the place of another's object, or needs that object to be found."""
    here, there = check.scope.slots, absent.scope.slots
    place, above = place_of(check.kind, check.setting), place_of(absent.kind, absent.setting)[:-1]
    if place[: len(above)] == above and all(here.get(slot) == value for slot, value in there.items()):
        return True
    return any(gone in ref.lineage() for ref in check.refs.values())


def _holds_without(check: Check, gone: Ref) -> bool:
    """Whether a statement can be true while an object does not exist."""
    setting = check.setting
    if setting.presence:
        return bool(check.expected == "absent")
    if setting.absent is not ...:
        return setting.type.differences(check.expected, setting.type.read(setting.absent)) is None
    hard = (ref.parent for name, ref in check.refs.items() if ref.parent and name not in setting.vacant)
    return setting.reads is not None and not any(gone in above.lineage() for above in hard)


def _swap(where: list[Check] | dict[Path, tuple[Check, ...]], known: tuple[Path, Check], merged: Check) -> None:
    path, old = known
    if isinstance(where, list):
        where[where.index(old)] = merged
    else:
        where[path] = tuple(merged if check is old else check for check in where[path])


def _merged(first: Check, second: Check) -> Check:
    """One check with two places, when both state the same; else a mistake that names both."""
    if _says(first) != _says(second):
        text = f"{second.name} is stated differently at {first.mark}"
        raise Mistake(second.mark, text, "state it once, or the same way")
    return replace(first, also=(*first.also, second.mark))


def _says(check: Check) -> tuple[object, ...]:
    return check.expected, check.severity, check.waiver, check.attestation, check.controls, check.settle


def _checks_of(path: Path, shown: str, estate: Estate, mistakes: list[Mistake]) -> list[Check]:
    checks: list[Check] = []
    with collecting(mistakes):
        documents = nodes.load(path, shown)
        if not documents:
            raise Mistake(
                Mark(shown, 1, 1), "the file states nothing", f"begin with {APPLIES_TO}: and statements below it"
            )
        for document in documents:
            with collecting(mistakes):
                checks += _of_document(document, estate, mistakes)
    return checks


def _of_document(document: nodes.Node, estate: Estate, mistakes: list[Mistake]) -> list[Check]:
    entries = nodes.mapping(document, "a policy document")
    applies = entries.get(APPLIES_TO)
    if applies is None:
        raise Mistake(document.mark, f"{APPLIES_TO} is missing", "say {role: source}, {role: target}, link or aws")
    body = replace(entries, entries=tuple(entry for entry in entries.entries if entry[0].text != APPLIES_TO))
    if not body.entries:
        raise Mistake(document.mark, "the document states nothing", "write statements below applies-to")
    subject, wanted = scopes(applies, estate)
    checks: list[Check] = []
    for scope in wanted:
        walk = Walk(mistakes)
        walk.section(body, TREES[subject], scope)
        checks += walk.checks
    return checks
