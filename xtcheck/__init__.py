"""xtcheck: proves, as a pytest suite, that a federation of Entra tenants into AWS is what its policies say."""

__version__ = "0.1.0"
