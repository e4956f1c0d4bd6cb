# SPDX-License-Identifier: GPL-2.0
"""Fault-injection campaigns: thousands of mutants, each run natively and isolated."""
