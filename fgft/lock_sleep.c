// SPDX-License-Identifier: GPL-2.0
/*
 * Locks that may sleep: mutexes, reader-writer semaphores, semaphores, and the
 * RTNL.  Kept by lock.c.
 *
 * A task that waits for one publishes what it keeps first, so that the order
 * of takes is the driver's.  A take that gives up, for a signal or a time-out,
 * has taken nothing and keeps nothing.
 */
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>

#include "kapi.h"
#include "lock.h"

/* ---- how the kinds are released ------------------------------------------- */

static void mutex_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	mutex_unlock((struct mutex *)lock);
}

static void read_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	up_read((struct rw_semaphore *)lock);
}

static void write_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	up_write((struct rw_semaphore *)lock);
}

static void downgrade(u64 lock, u64 flags, u64 c, u64 d)
{
	downgrade_write((struct rw_semaphore *)lock);
}

static void sem_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	up((struct semaphore *)lock);
}

static void rtnl_let_go(u64 lock, u64 flags, u64 c, u64 d)
{
	rtnl_unlock();
}

static bool mutex_held(void *lock)
{
	return mutex_is_locked(lock);
}

static bool rwsem_held(void *lock)
{
	return rwsem_is_locked(lock);
}

static bool rtnl_held(void *lock)
{
	return rtnl_is_locked();
}

static const struct lock_foreign mutex_foreign = { mutex_held, mutex_let_go };
static const struct lock_foreign read_foreign = { rwsem_held, read_let_go };
static const struct lock_foreign write_foreign = { rwsem_held, write_let_go };
/* Who ups a semaphore need not have downed it. */
static const struct lock_foreign sem_foreign = { NULL, sem_let_go };
static const struct lock_foreign rtnl_foreign = { rtnl_held, rtnl_let_go };

/* ---- mutexes and reader-writer semaphores --------------------------------- */

#define SLEEP_SITE(name, address, bytes)				\
	const struct lock_site site = {					\
		.call = fgft_call_current(),				\
		.lock = address,					\
		.size = bytes,						\
		.ip = _RET_IP_,						\
		.what = #name,						\
	}

/* A take that cannot fail; @try takes it without waiting. */
#define SLEEP_LOCK(name, type, try, let_go, shared)			\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	SLEEP_SITE(name, lock, sizeof(*lock));				\
									\
	if (!site.call)							\
		return name(lock);					\
	kapi_sleeps(site.call, _RET_IP_, #name);			\
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, shared))		\
		return;							\
	if (!try(lock)) {						\
		fgft_lock_publish(site.call);				\
		name(lock);						\
	}								\
	fgft_lock_keep(&site, let_go, FGFT_NO_FLAGS, shared);		\
}

/* A take that a signal ends. */
#define SLEEP_LOCK_SIGNAL(name, type, try, let_go, shared)		\
KAPI_EXPORT(int, name, (type *lock))					\
{									\
	SLEEP_SITE(name, lock, sizeof(*lock));				\
	int err;							\
									\
	if (!site.call)							\
		return name(lock);					\
	kapi_sleeps(site.call, _RET_IP_, #name);			\
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, shared))		\
		return 0;						\
	if (!try(lock)) {						\
		fgft_lock_publish(site.call);				\
		err = name(lock);					\
		if (err)						\
			return err;					\
	}								\
	fgft_lock_keep(&site, let_go, FGFT_NO_FLAGS, shared);		\
	return 0;							\
}

#define SLEEP_TRY(name, type, let_go, shared)				\
KAPI_EXPORT(int, name, (type *lock))					\
{									\
	SLEEP_SITE(name, lock, sizeof(*lock));				\
	bool taken;							\
									\
	if (!site.call)							\
		return name(lock);					\
	if (fgft_lock_try(&site, LOCK_FLAVOUR_PLAIN, shared, &taken))	\
		return taken;						\
	if (!name(lock))						\
		return 0;						\
	fgft_lock_keep(&site, let_go, FGFT_NO_FLAGS, shared);		\
	return 1;							\
}

#define SLEEP_UNLOCK(name, type, foreign)				\
KAPI_EXPORT(void, name, (type *lock))					\
{									\
	SLEEP_SITE(name, lock, sizeof(*lock));				\
									\
	if (!site.call)							\
		return name(lock);					\
	fgft_lock_end(&site, &foreign, FGFT_NO_FLAGS);			\
}

SLEEP_LOCK(mutex_lock, struct mutex, mutex_trylock, mutex_let_go, false)

/* What these are on a kernel with lockdep. */
KAPI_EXPORT(void, mutex_lock_nested, (struct mutex *lock, unsigned int subclass))
{
	SLEEP_SITE(mutex_lock_nested, lock, sizeof(*lock));

	if (!site.call)
		return mutex_lock_nested(lock, subclass);
	kapi_sleeps(site.call, _RET_IP_, "mutex_lock_nested");
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, false))
		return;
	if (!mutex_trylock(lock)) {
		fgft_lock_publish(site.call);
		mutex_lock_nested(lock, subclass);
	}
	fgft_lock_keep(&site, mutex_let_go, FGFT_NO_FLAGS, false);
}

#define MUTEX_LOCK_SIGNAL_NESTED(name)					\
KAPI_EXPORT(int, name, (struct mutex *lock, unsigned int subclass))	\
{									\
	SLEEP_SITE(name, lock, sizeof(*lock));				\
	int err;							\
									\
	if (!site.call)							\
		return name(lock, subclass);				\
	kapi_sleeps(site.call, _RET_IP_, #name);			\
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, false))		\
		return 0;						\
	if (!mutex_trylock(lock)) {					\
		fgft_lock_publish(site.call);				\
		err = name(lock, subclass);				\
		if (err)						\
			return err;					\
	}								\
	fgft_lock_keep(&site, mutex_let_go, FGFT_NO_FLAGS, false);	\
	return 0;							\
}

MUTEX_LOCK_SIGNAL_NESTED(mutex_lock_interruptible_nested)
MUTEX_LOCK_SIGNAL_NESTED(mutex_lock_killable_nested)

SLEEP_LOCK_SIGNAL(mutex_lock_interruptible, struct mutex, mutex_trylock,
		  mutex_let_go, false)
SLEEP_LOCK_SIGNAL(mutex_lock_killable, struct mutex, mutex_trylock,
		  mutex_let_go, false)
SLEEP_TRY(mutex_trylock, struct mutex, mutex_let_go, false)
SLEEP_UNLOCK(mutex_unlock, struct mutex, mutex_foreign)

SLEEP_LOCK(down_read, struct rw_semaphore, down_read_trylock, read_let_go, true)
SLEEP_LOCK_SIGNAL(down_read_interruptible, struct rw_semaphore,
		  down_read_trylock, read_let_go, true)
SLEEP_LOCK_SIGNAL(down_read_killable, struct rw_semaphore, down_read_trylock,
		  read_let_go, true)
SLEEP_TRY(down_read_trylock, struct rw_semaphore, read_let_go, true)
SLEEP_UNLOCK(up_read, struct rw_semaphore, read_foreign)

SLEEP_LOCK(down_write, struct rw_semaphore, down_write_trylock, write_let_go,
	   false)
SLEEP_LOCK_SIGNAL(down_write_killable, struct rw_semaphore, down_write_trylock,
		  write_let_go, false)
SLEEP_TRY(down_write_trylock, struct rw_semaphore, write_let_go, false)
SLEEP_UNLOCK(up_write, struct rw_semaphore, write_foreign)

/* Readers are let in when the call ends or publishes, with what it wrote. */
KAPI_EXPORT(void, downgrade_write, (struct rw_semaphore *sem))
{
	SLEEP_SITE(downgrade_write, sem, sizeof(*sem));

	if (!site.call)
		return downgrade_write(sem);
	if (fgft_lock_find(site.call, sem))
		return;
	kapi_need(site.call, FGFT_OBJECT_WRITABLE, sem, site.size, site.ip,
		  site.what);
	fgft_call_defer(site.call, downgrade, (u64)sem, 0, 0, 0);
}

/* ---- semaphores -------------------------------------------------------------- */

/*
 * A semaphore has no owner: several takes by one task are legal, and so is a
 * release by somebody else.  Each take is an entry of its own.
 */
static bool sem_begin(const struct lock_site *site)
{
	struct fgft_held *held = fgft_lock_find(site->call, site->lock);

	if (held && !held->takes) {
		held->takes++;
		return true;
	}
	kapi_need(site->call, FGFT_OBJECT_WRITABLE, site->lock, site->size,
		  site->ip, site->what);
	if (site->call->nheld == FGFT_HELD)
		fgft_lock_publish(site->call);
	if (site->call->nheld == FGFT_HELD)
		fgft_abort(site->call, FGFT_CAUSE_MEMORY, site->ip,
			   (unsigned long)site->lock, site->what);
	return false;
}

/* @wait takes it natively, 0 on success; down_trylock() returns 1 on failure. */
static int sem_take(const struct lock_site *site, int (*wait)(void *sem, long arg),
		    long arg)
{
	int err;

	kapi_sleeps(site->call, site->ip, site->what);
	if (sem_begin(site))
		return 0;
	if (down_trylock(site->lock)) {
		fgft_lock_publish(site->call);
		err = wait(site->lock, arg);
		if (err)
			return err;
	}
	fgft_lock_keep(site, sem_let_go, FGFT_NO_FLAGS, false);
	return 0;
}

static int sem_wait(void *sem, long unused)
{
	down(sem);
	return 0;
}

static int sem_wait_interruptible(void *sem, long unused)
{
	return down_interruptible(sem);
}

static int sem_wait_killable(void *sem, long unused)
{
	return down_killable(sem);
}

static int sem_wait_timeout(void *sem, long timeout)
{
	return down_timeout(sem, timeout);
}

KAPI_EXPORT(void, down, (struct semaphore *sem))
{
	SLEEP_SITE(down, sem, sizeof(*sem));

	if (!site.call)
		return down(sem);
	sem_take(&site, sem_wait, 0);
}

KAPI_EXPORT(int, down_interruptible, (struct semaphore *sem))
{
	SLEEP_SITE(down_interruptible, sem, sizeof(*sem));

	if (!site.call)
		return down_interruptible(sem);
	return sem_take(&site, sem_wait_interruptible, 0);
}

KAPI_EXPORT(int, down_killable, (struct semaphore *sem))
{
	SLEEP_SITE(down_killable, sem, sizeof(*sem));

	if (!site.call)
		return down_killable(sem);
	return sem_take(&site, sem_wait_killable, 0);
}

KAPI_EXPORT(int, down_timeout, (struct semaphore *sem, long timeout))
{
	SLEEP_SITE(down_timeout, sem, sizeof(*sem));

	if (!site.call)
		return down_timeout(sem, timeout);
	return sem_take(&site, sem_wait_timeout, timeout);
}

KAPI_EXPORT(int, down_trylock, (struct semaphore *sem))
{
	SLEEP_SITE(down_trylock, sem, sizeof(*sem));

	if (!site.call)
		return down_trylock(sem);
	if (sem_begin(&site))
		return 0;
	if (down_trylock(sem))
		return 1;
	fgft_lock_keep(&site, sem_let_go, FGFT_NO_FLAGS, false);
	return 0;
}

SLEEP_UNLOCK(up, struct semaphore, sem_foreign)

/* ---- the RTNL ------------------------------------------------------------------ */

/*
 * It has no address a module could name; its lock function stands for it among
 * the held ones.
 */
KAPI_EXPORT(void, rtnl_lock, (void))
{
	SLEEP_SITE(rtnl_lock, rtnl_lock, 0);

	if (!site.call)
		return rtnl_lock();
	kapi_sleeps(site.call, _RET_IP_, "rtnl_lock");
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, false))
		return;
	if (!rtnl_trylock()) {
		fgft_lock_publish(site.call);
		rtnl_lock();
	}
	fgft_lock_keep(&site, rtnl_let_go, FGFT_NO_FLAGS, false);
}

KAPI_EXPORT(int, rtnl_lock_killable, (void))
{
	SLEEP_SITE(rtnl_lock_killable, rtnl_lock, 0);
	int err;

	if (!site.call)
		return rtnl_lock_killable();
	kapi_sleeps(site.call, _RET_IP_, "rtnl_lock_killable");
	if (fgft_lock_begin(&site, LOCK_FLAVOUR_PLAIN, false))
		return 0;
	if (!rtnl_trylock()) {
		fgft_lock_publish(site.call);
		err = rtnl_lock_killable();
		if (err)
			return err;
	}
	fgft_lock_keep(&site, rtnl_let_go, FGFT_NO_FLAGS, false);
	return 0;
}

KAPI_EXPORT(int, rtnl_trylock, (void))
{
	SLEEP_SITE(rtnl_trylock, rtnl_lock, 0);
	bool taken;

	if (!site.call)
		return rtnl_trylock();
	if (fgft_lock_try(&site, LOCK_FLAVOUR_PLAIN, false, &taken))
		return taken;
	if (!rtnl_trylock())
		return 0;
	fgft_lock_keep(&site, rtnl_let_go, FGFT_NO_FLAGS, false);
	return 1;
}

KAPI_EXPORT(void, rtnl_unlock, (void))
{
	SLEEP_SITE(rtnl_unlock, rtnl_lock, 0);

	if (!site.call)
		return rtnl_unlock();
	fgft_lock_end(&site, &rtnl_foreign, FGFT_NO_FLAGS);
}
