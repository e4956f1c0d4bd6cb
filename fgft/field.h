/* SPDX-License-Identifier: GPL-2.0 */
/* field.c: kernel structs in a driver's memory. */
#ifndef FGFT_FIELD_H
#define FGFT_FIELD_H

#include <linux/types.h>

struct fgft_range;
struct fgft_span;

/* What may be written around @addr; false: it is the kernel's. */
bool fgft_field_find(const struct fgft_range *range, unsigned long addr,
		     size_t size, struct fgft_span *span);

#endif /* FGFT_FIELD_H */
