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
 * the quiescing half of suspend, the saved configuration space, the
 * re-initialising half of resume.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "control.h"
#include "fgft.h"

#define PORT_LIMIT	0x10000	/* port numbers are below, mapped registers above */

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
			    (record->dev == dev ||
			     record->dev == (struct device *)args[i] ||
			     (dev_is_pci(record->dev) &&
			      to_pci_dev(record->dev) == (void *)args[i])))
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

/**
 * fgft_checkpoint_device - the record of a device, made when there is none
 * @mod: the driver
 * @dev: device the driver has mapped registers of
 *
 * Context: Process.
 * Return: the record, or NULL without memory; then writes to the device's
 * registers abort their call.
 */
struct fgft_device *fgft_checkpoint_device(struct fgft_module *mod,
					   struct device *dev)
{
	struct fgft_device *record = fgft_checkpoint_find(dev);
	unsigned long flags;

	if (record)
		return record;
	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return NULL;
	record->dev = get_device(dev);
	record->mod = mod;
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
	kfree(record->saved);
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
 * fgft_checkpoint_take - save the configuration space
 * @dev: device
 *
 * What the driver has saved itself with pci_save_state() stays as it was.
 *
 * Context: Process.
 */
void fgft_checkpoint_take(struct fgft_device *dev)
{
	struct pci_saved_state *own = NULL, *state;
	struct pci_dev *pdev;
	int i;

	if (!dev_is_pci(dev->dev))
		return;
	pdev = to_pci_dev(dev->dev);
	if (pdev->state_saved)
		own = pci_store_saved_state(pdev);
	pci_save_state(pdev);
	state = pci_store_saved_state(pdev);
	if (own)
		pci_load_and_free_saved_state(pdev, &own);
	else
		pdev->state_saved = false;
	kfree(xchg(&dev->saved, state));
	for (i = 0; i < (int)ARRAY_SIZE(dev->header); i++)
		pci_read_config_dword(pdev, 4 * i, &dev->header[i]);
}

/*
 * What probe did to the configuration space belongs to the checkpoint.  The
 * files of a device that is pulled out go at once: another may take its name.
 */
static int bus_notify(struct notifier_block *block, unsigned long event,
		      void *data)
{
	struct fgft_device *record;

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

static struct notifier_block bus_block = {
	.notifier_call = bus_notify,
};

/**
 * fgft_checkpoint_init - follow devices as they are bound
 *
 * Context: Process.
 * Return: 0, or the error of the bus notifier.
 */
int fgft_checkpoint_init(void)
{
	return bus_register_notifier(&pci_bus_type, &bus_block);
}

/**
 * fgft_checkpoint_exit - stop following
 *
 * Context: Process.
 */
void fgft_checkpoint_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &bus_block);
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
	struct pci_dev *pdev;

	if (!dev_is_pci(dev->dev))
		return;
	pdev = to_pci_dev(dev->dev);
	pci_read_config_word(pdev, PCI_COMMAND, &dev->command);
	pci_clear_master(pdev);
	pci_intx(pdev, false);
}

/**
 * fgft_checkpoint_unsilence - let the device go on after all
 * @dev: silenced device, its memory as it was
 *
 * Context: Any.
 */
void fgft_checkpoint_unsilence(struct fgft_device *dev)
{
	if (dev_is_pci(dev->dev) && !READ_ONCE(dev->away))
		pci_write_config_word(to_pci_dev(dev->dev), PCI_COMMAND,
				      dev->command);
}

static void restore_config(struct fgft_device *dev)
{
	struct pci_dev *pdev;

	if (!dev_is_pci(dev->dev) || !dev->saved)
		return;
	pdev = to_pci_dev(dev->dev);
	if (!pci_load_saved_state(pdev, dev->saved))
		pci_restore_state(pdev);
	/* A resume that never touches bus mastering relies on finding it. */
	if (dev->command & PCI_COMMAND_MASTER)
		pci_set_master(pdev);
	if (!(dev->command & PCI_COMMAND_INTX_DISABLE))
		pci_intx(pdev, true);
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
	if (dev->muted == mute || !dev_is_pci(dev->dev))
		return;
	dev->muted = mute;
	pci_intx(to_pci_dev(dev->dev), !mute);
}

#define HEADER_BARS	(PCI_BASE_ADDRESS_0 / 4)
#define HEADER_NBARS	6

/**
 * fgft_checkpoint_verify - is the configuration space as it is to be?
 * @dev: device, restored
 *
 * The device answers, decodes what it decoded, where it decoded it.
 *
 * Context: Process.
 * Return: true if so, and for devices that have none.
 */
bool fgft_checkpoint_verify(struct fgft_device *dev)
{
	const u16 decodes = dev->command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	struct pci_dev *pdev;
	u16 command;
	u32 value;
	int i;

	if (!dev_is_pci(dev->dev))
		return true;
	pdev = to_pci_dev(dev->dev);
	pci_read_config_dword(pdev, PCI_VENDOR_ID, &value);
	if (value != (pdev->vendor | (u32)pdev->device << 16))
		return false;
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if ((command & decodes) != decodes)
		return false;
	for (i = HEADER_BARS; i < HEADER_BARS + HEADER_NBARS; i++) {
		pci_read_config_dword(pdev, 4 * i, &value);
		if (value != dev->header[i])
			return false;
	}
	return true;
}

/* ---- steps of the ladder --------------------------------------------------------- */

/* The callbacks of suspend to disk leave the power alone, where there are any. */
static int cycle(struct fgft_device *dev, int (*between)(struct pci_dev *pdev))
{
	int (*down)(struct device *dev);
	int (*up)(struct device *dev);
	const struct dev_pm_ops *pm;
	int err = -ENODEV;

	device_lock(dev->dev);
	if (!dev->dev->driver || dev->dev->driver->owner != dev->mod->module)
		goto out;
	pm = dev->dev->driver->pm;
	err = -EOPNOTSUPP;
	if (!pm)
		goto out;
	down = pm->freeze ?: pm->suspend;
	up = pm->restore ?: pm->resume;
	if (!down || !up)
		goto out;

	/*
	 * A resume that failed has left it down: no driver expects that twice,
	 * and one may wait for ever for NAPI to be given back.
	 */
	err = dev->down ? 0 : down(dev->dev);
	if (err)
		goto out;
	dev->down = true;
	if (between)
		err = between(to_pci_dev(dev->dev));
	if (err)
		goto out;
	restore_config(dev);
	fgft_recover_open(dev);
	err = up(dev->dev);
	if (err)
		goto out;
	dev->down = false;
	if (!fgft_checkpoint_verify(dev))
		err = -EIO;
out:
	device_unlock(dev->dev);
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
 * Return: true if the PCI core knows one.
 */
bool fgft_checkpoint_can_reset(struct fgft_device *dev)
{
	return dev_is_pci(dev->dev) && to_pci_dev(dev->dev)->reset_methods[0];
}

static int reset(struct pci_dev *pdev)
{
	int err;

	pci_cfg_access_lock(pdev);
	err = __pci_reset_function_locked(pdev);
	pci_cfg_access_unlock(pdev);
	return err;
}

/**
 * fgft_checkpoint_bus_reset - the same with a reset of the device in between
 * @dev: device of an aborted call, memory rolled back
 *
 * Function-level reset or, for a device alone on its bus, of the bus; whatever
 * the PCI core prefers for it.
 *
 * Context: Process, may sleep for as long as the driver's resume does.
 * Return: as fgft_checkpoint_restore(); -EOPNOTSUPP if there is no reset, too.
 */
int fgft_checkpoint_bus_reset(struct fgft_device *dev)
{
	return fgft_checkpoint_can_reset(dev) ? cycle(dev, reset) : -EOPNOTSUPP;
}
