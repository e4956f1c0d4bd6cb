/* SPDX-License-Identifier: GPL-2.0 */
/* Committing a fault, in the code of whoever includes this. */
#ifndef STRIKE_H
#define STRIKE_H

#include <linux/compiler.h>
#include <linux/fgft_strike.h>
#include <linux/slab.h>

#include "subject.h"

/* Until @depth frames are on the stack, which is more than it holds. */
static noinline long strike_recurse(long depth)
{
	char frame[256];

	frame[depth & 255] = depth;
	barrier_data(frame);
	return depth ? strike_recurse(depth - 1) + frame[0] : 0;
}

/* Hidden from the compiler, which must not see what comes of it. */
static noinline void strike(int kind)
{
	unsigned long addr = 0;

	OPTIMIZER_HIDE_VAR(addr);
	switch ((enum strike)kind) {
	case STRIKE_NONE:
		break;
	case STRIKE_NULL_LOAD:
		__fgft_strike(FGFT_FAULT_NULL_LOAD);
		break;
	case STRIKE_UNMAPPED_LOAD:
		addr -= 4096;	/* the last page of the address space */
		READ_ONCE(*(int *)addr);
		break;
	case STRIKE_NONCANONICAL:
		addr += 0xdead000000000100;
		READ_ONCE(*(int *)addr);
		break;
	case STRIKE_WILD_STORE:
		WRITE_ONCE(*subject_foreign, 0xbadbadbad);
		break;
	case STRIKE_DIVIDE:
		__fgft_strike(FGFT_FAULT_DIVIDE);
		break;
	case STRIKE_BUG:
		__fgft_strike(FGFT_FAULT_BUG);
		break;
	case STRIKE_LOOP:
		__fgft_strike(FGFT_FAULT_LOOP);
		break;
	case STRIKE_RECURSION:
		strike_recurse(addr + 100000);
		break;
	case STRIKE_TARGET:
		subject_not_a_target();
		break;
	case STRIKE_ARGUMENT:
		kfree((void *)subject_foreign);
		break;
	}
}

#endif /* STRIKE_H */
