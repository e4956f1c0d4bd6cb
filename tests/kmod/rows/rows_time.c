// SPDX-License-Identifier: GPL-2.0
/* Delays and clocks. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "rows.h"

/* Is it later than a little ago, and not by much? */
static u64 about(u64 now, u64 is, u64 slack)
{
	return now - is <= slack;
}

#define SUITE		time
#define SUITE_FILE	"time.def"
#include "suite.h"
