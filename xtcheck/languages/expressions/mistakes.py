"""What is wrong with a text that is no mapping expression."""

from __future__ import annotations

from xtcheck.errors import XtcheckError


class ExpressionError(XtcheckError):
    """The text is no mapping expression: where (line and column count from 1), what is wrong, what would be right."""

    def __init__(self, text: str, offset: int, wrong: str, hint: str = "") -> None:
        super().__init__(text, offset, wrong, hint)
        self.line = text.count("\n", 0, offset) + 1
        self.column = offset - text.rfind("\n", 0, offset)
        self.wrong, self.hint = wrong, hint

    @property
    def said(self) -> str:
        """What is wrong and what would be right, without the place."""
        return f"{self.wrong}; {self.hint}" if self.hint else self.wrong

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.said}"
