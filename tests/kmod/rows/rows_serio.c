// SPDX-License-Identifier: GPL-2.0
/* Serial ports and PS/2 commands: a mouse's settings, as it tells them itself. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rows.h"

#define PS2_SETRATE	0x10f3
#define PS2_SETRES	0x10e8
#define PS2_SETSCALE	0x00e6
#define PS2_GETINFO	0x03e9
#define SETTLE_MS	100	/* the serio core's worker */

static const struct serio_device_id no_port[] = {
	{ .type = 0xfe, .proto = SERIO_ANY, .id = SERIO_ANY, .extra = SERIO_ANY },
	{ }
};

static int no_connect(struct serio *serio, struct serio_driver *drv)
{
	return -ENODEV;
}

static void no_disconnect(struct serio *serio)
{
}

static struct serio_driver other = {
	.driver.name	= "rows_other",
	.id_table	= no_port,
	.connect	= no_connect,
	.disconnect	= no_disconnect,
};

static NATIVE void set(unsigned int command, u8 value)
{
	if (ps2_command(&rows.ps2, &value, command))
		pr_warn("the mouse does not take command %x\n", command);
}

static NATIVE u64 asked(u32 n)
{
	u8 answer[3] = {};

	rows_settle();
	if (ps2_command(&rows.ps2, answer, PS2_GETINFO))
		return U64_MAX;
	return answer[n];
}

static NATIVE u64 is_locked(void)
{
	return mutex_is_locked(env.serio->ps2_cmd_mutex ?:
			       &rows.ps2.cmd_mutex);
}

static NATIVE void waiting_for(u8 count, unsigned long flags)
{
	rows.ps2.cmdcnt = count;
	rows.ps2.flags = flags;
}

static NATIVE u64 driver_known(void)
{
	struct device_driver *found = driver_find(other.driver.name, &serio_bus);

	return !!found;
}

static NATIVE void have_driver(void)
{
	if (serio_register_driver(&other))
		pr_warn("a driver cannot be registered\n");
}

static NATIVE void reopen(void)
{
	if (serio_open(env.serio, &rows_serio_driver))
		pr_warn("the port cannot be opened\n");
}

/* The driver has been called once more for its port. */
static NATIVE u64 told(void)
{
	msleep(SETTLE_MS);
	return env.hits;
}

static NATIVE int count_one(struct device *dev, void *count)
{
	++*(u64 *)count;
	return 0;
}

static NATIVE u64 ports(void)
{
	u64 count = 0;

	msleep(SETTLE_MS);
	bus_for_each_dev(&serio_bus, NULL, &count, count_one);
	return count;
}

static NATIVE struct serio *make_port(struct serio *parent)
{
	struct serio *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->id.type = 0xfd;
	port->parent = parent;
	strscpy(port->name, "rows", sizeof(port->name));
	strscpy(port->phys, "rows", sizeof(port->phys));
	return port;
}

static void have_port(void)
{
	struct serio *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return;
	port->id.type = 0xfd;
	strscpy(port->name, "rows", sizeof(port->name));
	strscpy(port->phys, "rows", sizeof(port->phys));
	rows.p = port;
}

static NATIVE void have_child(void)
{
	struct serio *port = make_port(env.serio);

	if (port)
		serio_register_port(port);
	msleep(SETTLE_MS);
}

#define SUITE		serio
#define SUITE_FILE	"serio.def"
#include "suite.h"
