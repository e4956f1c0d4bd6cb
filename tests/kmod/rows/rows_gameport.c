// SPDX-License-Identifier: GPL-2.0
/* Game ports: on their bus, where a driver of ours finds them. */
#include <linux/delay.h>
#include <linux/gameport.h>
#include <linux/slab.h>

#include "rows.h"

#define MORE	(env.base + BIT(40) + sizeof(struct gameport))
#define PORT	((struct gameport *)rows.p)

static NATIVE int port_connect(struct gameport *port, struct gameport_driver *driver)
{
	env.hits++;
	return 0;
}

static NATIVE void port_disconnect(struct gameport *port)
{
	env.hits--;
}

static struct gameport_driver driver = {
	.driver.name	= "rows",
	.connect	= port_connect,
	.disconnect	= port_disconnect,
};

static void have_port(void)
{
	rows.p = gameport_allocate_port();
}

/* Asked after a while: the bus does its work in a thread of its own. */
static NATIVE u64 connected(void)
{
	msleep(50);
	return env.hits;
}

static void have_driver(void)
{
	if (gameport_register_driver(&driver))
		pr_warn("no driver of game ports\n");
	have_port();
}

static void have_registered(void)
{
	have_driver();
	gameport_register_port(PORT);
	connected();
}

static void drop_registered(void)
{
	gameport_unregister_port(PORT);
	gameport_unregister_driver(&driver);
}

static NATIVE void drop_driver(void)
{
	gameport_unregister_driver(&driver);
}

#define SUITE		gameport
#define SUITE_FILE	"gameport.def"
#include "suite.h"
