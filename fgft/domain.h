/* SPDX-License-Identifier: GPL-2.0 */
/* domain.c: which memory is whose; included by fgft.h. */
#ifndef FGFT_DOMAIN_H
#define FGFT_DOMAIN_H

#include <linux/types.h>

struct fgft_device;
struct fgft_module;

enum fgft_range_kind {
	FGFT_RANGE_SLAB,	/* kmalloc family */
	FGFT_RANGE_VMALLOC,
	FGFT_RANGE_PAGES,
	FGFT_RANGE_DMA,		/* dma_alloc_coherent */
	FGFT_RANGE_NETDEV,	/* alloc_netdev: struct net_device and private data */
	FGFT_RANGE_INPUT,	/* input_allocate_device */
	FGFT_RANGE_MMIO,	/* mapped device registers */
	FGFT_RANGE_URB,		/* usb_alloc_urb */
	FGFT_RANGE_OBJECT,	/* a kernel object the driver registered or owns */
	FGFT_RANGE_KINDS
};

/* A stretch of memory the driver owns.  Freed after an RCU grace period. */
struct fgft_range {
	unsigned long start;
	unsigned long end;		/* first byte behind */
	enum fgft_range_kind kind;
	u32 bar;			/* FGFT_RANGE_MMIO */
	struct fgft_module *mod;
	struct fgft_device *dev;	/* FGFT_RANGE_MMIO, else NULL */
	struct rcu_head rcu;
};

/* Changes whenever a range is forgotten: what was found out before is stale. */
extern u64 fgft_domain_generation;

int fgft_domain_init(void);
void fgft_domain_exit(void);
/*
 * Own [@start, @start + @size).  Any context.  On memory shortage the range is
 * not known and later stores to it abort: never an error for the caller.
 */
struct fgft_range *fgft_domain_add(struct fgft_module *mod, const void *start,
				   size_t size, enum fgft_range_kind kind);
void fgft_domain_remove(const void *start);
void fgft_domain_remove_module(struct fgft_module *mod);
/* The range around @addr or NULL.  Under rcu_read_lock or inside a call. */
struct fgft_range *fgft_domain_find(const void *addr);
void fgft_domain_count(struct fgft_module *mod, u32 count[], u64 bytes[]);
void fgft_domain_each(struct fgft_module *mod,
		      bool (*fn)(struct fgft_range *range, void *data),
		      void *data);

#endif /* FGFT_DOMAIN_H */
