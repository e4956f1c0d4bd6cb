// SPDX-License-Identifier: GPL-2.0
/* fgft_mii.ko: wrappers of the functions of mii.ko. */

#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/netdevice.h>
#include <linux/sockios.h>

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

/*
 * What a PHY has been told stays there: not every way of telling is one that
 * register undo knows.  The driver is not asked as a call: its device may be away.
 */
static void kapi_do_phy_write(u64 a, u64 reg, u64 value, u64 function)
{
	void (*write)(struct net_device *dev, int phy_id, int reg, int value);
	const struct mii_if_info *mii = AS(struct mii_if_info *, a);

	write = AS(void *, function);
	write(mii->dev, mii->phy_id, reg, value);
}

static void mii_phy_undo(struct fgft_call *c, struct mii_if_info *mii, int reg)
{
	int value = mii->mdio_read(mii->dev, mii->phy_id, reg);

	if (value < 0)
		return;
	UNDO(phy_write, FGFT_EFFECT_SLEEPS, mii, reg, value,
	     fgft_driver_body(c->mod, mii->mdio_write));
	c->phy = true;
	c->touched = true;
}

/* Newest first: the PHY is told how to go on when it knows what to offer. */
static void mii_link_undo(struct fgft_call *c, struct mii_if_info *mii)
{
	mii_phy_undo(c, mii, MII_BMCR);
	mii_phy_undo(c, mii, MII_ADVERTISE);
	if (mii->supports_gmii)
		mii_phy_undo(c, mii, MII_CTRL1000);
}

#define MII_LINK_UNDO(mii)	mii_link_undo(c, mii)
#define MII_PHY_UNDO(mii, reg)	mii_phy_undo(c, mii, reg)
#define MII_PHY_DONE		(c->phy = false)
#define MII_NEED(mii)		mii_need(c, mii, _RET_IP_, kapi_name)
#define MII_CARRIER_UNDO(mii)	mii_carrier_undo(c, (mii)->dev)

#define KAPI_TABLE	"kapi/mii.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of MII functions for isolated drivers");
