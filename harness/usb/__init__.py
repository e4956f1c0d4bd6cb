# SPDX-License-Identifier: GPL-2.0
"""USB devices of ours, which QEMU's usb-redir device hands to the guest."""
