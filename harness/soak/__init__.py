# SPDX-License-Identifier: GPL-2.0
"""The soak: one guest, every entry point isolated, load, and faults at random moments."""
