// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes that only a kernel built with checkers reports, or that a stock one
 * reports late.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "crash.h"

#define LEAKS 4

static DEFINE_MUTEX(outer);
static DEFINE_MUTEX(inner);
static DEFINE_SPINLOCK(counter_lock);
static DEFINE_MUTEX(kept);
static u32 __rcu *shared;

/* Hidden from the compiler, which would warn of what is done to it. */
static void *hidden(void *object)
{
	OPTIMIZER_HIDE_VAR(object);
	return object;
}

noinline void crash_use_after_free(void)
{
	u32 *object = hidden(kmalloc(64, GFP_KERNEL));

	kfree(object);
	WRITE_ONCE(*(u32 *)hidden(object), 1);
}

noinline void crash_out_of_bounds(void)
{
	u8 *object = hidden(kmalloc(60, GFP_KERNEL));

	WRITE_ONCE(object[60], 1);
	kfree(object);
}

noinline void crash_double_free(void)
{
	void *object = hidden(kmalloc(64, GFP_KERNEL));

	kfree(object);
	kfree(hidden(object));
}

/* As a device would: nobody checks the store. */
noinline void crash_page_poison(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int i;
	u8 *at;

	if (!page)
		return;
	at = page_address(page);
	__free_page(page);
	asm volatile("movb $0x5a, (%0)" : : "r" (at + 100) : "memory");
	/* Found when somebody gets the page. */
	for (i = 0; i < 64; i++)
		get_zeroed_page(GFP_KERNEL);
}

noinline void crash_lock_order(void)
{
	mutex_lock(&outer);
	mutex_lock(&inner);
	mutex_unlock(&inner);
	mutex_unlock(&outer);

	mutex_lock(&inner);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	mutex_unlock(&inner);
}

static void count_in_interrupt(void *unused)
{
	spin_lock(&counter_lock);
	spin_unlock(&counter_lock);
}

noinline void crash_lock_irq(void)
{
	smp_call_function(count_in_interrupt, NULL, 1);
	spin_lock(&counter_lock);
	spin_unlock(&counter_lock);
}

noinline void crash_lock_kept(void)
{
	mutex_lock(&kept);
}

noinline void crash_lock_in_atomic(void)
{
	spin_lock(&counter_lock);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	spin_unlock(&counter_lock);
}

noinline void crash_rcu_usage(void)
{
	if (rcu_dereference(shared))
		pr_info("never\n");
}

noinline void crash_list(void)
{
	static LIST_HEAD(list);
	struct list_head entry;

	list_add(&entry, &list);
	/* A wild store, which lists are checked against. */
	entry.prev = hidden(&entry);
	list_del(&entry);
	INIT_LIST_HEAD(&list);
}

noinline void crash_leak(void)
{
	unsigned int i;

	for (i = 0; i < LEAKS; i++)
		memset(hidden(kmalloc(128, GFP_KERNEL)), i, 128);
}
