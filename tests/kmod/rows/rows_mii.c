// SPDX-License-Identifier: GPL-2.0
/* PHYs: registers in memory, behind the functions mii.ko calls back. */
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/netdevice.h>

#include "rows.h"

#define DEV	(env.dev)
#define OFFER	0x123

static u16 phy[32];
static struct ethtool_link_ksettings link;
static struct mii_ioctl_data request;

static int rows_mdio_read(struct net_device *dev, int id, int location)
{
	return phy[location & 31];
}

/* What the PHY has been told last: no memory of a call's. */
#define TOLD(location, value)	((u64)(location) << 32 | (value))

static void rows_mdio_write(struct net_device *dev, int id, int location, int value)
{
	phy[location & 31] = value;
	SMUGGLE(TOLD(location, value));
}

static struct mii_if_info mii = {
	.phy_id = 1,
	.phy_id_mask = 31,
	.reg_num_mask = 31,
	.mdio_read = rows_mdio_read,
	.mdio_write = rows_mdio_write,
};

/* Negotiated: everything is offered on both sides. */
static NATIVE void link_up(void)
{
	memset(phy, 0, sizeof(phy));
	memset(&link, 0, sizeof(link));
	phy[MII_BMCR] = BMCR_ANENABLE;
	phy[MII_BMSR] = BMSR_LSTATUS | BMSR_ANEGCOMPLETE;
	phy[MII_ADVERTISE] = ADVERTISE_ALL;
	phy[MII_LPA] = LPA_100FULL;
	mii.dev = DEV;
	mii.full_duplex = 0;
	mii.force_media = 0;
	mii.advertising = 0;
}

static NATIVE void want_10(void)
{
	link_up();
	link.base.speed = SPEED_10;
	link.base.duplex = DUPLEX_HALF;
	link.base.port = PORT_MII;
	link.base.phy_address = mii.phy_id;
	link.base.autoneg = AUTONEG_DISABLE;
	env.smuggled = TOLD(MII_BMCR, phy[MII_BMCR]);
}

static NATIVE void want_offer(void)
{
	link_up();
	request = (struct mii_ioctl_data){
		.phy_id = mii.phy_id,
		.reg_num = MII_ADVERTISE,
		.val_in = OFFER,
	};
}

#define SUITE		mii
#define SUITE_FILE	"mii.def"
#include "suite.h"
