// SPDX-License-Identifier: GPL-2.0
/*
 * The buses whose devices can be brought back, and what they tell of them.
 */
#include <linux/device.h>
#include <linux/notifier.h>

#include "bus.h"
#include "control.h"
#include "fgft.h"

static const struct fgft_bus * const buses[] = {
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

	for (i = 0; i < ARRAY_SIZE(buses); i++)
		if (buses[i]->type == type)
			return buses[i];
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
static struct notifier_block blocks[ARRAY_SIZE(buses)];

static void ignore_first(u32 count)
{
	while (count--)
		bus_unregister_notifier(buses[count]->type, &blocks[count]);
}

/**
 * fgft_bus_listen - follow devices as they are bound
 *
 * Context: Process.
 * Return: 0, or the error of a bus notifier.
 */
int fgft_bus_listen(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(buses); i++) {
		int err;

		blocks[i].notifier_call = bus_notify;
		err = bus_register_notifier(buses[i]->type, &blocks[i]);
		if (err) {
			ignore_first(i);
			return err;
		}
	}
	return 0;
}

/**
 * fgft_bus_ignore - stop following
 *
 * Context: Process.
 */
void fgft_bus_ignore(void)
{
	ignore_first(ARRAY_SIZE(buses));
}
