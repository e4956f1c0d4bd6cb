// SPDX-License-Identifier: GPL-2.0
/* fgft_mii.ko: wrappers of the functions of mii.ko. */

#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/netdevice.h>

#include "kapi.h"

KAPI_EFFECT(carrier_on, netif_carrier_on(AS(struct net_device *, a)))
KAPI_EFFECT(carrier_off, netif_carrier_off(AS(struct net_device *, a)))

/* The driver's structure, which leads to its device and its functions. */
static void mii_need(struct fgft_call *c, const struct mii_if_info *mii,
		     unsigned long ip, const char *what)
{
	fgft_write_check(c, mii, offsetof(struct mii_if_info, dev), ip);
	kapi_need(c, FGFT_OBJECT_WRITABLE, mii, sizeof(*mii), ip, what);
	kapi_need(c, FGFT_OBJECT_NETDEV, mii->dev, 0, ip, what);
	if (!fgft_driver_twin(c->mod, mii->mdio_read))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip,
			   (unsigned long)mii->mdio_read, what);
	if (!fgft_driver_twin(c->mod, mii->mdio_write))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip,
			   (unsigned long)mii->mdio_write, what);
}

static void mii_carrier_undo(struct fgft_call *c, struct net_device *dev)
{
	if (netif_carrier_ok(dev))
		UNDO(carrier_on, 0, dev);
	else
		UNDO(carrier_off, 0, dev);
}

#define MII_NEED(mii)		mii_need(c, mii, _RET_IP_, kapi_name)
#define MII_CARRIER_UNDO(mii)	mii_carrier_undo(c, (mii)->dev)

#define KAPI_TABLE	"kapi/mii.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of MII functions for isolated drivers");
