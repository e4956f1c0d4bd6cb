/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of driver.c that only its neighbours in fgft.ko need. */
#ifndef FGFT_DRIVER_H
#define FGFT_DRIVER_H

#include "fgft.h"

const struct fgft_entry *fgft_driver_entry(const char *module,
					   const char *function);
/* A loaded driver by name, kept loaded until put; NULL if there is none. */
struct fgft_module *fgft_driver_get(const char *module);
void fgft_driver_put(struct fgft_module *mod);
void fgft_driver_free(struct fgft_module *mod);

#endif /* FGFT_DRIVER_H */
