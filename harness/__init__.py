# SPDX-License-Identifier: GPL-2.0
"""Harness of FGFT: guest image, virtual machine, agent, probe and command line."""
