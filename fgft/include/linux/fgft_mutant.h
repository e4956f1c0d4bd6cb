/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mutants do that is no change of a statement, as code of the driver.
 *
 * Forced into every source of an injection build beside fgft_strike.h, and for
 * the same reason: the isolator gives it a twin.
 */
#ifndef _LINUX_FGFT_MUTANT_H
#define _LINUX_FGFT_MUTANT_H

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "fgft_fault.h"
#include "fgft_strike.h"

/* This much of the callers' frames, return addresses included. */
#define FGFT_ACT_SMASHED_WORDS		8

/* What mutants do that is no change of one statement. */
static noinline __used void __fgft_mutant_act(int act, void *pointer)
{
	unsigned long wild = FGFT_STRIKE_WILD_POINTER;
	unsigned long *frame = __builtin_frame_address(0);
	void (*function)(void);
	int i;

	OPTIMIZER_HIDE_VAR(wild);
	OPTIMIZER_HIDE_VAR(frame);
	switch ((enum fgft_mutant_act)act) {
	case FGFT_ACT_USE_AFTER_FREE:
		if (pointer)
			WRITE_ONCE(*(unsigned long *)pointer, FGFT_STRIKE_PATTERN);
		break;
	case FGFT_ACT_STACK_SMASH:
		for (i = 0; i < FGFT_ACT_SMASHED_WORDS; i++)
			WRITE_ONCE(frame[i], FGFT_STRIKE_PATTERN);
		break;
	case FGFT_ACT_WILD_CALL:
		function = (void (*)(void))wild;
		function();
		break;
	case FGFT_ACT_IRQS_OFF:
		local_irq_disable();
		break;
	case FGFT_ACT_PREEMPT_OFF:
		preempt_disable();
		break;
	case FGFT_ACT_SLEEP:
		msleep(20);
		break;
	case FGFT_ACT_LOOP:
		/*
		 * Many instructions that are nothing to emulate: where they are
		 * the guest's clock, it is soon seen that this does not end.
		 * PAUSE would make that clock crawl.
		 */
		for (;;)
			asm volatile(".rept 200\n\tnop\n\t.endr" : : : "memory");
		break;
	case FGFT_ACT_RCU_LOCK:
		rcu_read_lock();
		break;
	case FGFT_ACT_NONE:
	case FGFT_ACT_COUNT:
		break;
	}
}

#endif /* _LINUX_FGFT_MUTANT_H */
