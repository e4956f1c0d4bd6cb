// SPDX-License-Identifier: GPL-2.0
/*
 * Two-phase locks: what a call takes it keeps until its end.
 *
 * Nobody may see a store that can still be undone, so a lock the driver lets
 * go of inside a call stays taken until the call commits or has been rolled
 * back.  A later take of the same lock finds it taken already and is only
 * counted.
 *
 * Keeping locks longer than the driver meant to would add two dangers that
 * the driver does not have:
 *
 * - Sleeping, or waiting for somebody who needs such a lock.  The table of
 *   kernel functions marks those functions, and their wrappers publish first:
 *   what the driver has let go of is really released, in the middle of the
 *   call.  fgft_call.published remembers that from there on others may have
 *   seen the call's stores.
 * - Lock order.  The driver takes B after it has released A; another thread
 *   takes A while it holds B.  With A kept that is a deadlock.  So, while
 *   anything is kept, a lock is first tried; if it is busy, the kept ones are
 *   published before blocking on it.  The driver's own order is then the only
 *   order left.
 *
 * Interrupt flags and bottom halves are handled apart from the lock words,
 * because locks need not be released in the reverse order of their takes.
 * The oldest lock taken with interrupts saved owns the flags to go back to;
 * when it is released before a younger one, the younger inherits them.
 *
 * A lock released here was not taken here (handed over from an earlier call):
 * its release is deferred to commit and forgotten on abort, when the owner is
 * again who it was.
 */

#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>

#include "kapi.h"

/* In fgft_held.flags: bottom halves to be enabled again, no irq flags. */
#define LOCK_BH		(FGFT_NO_FLAGS - 1)

/* What a take turns off besides; more includes less. */
enum lock_flavour {
	LOCK_FLAVOUR_PLAIN,
	LOCK_FLAVOUR_BH,
	LOCK_FLAVOUR_IRQ,
};

static enum lock_flavour lock_flavour(const struct fgft_held *held)
{
	if (held->flags == FGFT_NO_FLAGS)
		return LOCK_FLAVOUR_PLAIN;
	return held->flags == LOCK_BH ? LOCK_FLAVOUR_BH : LOCK_FLAVOUR_IRQ;
}

static struct fgft_held *lock_find(struct fgft_call *call, const void *lock)
{
	u32 i;

	for (i = 0; i < call->nheld; i++)
		if (call->held[i].lock == lock)
			return &call->held[i];
	return NULL;
}

bool fgft_lock_retake(struct fgft_call *call, void *lock)
{
	struct fgft_held *held = lock_find(call, lock);

	if (!held)
		return false;
	held->takes++;
	return true;
}

void fgft_lock_took(struct fgft_call *call, void *lock, fgft_effect_t release,
		    u64 flags)
{
	struct fgft_held *held = &call->held[call->nheld++];

	*held = (struct fgft_held){
		.lock = lock,
		.release = release,
		.flags = flags,
		.takes = 1,
	};
}

void fgft_lock_drop(struct fgft_call *call, void *lock)
{
	struct fgft_held *held = lock_find(call, lock);

	if (held && held->takes)
		held->takes--;
}

/*
 * Release the locks for which @all or which the driver has let go of, newest
 * first, then go back to the flags that are due, then enable bottom halves:
 * they must not run with interrupts off.
 */
static u32 lock_release_some(struct fgft_call *call, bool all)
{
	u64 flags = FGFT_NO_FLAGS;
	u32 released = 0;
	u32 bottom = 0;
	u32 kept = 0;
	u32 i;

	for (i = 0; i < call->nheld && flags == FGFT_NO_FLAGS; i++)
		if (lock_flavour(&call->held[i]) == LOCK_FLAVOUR_IRQ)
			flags = call->held[i].flags;

	for (i = call->nheld; i-- > 0;) {
		struct fgft_held *held = &call->held[i];

		if (held->takes && !all)
			continue;
		held->release((u64)held->lock, held->flags, 0, 0);
		bottom += held->flags == LOCK_BH;
		held->lock = NULL;
		released++;
	}

	for (i = 0; i < call->nheld; i++) {
		struct fgft_held *held = &call->held[i];

		if (!held->lock)
			continue;
		if (flags != FGFT_NO_FLAGS &&
		    lock_flavour(held) == LOCK_FLAVOUR_IRQ) {
			held->flags = flags;
			flags = FGFT_NO_FLAGS;
		}
		call->held[kept++] = *held;
	}
	call->nheld = kept;

	if (flags != FGFT_NO_FLAGS) {
		/* The unlocks above could not reschedule with interrupts off. */
		preempt_disable();
		local_irq_restore((unsigned long)flags);
		preempt_enable();
	}
	while (bottom--)
		local_bh_enable();
	return released;
}

void fgft_lock_publish(struct fgft_call *call)
{
	u32 i;

	for (i = 0; i < call->nheld; i++) {
		if (call->held[i].takes)
			continue;
		lock_release_some(call, false);
		call->published = true;
		return;
	}
}

u32 fgft_lock_release(struct fgft_call *call)
{
	u32 leaked = 0;
	u32 i;

	for (i = 0; i < call->nheld; i++)
		leaked += call->held[i].takes;
	if (call->nheld)
		lock_release_some(call, true);
	return leaked;
}

/*
 * Common head of every take.  True: nothing is left to do.
 *
 * An exclusive lock which the driver itself holds at this moment would never
 * be got natively; the call is given up instead of hanging.  One that was kept
 * from a weaker take than @flavour does not do: it is published and taken anew.
 */
static bool lock_begin(struct fgft_call *call, void *lock, size_t size,
		       enum lock_flavour flavour, unsigned long ip,
		       const char *what)
{
	struct fgft_held *held = lock_find(call, lock);

	if (held && held->takes)
		fgft_abort(call, FGFT_CAUSE_BALANCE, ip, (unsigned long)lock,
			   what);
	if (held && lock_flavour(held) < flavour)
		fgft_lock_publish(call);
	if (fgft_lock_retake(call, lock))
		return true;
	kapi_need(call, FGFT_OBJECT_WRITABLE, lock, size, ip, what);
	if (call->nheld == FGFT_HELD)
		fgft_lock_publish(call);
	if (call->nheld == FGFT_HELD)
		fgft_abort(call, FGFT_CAUSE_MEMORY, ip, (unsigned long)lock,
			   what);
	return false;
}

/*
 * Common body of every release.  @native releases the lock if this call did
 * not take it.
 */
static void lock_end(struct fgft_call *call, void *lock, size_t size,
		     fgft_effect_t native, u64 flags, unsigned long ip,
		     const char *what)
{
	if (lock_find(call, lock)) {
		fgft_lock_drop(call, lock);
		return;
	}
	kapi_need(call, FGFT_OBJECT_WRITABLE, lock, size, ip, what);
	fgft_call_defer(call, native, (u64)lock, flags, 0, 0);
}

/* ---- spinlocks ----------------------------------------------------------- */

static void spin_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	_raw_spin_unlock((raw_spinlock_t *)lock);
}

static void spin_native_unlock(u64 lock, u64 flags, u64 c, u64 d)
{
	raw_spinlock_t *raw = (raw_spinlock_t *)lock;

	if (flags == FGFT_NO_FLAGS)
		_raw_spin_unlock(raw);
	else if (flags == LOCK_BH)
		_raw_spin_unlock_bh(raw);
	else
		_raw_spin_unlock_irqrestore(raw, (unsigned long)flags);
}

/* Take @lock with interrupts as they are. */
static void spin_take(struct fgft_call *call, raw_spinlock_t *lock)
{
	if (call->nheld && _raw_spin_trylock(lock))
		return;
	fgft_lock_publish(call);
	_raw_spin_lock(lock);
}

static void spin_lock_plain(struct fgft_call *call, raw_spinlock_t *lock,
			    unsigned long ip, const char *what)
{
	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_PLAIN,
		       ip, what))
		return;
	spin_take(call, lock);
	fgft_lock_took(call, lock, spin_let_go, FGFT_NO_FLAGS);
}

static void spin_lock_bottom(struct fgft_call *call, raw_spinlock_t *lock,
			     unsigned long ip, const char *what)
{
	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_BH,
		       ip, what))
		return;
	local_bh_disable();
	spin_take(call, lock);
	fgft_lock_took(call, lock, spin_let_go, LOCK_BH);
}

static unsigned long spin_lock_saved(struct fgft_call *call,
				     raw_spinlock_t *lock, unsigned long ip,
				     const char *what)
{
	unsigned long flags;

	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_IRQ,
		       ip, what)) {
		/* The driver hands this back on release, where it is ignored. */
		local_save_flags(flags);
		return flags;
	}
	local_irq_save(flags);
	if (call->nheld && !_raw_spin_trylock(lock)) {
		/* Publishing may be what turns interrupts on again. */
		local_irq_restore(flags);
		fgft_lock_publish(call);
		local_irq_save(flags);
		_raw_spin_lock(lock);
	} else if (!call->nheld) {
		_raw_spin_lock(lock);
	}
	fgft_lock_took(call, lock, spin_let_go, flags);
	return flags;
}

static int spin_try(struct fgft_call *call, raw_spinlock_t *lock, u64 flags,
		    unsigned long ip, const char *what)
{
	struct fgft_held *held = lock_find(call, lock);

	if (held && held->takes)
		return 0;
	if (lock_begin(call, lock, sizeof(*lock),
		       flags == LOCK_BH ? LOCK_FLAVOUR_BH : LOCK_FLAVOUR_PLAIN,
		       ip, what))
		return 1;
	if (flags == LOCK_BH)
		local_bh_disable();
	if (!_raw_spin_trylock(lock)) {
		if (flags == LOCK_BH)
			local_bh_enable();
		return 0;
	}
	fgft_lock_took(call, lock, spin_let_go, flags);
	return 1;
}

/*
 * The names twins use.  A spinlock_t and its raw lock share the address, which
 * is what a lock is known by.
 */
#define LOCK_PLAIN(name, type, raw)					\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock);					\
	spin_lock_plain(call, raw, _RET_IP_, #name);			\
}

#define LOCK_BOTTOM(name, type, raw)					\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock);					\
	spin_lock_bottom(call, raw, _RET_IP_, #name);			\
}

#define LOCK_IRQ(name, type, raw)					\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock);					\
	spin_lock_saved(call, raw, _RET_IP_, #name);			\
}

#define LOCK_UNLOCK(name, type, raw, native_flags)			\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock);					\
	lock_end(call, raw, sizeof(raw_spinlock_t), spin_native_unlock,	\
		 native_flags, _RET_IP_, #name);			\
}

#define LOCK_RESTORE(name, type, raw)					\
KAPI_EXPORT(void, name, (type *lock, unsigned long flags))		\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock, flags);				\
	lock_end(call, raw, sizeof(raw_spinlock_t), spin_native_unlock,	\
		 flags, _RET_IP_, #name);				\
}

#define LOCK_TRY(name, type, raw, flags)				\
KAPI_EXPORT(int, name, (type *lock))					\
{									\
	struct fgft_call *call = fgft_call_current();			\
									\
	if (!call)							\
		return name(lock);					\
	return spin_try(call, raw, flags, _RET_IP_, #name);		\
}

LOCK_PLAIN(_raw_spin_lock, raw_spinlock_t, lock)
LOCK_PLAIN(spin_lock, spinlock_t, &lock->rlock)
LOCK_BOTTOM(_raw_spin_lock_bh, raw_spinlock_t, lock)
LOCK_BOTTOM(spin_lock_bh, spinlock_t, &lock->rlock)
LOCK_IRQ(_raw_spin_lock_irq, raw_spinlock_t, lock)
LOCK_IRQ(spin_lock_irq, spinlock_t, &lock->rlock)
LOCK_UNLOCK(_raw_spin_unlock, raw_spinlock_t, lock, FGFT_NO_FLAGS)
LOCK_UNLOCK(spin_unlock, spinlock_t, &lock->rlock, FGFT_NO_FLAGS)
LOCK_UNLOCK(_raw_spin_unlock_bh, raw_spinlock_t, lock, LOCK_BH)
LOCK_UNLOCK(spin_unlock_bh, spinlock_t, &lock->rlock, LOCK_BH)
LOCK_UNLOCK(_raw_spin_unlock_irq, raw_spinlock_t, lock, X86_EFLAGS_IF)
LOCK_UNLOCK(spin_unlock_irq, spinlock_t, &lock->rlock, X86_EFLAGS_IF)
LOCK_RESTORE(_raw_spin_unlock_irqrestore, raw_spinlock_t, lock)
LOCK_RESTORE(spin_unlock_irqrestore, spinlock_t, &lock->rlock)
LOCK_TRY(_raw_spin_trylock, raw_spinlock_t, lock, FGFT_NO_FLAGS)
LOCK_TRY(spin_trylock, spinlock_t, &lock->rlock, FGFT_NO_FLAGS)
LOCK_TRY(_raw_spin_trylock_bh, raw_spinlock_t, lock, LOCK_BH)
LOCK_TRY(spin_trylock_bh, spinlock_t, &lock->rlock, LOCK_BH)

KAPI_EXPORT(unsigned long, _raw_spin_lock_irqsave, (raw_spinlock_t *lock))
{
	struct fgft_call *call = fgft_call_current();

	if (!call)
		return _raw_spin_lock_irqsave(lock);
	return spin_lock_saved(call, lock, _RET_IP_, "_raw_spin_lock_irqsave");
}

/* ---- mutexes ------------------------------------------------------------- */

static void mutex_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	mutex_unlock((struct mutex *)lock);
}

KAPI_EXPORT(void, mutex_lock, (struct mutex *lock))
{
	struct fgft_call *call = fgft_call_current();

	if (!call)
		return mutex_lock(lock);
	kapi_sleeps(call, _RET_IP_, "mutex_lock");
	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_PLAIN,
		       _RET_IP_, "mutex_lock"))
		return;
	if (!mutex_trylock(lock)) {
		fgft_lock_publish(call);
		mutex_lock(lock);
	}
	fgft_lock_took(call, lock, mutex_let_go, FGFT_NO_FLAGS);
}

KAPI_EXPORT(int, mutex_lock_interruptible, (struct mutex *lock))
{
	struct fgft_call *call = fgft_call_current();
	int err;

	if (!call)
		return mutex_lock_interruptible(lock);
	kapi_sleeps(call, _RET_IP_, "mutex_lock_interruptible");
	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_PLAIN,
		       _RET_IP_,
		       "mutex_lock_interruptible"))
		return 0;
	if (!mutex_trylock(lock)) {
		fgft_lock_publish(call);
		err = mutex_lock_interruptible(lock);
		if (err)
			return err;
	}
	fgft_lock_took(call, lock, mutex_let_go, FGFT_NO_FLAGS);
	return 0;
}

KAPI_EXPORT(int, mutex_trylock, (struct mutex *lock))
{
	struct fgft_call *call = fgft_call_current();
	struct fgft_held *held;

	if (!call)
		return mutex_trylock(lock);
	held = lock_find(call, lock);
	if (held && held->takes)
		return 0;
	if (lock_begin(call, lock, sizeof(*lock), LOCK_FLAVOUR_PLAIN,
		       _RET_IP_, "mutex_trylock"))
		return 1;
	if (!mutex_trylock(lock))
		return 0;
	fgft_lock_took(call, lock, mutex_let_go, FGFT_NO_FLAGS);
	return 1;
}

KAPI_EXPORT(void, mutex_unlock, (struct mutex *lock))
{
	struct fgft_call *call = fgft_call_current();

	if (!call)
		return mutex_unlock(lock);
	lock_end(call, lock, sizeof(*lock), mutex_let_go, FGFT_NO_FLAGS,
		 _RET_IP_, "mutex_unlock");
}

/*
 * The RTNL has no address a module could name; its lock function stands for
 * it among the held ones.
 */
static void rtnl_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	rtnl_unlock();
}

KAPI_EXPORT(void, rtnl_lock, (void))
{
	struct fgft_call *call = fgft_call_current();
	struct fgft_held *held;

	if (!call)
		return rtnl_lock();
	kapi_sleeps(call, _RET_IP_, "rtnl_lock");
	held = lock_find(call, rtnl_lock);
	if (held && held->takes)
		fgft_abort(call, FGFT_CAUSE_BALANCE, _RET_IP_, 0, "rtnl_lock");
	if (fgft_lock_retake(call, rtnl_lock))
		return;
	if (call->nheld == FGFT_HELD)
		fgft_lock_publish(call);
	if (call->nheld == FGFT_HELD)
		fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, 0, "rtnl_lock");
	if (!rtnl_trylock()) {
		fgft_lock_publish(call);
		rtnl_lock();
	}
	fgft_lock_took(call, rtnl_lock, rtnl_let_go, FGFT_NO_FLAGS);
}

KAPI_EXPORT(void, rtnl_unlock, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (!call)
		return rtnl_unlock();
	if (lock_find(call, rtnl_lock))
		fgft_lock_drop(call, rtnl_lock);
	else
		fgft_call_defer(call, rtnl_let_go, 0, 0, 0, 0);
}
