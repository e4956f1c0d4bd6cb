// SPDX-License-Identifier: GPL-2.0
/*
 * Device checkpoint: what the device was like before a call wrote to it.
 *
 * A call that never writes the device pays nothing.  Its first write marks the
 * device; from then on each write is logged with register, width, value and,
 * for registers the policy file calls plain, the value read just before.
 *
 * There are two ways back.  If every write of the call went to a plain
 * register, or to one whose write is a mere event, old values are written back
 * and nobody notices.  Else the driver's own power-management callbacks bring
 * the device up again from driver memory, which has been rolled back before:
 * the quiescing half of suspend, what the bus has saved of the device, the
 * re-initialising half of resume.  What differs from bus to bus is in bus.h.
 */
#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "bus.h"
#include "control.h"
#include "fgft.h"
#include "settings.h"

static LIST_HEAD(devices);
/* Protects @devices; readers in any context use RCU. */
static DEFINE_SPINLOCK(devices_lock);

/**
 * fgft_checkpoint_find - the record of a device
 * @dev: device
 *
 * Context: Any.  The record lives as long as the driver's module is known.
 * Return: the record, or NULL.
 */
struct fgft_device *fgft_checkpoint_find(struct device *dev)
{
	struct fgft_device *found = NULL, *each;

	rcu_read_lock();
	list_for_each_entry_rcu(each, &devices, link) {
		if (each->dev == dev) {
			found = each;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* Is @arg what a driver is handed for the device, or the device itself? */
static bool stands_for(unsigned long arg, const struct fgft_device *record)
{
	unsigned long dev = (unsigned long)record->dev;

	return arg == dev || arg == dev - record->bus->handle;
}

/* The network device an argument is, lies in, or is the instance of. */
static struct device *argument_netdev(const struct fgft_module *mod,
				      unsigned long arg)
{
	const struct fgft_range *range = fgft_domain_find((void *)arg);

	if (!range || range->mod != mod || range->kind != FGFT_RANGE_NETDEV)
		return NULL;
	return ((struct net_device *)range->start)->dev.parent;
}

/**
 * fgft_checkpoint_of - the device an entry point is called for
 * @mod: the driver
 * @entry: the entry point
 * @args: its arguments
 *
 * Told by what the arguments point to: a struct device, or anything inside a
 * network device and its private data.  Else, if the driver has one device
 * only, by that.
 *
 * Context: Any.
 * Return: the record, or NULL.
 */
struct fgft_device *fgft_checkpoint_of(struct fgft_module *mod,
				       const struct fgft_entry *entry,
				       const unsigned long args[])
{
	struct fgft_device *record, *found = NULL;
	u32 i, nargs = min_t(u32, entry->nargs, 6);
	struct device *dev;
	u32 count = 0;

	rcu_read_lock();
	for (i = 0; i < nargs && !found; i++) {
		if (!(entry->args[i].flags & FGFT_ARG_POINTER) || !args[i])
			continue;
		dev = argument_netdev(mod, args[i]);
		list_for_each_entry_rcu(record, &devices, link)
			if (record->mod == mod &&
			    (record->dev == dev || stands_for(args[i], record)))
				found = record;
	}
	if (!found) {
		list_for_each_entry_rcu(record, &devices, link) {
			if (record->mod != mod)
				continue;
			found = count++ ? NULL : record;
		}
	}
	rcu_read_unlock();
	return found;
}

/* Ranges go with the driver. */
static void share(const struct fgft_device *record)
{
	const struct fgft_span *span = record->bus->shares;
	const char *handle = (const char *)record->dev - record->bus->handle;

	for (; span && span->size; span++)
		fgft_domain_add(record->mod, handle + span->start, span->size,
				FGFT_RANGE_OBJECT);
}

/**
 * fgft_checkpoint_device - the record of a device, made when there is none
 * @mod: the driver
 * @dev: device the driver has mapped registers of, or is about to be bound to
 *
 * Context: Process.
 * Return: the record, or NULL without memory; then writes to the device's
 * registers abort their call.
 */
struct fgft_device *fgft_checkpoint_device(struct fgft_module *mod,
					   struct device *dev)
{
	struct fgft_device *record = fgft_checkpoint_find(dev);
	const struct fgft_bus *bus = fgft_bus_find(dev->bus);
	unsigned long flags;

	if (record)
		return record;
	record = kzalloc(sizeof(*record) + bus->state, GFP_KERNEL);
	if (!record)
		return NULL;
	record->bus = bus;
	record->dev = get_device(dev);
	record->mod = mod;
	share(record);
	fgft_recover_prepare(record);
	fgft_control_device_prepare(record);
	spin_lock_irqsave(&devices_lock, flags);
	list_add_rcu(&record->link, &devices);
	spin_unlock_irqrestore(&devices_lock, flags);
	WRITE_ONCE(mod->device, dev);
	fgft_checkpoint_take(record);
	fgft_control_device_add(record);
	return record;
}

/**
 * fgft_checkpoint_free - give the memory of a device's record back
 * @record: the record, known to nobody any more
 *
 * Context: Process.
 */
void fgft_checkpoint_free(struct fgft_device *record)
{
	if (record->bus->drop)
		record->bus->drop(record);
	put_device(record->dev);
	kfree(record);
}

/**
 * fgft_checkpoint_forget_module - the driver is going away
 * @mod: the driver; none of its calls is running, no restore pending
 *
 * Context: Process.
 */
void fgft_checkpoint_forget_module(struct fgft_module *mod)
{
	struct fgft_device *record, *next;
	unsigned long flags;
	LIST_HEAD(gone);

	spin_lock_irqsave(&devices_lock, flags);
	list_for_each_entry_safe(record, next, &devices, link) {
		if (record->mod != mod)
			continue;
		list_del_rcu(&record->link);
		list_add(&record->gone, &gone);
	}
	spin_unlock_irqrestore(&devices_lock, flags);
	synchronize_rcu();
	list_for_each_entry_safe(record, next, &gone, gone)
		fgft_control_device_remove(record);
}

/**
 * fgft_checkpoint_each - walk the devices of a module
 * @mod: the driver
 * @fn: called for each
 * @data: for @fn
 *
 * Context: Any; @fn runs under rcu_read_lock.
 */
void fgft_checkpoint_each(struct fgft_module *mod,
			  void (*fn)(struct fgft_device *dev, void *data),
			  void *data)
{
	struct fgft_device *record;

	rcu_read_lock();
	list_for_each_entry_rcu(record, &devices, link)
		if (record->mod == mod)
			fn(record, data);
	rcu_read_unlock();
}

/**
 * fgft_checkpoint_take - save what a restore is to put back
 * @dev: device
 *
 * Context: Process.
 */
void fgft_checkpoint_take(struct fgft_device *dev)
{
	if (dev->bus->take)
		dev->bus->take(dev);
}

/* ---- restore by the driver's own callbacks ----------------------------------- */

/**
 * fgft_checkpoint_silence - stop the device's DMA
 * @dev: device that only a restore brings back
 *
 * The rollback frees rings the device may have been told of, and gives it those
 * it had before back; until it is re-initialised it must not touch either.  Nor
 * must it pull its interrupt line, for its handler is not let in.
 *
 * Context: Any, under @dev's lock.
 */
void fgft_checkpoint_silence(struct fgft_device *dev)
{
	if (dev->bus->silence)
		dev->bus->silence(dev);
}

/**
 * fgft_checkpoint_unsilence - let the device go on after all
 * @dev: silenced device, its memory as it was
 *
 * Context: Any.
 */
void fgft_checkpoint_unsilence(struct fgft_device *dev)
{
	if (dev->bus->unsilence && !READ_ONCE(dev->away))
		dev->bus->unsilence(dev);
}

/**
 * fgft_checkpoint_mute - have the device's interrupt line left alone, or not
 * @dev: device whose interrupt handler is quarantined, or pardoned
 * @mute: which
 *
 * Context: Any.
 */
void fgft_checkpoint_mute(struct fgft_device *dev, bool mute)
{
	if (dev->muted == mute || !dev->bus->mute)
		return;
	dev->muted = mute;
	dev->bus->mute(dev, mute);
}

/**
 * fgft_checkpoint_verify - is the device as a restore is to leave it?
 * @dev: device, restored
 *
 * Context: Process.
 * Return: true if so, and for devices whose bus cannot tell.
 */
bool fgft_checkpoint_verify(struct fgft_device *dev)
{
	return !dev->bus->verify || dev->bus->verify(dev);
}

/* ---- steps of the ladder --------------------------------------------------------- */

/* The callbacks of suspend to disk leave the power alone, where there are any. */
static int pm_down(struct fgft_device *dev)
{
	const struct dev_pm_ops *pm = dev->dev->driver->pm;
	int (*down)(struct device *dev);

	if (!pm)
		return -EOPNOTSUPP;
	down = pm->freeze ?: pm->suspend;
	if (!down || !(pm->restore ?: pm->resume))
		return -EOPNOTSUPP;
	return down(dev->dev);
}

static int pm_up(struct fgft_device *dev)
{
	const struct dev_pm_ops *pm = dev->dev->driver->pm;

	return (pm->restore ?: pm->resume)(dev->dev);
}

static int cycle_locked(struct fgft_device *dev,
			int (*between)(struct fgft_device *dev))
{
	const struct fgft_bus *bus = dev->bus;
	int err;

	if (!dev->dev->driver || dev->dev->driver->owner != dev->mod->module)
		return -ENODEV;

	/*
	 * A resume that failed has left it down: no driver expects that twice,
	 * and one may wait for ever for NAPI to be given back.
	 */
	err = dev->down ? 0 : (bus->down ?: pm_down)(dev);
	if (err)
		return err;
	dev->down = true;
	if (between)
		err = between(dev);
	if (err)
		return err;
	if (bus->put_back)
		bus->put_back(dev);
	fgft_recover_open(dev);
	err = (bus->up ?: pm_up)(dev);
	if (err)
		return err;
	dev->down = false;
	return fgft_checkpoint_verify(dev) ? 0 : -EIO;
}

/* What the user has set, and the callbacks may lose, is put back behind them. */
static int cycle(struct fgft_device *dev,
		 int (*between)(struct fgft_device *dev))
{
	struct fgft_settings *settings = NULL;
	int err;

	if (!dev->down)
		settings = fgft_settings_note(dev);
	device_lock(dev->dev);
	err = cycle_locked(dev, between);
	device_unlock(dev->dev);
	if (!err)
		dev->lost += fgft_settings_renew(settings, dev);
	fgft_settings_free(settings);
	return err;
}

/**
 * fgft_checkpoint_restore - bring a device up again from driver memory
 * @dev: device of an aborted call, memory rolled back
 *
 * Context: Process, may sleep for as long as the driver's resume does.
 * Return: 0; -ENODEV if the driver is gone; -EOPNOTSUPP if it has no PM
 * callbacks; the callbacks' error; -EIO if the device does not answer.
 */
int fgft_checkpoint_restore(struct fgft_device *dev)
{
	return cycle(dev, NULL);
}

/**
 * fgft_checkpoint_can_reset - is there a way to reset the device alone?
 * @dev: device
 *
 * Context: Any.
 * Return: true if its bus knows one.
 */
bool fgft_checkpoint_can_reset(struct fgft_device *dev)
{
	return dev->bus->can_reset && dev->bus->can_reset(dev);
}

/**
 * fgft_checkpoint_bus_reset - the same with a reset of the device in between
 * @dev: device of an aborted call, memory rolled back
 *
 * Whatever the bus prefers for it: on PCI function-level reset or, for a device
 * alone on its bus, of the bus.
 *
 * Context: Process, may sleep for as long as the driver's resume does.
 * Return: as fgft_checkpoint_restore(); -EOPNOTSUPP if there is no reset, too.
 */
int fgft_checkpoint_bus_reset(struct fgft_device *dev)
{
	return fgft_checkpoint_can_reset(dev) ? cycle(dev, dev->bus->reset) :
						-EOPNOTSUPP;
}
