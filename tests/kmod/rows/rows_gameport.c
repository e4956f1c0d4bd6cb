// SPDX-License-Identifier: GPL-2.0
/* Game ports: their device is set up, and let go. */
#include <linux/delay.h>
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

/*
 * With a reference of ours, so that it can be looked at when it is gone.  The
 * bus adds it in a thread of its own.
 */
static void have_registered(void)
{
	int i;

	have_port();
	gameport_register_port(PORT);
	get_device(DEV);
	for (i = 0; i < 100 && !device_is_registered(DEV); i++)
		msleep(20);
}

/* Does anybody but us hold it?  That thread may for a moment more. */
static u64 held(void)
{
	int i;

	for (i = 0; i < 10 && kref_read(&DEV->kobj.kref) > 1; i++)
		msleep(20);
	return kref_read(&DEV->kobj.kref) > 1;
}

static void drop_held(void)
{
	if (device_is_registered(DEV))
		gameport_unregister_port(PORT);
	put_device(DEV);
}

static void drop_registered(void)
{
	gameport_unregister_port(PORT);
}

#define SUITE		gameport
#define SUITE_FILE	"gameport.def"
#include "suite.h"
