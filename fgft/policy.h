/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of policy.c that only its neighbours in fgft.ko need. */
#ifndef FGFT_POLICY_H
#define FGFT_POLICY_H

#include "fgft.h"

/* /sys/kernel/fgft, valid from fgft_policy_init() to fgft_policy_exit(). */
struct kobject *fgft_policy_root(void);

/* Tell user space about mod->last.  Any context; the uevent follows later. */
void fgft_policy_announce(struct fgft_module *mod);

/*
 * The entry @function of the loaded driver @module, NULL if there is none.
 * The result may be compared with later, but not dereferenced: the driver may
 * be gone.  May sleep.
 */
const struct fgft_entry *fgft_policy_entry(const char *module,
					   const char *function);

#endif /* FGFT_POLICY_H */
