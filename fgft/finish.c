// SPDX-License-Identifier: GPL-2.0
/*
 * Finish: what the kernel has given up, the driver gives up after all.
 *
 * The callers of a driver's stop and remove take no error: they go on as if the
 * device was stopped, or nobody's.  An abort has rolled the driver back to
 * where it has everything still, and run again at once it may have failed
 * again, for the same reason and with the caller's locks held.  When the kernel
 * is through with its side it says so, in the same task and under the locks the
 * entry point is entitled to; then it is called a last time, a call of its own.
 *
 * Until that the device is in recovery: nobody is let in.  If the last call
 * fails too the module stays for good (ending.c).
 */
#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/string.h>

#include "bus.h"
#include "fgft.h"

enum finish_event {
	FINISH_DOWN,
	FINISH_UNBOUND,
};

static const struct finish_row {
	const char *table;
	enum finish_event event;
} finish_rows[] = {
#define CLASS_FINISH(table, event)	{ table, FINISH_##event },
#include "class/finishes.def"
#undef CLASS_FINISH
};

static const struct finish_row *finish_find(const struct fgft_entry *entry)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(finish_rows); i++)
		if (!strcmp(finish_rows[i].table, entry->table))
			return &finish_rows[i];
	return NULL;
}

/* What the kernel has freed itself behind remove, no second remove may find. */
static bool can_unbind(const struct fgft_device *dev)
{
	return dev->bus->lends && list_empty(&dev->dev->devres_head);
}

static void lend(struct fgft_device *dev, struct device_driver *driver)
{
	if (dev->bus->lend)
		dev->bus->lend(dev, driver);
	dev->dev->driver = driver;
}

/**
 * fgft_finish_expect - will the entry point be called once more?
 * @call: aborted call, the second run of its entry point
 *
 * Context: Inside @call.
 * Return: true if so: then the call's report is due when that is over.
 */
bool fgft_finish_expect(struct fgft_call *call)
{
	const struct finish_row *row = finish_find(call->entry);
	struct fgft_device *dev = call->dev;

	if (!row || !dev)
		return false;
	if (dev->given_up.running) {
		dev->given_up.aborted = true;
		return false;
	}
	if (row->event == FINISH_UNBOUND && !can_unbind(dev))
		return false;
	if (cmpxchg(&dev->given_up.call, NULL, call))
		return false;
	dev->given_up.argument = call->frame->args[0];
	dev->given_up.driver = dev->dev->driver;
	return true;
}

/**
 * fgft_finish_note - remember what the driver has, now that it has it again
 * @dev: device whose driver's call is made once more, the aborted one rolled back
 *
 * The kernel forgets it when it is through.
 *
 * Context: The entry point's.
 */
void fgft_finish_note(struct fgft_device *dev)
{
	dev->given_up.driver_data = dev_get_drvdata(dev->dev);
}

/* False if that failed too. */
static bool finish(struct fgft_device *dev)
{
	struct fgft_given_up *given_up = &dev->given_up;
	struct fgft_call *call = given_up->call;
	unsigned long (*function)(unsigned long argument) = call->entry->native;

	given_up->aborted = false;
	given_up->running = true;
	function(given_up->argument);
	given_up->running = false;
	WRITE_ONCE(given_up->call, NULL);
	fgft_recover_finish(call, !given_up->aborted);
	return !given_up->aborted;
}

static bool is_due(const struct fgft_device *dev, enum finish_event event)
{
	const struct fgft_call *call = READ_ONCE(dev->given_up.call);

	return call && !dev->given_up.running &&
	       finish_find(call->entry)->event == event;
}

static int netdev_notify(struct notifier_block *block, unsigned long event,
			 void *data)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(data);
	struct fgft_device *dev;

	if (event != NETDEV_DOWN || !netdev->dev.parent)
		return NOTIFY_DONE;
	dev = fgft_checkpoint_find(netdev->dev.parent);
	if (!dev || !is_due(dev, FINISH_DOWN) ||
	    dev->given_up.argument != (unsigned long)netdev)
		return NOTIFY_DONE;
	/* remove turns a device off, stop leaves it as it was but for that. */
	if (finish(dev))
		fgft_checkpoint_unsilence(dev);
	return NOTIFY_OK;
}

/* First: others may look at what a stopped device is to be like. */
static struct notifier_block netdev_block = {
	.notifier_call = netdev_notify,
	.priority = INT_MAX,
};

/**
 * fgft_finish_unbound - a device has no driver any more
 * @dev: the device
 *
 * Context: Process, with the device locked.
 */
void fgft_finish_unbound(struct fgft_device *dev)
{
	if (!is_due(dev, FINISH_UNBOUND))
		return;
	/* As remove is used to find it; the next driver must find nothing. */
	lend(dev, dev->given_up.driver);
	dev_set_drvdata(dev->dev, dev->given_up.driver_data);
	finish(dev);
	dev_set_drvdata(dev->dev, NULL);
	lend(dev, NULL);
}

static void find_due(struct fgft_device *dev, void *data)
{
	if (READ_ONCE(dev->given_up.call))
		*(struct fgft_device **)data = dev;
}

/**
 * fgft_finish_abandon - a driver goes, nobody has said that he is through
 * @mod: the driver
 *
 * Context: Process, none of the driver's calls running.
 */
void fgft_finish_abandon(struct fgft_module *mod)
{
	struct fgft_device *dev;

	for (;;) {
		dev = NULL;
		fgft_checkpoint_each(mod, find_due, &dev);
		if (!dev)
			return;
		fgft_recover_finish(xchg(&dev->given_up.call, NULL), false);
	}
}

/**
 * fgft_finish_init - listen for what the kernel is through with
 *
 * Context: Process.
 * Return: 0, or the error of the notifier.
 */
int fgft_finish_init(void)
{
	return register_netdevice_notifier(&netdev_block);
}

/**
 * fgft_finish_exit - stop listening
 *
 * Context: Process.
 */
void fgft_finish_exit(void)
{
	unregister_netdevice_notifier(&netdev_block);
}
