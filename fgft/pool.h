/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.c: calls that are not in use.
 *
 * One for each level lies ready on each CPU: taken and given back by one
 * instruction of that CPU, and warm, as it was used for the same kind of call
 * before.
 */
#ifndef FGFT_POOL_H
#define FGFT_POOL_H

#include "fgft.h"

#define FGFT_LEVELS	3		/* task, softirq, hardirq and NMI */

struct fgft_pool {
	struct fgft_call *ready[FGFT_LEVELS];
	struct fgft_call *idle;		/* and these, with interrupts off only */
	u32 count;
};

DECLARE_PER_CPU(struct fgft_pool, fgft_pools);

/* One of those that lie behind, or a new one, or NULL without memory. */
struct fgft_call *fgft_pool_take(void);
int fgft_pool_init(void);
void fgft_pool_exit(void);

static __always_inline u32 fgft_pool_slot(u32 level)
{
	if (!level)
		return 0;
	return level & (NMI_MASK | HARDIRQ_MASK) ? 2 : 1;
}

static __always_inline struct fgft_call *__percpu *fgft_pool_home(u32 level)
{
	return &fgft_pools.ready[fgft_pool_slot(level)];
}

/* The call that lies ready for a level, NULL if none does. */
static __always_inline struct fgft_call *fgft_pool_ready(u32 level)
{
	return this_cpu_xchg(*fgft_pool_home(level), NULL);
}

/* False: another lies there. */
static __always_inline bool fgft_pool_put(struct fgft_call *call)
{
	return !this_cpu_cmpxchg(*call->home, NULL, call);
}

#endif /* FGFT_POOL_H */
