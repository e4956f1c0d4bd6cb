/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verbs of policy.c: settings as the text of their files.
 *
 * Setting gives 0, -EINVAL for anything but a policy, or -ENODEV when the
 * driver is on its way out; nothing has changed then.  All of them sleep.
 */
#ifndef FGFT_POLICY_H
#define FGFT_POLICY_H

#include "fgft.h"

int fgft_policy_set_entry(struct fgft_entry_state *state, const char *text);
int fgft_policy_set_device(struct fgft_device *dev, const char *text);
int fgft_policy_set_module(struct fgft_module *mod, const char *text);

/* Into a sysfs page; the length is returned. */
ssize_t fgft_policy_show_entry(struct fgft_entry_state *state, char *buf);
ssize_t fgft_policy_show_device(struct fgft_device *dev, char *buf);
ssize_t fgft_policy_show_module(struct fgft_module *mod, char *buf);

/* What a device is set to at first. */
void fgft_policy_prepare_device(struct fgft_device *dev);
/* A driver has come: what it is set to at first.  It goes: off for good. */
void fgft_policy_start(struct fgft_module *mod);
void fgft_policy_stop(struct fgft_module *mod);

#endif /* FGFT_POLICY_H */
