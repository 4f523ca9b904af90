"""Registers the plugins in a checkout that is not installed; installed, their entry points have done so already.

Not by ``pytest_plugins``: pytest refuses that in a conftest.py that it meets below its root folder, which happens when
``--tenants`` names a config in here from elsewhere.
"""

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """The earliest hook of a conftest.py: the plugin's options are still in time."""
    for name in ("xtcheck.plugin", "xtcheck.remediation.plugin"):
        if not pluginmanager.hasplugin(name) and not pluginmanager.is_blocked(name):
            pluginmanager.import_plugin(name)
