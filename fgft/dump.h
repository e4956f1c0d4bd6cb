/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verbs of dump.c: a snapshot of an aborted call becomes a device coredump.
 *
 * Taken before the rollback consumes the log, completed by the report, which
 * knows how it ended, and handed to the kernel by a worker.  None can fail: a
 * fault without a dump is counted in fgft_dump_lost().
 */
#ifndef FGFT_DUMP_H
#define FGFT_DUMP_H

#include "fgft.h"

/* The call is about to be rolled back.  Any context. */
void fgft_dump_take(struct fgft_call *call);
/* Its recovery is over; so is that of older faults of its device. */
void fgft_dump_complete(struct fgft_module *mod, const struct fgft_fault *fault);
/* The driver goes: nothing of it is left when this returns.  Sleeps. */
void fgft_dump_purge(struct fgft_module *mod);

/* Dumps of a driver's faults handed to the kernel, and those there are not. */
u64 fgft_dump_sent(const struct fgft_module *mod);
u64 fgft_dump_lost(const struct fgft_module *mod);

#endif /* FGFT_DUMP_H */
