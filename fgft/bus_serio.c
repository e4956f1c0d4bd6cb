// SPDX-License-Identifier: GPL-2.0
/*
 * Serial ports of keyboards and mice: what restores a device is what the serio
 * core calls at suspend and resume, the driver's cleanup() and reconnect().
 *
 * reconnect() gives the device the settings it finds in the driver's memory.
 * It talks to the device, and its answers come through the driver's interrupt
 * handler, so that is let in before.  Nothing needs to be silenced: the port
 * writes no memory.
 */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/serio.h>

#include "bus.h"
#include "fgft.h"

static int down(struct fgft_device *dev)
{
	struct serio *serio = to_serio_port(dev->dev);
	int err = -EOPNOTSUPP;

	fgft_recover_open(dev);
	mutex_lock(&serio->drv_mutex);
	if (serio->drv && serio->drv->reconnect) {
		if (serio->drv->cleanup)
			serio->drv->cleanup(serio);
		err = 0;
	}
	mutex_unlock(&serio->drv_mutex);
	return err;
}

/* Drivers say no more than that it went wrong. */
static int up(struct fgft_device *dev)
{
	struct serio *serio = to_serio_port(dev->dev);
	int err = -ENODEV;

	mutex_lock(&serio->drv_mutex);
	if (serio->drv && serio->drv->reconnect)
		err = serio->drv->reconnect(serio) ? -EIO : 0;
	mutex_unlock(&serio->drv_mutex);
	return err;
}

/* Drivers stop the port's interrupts by its lock. */
static const struct fgft_span shares[] = {
	{ offsetof(struct serio, lock), sizeof_field(struct serio, lock) },
	{ offsetof(struct serio, dev.driver_data),
	  sizeof_field(struct serio, dev.driver_data) },
	{ }
};

const struct fgft_bus fgft_bus_serio = {
	.type		= &serio_bus,
	.handle		= offsetof(struct serio, dev),
	.shares		= shares,
	.at_bind	= true,
	.down		= down,
	.up		= up,
	.lends		= true,
};
