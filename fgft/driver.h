/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of driver.c that only its neighbours in fgft.ko need. */
#ifndef FGFT_DRIVER_H
#define FGFT_DRIVER_H

#include "fgft.h"

const struct fgft_entry *fgft_driver_entry(const char *module,
					   const char *function);
void fgft_driver_free(struct fgft_module *mod);

#endif /* FGFT_DRIVER_H */
