// SPDX-License-Identifier: GPL-2.0
/*
 * Settings of a network device, taken before its driver is unbound and
 * replayed on the one its driver makes when it is bound again.
 *
 * Taken from the kernel's own books and, through ethtool_ops, from the driver's
 * memory, which has been rolled back.  Replayed is what differs, and nothing
 * else: a driver need not take settings it never had.  Order: what wants the
 * interface down, then the interface up, then what wants it up.
 *
 * Settings that are files of a driver's are attributes.c's, for devices of any
 * class.
 */
#include <linux/bitmap.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "fgft.h"
#include "settings.h"

#define FLAGS	(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_DEBUG | IFF_NOARP | \
		 IFF_MULTICAST)

/* What ethtool would show, each valid if its get operation exists. */
struct tool_settings {
	struct ethtool_ringparam rings;
	struct kernel_ethtool_ringparam rings_more;
	struct ethtool_coalesce coalesce;
	struct kernel_ethtool_coalesce coalesce_more;
	struct ethtool_pauseparam pause;
	struct ethtool_wolinfo wol;
	struct ethtool_link_ksettings link;
	u32 msglevel;
};

struct fgft_settings {
	struct net *net;
	struct fgft_routes *routes;
	char name[IFNAMSIZ];
	unsigned char address[MAX_ADDR_LEN];
	unsigned char address_len;
	unsigned int mtu;
	unsigned int flags;
	unsigned int tx_queue_len;
	netdev_features_t wanted;
	struct tool_settings tool;
};

struct search {
	const struct fgft_device *dev;
	struct net_device *found;
};

static bool is_ours(struct fgft_range *range, void *data)
{
	struct net_device *netdev = (struct net_device *)range->start;
	struct search *search = data;

	if (range->kind != FGFT_RANGE_NETDEV ||
	    netdev->dev.parent != search->dev->dev ||
	    netdev->reg_state != NETREG_REGISTERED)
		return false;
	dev_hold(netdev);
	search->found = netdev;
	return true;
}

/* The device's first interface, with a reference; several share one record. */
static struct net_device *find(const struct fgft_device *dev)
{
	struct search search = { .dev = dev };

	fgft_domain_each(dev->mod, is_ours, &search);
	return search.found;
}

/* ---- ethtool ------------------------------------------------------------------- */

static void tool_take(struct net_device *netdev, struct tool_settings *tool)
{
	const struct ethtool_ops *ops = netdev->ethtool_ops;

	memset(tool, 0, sizeof(*tool));
	if (ops->begin && ops->begin(netdev) < 0)
		return;
	if (ops->get_ringparam)
		ops->get_ringparam(netdev, &tool->rings, &tool->rings_more,
				   NULL);
	if (ops->get_coalesce)
		ops->get_coalesce(netdev, &tool->coalesce,
				  &tool->coalesce_more, NULL);
	if (ops->get_pauseparam)
		ops->get_pauseparam(netdev, &tool->pause);
	if (ops->get_wol)
		ops->get_wol(netdev, &tool->wol);
	if (ops->get_msglevel)
		tool->msglevel = ops->get_msglevel(netdev);
	if (ops->get_link_ksettings)
		ops->get_link_ksettings(netdev, &tool->link);
	if (ops->complete)
		ops->complete(netdev);
}

/* With autonegotiation, speed and duplex are what came of it. */
static bool link_differs(const struct ethtool_link_ksettings *was,
			 const struct ethtool_link_ksettings *is)
{
	if (was->base.autoneg != is->base.autoneg)
		return true;
	if (was->base.autoneg)
		return !bitmap_equal(was->link_modes.advertising,
				     is->link_modes.advertising,
				     __ETHTOOL_LINK_MODE_MASK_NBITS);
	return was->base.speed != is->base.speed ||
	       was->base.duplex != is->base.duplex;
}

static u32 tool_replay(struct net_device *netdev, struct tool_settings *was)
{
	const struct ethtool_ops *ops = netdev->ethtool_ops;
	struct tool_settings is;
	u32 lost = 0;

	tool_take(netdev, &is);
	if (ops->begin && ops->begin(netdev) < 0)
		return 1;
	if (was->msglevel != is.msglevel && ops->set_msglevel)
		ops->set_msglevel(netdev, was->msglevel);
	if (memcmp(&was->rings, &is.rings, sizeof(is.rings)) &&
	    ops->set_ringparam)
		lost += !!ops->set_ringparam(netdev, &was->rings,
					     &was->rings_more, NULL);
	if (memcmp(&was->coalesce, &is.coalesce, sizeof(is.coalesce)) &&
	    ops->set_coalesce)
		lost += !!ops->set_coalesce(netdev, &was->coalesce,
					    &was->coalesce_more, NULL);
	if (memcmp(&was->pause, &is.pause, sizeof(is.pause)) &&
	    ops->set_pauseparam)
		lost += !!ops->set_pauseparam(netdev, &was->pause);
	if (memcmp(&was->wol, &is.wol, sizeof(is.wol)) &&
	    ops->set_wol)
		lost += !!ops->set_wol(netdev, &was->wol);
	if (link_differs(&was->link, &is.link) && ops->set_link_ksettings)
		lost += !!ops->set_link_ksettings(netdev, &was->link);
	if (ops->complete)
		ops->complete(netdev);
	return lost;
}

/* ---- all of an interface --------------------------------------------------------- */

static void take(struct net_device *netdev, struct fgft_settings *settings)
{
	strscpy(settings->name, netdev->name, sizeof(settings->name));
	memcpy(settings->address, netdev->dev_addr, netdev->addr_len);
	settings->address_len = netdev->addr_len;
	settings->mtu = netdev->mtu;
	settings->flags = dev_get_flags(netdev) & FLAGS;
	settings->tx_queue_len = netdev->tx_queue_len;
	settings->wanted = netdev->wanted_features;
	if (netdev->ethtool_ops)
		tool_take(netdev, &settings->tool);
}

/**
 * fgft_settings_take - write down what the user has set on a device
 * @dev: device its driver is about to be unbound from
 *
 * Context: Process, without the rtnl.
 * Return: the settings; NULL without memory, or for a device without any.
 */
struct fgft_settings *fgft_settings_take(struct fgft_device *dev)
{
	struct net_device *netdev = find(dev);
	struct fgft_settings *settings = NULL;

	if (!netdev)
		return NULL;
	settings = kzalloc(sizeof(*settings), GFP_KERNEL);
	if (settings) {
		settings->net = get_net(dev_net(netdev));
		settings->routes = fgft_routes_take(settings->net,
						    netdev->ifindex);
		rtnl_lock();
		take(netdev, settings);
		rtnl_unlock();
	}
	dev_put(netdev);
	return settings;
}

/**
 * fgft_settings_note - write down what the driver itself keeps of settings
 * @dev: device its driver is about to take down and up again
 *
 * Callbacks for power management lose some: one that resets its PHY forgets what
 * that was told, another turns wake-on-LAN off when it comes up.
 *
 * Context: Process, without the rtnl.
 * Return: the settings; NULL without memory, or for a device without any.
 */
struct fgft_settings *fgft_settings_note(struct fgft_device *dev)
{
	struct net_device *netdev = find(dev);
	struct fgft_settings *settings = NULL;

	if (!netdev)
		return NULL;
	if (netdev->ethtool_ops)
		settings = kzalloc(sizeof(*settings), GFP_KERNEL);
	if (settings) {
		settings->net = get_net(dev_net(netdev));
		rtnl_lock();
		tool_take(netdev, &settings->tool);
		rtnl_unlock();
	}
	dev_put(netdev);
	return settings;
}

/**
 * fgft_settings_renew - have the driver keep again what it has lost
 * @settings: from fgft_settings_note(), may be NULL
 * @dev: the device, up again
 *
 * Context: Process, without the rtnl.
 * Return: how many settings could not be replayed.
 */
u32 fgft_settings_renew(struct fgft_settings *settings, struct fgft_device *dev)
{
	struct net_device *netdev;
	u32 lost;

	if (!settings)
		return 0;
	netdev = find(dev);
	if (!netdev)
		return 1;
	rtnl_lock();
	lost = tool_replay(netdev, &settings->tool);
	rtnl_unlock();
	dev_put(netdev);
	return lost;
}

/* Under the rtnl, on an interface that is down. */
static u32 replay(struct net_device *netdev, struct fgft_settings *settings)
{
	struct sockaddr_storage address = { .ss_family = netdev->type };
	u32 lost = 0;

	if (settings->address_len == netdev->addr_len &&
	    memcmp(settings->address, netdev->dev_addr, netdev->addr_len)) {
		memcpy(((struct sockaddr *)&address)->sa_data,
		       settings->address, settings->address_len);
		lost += !!dev_set_mac_address(netdev,
					      (struct sockaddr *)&address, NULL);
	}
	if (netdev->mtu != settings->mtu)
		lost += !!dev_set_mtu(netdev, settings->mtu);
	netdev->tx_queue_len = settings->tx_queue_len;
	if (netdev->ethtool_ops)
		lost += tool_replay(netdev, &settings->tool);
	if (netdev->wanted_features != settings->wanted) {
		netdev->wanted_features = settings->wanted;
		netdev_update_features(netdev);
	}
	return lost + !!dev_change_flags(netdev, settings->flags |
					 (dev_get_flags(netdev) & ~FLAGS), NULL);
}

/**
 * fgft_settings_replay - set on a device what was set before
 * @settings: from fgft_settings_take(), may be NULL
 * @dev: the device, its driver bound again
 *
 * Context: Process, without the rtnl.
 * Return: how many settings could not be replayed.
 */
u32 fgft_settings_replay(struct fgft_settings *settings,
			 struct fgft_device *dev)
{
	struct net_device *netdev;
	u32 lost = 0;

	if (!settings)
		return 0;
	netdev = find(dev);
	if (!netdev)
		return 1;
	if (!net_eq(dev_net(netdev), settings->net)) {
		rtnl_lock();
		lost += !!dev_change_net_namespace(netdev, settings->net,
						   settings->name);
		rtnl_unlock();
	}
	if (strcmp(netdev->name, settings->name))
		lost += !!fgft_routes_rename(settings->net, netdev->ifindex,
					     settings->name);
	rtnl_lock();
	lost += replay(netdev, settings);
	rtnl_unlock();
	lost += fgft_routes_replay(settings->routes, settings->net,
				   netdev->ifindex);
	dev_put(netdev);
	return lost;
}

/**
 * fgft_settings_free - forget settings
 * @settings: may be NULL
 *
 * Context: Process.
 */
void fgft_settings_free(struct fgft_settings *settings)
{
	if (!settings)
		return;
	fgft_routes_free(settings->routes);
	put_net(settings->net);
	kfree(settings);
}
