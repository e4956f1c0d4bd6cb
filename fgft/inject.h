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

/* A call of @entry was aborted: it will not reach its end.  Any context. */
void fgft_inject_abandon(const struct fgft_entry *entry);

/* The driver that owns @entry is going: forget it.  Any context. */
void fgft_inject_forget(const struct fgft_entry *entry);

#endif /* FGFT_INJECT_H */
