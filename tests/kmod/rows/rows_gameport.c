// SPDX-License-Identifier: GPL-2.0
/* Game ports: their device is set up, and let go. */
#include <linux/gameport.h>
#include <linux/slab.h>

#include "rows.h"

#define MORE	(env.base + BIT(40) + sizeof(struct gameport))
#define PORT	((struct gameport *)rows.p)
#define DEV	(&PORT->dev)

static void have_port(void)
{
	rows.p = gameport_allocate_port();
}

/* With a reference of ours, so that it can be looked at when it is gone. */
static void have_registered(void)
{
	have_port();
	gameport_register_port(PORT);
	get_device(DEV);
}

/* Does anybody but us hold it? */
static u64 held(void)
{
	return kref_read(&DEV->kobj.kref) > 1;
}

static void drop_registered(void)
{
	gameport_unregister_port(PORT);
}

#define SUITE		gameport
#define SUITE_FILE	"gameport.def"
#include "suite.h"
