// SPDX-License-Identifier: GPL-2.0
/*
 * The buses whose devices can be brought back, and what they tell of them.
 */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

#include "bus.h"
#include "control.h"
#include "fgft.h"

#define BUSES	8	/* at most */

/* Those behind ours are added by modules.  Written one at a time, read any time. */
static const struct fgft_bus *buses[BUSES] = {
	&fgft_bus_pci,
	&fgft_bus_serio,
};

/* Of a device that is on no bus we know: PM callbacks are all there is. */
static const struct fgft_bus no_bus;

/**
 * fgft_bus_find - what to do for devices of a bus
 * @type: the bus, may be NULL
 *
 * Context: Any.
 * Return: the bus's functions; a table without any if it is not listed.
 */
const struct fgft_bus *fgft_bus_find(const struct bus_type *type)
{
	u32 i;

	for (i = 0; i < BUSES; i++) {
		const struct fgft_bus *bus = READ_ONCE(buses[i]);

		if (bus && bus->type == type)
			return bus;
	}
	return &no_bus;
}

/* A driver is about to be bound to a device whose registers nobody maps. */
static void binding(struct device *dev)
{
	struct fgft_module *mod;

	if (!fgft_bus_find(dev->bus)->at_bind)
		return;
	mod = fgft_driver_find(dev->driver->owner);
	if (mod)
		fgft_checkpoint_device(mod, dev);
}

/*
 * What probe did to the configuration of the device belongs to the checkpoint.
 * The files of a device that is pulled out go at once: another may take its
 * name.
 */
static int bus_notify(struct notifier_block *block, unsigned long event,
		      void *data)
{
	struct fgft_device *record;

	if (event == BUS_NOTIFY_BIND_DRIVER)
		binding(data);
	record = fgft_checkpoint_find(data);
	if (!record)
		return NOTIFY_DONE;
	switch (event) {
	case BUS_NOTIFY_BOUND_DRIVER:
		fgft_checkpoint_take(record);
		fgft_recover_bound(record);
		return NOTIFY_OK;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		fgft_finish_unbound(record);
		return NOTIFY_OK;
	case BUS_NOTIFY_REMOVED_DEVICE:
		fgft_control_device_hide(record);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

/* A block can be on one chain only. */
static struct notifier_block blocks[BUSES];
static DEFINE_MUTEX(buses_mutex);	/* protects @buses and @blocks from writers */

static int listen(u32 i)
{
	blocks[i].notifier_call = bus_notify;
	return bus_register_notifier(buses[i]->type, &blocks[i]);
}

static void ignore(u32 i)
{
	bus_unregister_notifier(buses[i]->type, &blocks[i]);
}

/**
 * fgft_bus_add - follow the devices of one more bus
 * @bus: its functions
 *
 * Context: Process.
 * Return: 0; -ENOSPC if there are too many; the error of its notifier.
 */
int fgft_bus_add(const struct fgft_bus *bus)
{
	int err = -ENOSPC;
	u32 i;

	mutex_lock(&buses_mutex);
	for (i = 0; i < BUSES && buses[i]; i++)
		;
	if (i < BUSES) {
		WRITE_ONCE(buses[i], bus);
		err = listen(i);
		if (err)
			WRITE_ONCE(buses[i], NULL);
	}
	mutex_unlock(&buses_mutex);
	return err;
}

/**
 * fgft_bus_remove - do not follow them any more
 * @bus: what was added
 *
 * Context: Process; none of the bus's drivers is isolated any more.
 */
void fgft_bus_remove(const struct fgft_bus *bus)
{
	u32 i;

	mutex_lock(&buses_mutex);
	for (i = 0; i < BUSES; i++) {
		if (buses[i] != bus)
			continue;
		ignore(i);
		WRITE_ONCE(buses[i], NULL);
	}
	mutex_unlock(&buses_mutex);
}

/**
 * fgft_bus_listen - follow devices as they are bound
 *
 * Context: Process.
 * Return: 0, or the error of a bus notifier.
 */
int fgft_bus_listen(void)
{
	int err = 0;
	u32 i;

	mutex_lock(&buses_mutex);
	for (i = 0; i < BUSES && buses[i] && !err; i++)
		err = listen(i);
	/* The last one has not been heard of. */
	for (i = err ? i - 1 : 0; err && i--;)
		ignore(i);
	mutex_unlock(&buses_mutex);
	return err;
}

/**
 * fgft_bus_ignore - stop following
 *
 * Context: Process; what was added has been removed.
 */
void fgft_bus_ignore(void)
{
	u32 i;

	mutex_lock(&buses_mutex);
	for (i = 0; i < BUSES; i++)
		if (buses[i])
			ignore(i);
	mutex_unlock(&buses_mutex);
}
