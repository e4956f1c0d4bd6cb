/* SPDX-License-Identifier: GPL-2.0 */
/* quiesce.c: keeping the kernel away from a device; included by fgft.h. */
#ifndef FGFT_QUIESCE_H
#define FGFT_QUIESCE_H

#include <linux/list.h>

struct fgft_device;

bool fgft_quiesce_start(struct fgft_device *dev);	/* any context */
void fgft_quiesce_note(struct fgft_device *dev);
void fgft_quiesce_end(struct fgft_device *dev);
/* Wait for the link there was; false if it does not come. */
bool fgft_quiesce_wait(struct fgft_device *dev);
bool fgft_quiesce_in_use(struct fgft_device *dev);

/* A class that a module of the kernel brings, in our module beside that. */
struct fgft_quiescer {
	struct list_head link;
	/* A restore begins: say so to users, as a suspend of the system would. */
	void (*note)(struct fgft_device *dev);
};

void fgft_quiescer_add(struct fgft_quiescer *quiescer);
void fgft_quiescer_remove(struct fgft_quiescer *quiescer);

#endif /* FGFT_QUIESCE_H */
