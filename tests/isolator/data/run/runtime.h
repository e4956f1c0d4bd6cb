/* SPDX-License-Identifier: GPL-2.0 */
/* What a test program asks of the runtime in small. */
#ifndef RUN_RUNTIME_H
#define RUN_RUNTIME_H

#include "abi.h"

struct counts {
	unsigned calls, stores, stacks, icalls;
};

extern struct counts counts;

struct fgft_unit *find_unit(void);
struct fgft_entry *find_entry(const char *name);
void switch_entry(const char *name, int on);

/* Aborts the running transaction. */
void fail_call(void);

#endif
