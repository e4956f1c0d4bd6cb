# SPDX-License-Identifier: GPL-2.0
"""Cost of isolation, measured in instructions of the guest."""
