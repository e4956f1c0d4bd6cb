/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of finish.c: what its caller has given up.  Included by fgft.h. */
#ifndef FGFT_FINISH_H
#define FGFT_FINISH_H

#include <linux/types.h>

struct device_driver;
struct fgft_call;
struct fgft_device;
struct fgft_module;

/* What a device's driver was to give up, and has kept. */
struct fgft_given_up {
	struct fgft_call *call;		/* to be made once more, NULL: none */
	unsigned long argument;		/* its first */
	struct device_driver *driver;	/* what the device had then */
	void *driver_data;
	bool running;			/* that call is made now */
	bool aborted;			/* and was aborted too */
};

int fgft_finish_init(void);
void fgft_finish_exit(void);
/* Take @call for an entry point that is called once more; false if it is not. */
bool fgft_finish_expect(struct fgft_call *call);
void fgft_finish_note(struct fgft_device *dev);
void fgft_finish_unbound(struct fgft_device *dev);
void fgft_finish_abandon(struct fgft_module *mod);
/* In recover.c: @call was made up for, or not.  Takes it over. */
void fgft_recover_finish(struct fgft_call *call, bool done);

#endif /* FGFT_FINISH_H */
