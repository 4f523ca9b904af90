"""Redaction leaves the functions of mapping expressions alone: somebody called Word does not unmake an expression."""

from __future__ import annotations

from xtcheck.languages.expressions.functions import FUNCTIONS
from xtcheck.snapshot.vocabulary import words


def test_the_names_of_functions_stay() -> None:
    assert {name.casefold() for name in FUNCTIONS} <= words()
    assert "yyyy" in words()


def test_the_people_of_generated_examples_are_no_words() -> None:
    assert not {"ana", "silva", "nikki"} & words()
