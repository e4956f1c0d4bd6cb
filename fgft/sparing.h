/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of slow functions in the midst of quick ones.
 *
 * A function that may call another has to keep what it needs afterwards in
 * registers it must save first, whether it comes to that call or not.  What
 * sparing.S puts around the slow function saves all of them there instead, so
 * that the quick way has no frame.
 */
#ifndef FGFT_SPARING_H
#define FGFT_SPARING_H

#include <asm/asm.h>

/* @function of up to four arguments, none wider than a register, as a @type. */
#define FGFT_SPARING(type, function, a, b, c, d)			\
({									\
	type result_;							\
									\
	asm volatile("call " #function "_sparing"			\
		     : "=a" (result_), ASM_CALL_CONSTRAINT		\
		     : "D" (a), "S" (b), "d" ((unsigned long)(c)),	\
		       "c" ((unsigned long)(d))				\
		     : "memory", "cc");					\
	result_;							\
})

#endif /* FGFT_SPARING_H */
