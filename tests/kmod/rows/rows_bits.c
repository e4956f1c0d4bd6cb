// SPDX-License-Identifier: GPL-2.0
/* Bit operations and counters. */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>

#include "rows.h"

#define SUITE		bits
#define SUITE_FILE	"bits.def"
#include "suite.h"
