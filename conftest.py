"""Registers the plugin, so that `pytest --tenants=FILE` works in a checkout that is not installed."""

pytest_plugins = ["xtcheck.plugin"]
