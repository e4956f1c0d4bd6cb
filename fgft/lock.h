/* SPDX-License-Identifier: GPL-2.0 */
/* What every kind of lock is made of; lock.c. */
#ifndef FGFT_LOCK_H
#define FGFT_LOCK_H

#include "fgft.h"

/* In fgft_held.flags: bottom halves to be enabled again, no irq flags. */
#define LOCK_BH		(FGFT_NO_FLAGS - 1)

/* What a take turns off besides; more includes less. */
enum lock_flavour {
	LOCK_FLAVOUR_PLAIN,
	LOCK_FLAVOUR_BH,
	LOCK_FLAVOUR_IRQ,
};

/* Where a wrapper is, for checks and reports. */
struct lock_site {
	struct fgft_call *call;
	void *lock;
	size_t size;		/* of the lock; 0: it is the kernel's */
	unsigned long ip;
	const char *what;
};

enum lock_flavour fgft_lock_flavour(const struct fgft_held *held);
/* The newest entry of @lock, one the driver has let go of if there is one. */
struct fgft_held *fgft_lock_find(struct fgft_call *call, const void *lock);
/* Common head of every take.  True: it was ours, nothing is left to do. */
bool fgft_lock_begin(const struct lock_site *site, enum lock_flavour flavour,
		     bool shared);
/* Like it for a try: *@taken is the result if it returns true. */
bool fgft_lock_try(const struct lock_site *site, enum lock_flavour flavour,
		   bool shared, bool *taken);
/* The lock was taken: keep it. */
void fgft_lock_keep(const struct lock_site *site, fgft_effect_t release,
		    u64 flags, bool shared);
/* What can be done with a lock that was not taken here. */
struct lock_foreign {
	bool (*held)(void *lock);	/* by anybody; NULL: needs no holder */
	fgft_effect_t release;
};

/* Common body of every release; @foreign is for locks not taken here. */
void fgft_lock_end(const struct lock_site *site,
		   const struct lock_foreign *foreign, u64 flags);
/* The interrupt flags the driver would read if nothing were kept. */
unsigned long fgft_lock_irq_flags(const struct fgft_call *call);

#endif /* FGFT_LOCK_H */
