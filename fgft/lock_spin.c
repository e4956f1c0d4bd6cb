// SPDX-License-Identifier: GPL-2.0
/*
 * Spinlocks, reader-writer spinlocks and sequence locks, kept by lock.c.
 *
 * The names are those twins call: the kernel's functions, which inline helpers
 * of the headers lead to.  A spinlock_t and its raw lock share the address,
 * which is what a lock is known by.
 *
 * Locks are taken and released as words here; interrupts and bottom halves are
 * lock.c's, because locks need not be released in the reverse order of their
 * takes.
 */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include "kapi.h"
#include "lock.h"

/* One kind: how its word is handled, and how it is released by who kept it. */
struct spin_kind {
	size_t size;
	bool shared;
	void (*lock)(void *lock);
	int (*trylock)(void *lock);
	fgft_effect_t let_go;
	struct lock_foreign foreign;
};

static bool raw_spin_held(raw_spinlock_t *lock)
{
	return raw_spin_is_locked(lock);
}

static bool rw_held(rwlock_t *lock)
{
	return atomic_read(&lock->raw_lock.cnts);
}

#define SPIN_KIND(kind, type, stem, is_shared, is_held)				\
static void kind##_lock(void *lock)					\
{									\
	_raw_##stem##_lock((type *)lock);				\
}									\
									\
static int kind##_trylock(void *lock)					\
{									\
	return _raw_##stem##_trylock((type *)lock);			\
}									\
									\
static void kind##_let_go(u64 lock, u64 flags, u64 c, u64 d)		\
{									\
	_raw_##stem##_unlock((type *)(unsigned long)lock);		\
}									\
									\
static void kind##_native_unlock(u64 lock, u64 flags, u64 c, u64 d)	\
{									\
	type *raw = (type *)(unsigned long)lock;			\
									\
	if (flags == FGFT_NO_FLAGS)					\
		_raw_##stem##_unlock(raw);				\
	else if (flags == LOCK_BH)					\
		_raw_##stem##_unlock_bh(raw);				\
	else								\
		_raw_##stem##_unlock_irqrestore(raw, (unsigned long)flags); \
}									\
									\
static bool kind##_held(void *lock)					\
{									\
	return is_held((type *)lock);					\
}									\
									\
static const struct spin_kind kind = {					\
	.size = sizeof(type),						\
	.shared = is_shared,						\
	.lock = kind##_lock,						\
	.trylock = kind##_trylock,					\
	.let_go = kind##_let_go,					\
	.foreign = {							\
		.held = kind##_held,					\
		.release = kind##_native_unlock,			\
	},								\
}

SPIN_KIND(spin_kind, raw_spinlock_t, spin, false, raw_spin_held);
SPIN_KIND(read_kind, rwlock_t, read, true, rw_held);
SPIN_KIND(write_kind, rwlock_t, write, false, rw_held);

/* Take the word with interrupts as they are. */
static void spin_take(const struct lock_site *site, const struct spin_kind *kind)
{
	if (site->call->nheld && kind->trylock(site->lock))
		return;
	fgft_lock_publish(site->call);
	kind->lock(site->lock);
}

static void spin_plain(const struct lock_site *site,
		       const struct spin_kind *kind)
{
	if (fgft_lock_begin(site, LOCK_FLAVOUR_PLAIN, kind->shared))
		return;
	spin_take(site, kind);
	fgft_lock_keep(site, kind->let_go, FGFT_NO_FLAGS, kind->shared);
}

static void spin_bottom(const struct lock_site *site,
			const struct spin_kind *kind)
{
	if (fgft_lock_begin(site, LOCK_FLAVOUR_BH, kind->shared))
		return;
	local_bh_disable();
	spin_take(site, kind);
	fgft_lock_keep(site, kind->let_go, LOCK_BH, kind->shared);
}

static unsigned long spin_saved(const struct lock_site *site,
				const struct spin_kind *kind)
{
	/* What is kept may have interrupts off which the driver left on. */
	unsigned long seen = fgft_lock_irq_flags(site->call), flags;

	if (fgft_lock_begin(site, LOCK_FLAVOUR_IRQ, kind->shared))
		return seen;
	local_irq_save(flags);
	if (site->call->nheld && !kind->trylock(site->lock)) {
		/* Publishing may be what turns interrupts on again. */
		local_irq_restore(flags);
		fgft_lock_publish(site->call);
		local_irq_save(flags);
		kind->lock(site->lock);
	} else if (!site->call->nheld) {
		kind->lock(site->lock);
	}
	fgft_lock_keep(site, kind->let_go, flags, kind->shared);
	return seen;
}

static int spin_try(const struct lock_site *site, const struct spin_kind *kind,
		    u64 flags)
{
	enum lock_flavour flavour = flags == LOCK_BH ? LOCK_FLAVOUR_BH :
						       LOCK_FLAVOUR_PLAIN;
	bool taken;

	if (fgft_lock_try(site, flavour, kind->shared, &taken))
		return taken;
	if (flags == LOCK_BH)
		local_bh_disable();
	if (!kind->trylock(site->lock)) {
		if (flags == LOCK_BH)
			local_bh_enable();
		return 0;
	}
	fgft_lock_keep(site, kind->let_go, flags, kind->shared);
	return 1;
}

/* ---- what twins call -------------------------------------------------------- */

#define SPIN_SITE(name, raw, kind)					\
	const struct lock_site site = {					\
		.call = fgft_call_current(),				\
		.lock = raw,						\
		.size = (kind)->size,					\
		.ip = _RET_IP_,						\
		.what = #name,						\
	}

#define SPIN_LOCK(name, type, raw, kind, take)				\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	SPIN_SITE(name, raw, kind);					\
									\
	if (!site.call)							\
		return name(lock);					\
	take(&site, kind);						\
}

#define SPIN_SAVE(name, type, raw, kind)				\
KAPI_EXPORT(unsigned long, name, (type *lock))				\
{									\
	SPIN_SITE(name, raw, kind);					\
									\
	if (!site.call)							\
		return name(lock);					\
	return spin_saved(&site, kind);					\
}

#define SPIN_UNLOCK(name, type, raw, kind, flags)			\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	SPIN_SITE(name, raw, kind);					\
									\
	if (!site.call)							\
		return name(lock);					\
	fgft_lock_end(&site, &(kind)->foreign, flags);		\
}

#define SPIN_RESTORE(name, type, raw, kind)				\
KAPI_EXPORT(void, name, (type *lock, unsigned long flags))		\
{									\
	SPIN_SITE(name, raw, kind);					\
									\
	if (!site.call)							\
		return name(lock, flags);				\
	fgft_lock_end(&site, &(kind)->foreign, flags);		\
}

#define SPIN_TRY(name, type, raw, kind, flags)				\
KAPI_EXPORT(int, name, (type *lock))					\
{									\
	SPIN_SITE(name, raw, kind);					\
									\
	if (!site.call)							\
		return name(lock);					\
	return spin_try(&site, kind, flags);				\
}

SPIN_LOCK(_raw_spin_lock, raw_spinlock_t, lock, &spin_kind, spin_plain)
SPIN_LOCK(_raw_spin_lock_bh, raw_spinlock_t, lock, &spin_kind, spin_bottom)
SPIN_LOCK(_raw_spin_lock_irq, raw_spinlock_t, lock, &spin_kind, spin_saved)
SPIN_SAVE(_raw_spin_lock_irqsave, raw_spinlock_t, lock, &spin_kind)
SPIN_TRY(_raw_spin_trylock, raw_spinlock_t, lock, &spin_kind, FGFT_NO_FLAGS)
SPIN_TRY(_raw_spin_trylock_bh, raw_spinlock_t, lock, &spin_kind, LOCK_BH)
SPIN_UNLOCK(_raw_spin_unlock, raw_spinlock_t, lock, &spin_kind, FGFT_NO_FLAGS)
SPIN_UNLOCK(_raw_spin_unlock_bh, raw_spinlock_t, lock, &spin_kind, LOCK_BH)
SPIN_UNLOCK(_raw_spin_unlock_irq, raw_spinlock_t, lock, &spin_kind,
	    X86_EFLAGS_IF)
SPIN_RESTORE(_raw_spin_unlock_irqrestore, raw_spinlock_t, lock, &spin_kind)

SPIN_LOCK(spin_lock, spinlock_t, &lock->rlock, &spin_kind, spin_plain)
SPIN_LOCK(spin_lock_bh, spinlock_t, &lock->rlock, &spin_kind, spin_bottom)
SPIN_LOCK(spin_lock_irq, spinlock_t, &lock->rlock, &spin_kind, spin_saved)
SPIN_TRY(spin_trylock, spinlock_t, &lock->rlock, &spin_kind, FGFT_NO_FLAGS)
SPIN_TRY(spin_trylock_bh, spinlock_t, &lock->rlock, &spin_kind, LOCK_BH)
SPIN_UNLOCK(spin_unlock, spinlock_t, &lock->rlock, &spin_kind, FGFT_NO_FLAGS)
SPIN_UNLOCK(spin_unlock_bh, spinlock_t, &lock->rlock, &spin_kind, LOCK_BH)
SPIN_UNLOCK(spin_unlock_irq, spinlock_t, &lock->rlock, &spin_kind,
	    X86_EFLAGS_IF)
SPIN_RESTORE(spin_unlock_irqrestore, spinlock_t, &lock->rlock, &spin_kind)

#define RW_LOCKS(stem, kind)						\
SPIN_LOCK(_raw_##stem##_lock, rwlock_t, lock, kind, spin_plain)		\
SPIN_LOCK(_raw_##stem##_lock_bh, rwlock_t, lock, kind, spin_bottom)	\
SPIN_LOCK(_raw_##stem##_lock_irq, rwlock_t, lock, kind, spin_saved)	\
SPIN_SAVE(_raw_##stem##_lock_irqsave, rwlock_t, lock, kind)		\
SPIN_TRY(_raw_##stem##_trylock, rwlock_t, lock, kind, FGFT_NO_FLAGS)	\
SPIN_UNLOCK(_raw_##stem##_unlock, rwlock_t, lock, kind, FGFT_NO_FLAGS)	\
SPIN_UNLOCK(_raw_##stem##_unlock_bh, rwlock_t, lock, kind, LOCK_BH)	\
SPIN_UNLOCK(_raw_##stem##_unlock_irq, rwlock_t, lock, kind, X86_EFLAGS_IF) \
SPIN_RESTORE(_raw_##stem##_unlock_irqrestore, rwlock_t, lock, kind)

RW_LOCKS(read, &read_kind)
RW_LOCKS(write, &write_kind)

/* ---- sequence counters ------------------------------------------------------- */

/*
 * Readers look at the counter without a lock.  An abort moves it on, not back:
 * what has been read in between is to be read again.  The inverse of a begin is
 * an end, so that the counter is odd while stores are put back.
 */
static void seq_undo_begin(u64 seq, u64 b, u64 c, u64 d)
{
	do_raw_write_seqcount_end((seqcount_t *)seq);
}

static void seq_undo_end(u64 seq, u64 b, u64 c, u64 d)
{
	do_raw_write_seqcount_begin((seqcount_t *)seq);
}

static void seq_begin(const struct lock_site *site, seqcount_t *seq)
{
	kapi_need(site->call, FGFT_OBJECT_WRITABLE, seq, sizeof(*seq),
		  site->ip, site->what);
	do_raw_write_seqcount_begin(seq);
	fgft_call_undo(site->call, seq_undo_begin, 0, (u64)seq, 0, 0, 0);
}

static void seq_end(const struct lock_site *site, seqcount_t *seq)
{
	kapi_need(site->call, FGFT_OBJECT_WRITABLE, seq, sizeof(*seq),
		  site->ip, site->what);
	do_raw_write_seqcount_end(seq);
	fgft_call_undo(site->call, seq_undo_end, 0, (u64)seq, 0, 0, 0);
}

#define SEQ_COUNT(name, step)						\
KAPI_EXPORT(void, name, (seqcount_t *s))				\
{									\
	const struct lock_site site = {					\
		.call = fgft_call_current(),				\
		.ip = _RET_IP_,						\
		.what = #name,						\
	};								\
									\
	if (!site.call)							\
		return name(s);						\
	step(&site, s);							\
}

SEQ_COUNT(do_write_seqcount_begin, seq_begin)
SEQ_COUNT(do_raw_write_seqcount_begin, seq_begin)
SEQ_COUNT(do_write_seqcount_end, seq_end)
SEQ_COUNT(do_raw_write_seqcount_end, seq_end)

KAPI_EXPORT(void, do_write_seqcount_begin_nested,
	    (seqcount_t *s, int subclass))
{
	const struct lock_site site = {
		.call = fgft_call_current(),
		.ip = _RET_IP_,
		.what = "do_write_seqcount_begin_nested",
	};

	if (!site.call)
		return do_write_seqcount_begin_nested(s, subclass);
	seq_begin(&site, s);
}

#define SEQ_LOCK(name, take)						\
KAPI_EXPORT(void, name, (seqlock_t *sl))				\
{									\
	SPIN_SITE(name, &sl->lock.rlock, &spin_kind);			\
									\
	if (!site.call)							\
		return name(sl);					\
	take(&site, &spin_kind);					\
	seq_begin(&site, &sl->seqcount.seqcount);			\
}

#define SEQ_UNLOCK(name, flags)						\
KAPI_EXPORT(void, name, (seqlock_t *sl))				\
{									\
	SPIN_SITE(name, &sl->lock.rlock, &spin_kind);			\
									\
	if (!site.call)							\
		return name(sl);					\
	seq_end(&site, &sl->seqcount.seqcount);				\
	fgft_lock_end(&site, &spin_kind.foreign, flags);		\
}

SEQ_LOCK(write_seqlock, spin_plain)
SEQ_LOCK(write_seqlock_bh, spin_bottom)
SEQ_LOCK(write_seqlock_irq, spin_saved)
SEQ_UNLOCK(write_sequnlock, FGFT_NO_FLAGS)
SEQ_UNLOCK(write_sequnlock_bh, LOCK_BH)
SEQ_UNLOCK(write_sequnlock_irq, X86_EFLAGS_IF)

KAPI_EXPORT(unsigned long, __write_seqlock_irqsave, (seqlock_t *sl))
{
	SPIN_SITE(__write_seqlock_irqsave, &sl->lock.rlock, &spin_kind);
	unsigned long flags;

	if (!site.call)
		return __write_seqlock_irqsave(sl);
	flags = spin_saved(&site, &spin_kind);
	seq_begin(&site, &sl->seqcount.seqcount);
	return flags;
}

KAPI_EXPORT(void, write_sequnlock_irqrestore,
	    (seqlock_t *sl, unsigned long flags))
{
	SPIN_SITE(write_sequnlock_irqrestore, &sl->lock.rlock, &spin_kind);

	if (!site.call)
		return write_sequnlock_irqrestore(sl, flags);
	seq_end(&site, &sl->seqcount.seqcount);
	fgft_lock_end(&site, &spin_kind.foreign, flags);
}
