// SPDX-License-Identifier: GPL-2.0
/*
 * Quiesce: keep the kernel away from a device that is being restored.
 *
 * A network device is detached (no ethtool, no ioctl) and its transmit queues
 * are frozen, which is what netif_tx_lock() does while it holds them: packets
 * wait in the queueing discipline instead of being lost.  The driver's resume
 * attaches the device, but the queues stay frozen until the link is back.
 * A driver whose ring fills while there is no link may take that for a hang and
 * reset the device once more, link included.
 *
 * Classes whose core is a module of the kernel are asked through struct
 * fgft_quiescer.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>

#include "fgft.h"

#define LINK_WAIT	(5 * HZ)	/* copper needs 2 to 4 s to negotiate */
#define LINK_POLL_MS	10
#define SETTLE_WAIT	HZ		/* opening is over at once after an abort */

static struct net_device *range_netdev(const struct fgft_range *range,
				       const struct fgft_device *dev)
{
	struct net_device *netdev = (struct net_device *)range->start;

	if (range->kind != FGFT_RANGE_NETDEV ||
	    netdev->dev.parent != dev->dev ||
	    netdev->reg_state != NETREG_REGISTERED)
		return NULL;
	return netdev;
}

/* ---- other classes -------------------------------------------------------------- */

static LIST_HEAD(quiescers);
/* Protects @quiescers, and is held while one of them is at work. */
static DEFINE_MUTEX(quiescers_mutex);

/**
 * fgft_quiescer_add - have a class asked when devices are restored
 * @quiescer: its functions, until fgft_quiescer_remove()
 *
 * Context: Process.
 */
void fgft_quiescer_add(struct fgft_quiescer *quiescer)
{
	mutex_lock(&quiescers_mutex);
	list_add_tail(&quiescer->link, &quiescers);
	mutex_unlock(&quiescers_mutex);
}

/**
 * fgft_quiescer_remove - have it asked no more
 * @quiescer: what was added
 *
 * Context: Process.
 */
void fgft_quiescer_remove(struct fgft_quiescer *quiescer)
{
	mutex_lock(&quiescers_mutex);
	list_del(&quiescer->link);
	mutex_unlock(&quiescers_mutex);
}

static void note_others(struct fgft_device *dev)
{
	struct fgft_quiescer *quiescer;

	mutex_lock(&quiescers_mutex);
	list_for_each_entry(quiescer, &quiescers, link)
		quiescer->note(dev);
	mutex_unlock(&quiescers_mutex);
}

/* ---- network devices -------------------------------------------------------------- */

/* A question about the network devices of @dev, and its answer. */
struct netdevs {
	struct fgft_device *dev;
	bool any;
};

static bool detach(struct fgft_range *range, void *data)
{
	struct netdevs *detached = data;
	struct net_device *netdev = range_netdev(range, detached->dev);
	unsigned int i;

	if (!netdev)
		return false;
	for (i = 0; i < netdev->num_tx_queues; i++)
		set_bit(__QUEUE_STATE_FROZEN,
			&netdev_get_tx_queue(netdev, i)->state);
	netif_device_detach(netdev);
	detached->any = true;
	return false;
}

/**
 * fgft_quiesce_start - keep the kernel away from a device
 * @dev: device, until fgft_quiesce_end()
 *
 * Again for a device that is quiesced already does no harm.
 *
 * Context: Any.
 * Return: true if the device's class keeps callers away from now on.
 */
bool fgft_quiesce_start(struct fgft_device *dev)
{
	struct netdevs detached = { .dev = dev };

	WRITE_ONCE(dev->quiesced, true);
	fgft_domain_each(dev->mod, detach, &detached);
	return detached.any;
}

static bool note_link(struct fgft_range *range, void *data)
{
	struct fgft_device *dev = data;
	struct net_device *netdev = range_netdev(range, dev);

	if (netdev && netif_running(netdev) && netif_carrier_ok(netdev))
		dev->linked = true;
	return false;
}

static bool find_changing(struct fgft_range *range, void *data)
{
	struct netdevs *changing = data;
	struct net_device *netdev = range_netdev(range, changing->dev);

	if (netdev && netif_running(netdev) != !!(netdev->flags & IFF_UP))
		changing->any = true;
	return false;
}

/*
 * While the kernel opens or closes a device it says it is running although the
 * driver does not run it.  The driver's suspend would take the kernel's word.
 */
static void wait_settled(struct fgft_device *dev)
{
	unsigned long limit = jiffies + SETTLE_WAIT;
	struct netdevs changing = { .dev = dev };

	do {
		changing.any = false;
		fgft_domain_each(dev->mod, find_changing, &changing);
		if (!changing.any)
			return;
		usleep_range(1000, 2000);
	} while (time_before(jiffies, limit));
}

/**
 * fgft_quiesce_note - remember how the device was used, after the rollback
 * @dev: device about to be restored
 *
 * Context: Process.
 */
void fgft_quiesce_note(struct fgft_device *dev)
{
	wait_settled(dev);
	dev->linked = false;
	fgft_domain_each(dev->mod, note_link, dev);
	note_others(dev);
}

static bool find_link(struct fgft_range *range, void *data)
{
	struct netdevs *links = data;
	struct net_device *netdev = range_netdev(range, links->dev);

	if (netdev && netif_running(netdev) && netif_carrier_ok(netdev))
		links->any = true;
	return false;
}

/**
 * fgft_quiesce_wait - wait until a link that was there is there again
 * @dev: device, restored but not used yet
 *
 * Context: Process.
 * Return: false if it takes too long.
 */
bool fgft_quiesce_wait(struct fgft_device *dev)
{
	unsigned long limit = jiffies + LINK_WAIT;
	struct netdevs links = { .dev = dev };

	if (!dev->linked)
		return true;
	for (;;) {
		fgft_domain_each(dev->mod, find_link, &links);
		if (links.any || time_after(jiffies, limit))
			return links.any;
		fgft_class_hasten(dev->mod);
		usleep_range(LINK_POLL_MS * 1000, LINK_POLL_MS * 1000 + 100);
	}
}

static bool find_running(struct fgft_range *range, void *data)
{
	struct netdevs *used = data;
	struct net_device *netdev = range_netdev(range, used->dev);

	if (netdev && netif_running(netdev))
		used->any = true;
	return false;
}

/**
 * fgft_quiesce_in_use - does the kernel think the device is running?
 * @dev: device
 *
 * Context: Any.
 * Return: true if a driver would be told to stop it before it goes.
 */
bool fgft_quiesce_in_use(struct fgft_device *dev)
{
	struct netdevs used = { .dev = dev };

	fgft_domain_each(dev->mod, find_running, &used);
	return used.any;
}

static bool attach(struct fgft_range *range, void *data)
{
	struct net_device *netdev = range_netdev(range, data);

	if (!netdev)
		return false;
	/* Does nothing if the driver's resume has attached it. */
	netif_device_attach(netdev);
	/* Letting the lock go thaws the queues and schedules them. */
	netif_tx_lock_bh(netdev);
	netif_tx_unlock_bh(netdev);
	return false;
}

/**
 * fgft_quiesce_end - let the kernel use a device again
 * @dev: device, restored
 *
 * After fgft_quiesce_wait(): transmission starts, and wants the link.
 *
 * Context: Process.
 */
void fgft_quiesce_end(struct fgft_device *dev)
{
	if (!READ_ONCE(dev->quiesced))
		return;
	WRITE_ONCE(dev->quiesced, false);
	fgft_domain_each(dev->mod, attach, dev);
}
