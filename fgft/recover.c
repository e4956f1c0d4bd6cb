// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: the ladder from an aborted call to a device that works.
 *
 *   undo        memory and kernel effects are back; the device was not written
 *   registers   and plain registers hold their old values
 *   pm          and the driver's PM callbacks have re-initialised the device
 *   bus_reset   and the device has been reset in between
 *   rebind      the driver was unbound and bound, the user's settings replayed
 *   failed      the device could not be restored and stays detached
 *
 * Which step an abort starts at is decided before its rollback, in
 * fgft_recover_plan(): by what it wrote to the device, by whether its window is
 * still open, and by how often the entry point has faulted of late.
 *
 * The first two steps are done when fgft_recover_start() is called.  The others
 * may sleep and may need locks the caller of the entry point holds, so they run
 * in a worker, while the kernel is kept away from the device by its class
 * (quiesce.c) and by the gate (admit.c).  Each is checked after it ran; one
 * that has not helped, or has used up its budget, is followed by the next.
 *
 * What the worker calls in the driver are calls like any other: the memory they
 * work on may be bad in a way no rollback saw.  One that aborts is rolled back
 * and returns its error, and that is all: it is the ladder that goes on.
 *
 * Any number of calls may abort on one device at a time.  Each counts in
 * fgft_device.recovering from its plan on and hangs itself on the device's
 * list when it is rolled back.  One restore serves all that are on the list
 * when it begins; others get another one.  The device is let go when nobody
 * counts any more.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "fgft.h"
#include "registers.h"

#define DRAIN_LIMIT	(HZ / 10)	/* for calls on their way out */

static struct workqueue_struct *queue;

/* ---- steps ---------------------------------------------------------------------- */

static const struct rung {
	enum fgft_step step;
	int (*run)(struct fgft_device *dev);
	u32 times;		/* a minute, then the next step is taken */
	u32 seconds;		/* it may take in all of that minute */
} ladder[] = {
	{ FGFT_STEP_PM, fgft_checkpoint_restore, 128, 40 },
	{ FGFT_STEP_BUS_RESET, fgft_checkpoint_bus_reset, 16, 30 },
	{ FGFT_STEP_REBIND, fgft_rebind, 8, 30 },
};

#define BUDGET_NS	(60ULL * NSEC_PER_SEC)

/* Has this step been taken too often, or for too long, in this minute? */
static bool budget_left(struct fgft_device *dev, const struct rung *rung)
{
	struct fgft_budget *budget = &dev->budget[rung->step];
	u64 now = ktime_get_mono_fast_ns();

	if (!budget->runs || now - budget->begun_ns > BUDGET_NS)
		*budget = (struct fgft_budget){ .begun_ns = now };
	return budget->runs < rung->times &&
	       budget->spent_ns < rung->seconds * (u64)NSEC_PER_SEC;
}

static int take_step(struct fgft_device *dev, const struct rung *rung)
{
	struct fgft_budget *budget = &dev->budget[rung->step];
	u64 begun = ktime_get_mono_fast_ns();
	int err = rung->run(dev);

	budget->runs++;
	budget->spent_ns += ktime_get_mono_fast_ns() - begun;
	return err;
}

/* From @step upwards until one helps; the step that did, or FGFT_STEP_FAILED. */
static enum fgft_step climb(struct fgft_device *dev, enum fgft_step step,
			    int *err)
{
	enum fgft_step helped = FGFT_STEP_FAILED;
	u32 i;

	*err = -EOPNOTSUPP;
	for (i = 0; i < ARRAY_SIZE(ladder); i++) {
		if (ladder[i].step < step || !budget_left(dev, &ladder[i]))
			continue;
		*err = take_step(dev, &ladder[i]);
		/* The driver has left the device: nothing to restore it for. */
		if (*err == -ENODEV)
			break;
		if (*err)
			continue;
		helped = ladder[i].step;
		/*
		 * A link that does not come back may want a reset, but no
		 * more than that: somebody may have pulled the cable.
		 */
		if (fgft_quiesce_wait(dev) || helped != FGFT_STEP_PM ||
		    !fgft_checkpoint_can_reset(dev))
			break;
	}
	return *err ? FGFT_STEP_FAILED : helped;
}

/* ---- the worker -------------------------------------------------------------------- */

/*
 * Calls inside the driver see the device go away under them, as they would in
 * a suspend, where user space is frozen; give them time to leave.
 */
static void drain(const struct fgft_module *mod)
{
	unsigned long limit = jiffies + DRAIN_LIMIT;

	while (fgft_driver_inside(mod) && time_before(jiffies, limit))
		usleep_range(50, 100);
}

static void set_failed(struct fgft_device *dev, bool failed)
{
	if (dev->failed == failed)
		return;
	WRITE_ONCE(dev->failed, failed);
	if (failed)
		atomic_inc(&dev->mod->guarded);
	else
		atomic_dec(&dev->mod->guarded);
}

/* @served aborts are through; callers come back when no other is waiting. */
static void let_go(struct fgft_device *dev, u32 served)
{
	unsigned long flags;
	bool again;

	if (!dev->failed)
		fgft_quiesce_end(dev);
	raw_spin_lock_irqsave(&dev->lock, flags);
	dev->recovering -= served;
	again = dev->recovering;
	if (!again)
		WRITE_ONCE(dev->away, false);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	/* One that came since has found the device away; now it is back. */
	if (again && !dev->failed)
		fgft_quiesce_start(dev);
	if (!again)
		atomic_dec(&dev->mod->guarded);
	fgft_admit_wake();
}

/* The report of an abort, when the last step is done.  Takes @call over. */
static void tell(struct fgft_call *call, enum fgft_step step, int err, u32 lost)
{
	struct fgft_fault *fault = &call->fault;

	/* Memory that the device no longer knows of. */
	fgft_defer_run(call, true);
	fault->step = step;
	fault->restore_error = err;
	fault->settings_lost = lost;
	fault->restore_ns = ktime_get_mono_fast_ns() - fault->detected_ns;
	fgft_report(call);
}

static void recover_device(struct work_struct *work)
{
	struct fgft_device *dev = container_of(work, struct fgft_device, restore);
	struct llist_node *aborted = llist_del_all(&dev->aborted);
	struct fgft_module *mod = dev->mod;
	enum fgft_step step = FGFT_STEP_PM;
	struct fgft_call *call, *next;
	u32 served = 0;
	int err;

	if (!aborted)
		return;
	aborted = llist_reverse_order(aborted);
	llist_for_each_entry(call, aborted, waiting) {
		step = max(step, call->fault.step);
		served++;
	}

	WRITE_ONCE(dev->serving, served);
	drain(mod);
	WRITE_ONCE(dev->restorer, current);
	atomic_inc(&mod->restoring);
	/* Also those of the driver's functions the user wants native. */
	fgft_policy_apply(mod);
	fgft_quiesce_note(dev);
	dev->lost = 0;
	step = climb(dev, step, &err);
	atomic_dec(&mod->restoring);
	fgft_policy_apply(mod);
	WRITE_ONCE(dev->restorer, NULL);

	/* Memory is back, and the next driver sets the device up from nothing. */
	if (err == -ENODEV)
		step = FGFT_STEP_UNDO;
	set_failed(dev, step == FGFT_STEP_FAILED);
	/* Callers need not wait for a slow console, but users for the report. */
	WRITE_ONCE(dev->reporting, true);
	WRITE_ONCE(dev->serving, 0);
	let_go(dev, served);
	llist_for_each_entry_safe(call, next, aborted, waiting)
		tell(call, step, err, dev->lost);
	WRITE_ONCE(dev->reporting, false);
}

/**
 * fgft_recover_finish - the end of an abort that waited for one more call
 * @call: aborted call, see fgft_finish_expect()
 * @done: the driver has done now what was asked of it
 *
 * Context: Process, with the locks the entry point is called with.
 */
void fgft_recover_finish(struct fgft_call *call, bool done)
{
	struct fgft_device *dev = call->dev;

	if (!done) {
		fgft_ending_pin(call->mod);
		set_failed(dev, true);
	}
	WRITE_ONCE(dev->reporting, true);
	let_go(dev, 1);
	tell(call, done ? FGFT_STEP_AGAIN : FGFT_STEP_FAILED, 0, 0);
	WRITE_ONCE(dev->reporting, false);
}

/**
 * fgft_recover_prepare - make a device record fit for recovery
 * @dev: new record
 *
 * Context: Process.
 */
void fgft_recover_prepare(struct fgft_device *dev)
{
	INIT_WORK(&dev->restore, recover_device);
	init_llist_head(&dev->aborted);
	raw_spin_lock_init(&dev->lock);
}

/**
 * fgft_recover_bound - a driver has been bound to the device anew
 * @dev: device
 *
 * Whatever was wrong with it, the driver has initialised it from nothing.
 *
 * Context: Process, with the device locked.
 */
void fgft_recover_bound(struct fgft_device *dev)
{
	set_failed(dev, false);
	dev->down = false;
}

/**
 * fgft_recover_open - let the driver be called for a device again
 * @dev: device that is quiet, its memory rolled back
 *
 * Before the driver's callbacks set it up: they may wait for interrupts.
 * Callers that need the device to work are kept away by its class, or held,
 * until it does.
 *
 * Context: Process.
 */
void fgft_recover_open(struct fgft_device *dev)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&dev->lock, flags);
	/* An abort that came since has made it unfit again. */
	if (dev->recovering == dev->serving)
		WRITE_ONCE(dev->away, false);
	WRITE_ONCE(dev->unacked, 0);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

static void is_restorer(struct fgft_device *dev, void *data)
{
	if (READ_ONCE(dev->restorer) == current)
		*(bool *)data = true;
}

/**
 * fgft_recover_restores - is this task restoring a device of @mod?
 * @mod: the driver
 *
 * Context: Any.
 * Return: true in the recovery worker, while it runs the driver's callbacks.
 */
bool fgft_recover_restores(struct fgft_module *mod)
{
	bool found = false;

	if (likely(!atomic_read(&mod->restoring)) || !in_task())
		return false;
	fgft_checkpoint_each(mod, is_restorer, &found);
	return found;
}

/* ---- the abort --------------------------------------------------------------------- */

static struct fgft_device *device_of(const struct fgft_call *call)
{
	return call->dev ?: fgft_checkpoint_of(call->mod, call->entry,
					       call->frame->args);
}

/* Is it a step of the device's restore that has aborted? */
static bool in_restore(const struct fgft_call *call)
{
	struct fgft_device *dev;

	if (likely(!atomic_read(&call->mod->restoring)) || !in_task())
		return false;
	dev = device_of(call);
	return dev && READ_ONCE(dev->restorer) == current;
}

/**
 * fgft_recover_waits - will a restore see to what a call has left behind?
 * @call: aborted call, planned
 *
 * A card that has been told of a ring writes to it as soon as it is let, which
 * a driver's resume may do before it has reset the card.
 *
 * Context: Any.
 * Return: true if the call is kept until its device is back.
 */
bool fgft_recover_waits(const struct fgft_call *call)
{
	return call->ending == FGFT_ENDING_FINISH ||
	       (call->dev && call->fault.step >= FGFT_STEP_PM &&
		call->fault.step != FGFT_STEP_FAILED);
}

/* From now on only a restore brings the device back. */
static void begin(struct fgft_call *call)
{
	struct fgft_device *dev = call->dev;
	unsigned long flags;

	raw_spin_lock_irqsave(&dev->lock, flags);
	if (!dev->recovering++)
		atomic_inc(&dev->mod->guarded);
	if (!dev->away) {
		WRITE_ONCE(dev->away, true);
		fgft_checkpoint_silence(dev);
	}
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	/* Reads as true before that, to be on the safe side: callers wait. */
	WRITE_ONCE(dev->held, !fgft_quiesce_start(dev));
}

/**
 * fgft_recover_plan - decide what an aborted call needs, and begin with it
 * @call: aborted call, about to be rolled back
 *
 * Registers go back first: the driver's locks are still held.  If the device
 * is to be restored, the kernel is kept away from it before memory changes.
 *
 * Context: The entry point's, inside @call.
 */
void fgft_recover_plan(struct fgft_call *call)
{
	struct fgft_fault *fault = &call->fault;
	enum fgft_step least = FGFT_STEP_UNDO;

	call->restores = in_restore(call);
	if (!call->restores)
		least = fgft_repeat_note(call->entry->state);
	if (!fgft_registers_undo(call))
		fault->step = FGFT_STEP_PM;
	else if (call->closed)
		fault->step = FGFT_STEP_PM;
	else
		fault->step = fault->device_written ? FGFT_STEP_REGISTERS :
						      FGFT_STEP_UNDO;
	if (fault->step >= FGFT_STEP_PM || least)
		call->dev = device_of(call);
	/* Quarantine takes the fault, not the device. */
	if (least < FGFT_STEP_FAILED)
		fault->step = max(fault->step, least);
	else if (call->dev && (call->level & HARDIRQ_MASK))
		fgft_checkpoint_mute(call->dev, true);
	call->ending = fgft_ending_plan(call, fault->step);
	fault->step = fgft_ending_step(call->ending, fault->step);
	if (call->ending == FGFT_ENDING_FINISH) {
		begin(call);
		return;
	}
	/* The restore that is under way sees to the device. */
	if (call->restores && fault->step >= FGFT_STEP_PM &&
	    fault->step != FGFT_STEP_FAILED)
		fault->step = FGFT_STEP_UNDO;
	if (fault->step < FGFT_STEP_PM || fault->step == FGFT_STEP_FAILED)
		return;
	if (call->dev)
		begin(call);
	else
		fault->step = FGFT_STEP_UNDO;
}

/**
 * fgft_recover_conflicts - others have written what the call had written
 * @call: aborted call, rolled back
 *
 * Memory is neither what the call found nor what it made.  The driver's own
 * callbacks put it in order, where there is a device; else the report tells.
 *
 * Context: Any.
 */
void fgft_recover_conflicts(struct fgft_call *call)
{
	struct fgft_fault *fault = &call->fault;

	if (fault->step >= FGFT_STEP_PM || call->restores)
		return;
	/* It is about to set everything up from nothing, this too. */
	if (call->ending == FGFT_ENDING_AGAIN &&
	    call->entry->state->outcome.ending == FGFT_ENDING_ANEW)
		return;
	call->dev = device_of(call);
	if (!call->dev)
		return;
	fault->step = FGFT_STEP_PM;
	begin(call);
}

/**
 * fgft_recover_start - climb the ladder from an aborted call
 * @call: aborted call, rolled back; its fault says which step is needed
 *
 * Cannot fail.  The report comes once, when the last step is done.  @call is
 * no longer the caller's.
 *
 * Context: Any.
 */
void fgft_recover_start(struct fgft_call *call)
{
	struct fgft_fault *fault = &call->fault;
	struct fgft_device *dev = call->dev;

	if (call->ending == FGFT_ENDING_FINISH) {
		fgft_finish_note(dev);
		return;
	}
	/* Inverses that had to be left out: the callbacks set things right. */
	if (fault->effects_left && fault->step < FGFT_STEP_PM &&
	    !call->restores) {
		fault->step = dev ? FGFT_STEP_PM : FGFT_STEP_FAILED;
		if (dev)
			begin(call);
	}
	if (fault->step < FGFT_STEP_PM || fault->step == FGFT_STEP_FAILED) {
		fgft_report(call);
		return;
	}
	llist_add(&call->waiting, &dev->aborted);
	queue_work(queue, &dev->restore);
}

/*
 * A fault that comes back each time must not keep the machine busy: after so
 * many retries without a pause the entry point is left alone.
 */
#define RETRIES		16
#define RETRY_PAUSE_NS	(10ULL * NSEC_PER_SEC)

/**
 * fgft_recover_retry - have the entry point called again, within reason
 * @call: aborted call, rolled back
 *
 * Context: Any.
 */
void fgft_recover_retry(struct fgft_call *call)
{
	struct fgft_entry_state *state = call->entry->state;
	u64 now = ktime_get_mono_fast_ns();

	if (now - state->retry_ns > RETRY_PAUSE_NS)
		state->retries = 0;
	state->retry_ns = now;
	if (state->retries++ < RETRIES)
		fgft_class_retry(call);
}

static void is_recovering(struct fgft_device *dev, void *data)
{
	if (READ_ONCE(dev->recovering) || READ_ONCE(dev->reporting))
		*(bool *)data = true;
}

/**
 * fgft_recover_pending - is a device of @mod away from its users?
 * @mod: the driver
 *
 * Context: Any.
 * Return: true from an abort that needs a restore until that is reported.
 */
bool fgft_recover_pending(struct fgft_module *mod)
{
	bool pending = false;

	fgft_checkpoint_each(mod, is_recovering, &pending);
	return pending;
}

/**
 * fgft_recover_flush - wait for restores, reports included
 *
 * Context: Process, not holding locks the driver's PM callbacks take.
 */
void fgft_recover_flush(void)
{
	flush_workqueue(queue);
}

/**
 * fgft_recover_init - make the workqueue
 *
 * Context: Process.
 * Return: 0, or -ENOMEM.
 */
int fgft_recover_init(void)
{
	queue = alloc_workqueue("fgft", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return queue ? 0 : -ENOMEM;
}

/**
 * fgft_recover_exit - drain and free the workqueue
 *
 * Context: Process; no driver is known any more.
 */
void fgft_recover_exit(void)
{
	destroy_workqueue(queue);
}
