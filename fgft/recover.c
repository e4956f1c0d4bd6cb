// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: the ladder from an aborted call to a device that works.
 *
 *   undo        memory and kernel effects are back; the device was not written
 *   registers   and plain registers hold their old values
 *   pm          and the driver's PM callbacks have re-initialised the device
 *   failed      the device could not be restored and stays detached
 *
 * The first two are done when fgft_recover_start() is called.  The third may
 * sleep and may need locks the caller of the entry point holds, so it runs in
 * a worker, while the kernel is kept away from the device by its class.
 *
 * A second call that aborts before the worker has started is covered by the
 * same restore; one that aborts while the callbacks run queues another.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "fgft.h"

#define HOLD_LIMIT	(5 * HZ)	/* then the caller gets its error */

static struct workqueue_struct *queue;
/* Woken when a device that callers were held from is back. */
static DECLARE_WAIT_QUEUE_HEAD(restored);

static void recover_device(struct work_struct *work)
{
	struct fgft_device *dev = container_of(work, struct fgft_device, restore);
	struct fgft_fault fault = dev->fault;
	struct fgft_module *mod = dev->mod;
	int err;

	WRITE_ONCE(dev->restorer, current);
	atomic_inc(&mod->restoring);
	fgft_quiesce_note(dev);
	err = fgft_checkpoint_restore(dev);
	atomic_dec(&mod->restoring);
	WRITE_ONCE(dev->restorer, NULL);

	fault.step = err ? FGFT_STEP_FAILED : FGFT_STEP_PM;
	if (!err)
		fgft_quiesce_end(dev);
	fault.restore_ns = ktime_get_mono_fast_ns() - fault.detected_ns;
	fault.restore_error = err;
	if (!work_pending(work)) {
		WRITE_ONCE(dev->recovering, false);
		if (dev->counted) {
			dev->counted = false;
			atomic_dec(&mod->held);
			wake_up_all(&restored);
		}
	}
	fgft_report(mod, dev->entry, &fault);
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
}

static void is_restorer(struct fgft_device *dev, void *data)
{
	if (READ_ONCE(dev->restorer) == current)
		*(bool *)data = true;
}

/**
 * fgft_recover_trusted - is this task restoring a device of @mod?
 * @mod: the driver
 *
 * Context: Any.
 * Return: true in the recovery worker, while it runs the driver's callbacks.
 */
bool fgft_recover_trusted(struct fgft_module *mod)
{
	bool found = false;

	if (likely(!atomic_read(&mod->restoring)) || !in_task())
		return false;
	fgft_checkpoint_each(mod, is_restorer, &found);
	return found;
}

/**
 * fgft_recover_start - climb the ladder from an aborted call
 * @call: aborted call, rolled back; its fault says which step is needed
 *
 * Cannot fail.  The report comes once, when the last step is done.
 *
 * Context: Any.
 */
void fgft_recover_start(struct fgft_call *call)
{
	struct fgft_device *dev = call->dev;

	if (call->fault.step != FGFT_STEP_PM || !dev) {
		if (call->fault.step == FGFT_STEP_PM)
			call->fault.step = FGFT_STEP_FAILED;
		fgft_report(call->mod, call->entry, &call->fault);
		return;
	}
	dev->fault = call->fault;
	dev->entry = call->entry;
	if (dev->held && !dev->counted) {
		dev->counted = true;
		atomic_inc(&call->mod->held);
	}
	WRITE_ONCE(dev->recovering, true);
	queue_work(queue, &dev->restore);
}

/**
 * fgft_recover_hold - wait until no device of a module is being restored
 * @mod: the driver, with a device no class keeps its callers from
 *
 * A caller that cannot sleep is turned away, and so is a worker: the driver's
 * callbacks may be waiting for that one.
 *
 * Context: Any.
 * Return: true if the call may go on, false if it is to return its error.
 */
bool fgft_recover_hold(struct fgft_module *mod)
{
	if (preempt_count() || irqs_disabled() || rcu_preempt_depth() ||
	    (current->flags & PF_WQ_WORKER))
		return false;
	return wait_event_timeout(restored, !atomic_read(&mod->held),
				  HOLD_LIMIT) != 0;
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
	if (READ_ONCE(dev->recovering))
		*(bool *)data = true;
}

/**
 * fgft_recover_pending - is a device of @mod away from its users?
 * @mod: the driver
 *
 * Context: Any.
 * Return: true from an abort that needs PM callbacks until they are through.
 */
bool fgft_recover_pending(struct fgft_module *mod)
{
	bool pending = false;

	fgft_checkpoint_each(mod, is_recovering, &pending);
	return pending;
}

/**
 * fgft_recover_flush - wait for restores of a module's devices
 * @mod: the driver
 *
 * Context: Process, not holding locks the driver's PM callbacks take.
 */
void fgft_recover_flush(struct fgft_module *mod)
{
	if (fgft_recover_pending(mod))
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
