// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take too long without going round a loop too often.
 *
 * The loop budget (hooks.S) stops a loop by counting it, which is cheap and
 * repeatable, but it knows nothing of time: a million iterations that each
 * wait a millisecond are a quarter of an hour.  Three things look at time, none
 * of them on the way of a store or of a call that is quick:
 *
 *   delays	count what the driver asked for, in any context, even with
 *		interrupts off
 *   a tick	on each processor finds the call that runs there; a call found
 *		often enough has used up its processor time
 *   the switch	back to a task looks how long ago its call first slept
 *
 * Nothing is aborted from the tick or the switch: they may have hit the middle
 * of a kernel function.  They use up the loop budget, so that the next
 * iteration ends the call, and mark it, so that the cause is named rightly.  A
 * call that waits without a loop of its own waits in the kernel, which cannot
 * be unwound; where the kernel would wait for state a driver can get wrong, the
 * function's wrapper waits instead, with fgft_deadline_wait().
 */
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "fgft.h"

#define TICKS		8	/* of a full deadline */
#define IDLE_MS		1000	/* tick while there is no deadline */

static DEFINE_PER_CPU(struct hrtimer, ticks);
static enum cpuhp_state hotplug = CPUHP_INVALID;

/* Processor time, and delays, of one call. */
static unsigned int deadline_ms = 10000;
/* Time from a call's first sleep to its end. */
static unsigned int deadline_sleep_ms = 120000;

static ktime_t tick_period(void)
{
	unsigned int ms = READ_ONCE(deadline_ms);

	return ms ? ns_to_ktime((u64)ms * NSEC_PER_MSEC / TICKS) :
		    ms_to_ktime(IDLE_MS);
}

static void tick_start(void *unused)
{
	hrtimer_start(this_cpu_ptr(&ticks), tick_period(),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static int deadline_set(const char *val, const struct kernel_param *kp)
{
	int err = param_set_uint(val, kp);

	/* Not yet at load time, when parameters are set first. */
	if (!err && hotplug != CPUHP_INVALID)
		on_each_cpu(tick_start, NULL, 1);
	return err;
}

static const struct kernel_param_ops deadline_ops = {
	.set = deadline_set,
	.get = param_get_uint,
};
module_param_cb(deadline_ms, &deadline_ops, &deadline_ms, 0600);
MODULE_PARM_DESC(deadline_ms,
		 "processor time of a call before it is aborted; 0: any");
module_param(deadline_sleep_ms, uint, 0600);
MODULE_PARM_DESC(deadline_sleep_ms,
		 "time of a call that sleeps before it is aborted; 0: any");

/* The call is at the mercy of its next loop iteration. */
static void expire(struct fgft_call *call)
{
	call->age.expired = true;
	/* Interrupts of this processor only: the call itself is not running. */
	WRITE_ONCE(call->budget, 0);
}

/* In hard interrupt context, on top of whatever runs. */
static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct fgft_call *call = fgft_call_current();

	if (call && READ_ONCE(deadline_ms)) {
		call->aged = true;
		call->touched = true;
		if (++call->age.ticks > TICKS)
			expire(call);
	}
	hrtimer_forward_now(timer, tick_period());
	return HRTIMER_RESTART;
}

/**
 * fgft_deadline_sleep - a task with a call goes to sleep of its own accord
 * @call: its newest call
 *
 * Loops are counted between two sleeps: a driver that sleeps while its device
 * works, and polls it then, a little each time, goes round without end only if
 * it does not sleep any more.  Of sleeps the time is looked at.
 *
 * Context: The scheduler's switch away from the task, interrupts off.
 */
void fgft_deadline_sleep(struct fgft_call *call)
{
	if (!call->age.expired)
		call->budget = FGFT_LOOP_BUDGET;
}

/**
 * fgft_deadline_resume - a task with a call runs again
 * @call: its newest call
 *
 * Context: The scheduler's switch to the task, preemption disabled.
 */
void fgft_deadline_resume(struct fgft_call *call)
{
	u64 limit = (u64)READ_ONCE(deadline_sleep_ms) * NSEC_PER_MSEC;
	u64 now = ktime_get_mono_fast_ns();

	call->aged = true;
	call->touched = true;
	if (!call->age.slept_ns)
		call->age.slept_ns = now;
	else if (limit && now - call->age.slept_ns > limit)
		expire(call);
}

/**
 * fgft_deadline_delay - the driver is about to wait in a loop of the kernel's
 * @call: running call
 * @ns: how long
 * @ip: who waits, for the report
 * @what: by which kernel function
 *
 * Does not return once the call has waited for too long: it is aborted.
 *
 * Context: Inside @call.
 */
void fgft_deadline_delay(struct fgft_call *call, u64 ns, unsigned long ip,
			 const char *what)
{
	u64 limit = (u64)READ_ONCE(deadline_ms) * NSEC_PER_MSEC;

	call->aged = true;
	call->touched = true;
	call->age.delay_ns += ns;
	if (call->age.expired || (limit && call->age.delay_ns > limit))
		fgft_abort(call, FGFT_CAUSE_DEADLINE, ip, 0, what);
}

#define WAIT_LEAST_US	20	/* as napi_disable() */
#define WAIT_MOST_US	10000

/**
 * fgft_deadline_wait - sleep where a kernel function would, but not for ever
 * @since_ns: 0 at first; when the wait began
 * @idle: nobody seems to be at what is waited for
 *
 * What others may be busy with is a call of theirs, which has a deadline; what
 * nobody is busy with gets a tick.
 *
 * Context: Process, may sleep, keeping no lock.
 * Return: false if the wait is to be given up.
 */
bool fgft_deadline_wait(u64 *since_ns, bool idle)
{
	u64 limit = (u64)READ_ONCE(deadline_ms) * NSEC_PER_MSEC;
	u64 now = ktime_get_mono_fast_ns();
	unsigned long us;

	if (!*since_ns)
		*since_ns = now;
	if (limit && now - *since_ns > (idle ? limit / TICKS : limit))
		return false;
	us = clamp_t(u64, (now - *since_ns) / NSEC_PER_USEC / TICKS,
		     WAIT_LEAST_US, WAIT_MOST_US);
	usleep_range(us, 2 * us);
	return true;
}

static int tick_online(unsigned int cpu)
{
	struct hrtimer *timer = this_cpu_ptr(&ticks);

	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = tick;
	tick_start(NULL);
	return 0;
}

static int tick_offline(unsigned int cpu)
{
	hrtimer_cancel(this_cpu_ptr(&ticks));
	return 0;
}

/**
 * fgft_deadline_init - let the ticks run, on processors to come as well
 *
 * Context: Process.
 * Return: 0, or the error of the hotplug callback.
 */
int fgft_deadline_init(void)
{
	int state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "fgft:deadline",
				      tick_online, tick_offline);

	if (state < 0)
		return state;
	hotplug = state;
	return 0;
}

/**
 * fgft_deadline_exit - stop the ticks
 *
 * Context: Process; no call is running anywhere.
 */
void fgft_deadline_exit(void)
{
	cpuhp_remove_state(hotplug);
}
