# SPDX-License-Identifier: GPL-2.0
"""`python3 -m harness`."""

import os
import sys

_DISTRIBUTION_PYTHON = "/usr/bin/python3"

# Another python3 may come first in PATH, and sees none of Debian's python3-* packages.
if os.path.realpath(sys.executable) != os.path.realpath(_DISTRIBUTION_PYTHON) and sys.prefix == sys.base_prefix:
    os.execv(_DISTRIBUTION_PYTHON, [_DISTRIBUTION_PYTHON, "-m", "harness", *sys.argv[1:]])

from harness.cli import main  # noqa: E402  (the interpreter is settled first)

sys.exit(main())
