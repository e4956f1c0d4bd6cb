// SPDX-License-Identifier: GPL-2.0
/* Compiled with -fgnu-tm: GCC makes a call of libitm out of each store. */
#include "tm.h"

void tm_store(unsigned long *words, unsigned long count, unsigned long value)
{
	unsigned long i;

	__transaction_atomic {
		for (i = 0; i < count; i++)
			words[i] = value + i;
	}
}

void tm_undo(unsigned long *words, unsigned long count, unsigned long value)
{
	unsigned long i;

	__transaction_atomic {
		for (i = 0; i < count; i++)
			words[i] = value + i;
		__transaction_cancel;
	}
}
