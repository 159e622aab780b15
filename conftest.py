"""Every test may use the engines of `tools/local_stack/pytest_plugin.py`."""

pytest_plugins = ["local_stack.pytest_plugin"]
