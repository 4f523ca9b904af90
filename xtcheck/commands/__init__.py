"""``python -m xtcheck …``: what is not a test run."""
