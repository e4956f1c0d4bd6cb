// SPDX-License-Identifier: GPL-2.0
/*
 * Rebind: the last step of the ladder, the driver unbound and bound again.
 *
 * The driver's remove and probe start from nothing, so that whatever was wrong
 * with its memory of the device is gone with it.  So are the user's settings;
 * settings.c and attributes.c take them before and replay them behind.
 *
 * A driver whose resume has failed is left with its device suspended.  Its
 * remove then waits, for some drivers, for what suspend has already stopped;
 * such a device is not rebound while it is in use, but given up.  So is one
 * whose stop or remove has failed to the end: an interrupt of the old driver's
 * would find the new one's device.
 */
#include <linux/device.h>
#include <linux/device/bus.h>
#include <linux/device/driver.h>

#include "fgft.h"
#include "settings.h"

static bool bound(struct fgft_device *dev)
{
	bool ours;

	device_lock(dev->dev);
	ours = dev->dev->driver && dev->dev->driver->owner == dev->mod->module;
	device_unlock(dev->dev);
	return ours;
}

static int attach(struct fgft_device *dev)
{
	struct device *parent = NULL;
	int err;

	/* As a driver finds it when the bus binds it. */
	if (dev->dev->bus && dev->dev->bus->need_parent_lock)
		parent = dev->dev->parent;
	if (parent)
		device_lock(parent);
	err = device_attach(dev->dev);
	if (parent)
		device_unlock(parent);
	if (err < 0)
		return err;
	/* A driver may probe in another thread. */
	if (!err)
		wait_for_device_probe();
	return bound(dev) ? 0 : -ENXIO;
}

/**
 * fgft_rebind - unbind the driver, bind it again, and replay the settings
 * @dev: device of an aborted call, memory rolled back
 *
 * Context: Process, may sleep for as long as remove and probe do.
 * Return: 0; -ENODEV if the driver is gone; -EBUSY if it is in use and
 * suspended; -EIO if the driver has kept what it was to give up; -ENXIO if no
 * driver, or another, was bound; probe's error.
 */
int fgft_rebind(struct fgft_device *dev)
{
	struct fgft_attributes *attributes;
	struct fgft_settings *settings;
	bool failed = dev->failed;
	int err;

	if (!bound(dev))
		return -ENODEV;
	if (dev->down && fgft_quiesce_in_use(dev))
		return -EBUSY;
	settings = fgft_settings_take(dev);
	attributes = fgft_attributes_take(dev);
	device_release_driver(dev->dev);
	dev->down = false;
	if (!failed && READ_ONCE(dev->failed)) {
		err = -EIO;
		goto free;
	}
	fgft_recover_open(dev);
	err = attach(dev);
	if (!err)
		dev->lost += fgft_settings_replay(settings, dev) +
			     fgft_attributes_replay(attributes, dev);
free:
	fgft_attributes_free(attributes);
	fgft_settings_free(settings);
	return err;
}
