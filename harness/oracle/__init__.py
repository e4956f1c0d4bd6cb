# SPDX-License-Identifier: GPL-2.0
"""The oracle kernel: the distribution's source, built with every checker it has.

The stock kernel runs on after a use after free, a lock taken in the wrong order
or a leak; this one says so.  Only the soak and people use it: `make check` does not
build a kernel.
"""
