# SPDX-License-Identifier: GPL-2.0
"""The demo: every entry point struck by every fault, natively and isolated."""
