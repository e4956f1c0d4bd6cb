/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The faults an injection build can wake, as code of the driver itself.
 *
 * Injection builds force this file into every source of the driver (-include).
 * The isolator calls __fgft_strike() from its fault sites and gives it a twin
 * like any driver function, so that a fault happens natively in native code
 * and, in an isolated call, in code with hooks.
 */
#ifndef _LINUX_FGFT_STRIKE_H
#define _LINUX_FGFT_STRIKE_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/slab.h>
#include <asm/processor.h>

#include "fgft_fault.h"

/* No mapping is here, nor is this the address of any page kfree() could find. */
#define FGFT_STRIKE_WILD_POINTER	0xdead000000000100UL

/* What a wild store leaves behind when nothing stops it. */
#define FGFT_STRIKE_PATTERN		0xbadbadbadbadbadbUL

/*
 * noinline: a site stays a call and one compare.  used: sites appear after the
 * compiler has decided which functions of the file are needed.
 *
 * The compiler must not see that an operand makes the rest undefined, and must
 * not drop what has no use: hence the hidden values and the barrier.
 */
static noinline __used void __fgft_strike(int kind)
{
	unsigned long null = 0, wild = FGFT_STRIKE_WILD_POINTER;
	int zero = 0;

	OPTIMIZER_HIDE_VAR(null);
	OPTIMIZER_HIDE_VAR(wild);
	OPTIMIZER_HIDE_VAR(zero);
	switch ((enum fgft_fault_kind)kind) {
	case FGFT_FAULT_NULL_LOAD:
		READ_ONCE(*(int *)null);
		break;
	case FGFT_FAULT_WILD_STORE:
		WRITE_ONCE(*fgft_inject_victim, FGFT_STRIKE_PATTERN);
		break;
	case FGFT_FAULT_DIVIDE:
		barrier_data((void *)(long)(kind / zero));
		break;
	case FGFT_FAULT_BUG:
		BUG();
		break;
	case FGFT_FAULT_LOOP:
		for (;;)
			cpu_relax();
		break;
	case FGFT_FAULT_WILD_ARGUMENT:
		kfree((void *)wild);
		break;
	case FGFT_FAULT_NONE:
	case FGFT_FAULT_COUNT:
		break;
	}
}

#endif /* _LINUX_FGFT_STRIKE_H */
