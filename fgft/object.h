/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a pointer what a kernel function expects?  What every frame needs is looked
 * up here, in what the call remembers; object.c has the rest.
 */
#ifndef FGFT_OBJECT_H
#define FGFT_OBJECT_H

#include <linux/device/driver.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>

#include "fgft.h"

/* Where the kernel's half of the address space begins; set once. */
extern unsigned long fgft_kernel_half;

void fgft_object_init(void);

/*
 * Reading device memory or a hole is fatal or worse; the lower half of the
 * address space is the users'.  What is left is tried: a fault there takes the
 * exception table's way, not that of a driver's fault.
 */
static __always_inline bool fgft_is_mapped(const void *ptr)
{
	u8 byte;

	__get_kernel_nofault(&byte, ptr, u8, fail);
	return true;

fail:
	return false;
}

/* Is there mapped kernel memory at @ptr?  First and last byte can be read. */
static __always_inline bool fgft_is_readable(const void *ptr, size_t size)
{
	unsigned long first = (unsigned long)ptr, last = first + size - 1;

	/* In one page, what is small cannot wrap around; the compiler knows sizes. */
	if (unlikely(first < fgft_kernel_half) || unlikely(!size) ||
	    (!(__builtin_constant_p(size) && size <= PAGE_SIZE) &&
	     unlikely(last < first)) || unlikely(!fgft_is_mapped(ptr)))
		return false;
	return likely(!((first ^ last) & PAGE_MASK)) ||
	       (likely(last > first) && fgft_is_mapped((const void *)last));
}

/* @skb is one, or was just made: the next look is quick. */
static __always_inline void fgft_skb_note(struct fgft_call *c,
					  const struct sk_buff *skb)
{
	c->skb = skb;
	c->skb_head = skb->head;
	c->skb_end = skb->end;
}

/* Does it look like one in use?  Inline, for each frame is looked at. */
static __always_inline bool fgft_skb_look(struct fgft_call *c,
					  const struct sk_buff *skb)
{
	if (unlikely(!IS_ALIGNED((unsigned long)skb, sizeof(long))) ||
	    unlikely(!fgft_is_readable(skb, sizeof(*skb))))
		return false;
	/* Nobody, or more than can be. */
	if (unlikely(refcount_read(&skb->users) - 1u >= 0xffffu) ||
	    unlikely(skb->data < skb->head) || unlikely(skb->tail > skb->end) ||
	    unlikely(!fgft_is_readable(skb->head,
				       skb_end_offset(skb) +
					       sizeof(struct skb_shared_info))))
		return false;
	fgft_skb_note(c, skb);
	return true;
}

/*
 * One looked at before is there still, for frees wait: what the driver may have
 * changed since are the pointers.
 */
static __always_inline bool fgft_is_skb(struct fgft_call *c, const void *ptr)
{
	const struct sk_buff *skb = ptr;

	if (likely(skb) && likely(skb == c->skb) &&
	    likely(skb->head == c->skb_head && skb->end == c->skb_end &&
		   skb->data >= skb->head && skb->tail <= skb->end))
		return true;
	return fgft_skb_look(c, skb);
}

static __always_inline bool fgft_is_netdev(struct fgft_call *c, const void *ptr)
{
	return (likely(ptr) && likely(ptr == c->netdev)) ||
	       FGFT_SPARING(bool, fgft_netdev_look, c, ptr, 0, 0);
}

/* One with a record is there: the record holds a reference. */
static __always_inline bool fgft_is_device(struct fgft_call *c, const void *ptr)
{
	const struct device *dev = ptr;

	if (likely(dev) && likely(dev == READ_ONCE(c->mod->device)) &&
	    likely(dev->driver))
		return dev->driver->owner == c->mod->module;
	return FGFT_SPARING(bool, fgft_device_look, c, ptr, 0, 0);
}

static __always_inline bool fgft_is_writable(struct fgft_call *c,
					     const void *ptr, size_t size)
{
	return (likely((unsigned long)ptr == c->spot.start) &&
		likely(size <= c->spot.size)) ||
	       FGFT_SPARING(bool, fgft_spot_look, c, ptr, size, 0);
}

/* @object is a constant: nothing but the one check is left of this. */
static __always_inline bool fgft_is(struct fgft_call *c, enum fgft_object object,
				    const void *ptr, size_t size)
{
	if (object == FGFT_OBJECT_SKB)
		return fgft_is_skb(c, ptr);
	if (object == FGFT_OBJECT_READABLE)
		return fgft_is_readable(ptr, size);
	if (object == FGFT_OBJECT_WRITABLE)
		return fgft_is_writable(c, ptr, size);
	if (object == FGFT_OBJECT_NETDEV)
		return fgft_is_netdev(c, ptr);
	if (object == FGFT_OBJECT_DEVICE)
		return fgft_is_device(c, ptr);
	return FGFT_SPARING(bool, fgft_object_is, c, object, ptr, size);
}

#endif /* FGFT_OBJECT_H */
