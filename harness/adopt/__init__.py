# SPDX-License-Identifier: GPL-2.0
"""Looking at a driver nobody has adopted yet: what it would take."""
