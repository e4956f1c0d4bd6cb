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

/*
 * The files of a device.  Removing them gives the record up; hiding leaves it.
 * Without memory there are none, and the device works all the same.
 */
void fgft_control_device_prepare(struct fgft_device *dev);
void fgft_control_device_add(struct fgft_device *dev);
void fgft_control_device_hide(struct fgft_device *dev);
void fgft_control_device_remove(struct fgft_device *dev);

/* Tell user space about mod->last.  Any context; the uevent follows later. */
void fgft_control_announce(struct fgft_module *mod);

#endif /* FGFT_CONTROL_H */
