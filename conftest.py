"""Registers the plugin in a checkout that is not installed; installed, its entry point has done so already.

Not by ``pytest_plugins``: pytest refuses that in a conftest.py that it meets below its root folder, which happens when
``--tenants`` names a config in here from elsewhere.
"""

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """The earliest hook of a conftest.py: the plugin's options are still in time."""
    if not pluginmanager.hasplugin("xtcheck.plugin"):
        pluginmanager.import_plugin("xtcheck.plugin")
