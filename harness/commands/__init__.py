# SPDX-License-Identifier: GPL-2.0
"""Commands of the harness, one module each; cli.py says what a module must have."""
