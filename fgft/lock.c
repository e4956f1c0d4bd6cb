// SPDX-License-Identifier: GPL-2.0
/*
 * Two-phase locks: what a call takes it keeps until its end.
 *
 * Nobody may see a store that can still be undone, so a lock the driver lets
 * go of inside a call stays taken until the call commits or has been rolled
 * back.  A later take of the same lock finds it taken already and is only
 * counted.
 *
 * Keeping locks longer than the driver meant to would add dangers that
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
 * - Being let in.  A lock taken with interrupts off by hand is dropped, then
 *   interrupts are let in: a handler may take it.  What lets them in publishes
 *   (lock_context.c).
 *
 * Interrupt flags and bottom halves are handled apart from the lock words,
 * because locks need not be released in the reverse order of their takes.
 * The oldest lock taken with interrupts saved owns the flags to go back to;
 * when it is released before a younger one, the younger inherits them.
 *
 * Locks that several readers hold are kept like others; a reader's take does
 * not do for a writer.
 *
 * A lock released here was not taken here (handed over from an earlier call):
 * its release is deferred to commit and forgotten on abort, when the owner is
 * again who it was.
 *
 * The kinds of locks are in lock_spin.c and lock_sleep.c.
 */

#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>

#include "kapi.h"
#include "lock.h"

enum lock_flavour fgft_lock_flavour(const struct fgft_held *held)
{
	if (held->flags == FGFT_NO_FLAGS)
		return LOCK_FLAVOUR_PLAIN;
	return held->flags == LOCK_BH ? LOCK_FLAVOUR_BH : LOCK_FLAVOUR_IRQ;
}

struct fgft_held *fgft_lock_find(struct fgft_call *call, const void *lock)
{
	struct fgft_held *found = NULL;
	u32 i;

	for (i = 0; i < call->nheld; i++) {
		struct fgft_held *held = &call->held[i];

		if (held->lock == lock && (!found || found->takes))
			found = held;
	}
	return found;
}

/**
 * fgft_lock_retake - take a lock that is kept
 * @call: running call
 * @lock: the lock
 *
 * Context: Inside @call.
 * Return: true if @lock is ours already: the take is counted and nothing is to
 * be done.  False: take it, and call fgft_lock_took().
 */
bool fgft_lock_retake(struct fgft_call *call, void *lock)
{
	struct fgft_held *held = fgft_lock_find(call, lock);

	if (!held)
		return false;
	held->takes++;
	return true;
}

/**
 * fgft_lock_took - remember a lock that has just been taken
 * @call: running call, with room among its locks
 * @lock: the lock
 * @release: called with @lock and @flags at the end
 * @flags: saved interrupt flags, FGFT_NO_FLAGS or LOCK_BH
 *
 * Context: Inside @call.
 */
void fgft_lock_took(struct fgft_call *call, void *lock, fgft_effect_t release,
		    u64 flags)
{
	struct fgft_held *held = &call->held[call->nheld++];

	call->touched = true;
	*held = (struct fgft_held){
		.lock = lock,
		.release = release,
		.flags = flags,
		.takes = 1,
	};
}

/**
 * fgft_lock_drop - the driver lets go
 * @call: running call
 * @lock: a lock that is kept to the end of the call, or until it is published
 *
 * Context: Inside @call.
 */
void fgft_lock_drop(struct fgft_call *call, void *lock)
{
	u32 i;

	for (i = call->nheld; i-- > 0;) {
		struct fgft_held *held = &call->held[i];

		if (held->lock == lock && held->takes) {
			held->takes--;
			return;
		}
	}
}

/*
 * Bottom halves that wait run when the count gets to zero, which they must not
 * with interrupts off: then the interrupt that comes next runs them.
 */
static void bottom_enable(u32 count)
{
	while (count--) {
		if (irqs_disabled())
			preempt_count_sub(SOFTIRQ_DISABLE_OFFSET);
		else
			local_bh_enable();
	}
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
		if (fgft_lock_flavour(&call->held[i]) == LOCK_FLAVOUR_IRQ)
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
		    fgft_lock_flavour(held) == LOCK_FLAVOUR_IRQ) {
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
	bottom_enable(bottom);
	return released;
}

/**
 * fgft_lock_publish - really release what the driver has let go of
 * @call: running call, about to sleep or to wait for somebody
 *
 * Context: Inside @call.
 */
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

/**
 * fgft_lock_release - end of a call: release everything, newest first
 * @call: running call
 *
 * Context: Inside @call.
 * Return: how many takes the driver had not let go of.
 */
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

unsigned long fgft_lock_irq_flags(const struct fgft_call *call)
{
	unsigned long flags;
	bool owed = false;
	u64 due = 0;
	u32 i;

	local_save_flags(flags);
	for (i = 0; i < call->nheld; i++) {
		const struct fgft_held *held = &call->held[i];

		if (fgft_lock_flavour(held) != LOCK_FLAVOUR_IRQ)
			continue;
		if (held->takes)
			return flags;
		if (!owed)
			due = held->flags;
		owed = true;
	}
	return owed ? (unsigned long)due : flags;
}

/*
 * Would the driver, as it stands, wait for itself?  Calls below on this
 * processor, and those of the same task, cannot go on before this one ends.
 * What one of the same task merely keeps is let go; what an interrupted one
 * keeps cannot be taken from it, it may be anywhere.
 */
static bool lock_is_hopeless(const struct lock_site *site, bool shared)
{
	struct fgft_call *call;
	bool kept = false;
	u32 i;

	for (call = site->call; call; call = call->below) {
		for (i = 0; i < call->nheld; i++) {
			const struct fgft_held *held = &call->held[i];

			if (held->lock != site->lock)
				continue;
			if (held->takes && !(held->shared && shared))
				return true;
			kept = !held->takes;
		}
		if (kept && call->level != site->call->level)
			return true;
		if (kept && call != site->call)
			fgft_lock_publish(call);
		kept = false;
	}
	return false;
}

static void lock_make_room(const struct lock_site *site)
{
	if (site->size)
		kapi_need(site->call, FGFT_OBJECT_WRITABLE, site->lock,
			  site->size, site->ip, site->what);
	if (site->call->nheld == FGFT_HELD)
		fgft_lock_publish(site->call);
	if (site->call->nheld == FGFT_HELD)
		fgft_abort(site->call, FGFT_CAUSE_MEMORY, site->ip,
			   (unsigned long)site->lock, site->what);
}

/* Is what was kept as much as is wanted now?  If not it is let go. */
static bool lock_will_do(const struct lock_site *site,
			 enum lock_flavour flavour, bool shared)
{
	struct fgft_held *held = fgft_lock_find(site->call, site->lock);

	if (!held)
		return false;
	if (fgft_lock_flavour(held) >= flavour && (shared || !held->shared)) {
		held->takes++;
		return true;
	}
	fgft_lock_publish(site->call);
	return false;
}

/*
 * A lock which the driver itself holds at this moment would never be got
 * natively; the call is given up instead of hanging.
 */
bool fgft_lock_begin(const struct lock_site *site, enum lock_flavour flavour,
		     bool shared)
{
	if (lock_is_hopeless(site, shared))
		fgft_abort(site->call, FGFT_CAUSE_DEADLOCK, site->ip,
			   (unsigned long)site->lock, site->what);
	if (lock_will_do(site, flavour, shared))
		return true;
	lock_make_room(site);
	return false;
}

bool fgft_lock_try(const struct lock_site *site, enum lock_flavour flavour,
		   bool shared, bool *taken)
{
	*taken = !lock_is_hopeless(site, shared);
	if (!*taken || lock_will_do(site, flavour, shared))
		return true;
	lock_make_room(site);
	return false;
}

void fgft_lock_keep(const struct lock_site *site, fgft_effect_t release,
		    u64 flags, bool shared)
{
	fgft_lock_took(site->call, site->lock, release, flags);
	site->call->held[site->call->nheld - 1].shared = shared;
}

/*
 * What the release turns on may not be what the take turned off: flags may be
 * saved by hand, before the take.  Then interrupts, or bottom halves, come on
 * here, and so the lock cannot be kept: a handler may want it.
 */
static void lock_let_in(const struct lock_site *site,
			enum lock_flavour flavour, u64 flags)
{
	if (flags == FGFT_NO_FLAGS)
		return;
	if (flags == LOCK_BH) {
		if (flavour >= LOCK_FLAVOUR_BH)
			return;
		fgft_lock_publish(site->call);
		bottom_enable(1);
	} else if (flavour < LOCK_FLAVOUR_IRQ &&
		   (flags & X86_EFLAGS_IF) && irqs_disabled()) {
		fgft_lock_publish(site->call);
		local_irq_restore((unsigned long)flags);
	}
}

/* Does the driver hold it, as it stands? */
static bool lock_is_taken(const struct lock_site *site)
{
	u32 i;

	for (i = 0; i < site->call->nheld; i++)
		if (site->call->held[i].lock == site->lock &&
		    site->call->held[i].takes)
			return true;
	return false;
}

void fgft_lock_end(const struct lock_site *site,
		   const struct lock_foreign *foreign, u64 flags)
{
	struct fgft_held *held = fgft_lock_find(site->call, site->lock);

	if (held && lock_is_taken(site)) {
		enum lock_flavour flavour = fgft_lock_flavour(held);

		fgft_lock_drop(site->call, site->lock);
		lock_let_in(site, flavour, flags);
		return;
	}
	if (site->size)
		kapi_need(site->call, FGFT_OBJECT_WRITABLE, site->lock,
			  site->size, site->ip, site->what);
	/* The caller's may be let go of; one nobody has, or we have let go, not. */
	if (foreign->held && (held || !foreign->held(site->lock)))
		fgft_abort(site->call, FGFT_CAUSE_BALANCE, site->ip,
			   (unsigned long)site->lock, site->what);
	fgft_call_defer(site->call, foreign->release, (u64)site->lock, flags,
			0, 0);
}
