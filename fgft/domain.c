// SPDX-License-Identifier: GPL-2.0
/*
 * Domain: which memory a driver owns, and so may write inside a call.
 *
 * Ranges come from the driver's allocations, seen in native code and twins
 * alike, and live in one maple tree indexed by address.  Readers are hooks in
 * any context: they walk the tree under RCU.  Writers may be in interrupt
 * context too, so the tree is locked by a spinlock of ours with interrupts off.
 */
#include <linux/maple_tree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "fgft.h"

u64 fgft_domain_generation;

static struct maple_tree ranges;
/* Serialises writers of @ranges; innermost, taken in any context. */
static DEFINE_SPINLOCK(ranges_lock);

/**
 * fgft_domain_init - set up the tree
 *
 * Context: Process.
 * Return: 0.
 */
int fgft_domain_init(void)
{
	mt_init_flags(&ranges, MT_FLAGS_LOCK_EXTERN | MT_FLAGS_USE_RCU);
	mt_set_external_lock(&ranges, &ranges_lock);
	return 0;
}

/* Store @range, or nothing, at [start, end).  Under @ranges_lock. */
static int set_range(unsigned long start, unsigned long end,
		     struct fgft_range *range)
{
	MA_STATE(mas, &ranges, start, end - 1);

	return mas_store_gfp(&mas, range, GFP_ATOMIC | __GFP_NOWARN);
}

/*
 * What calls remember is out of date.  Under @ranges_lock, with the range gone
 * and its memory not given away yet.
 */
static void outdate(void)
{
	/* Pairs with begin in call.c: who sees the new one does not find the range. */
	smp_store_release(&fgft_domain_generation, fgft_domain_generation + 1);
}

/*
 * Take @range out of the tree, whole.  Under @ranges_lock.  Without memory to
 * split a node it stays there, owned by nobody: dead all the same, and found
 * again by the next to store over it.
 */
static bool forget(struct fgft_range *range)
{
	bool gone = !set_range(range->start, range->end, NULL);

	if (gone)
		kfree_rcu(range, rcu);
	else
		WRITE_ONCE(range->mod, NULL);
	outdate();
	return gone;
}

/*
 * What is known inside of [start, end) was freed behind our back.  Ranges are
 * forgotten whole, so that each stands in the tree in one piece.  False: some
 * are dead but still there, nothing may be stored over them.
 */
static bool forget_stale(unsigned long start, unsigned long end)
{
	unsigned long index = start;
	struct fgft_range *range;
	bool gone = true;

	mt_for_each(&ranges, range, index, end - 1)
		gone &= forget(range);
	return gone;
}

/**
 * fgft_domain_add - own a stretch of memory
 * @mod: module whose calls may write it
 * @start: first byte
 * @size: bytes
 * @kind: what it is
 *
 * Ranges that overlap it are forgotten, whole: their memory was freed behind
 * our back and given out again.
 *
 * Context: Any.
 * Return: the range, or NULL when there is no memory for it; then a later
 * store there aborts its call, and nothing else happens.
 */
struct fgft_range *fgft_domain_add(struct fgft_module *mod, const void *start,
				   size_t size, enum fgft_range_kind kind)
{
	unsigned long at = (unsigned long)start, end = at + size, flags;
	struct fgft_range *range;
	bool known;

	if (!mod || !start || !size)
		return NULL;
	range = kzalloc(sizeof(*range), GFP_ATOMIC | __GFP_NOWARN);
	if (range) {
		range->start = at;
		range->end = end;
		range->kind = kind;
		range->mod = mod;
	}

	spin_lock_irqsave(&ranges_lock, flags);
	known = forget_stale(at, end) && range && !set_range(at, end, range);
	spin_unlock_irqrestore(&ranges_lock, flags);

	if (known)
		return range;
	kfree(range);
	return NULL;
}

/**
 * fgft_domain_remove - memory is given back
 * @start: what fgft_domain_add was given; unknown addresses are ignored
 *
 * Context: Any.
 */
void fgft_domain_remove(const void *start)
{
	struct fgft_range *range;
	unsigned long flags;

	if (!start)
		return;
	spin_lock_irqsave(&ranges_lock, flags);
	range = mtree_load(&ranges, (unsigned long)start);
	if (range && range->start == (unsigned long)start)
		forget(range);
	spin_unlock_irqrestore(&ranges_lock, flags);
}

/**
 * fgft_domain_find - the range around an address
 * @addr: any address
 *
 * Context: Any but NMI.  The result is valid under rcu_read_lock, or as long
 * as the range cannot be removed.
 * Return: the range, or NULL.
 */
struct fgft_range *fgft_domain_find(const void *addr)
{
	return mtree_load(&ranges, (unsigned long)addr);
}

/**
 * fgft_domain_count - what a module owns, by kind
 * @mod: module
 * @count: FGFT_RANGE_KINDS counters, filled
 * @bytes: the same in bytes
 *
 * Context: Process.
 */
void fgft_domain_count(struct fgft_module *mod, u32 count[], u64 bytes[])
{
	struct fgft_range *range;
	unsigned long index = 0;

	memset(count, 0, FGFT_RANGE_KINDS * sizeof(*count));
	memset(bytes, 0, FGFT_RANGE_KINDS * sizeof(*bytes));
	rcu_read_lock();
	mt_for_each(&ranges, range, index, ULONG_MAX) {
		if (range->mod != mod)
			continue;
		count[range->kind]++;
		bytes[range->kind] += range->end - range->start;
	}
	rcu_read_unlock();
}

/**
 * fgft_domain_each - walk the ranges of a module
 * @mod: module
 * @fn: called for each range; true ends the walk
 * @data: for @fn
 *
 * Context: Any but NMI; @fn runs under rcu_read_lock.
 */
void fgft_domain_each(struct fgft_module *mod,
		      bool (*fn)(struct fgft_range *range, void *data),
		      void *data)
{
	struct fgft_range *range;
	unsigned long index = 0;

	rcu_read_lock();
	mt_for_each(&ranges, range, index, ULONG_MAX) {
		if (range->mod == mod && fn(range, data))
			break;
	}
	rcu_read_unlock();
}

/**
 * fgft_domain_remove_module - forget what a module owns
 * @mod: module that is going away, or NULL for all
 *
 * Context: Process.
 */
void fgft_domain_remove_module(struct fgft_module *mod)
{
	struct fgft_range *range;
	unsigned long index = 0, flags;

	spin_lock_irqsave(&ranges_lock, flags);
	/* Static data is remembered too, and another driver's record may come to lie there. */
	outdate();
	mt_for_each(&ranges, range, index, ULONG_MAX) {
		if (mod && range->mod != mod)
			continue;
		forget(range);
	}
	spin_unlock_irqrestore(&ranges_lock, flags);
}

/**
 * fgft_domain_exit - forget everything
 *
 * Context: Process, no call running.
 */
void fgft_domain_exit(void)
{
	unsigned long index = 0, flags;
	struct fgft_range *range;

	spin_lock_irqsave(&ranges_lock, flags);
	mt_for_each(&ranges, range, index, ULONG_MAX)
		kfree_rcu(range, rcu);
	__mt_destroy(&ranges);
	spin_unlock_irqrestore(&ranges_lock, flags);
	rcu_barrier();
}
