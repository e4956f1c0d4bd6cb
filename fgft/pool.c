// SPDX-License-Identifier: GPL-2.0
/* Calls that are not in use, by CPU. */
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "pool.h"

#define POOL_SIZE	8	/* idle calls kept per CPU, besides those ready */

DEFINE_PER_CPU(struct fgft_pool, fgft_pools);

static struct fgft_call *call_new(void)
{
	struct fgft_call *call = kzalloc(sizeof(*call), GFP_ATOMIC | __GFP_NOWARN);

	if (!call)
		return NULL;
	if (fgft_defer_init(call))
		goto no_page;
	if (fgft_undo_init(&call->undo))
		goto no_undo;
	fgft_call_init(call);
	return call;

no_undo:
	fgft_defer_release(call);
no_page:
	kfree(call);
	return NULL;
}

static void call_free(struct fgft_call *call)
{
	fgft_undo_release(&call->undo);
	fgft_defer_release(call);
	kfree(call);
}

/**
 * fgft_pool_take - a call, when none lies ready
 *
 * Context: Any but NMI.
 * Return: the call, blank or as its last use left it, or NULL without memory.
 */
struct fgft_call *fgft_pool_take(void)
{
	struct fgft_call *call;
	unsigned long flags;
	struct fgft_pool *pool;

	local_irq_save(flags);
	pool = this_cpu_ptr(&fgft_pools);
	call = pool->idle;
	if (likely(call)) {
		pool->idle = call->below;
		pool->count--;
	}
	local_irq_restore(flags);
	return likely(call) ? call : call_new();
}

/**
 * fgft_call_give - a call is over
 * @call: with an empty undo log
 *
 * Context: Any but NMI.
 */
void fgft_call_give(struct fgft_call *call)
{
	unsigned long flags;
	struct fgft_pool *pool;
	bool keep;

	local_irq_save(flags);
	pool = this_cpu_ptr(&fgft_pools);
	keep = pool->count < POOL_SIZE;
	if (keep) {
		call->below = pool->idle;
		pool->idle = call;
		pool->count++;
	}
	local_irq_restore(flags);
	if (!keep)
		call_free(call);
}

static void pools_empty(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct fgft_pool *pool = per_cpu_ptr(&fgft_pools, cpu);
		u32 i;

		for (i = 0; i < FGFT_LEVELS; i++) {
			if (pool->ready[i])
				call_free(pool->ready[i]);
			pool->ready[i] = NULL;
		}
		while (pool->idle) {
			struct fgft_call *call = pool->idle;

			pool->idle = call->below;
			call_free(call);
		}
		pool->count = 0;
	}
}

/**
 * fgft_pool_init - fill the pools and switch preempt notifiers on
 *
 * Context: Process.
 * Return: 0, or -ENOMEM.
 */
int fgft_pool_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct fgft_pool *pool = per_cpu_ptr(&fgft_pools, cpu);

		while (pool->count < POOL_SIZE / 2) {
			struct fgft_call *call = call_new();

			if (!call) {
				pools_empty();
				return -ENOMEM;
			}
			call->below = pool->idle;
			pool->idle = call;
			pool->count++;
		}
	}
	preempt_notifier_inc();
	return 0;
}

/**
 * fgft_pool_exit - empty the pools
 *
 * Context: Process; no call is running anywhere.
 */
void fgft_pool_exit(void)
{
	preempt_notifier_dec();
	pools_empty();
}
