/* SPDX-License-Identifier: GPL-2.0 */
/* Critical sections of every kind, to be aborted; locks.c is isolated. */
#ifndef LOCKS_H
#define LOCKS_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

/* They protect nothing: they are taken and left. */
struct locks {
	raw_spinlock_t raw;
	spinlock_t spin;	/* alone, or around the next */
	spinlock_t inner;	/* alone, or inside of it */
	rwlock_t rw;
	struct mutex mutex;	/* alone, or around all */
	struct rw_semaphore rwsem;
	struct semaphore sem;
	seqlock_t seq;
	u64 value;
	bool on[3];	/* were interrupts, as lock_by_hand() saw them? */
};

extern struct locks locks;

/* The sections by name; what can be left behind; what a task waits for itself. */
extern const char * const lock_names[];
extern const u32 lock_count;
extern const char * const leak_names[];
extern const u32 leak_count;
extern const char * const twice_names[];
extern const u32 twice_count;

/*
 * One section, twice in a row, adding one to locks.value in each: strike
 * @held inside the second, @dropped behind it.
 */
long lock_run(u32 which, int held, int dropped);
long lock_leak(u32 which, int strike);
long lock_twice(u32 which, int strike);
long lock_order(int strike);
long lock_by_hand(int strike);

void locks_setup(void);

#endif /* LOCKS_H */
