/* SPDX-License-Identifier: GPL-2.0 */
/* What can go wrong, how it was put right, and what is known of one such fault. */
#ifndef FGFT_FAULT_H
#define FGFT_FAULT_H

#include <linux/types.h>

struct fgft_device;

/* Why a call was aborted.  Names for the user are in report.c. */
enum fgft_cause {
	FGFT_CAUSE_NONE,
	FGFT_CAUSE_STORE,	/* store outside of what the call may write */
	FGFT_CAUSE_LOAD,	/* page fault on a load (or unchecked store) */
	FGFT_CAUSE_PROTECTION,	/* general protection: non-canonical address */
	FGFT_CAUSE_DIVIDE,	/* divide error */
	FGFT_CAUSE_BUG,		/* BUG() or another invalid opcode */
	FGFT_CAUSE_TRAP,	/* any other processor exception */
	FGFT_CAUSE_TARGET,	/* indirect call to something not a target */
	FGFT_CAUSE_ARGUMENT,	/* kernel function given a bad object */
	FGFT_CAUSE_LOOP,	/* loop budget used up */
	FGFT_CAUSE_STACK,	/* stack bound reached */
	FGFT_CAUSE_UNCLASSED,	/* kernel function without a class */
	FGFT_CAUSE_MEMORY,	/* no memory for the log */
	FGFT_CAUSE_BALANCE,	/* lock, irq or preempt state leaked at commit */
	FGFT_CAUSE_CONTEXT,	/* sleeping function in atomic context */
	FGFT_CAUSE_DEADLOCK,	/* lock the driver itself holds already */
	FGFT_CAUSE_RESULT,	/* value returned that the entry must not return */
	FGFT_CAUSE_DEADLINE,	/* ran, waited or slept for too long */
	FGFT_CAUSE_COUNT
};

/* The step of the ladder that put things right. */
enum fgft_step {
	FGFT_STEP_UNDO,		/* memory and kernel effects only */
	FGFT_STEP_REGISTERS,	/* and old values of plain registers */
	FGFT_STEP_AGAIN,	/* and the entry point was run once more */
	FGFT_STEP_PM,		/* and the driver's own PM callbacks */
	FGFT_STEP_BUS_RESET,	/* with a reset of the device in between */
	FGFT_STEP_REBIND,	/* driver unbound and bound, settings replayed */
	FGFT_STEP_FAILED,	/* device could not be restored */
	FGFT_STEP_COUNT
};

/* What follows an abort besides the result; class/endings.def. */
enum fgft_ending {
	FGFT_ENDING_RETURN,	/* nothing */
	FGFT_ENDING_AGAIN,
	FGFT_ENDING_UNACKED,	/* as that, if causes are there again */
	FGFT_ENDING_PIN,
	FGFT_ENDING_LOST,
	FGFT_ENDING_ANEW,
	FGFT_ENDING_FINISH,	/* called once more when its caller is through */
	FGFT_ENDING_UNBOUND,
	FGFT_ENDING_ASLEEP,
};

struct fgft_fault {
	u64 id;			/* of its dump, 0: none was taken */
	enum fgft_cause cause;
	enum fgft_step step;
	struct fgft_device *dev;	/* whose call it was, NULL if nobody can tell */
	unsigned long ip;	/* in the twin, or its caller's for a hook */
	unsigned long addr;	/* offending address, 0 if none */
	const char *what;	/* kernel function concerned, NULL if none */
	bool device_written;
	u32 undone_stores;
	u32 undone_calls;
	u32 conflicts;		/* words others had written since: left alone, */
	unsigned long conflict;	/* one of them here */
	u32 register_writes;	/* writes the device saw */
	u32 effects_left;	/* inverses that could not sleep: the restore's */
	long result;		/* what the caller got */
	u64 detected_ns;	/* ktime of detection */
	u64 rollback_ns;	/* detection to caller resumed */
	u64 restore_ns;		/* detection to device restored, 0: not needed */
	int restore_error;	/* why FGFT_STEP_FAILED, a negative errno */
	u32 settings_lost;	/* that FGFT_STEP_REBIND could not replay */
};

/* Faults of a driver, an entry point or a device. */
struct fgft_tally {
	u64 causes[FGFT_CAUSE_COUNT];	/* by fault, under the driver's fault_lock */
	u64 steps[FGFT_STEP_COUNT];	/* as above */
	u64 fault_ns;			/* monotonic time of the newest, 0: none */
};

#endif /* FGFT_FAULT_H */
