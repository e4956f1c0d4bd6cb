// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: is a pointer what a kernel function expects?
 *
 * Asked before the driver's arguments reach kernel code.  What every frame
 * needs is remembered in the call; object.h looks there first.
 */
#include <linux/init.h>
#include <linux/refcount.h>

#include "bus.h"
#include "object.h"

unsigned long fgft_kernel_half;

/* Not among the hits: one may be of what kapi_retire() has taken away, or of a part. */
static const struct fgft_range *range_at(const struct fgft_call *call,
					 const void *ptr,
					 enum fgft_range_kind kind)
{
	const struct fgft_range *range = fgft_domain_find(ptr);

	return range && range->mod == call->mod && range->kind == kind &&
	       range->start == (unsigned long)ptr ? range : NULL;
}

static bool starts_range(const struct fgft_call *call, const void *ptr,
			 enum fgft_range_kind kind)
{
	return range_at(call, ptr, kind);
}

/* The same, and it is as long as that. */
static bool is_range(const struct fgft_call *call, const void *ptr, size_t size,
		     enum fgft_range_kind kind)
{
	const struct fgft_range *range = range_at(call, ptr, kind);

	return range && range->end - range->start == size;
}

/**
 * fgft_netdev_look - is @ptr a network device of the driver?
 * @call: running call, which remembers it as long as its hits
 * @ptr: what the driver hands over
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_netdev_look(struct fgft_call *call, const void *ptr)
{
	if (!starts_range(call, ptr, FGFT_RANGE_NETDEV))
		return false;
	call->netdev = ptr;
	return true;
}

/* What a driver is bound to a part of, as to an interface of a USB device. */
struct whole {
	const struct device *dev;
	bool found;
};

static void is_whole(struct fgft_device *part, void *data)
{
	struct whole *whole = data;

	whole->found |= part->bus->parts && part->dev->parent == whole->dev;
}

/**
 * fgft_device_look - is @ptr a device bound to the driver?
 * @call: running call
 * @ptr: what the driver hands over
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_device_look(const struct fgft_call *call, const void *ptr)
{
	const struct device *dev = ptr;
	struct whole whole = { .dev = dev };

	if (!fgft_is_readable(dev, sizeof(*dev)) ||
	    !IS_ALIGNED((unsigned long)dev, sizeof(long)) ||
	    !fgft_is_readable(dev->driver, sizeof(*dev->driver)))
		return false;
	if (dev->driver->owner != call->mod->module)
		fgft_checkpoint_each(call->mod, is_whole, &whole);
	return dev->driver->owner == call->mod->module || whole.found;
}

#define STRING_MAX	4096	/* longer than any name or format a driver hands over */

static bool is_string(const void *ptr)
{
	const char *at = ptr;
	char c = 1;

	while (c && at - (const char *)ptr < STRING_MAX)
		if (copy_from_kernel_nofault(&c, at++, 1))
			return false;
	return !c;
}

/**
 * fgft_object_is - is @ptr what a kernel function expects?
 * @call: running call
 * @object: what is expected
 * @ptr: what the driver hands over
 * @size: bytes, for the kinds that need them
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_object_is(struct fgft_call *call, enum fgft_object object,
		    const void *ptr, size_t size)
{
	const struct fgft_range *range;

	switch (object) {
	case FGFT_OBJECT_WRITABLE:
		return fgft_may_write(call, ptr, size);
	case FGFT_OBJECT_READABLE:
		return fgft_is_readable(ptr, size);
	case FGFT_OBJECT_SLAB:
		return !ptr || starts_range(call, ptr, FGFT_RANGE_SLAB);
	case FGFT_OBJECT_VMALLOC:
		return !ptr || starts_range(call, ptr, FGFT_RANGE_VMALLOC);
	case FGFT_OBJECT_DMA:
		return is_range(call, ptr, size, FGFT_RANGE_DMA);
	case FGFT_OBJECT_NETDEV:
		return fgft_netdev_look(call, ptr);
	case FGFT_OBJECT_INPUT:
		return starts_range(call, ptr, FGFT_RANGE_INPUT);
	case FGFT_OBJECT_DEVICE:
		return fgft_device_look(call, ptr);
	case FGFT_OBJECT_SKB:
		return fgft_is_skb(call, ptr);
	case FGFT_OBJECT_MMIO:
		range = fgft_domain_find(ptr);
		return range && range->mod == call->mod &&
		       range->kind == FGFT_RANGE_MMIO;
	case FGFT_OBJECT_STRING:
		return is_string(ptr);
	}
	return false;
}

/**
 * fgft_object_init - learn where the kernel's half of memory begins
 *
 * Context: Process; no call is running.
 */
void fgft_object_init(void)
{
	fgft_kernel_half = -1UL << (boot_cpu_data.x86_virt_bits - 1);
}

/* ---- objects kept between calls ---------------------------------------------- */

/*
 * A socket buffer of the driver's interface that nobody has taken up: it is in
 * no queue, of no socket, on no route, and has one user.
 */
static bool skb_kept(struct fgft_call *call, const struct sk_buff *skb)
{
	return fgft_skb_look(call, skb) &&
	       refcount_read(&skb->users) == 1 && !skb->next && !skb->prev &&
	       !skb->sk && !skb->_skb_refdst &&
	       fgft_netdev_look(call, skb->dev);
}

/**
 * fgft_object_kept - is this in an object the driver made earlier and keeps?
 * @call: running call
 * @addr: first byte
 * @size: bytes
 *
 * A receive ring is full of socket buffers made in other calls, natively too.
 * To follow each would cost every frame of every driver; so they are recognised,
 * where a store goes to one, by what they look like.  Their slab aligns them.
 *
 * Context: Inside @call.
 * Return: true if the call may write there; it is granted the object.
 */
bool fgft_object_kept(struct fgft_call *call, const void *addr, size_t size)
{
	unsigned long at = (unsigned long)addr;
	unsigned long start = ALIGN_DOWN(at, SMP_CACHE_BYTES);

	for (; at + size - start <= sizeof(struct sk_buff) + SMP_CACHE_BYTES;
	     start -= SMP_CACHE_BYTES) {
		const struct sk_buff *skb = (const void *)start;

		if (at + size - start > sizeof(*skb) || !skb_kept(call, skb))
			continue;
		fgft_grant(call, skb, sizeof(*skb));
		fgft_lend(call, start, sizeof(*skb));
		if (!skb_cloned(skb))
			fgft_grant(call, skb->head,
				   skb_end_offset(skb) +
					   sizeof(struct skb_shared_info));
		return true;
	}
	return false;
}
