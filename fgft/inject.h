/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: arm one fault, have the driver commit it, once.
 *
 * A driver built with the isolator's -inject option passes numbered sites
 * (see abi.h) in natives and twins alike, so that the same fault can strike a
 * native call and an isolated one.  Control is /sys/kernel/fgft/inject, see
 * Documentation/ABI/testing/sysfs-kernel-fgft.
 */
#ifndef FGFT_INJECT_H
#define FGFT_INJECT_H

struct fgft_entry;
struct fgft_module;
struct kobject;

/*
 * A call of @entry was aborted: it will not reach its end, but may be run again
 * at once, and then is one with that run.  If it was called for what another
 * has put off, that is over as well.  Any context.
 */
void fgft_inject_abandon(const struct fgft_entry *entry, bool again);

/* A call of @entry has done what it had put off to its end.  Any context. */
void fgft_inject_commit(const struct fgft_entry *entry);

/* The driver that owns @entry is going: forget it.  Any context. */
void fgft_inject_forget(const struct fgft_entry *entry);

/* Does this code run in the call that is to be struck or profiled? */
bool fgft_inject_within(void);

/*
 * Mutants, compiled in beside the sites: see mutant.c.  Forget @mod, which is
 * going.
 */
int fgft_mutant_init(struct kobject *parent);
void fgft_mutant_exit(struct kobject *parent);
void fgft_mutant_forget(struct fgft_module *mod);

#endif /* FGFT_INJECT_H */
