/* SPDX-License-Identifier: GPL-2.0 */
/* Faults that need more than a strike; wrong.c is isolated. */
#ifndef WRONG_H
#define WRONG_H

#include <linux/netdevice.h>
#include <linux/types.h>

/* Kernel functions, each given something that is not what it wants. */
extern const char * const wrong_arguments[];
extern const u32 wrong_arguments_count;

enum wrong_trap {
	WRONG_TRAP_INT3,
	WRONG_TRAP_OVERFLOW,
	WRONG_TRAP_BOUND,
};

enum wrong_time {
	WRONG_TIME_DELAY,	/* udelay(), again and again */
	WRONG_TIME_SLEEP,	/* msleep() */
	WRONG_TIME_SLOW,	/* something slow of the kernel's */
	WRONG_TIME_NAPI,	/* napi_disable(), once for all */
};

/* Bytes wrong_smash() may write. */
#define WRONG_SMASH_ROOM	16

/* What WRONG_TIME_NAPI disables. */
extern struct napi_struct wrong_napi;

long wrong_argument(u32 which);
long wrong_trap(int which);
long wrong_time(int which);
/* Goes round @times, sleeps if @sleeps, and goes round as often once more. */
long wrong_poll(u32 times, bool sleeps);
long wrong_warn(int strike);
long wrong_smash(u32 bytes);

#endif /* WRONG_H */
