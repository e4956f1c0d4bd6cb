// SPDX-License-Identifier: GPL-2.0
/*
 * Fields: what of a kernel struct in its own memory a driver may write.
 *
 * A network device is one allocation, the kernel's struct and behind it what
 * the driver keeps of the device.  A pointer to the one, taken for the other,
 * leads into memory of the driver's, and what it hits is the kernel's: lists,
 * references, pointers that are followed.  class/fields.def has the few dozen
 * fields drivers have a business with.
 *
 * Asked at the first store of a call, or of many calls, to a field: what was
 * found is remembered (store.c) where it is large enough for that.
 */
#include <linux/netdevice.h>

#include "compat.h"
#include "fgft.h"
#include "field.h"

static const u16 netdev_starts[] = {
#define CLASS_FIELD(tag, field)	offsetof(struct tag, field),
#include "class/fields.def"
#undef CLASS_FIELD
};

static const u16 netdev_ends[] = {
#define CLASS_FIELD(tag, field)	offsetofend(struct tag, field),
#include "class/fields.def"
#undef CLASS_FIELD
};

/* The row of a field, or their number. */
static u32 field_at(u32 offset)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(netdev_starts); i++)
		if (offset >= netdev_starts[i] && offset < netdev_ends[i])
			break;
	return i;
}

/**
 * fgft_field_find - what may be written around an address in a driver's range
 * @range: the range
 * @addr: first byte, in @range
 * @size: bytes, in @range
 * @span: that much may be written whenever this may
 *
 * Context: Any.
 * Return: false if it is the kernel's.
 */
bool fgft_field_find(const struct fgft_range *range, unsigned long addr,
		     size_t size, struct fgft_span *span)
{
	unsigned long at = addr, end = addr + size, own;
	u32 row;

	if (range->kind != FGFT_RANGE_NETDEV) {
		*span = (struct fgft_span){ range->start,
					    range->end - range->start };
		return true;
	}
	own = (unsigned long)netdev_priv((struct net_device *)range->start);
	if (addr >= own) {
		*span = (struct fgft_span){ own, range->end - own };
		return true;
	}
	/* The compiler makes one store of two to neighbours. */
	while (at < end) {
		row = field_at(at - range->start);
		if (row == ARRAY_SIZE(netdev_starts))
			return false;
		*span = (struct fgft_span){
			range->start + netdev_starts[row],
			netdev_ends[row] - netdev_starts[row],
		};
		at = range->start + netdev_ends[row];
	}
	if (addr < span->start)
		*span = (struct fgft_span){ addr, size };
	return true;
}
