// SPDX-License-Identifier: GPL-2.0
/* Messages: what is printed stays, and so does nothing else. */
#include <linux/device.h>
#include <linux/dynamic_debug.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "rows.h"

#define DEV	(&env.pdev->dev)
#define NETDEV	(env.dev)

static DEFINE_RATELIMIT_STATE(limit, HZ, 1000);

/* Their macros expand to more than an argument of ours may hold. */
static void debug_dev(void)
{
	dev_dbg(DEV, "rows\n");
}

static void debug(void)
{
	pr_debug("rows\n");
}

static void debug_netdev(void)
{
	netdev_dbg(NETDEV, "rows\n");
}

#define SUITE		print
#define SUITE_FILE	"print.def"
#include "suite.h"
