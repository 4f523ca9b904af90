"""What an external user's name keeps of the address that was invited.

``ana@one.com`` becomes ``ana_one.com#EXT#@shared.onmicrosoft.com`` (Learn: entra/external-id/user-properties).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

EXTERNAL = "#ext#"
"""What the user principal name of an external user bears, in small letters."""


def invited(mail: pl.Expr, name: pl.Expr) -> pl.Expr:
    """What stands before ``#EXT#`` in the target, by a person's address: his mail, else his user principal name."""
    import polars as pl

    address = pl.coalesce(pl.when(mail != "").then(mail), name).str.to_lowercase()
    # Of several signs it is the last that parts the domain; a local part may be quoted.
    return address.str.replace(r"@([^@]*)$", "_$1")


def invitation(name: pl.Expr) -> pl.Expr:
    """The same, by a target's user principal name; null for a user who is not external."""
    import polars as pl

    lower = name.str.to_lowercase()
    return pl.when(lower.str.contains(EXTERNAL, literal=True)).then(lower.str.split(EXTERNAL).list.first())
