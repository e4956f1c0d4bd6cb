/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of control.c: the files below /sys/kernel/fgft.  All sleep. */
#ifndef FGFT_CONTROL_H
#define FGFT_CONTROL_H

#include "fgft.h"

/* /sys/kernel/fgft, valid from fgft_control_init() to fgft_control_exit(). */
struct kobject *fgft_control_root(void);

/*
 * The files of a driver: a blank record is prepared, its files are added once
 * it is filled, and removing them, however far adding came, gives the record
 * up.  Announcements are waited for, and none may come any more, before that.
 */
void fgft_control_prepare(struct fgft_module *mod);
int fgft_control_add(struct fgft_module *mod);
void fgft_control_quiet(struct fgft_module *mod);
void fgft_control_remove(struct fgft_module *mod);

/* Tell user space about mod->last.  Any context; the uevent follows later. */
void fgft_control_announce(struct fgft_module *mod);

#endif /* FGFT_CONTROL_H */
