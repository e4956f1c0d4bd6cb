// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of timers and work items whose inverse depends on what was there
 * before.
 */

#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "kapi.h"

/* ---- timers --------------------------------------------------------------- */

KAPI_EFFECT(mod_timer, mod_timer(AS(struct timer_list *, a), b))
KAPI_EFFECT(del_timer, del_timer(AS(struct timer_list *, a)))

/* The timer goes back to where it is now. */
static void timer_undo(struct fgft_call *c, struct timer_list *timer)
{
	if (timer_pending(timer))
		UNDO(mod_timer, 0, timer, timer->expires);
	else
		UNDO(del_timer, 0, timer);
}

KAPI_EXPORT(int, mod_timer, (struct timer_list *timer, unsigned long expires))
{
	KAPI_ENTER(mod_timer);

	if (c) {
		NEED(WRITABLE, timer, sizeof(*timer));
		timer_undo(c, timer);
	}
	return mod_timer(timer, expires);
}

KAPI_EXPORT(void, add_timer, (struct timer_list *timer))
{
	KAPI_ENTER(add_timer);

	if (c) {
		NEED(WRITABLE, timer, sizeof(*timer));
		/* A pending timer here is a BUG(): not one to pass on. */
		if (timer_pending(timer))
			fgft_abort(c, FGFT_CAUSE_ARGUMENT, _RET_IP_,
				   (unsigned long)timer, kapi_name);
		timer_undo(c, timer);
	}
	add_timer(timer);
}

KAPI_EXPORT(int, del_timer, (struct timer_list *timer))
{
	KAPI_ENTER(del_timer);

	if (c) {
		NEED(WRITABLE, timer, sizeof(*timer));
		timer_undo(c, timer);
	}
	return del_timer(timer);
}

KAPI_EXPORT(int, del_timer_sync, (struct timer_list *timer))
{
	KAPI_ENTER(del_timer_sync);

	if (c) {
		fgft_lock_publish(c);
		NEED(WRITABLE, timer, sizeof(*timer));
		timer_undo(c, timer);
	}
	return del_timer_sync(timer);
}

KAPI_EFFECT(timer_shutdown, timer_shutdown_sync(AS(struct timer_list *, a)))

KAPI_EXPORT(int, timer_shutdown_sync, (struct timer_list *timer))
{
	KAPI_ENTER(timer_shutdown_sync);

	if (!c)
		return timer_shutdown_sync(timer);
	fgft_lock_publish(c);
	NEED(WRITABLE, timer, sizeof(*timer));
	timer_undo(c, timer);
	COMMIT(timer_shutdown, timer);
	return del_timer_sync(timer);
}

/* ---- delayed work ----------------------------------------------------------- */

/* Queue again for the time it had; at once if that has passed. */
static void kapi_do_requeue_delayed(u64 a, u64 expires, u64 wq, u64 cpu)
{
	struct delayed_work *work = AS(struct delayed_work *, a);
	unsigned long now = jiffies;

	queue_delayed_work_on((int)cpu, AS(struct workqueue_struct *, wq), work,
			      time_after((unsigned long)expires, now) ?
				      (unsigned long)expires - now : 0);
}

/* What a delayed work is due for, read before it is changed. */
struct due {
	unsigned long expires;
	struct workqueue_struct *wq;
	int cpu;
};

static struct due work_due(struct delayed_work *work)
{
	return (struct due){
		.expires = timer_pending(&work->timer) ? work->timer.expires :
							 jiffies,
		.wq = work->wq ? work->wq : system_wq,
		.cpu = work->wq ? work->cpu : WORK_CPU_UNBOUND,
	};
}

static void requeue_undo(struct fgft_call *c, struct delayed_work *work,
			 const struct due *due)
{
	UNDO(requeue_delayed, 0, work, due->expires, due->wq, due->cpu);
}

KAPI_EXPORT(bool, cancel_delayed_work_sync, (struct delayed_work *work))
{
	KAPI_ENTER(cancel_delayed_work_sync);
	struct due due;
	bool r;

	if (!c)
		return cancel_delayed_work_sync(work);
	fgft_lock_publish(c);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(WRITABLE, work, sizeof(*work));
	due = work_due(work);
	r = cancel_delayed_work_sync(work);
	if (r)
		requeue_undo(c, work, &due);
	return r;
}

KAPI_EXPORT(bool, cancel_delayed_work, (struct delayed_work *work))
{
	KAPI_ENTER(cancel_delayed_work);
	struct due due;
	bool r;

	if (!c)
		return cancel_delayed_work(work);
	NEED(WRITABLE, work, sizeof(*work));
	due = work_due(work);
	r = cancel_delayed_work(work);
	if (r)
		requeue_undo(c, work, &due);
	return r;
}

KAPI_EFFECT(cancel_delayed, cancel_delayed_work(AS(struct delayed_work *, a)))

KAPI_EXPORT(bool, mod_delayed_work_on, (int cpu, struct workqueue_struct *wq,
					struct delayed_work *work,
					unsigned long delay))
{
	KAPI_ENTER(mod_delayed_work_on);
	struct due due;
	bool r;

	if (!c)
		return mod_delayed_work_on(cpu, wq, work, delay);
	NEED(READABLE, wq, sizeof(long));
	NEED(WRITABLE, work, sizeof(*work));
	due = work_due(work);
	r = mod_delayed_work_on(cpu, wq, work, delay);
	if (r)
		requeue_undo(c, work, &due);
	/* Newer, so first: queueing again does nothing to pending work. */
	UNDO(cancel_delayed, 0, work);
	return r;
}

KAPI_EXPORT(bool, mod_delayed_work, (struct workqueue_struct *wq,
				     struct delayed_work *work,
				     unsigned long delay))
{
	return fgft_k_mod_delayed_work_on(WORK_CPU_UNBOUND, wq, work, delay);
}

/* ---- work --------------------------------------------------------------------- */

/*
 * A pending work item does not tell its queue to modules: it comes back on the
 * system's, which is where schedule_work() puts it.
 */
KAPI_EFFECT(requeue, queue_work(system_wq, AS(struct work_struct *, a)))

KAPI_EXPORT(bool, cancel_work_sync, (struct work_struct *work))
{
	KAPI_ENTER(cancel_work_sync);
	bool r;

	if (!c)
		return cancel_work_sync(work);
	fgft_lock_publish(c);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(WRITABLE, work, sizeof(*work));
	r = cancel_work_sync(work);
	if (r)
		UNDO(requeue, 0, work);
	return r;
}

/* ---- queues ------------------------------------------------------------------------- */

#define NAME_SIZE	24	/* what the kernel keeps of it */

KAPI_EFFECT(destroy_workqueue,
	    destroy_workqueue(AS(struct workqueue_struct *, a)))

KAPI_EXPORT(struct workqueue_struct *, alloc_workqueue,
	    (const char *fmt, unsigned int flags, int max_active, ...))
{
	KAPI_ENTER(alloc_workqueue);
	struct workqueue_struct *wq;
	char name[NAME_SIZE];
	va_list args;

	if (c) {
		kapi_sleeps(c, _RET_IP_, kapi_name);
		NEED(STRING, fmt, 0);
	}
	va_start(args, max_active);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	wq = alloc_workqueue("%s", flags, max_active, name);
	if (c && wq)
		UNDO(destroy_workqueue, FGFT_EFFECT_SLEEPS, wq);
	return wq;
}

/* ---- offers to sleep --------------------------------------------------------------- */

/* A kept lock makes the context atomic where natively it would not be. */
static bool may_resched(void)
{
	return !preempt_count() && !irqs_disabled();
}

KAPI_EXPORT(int, _cond_resched, (void))
{
	struct fgft_call *c = fgft_call_current();

	return !c || may_resched() ? _cond_resched() : 0;
}

KAPI_EXPORT(int, __cond_resched, (void))
{
	struct fgft_call *c = fgft_call_current();

	return !c || may_resched() ? _cond_resched() : 0;
}
