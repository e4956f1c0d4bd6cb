// SPDX-License-Identifier: GPL-2.0
/*
 * The window of a call: the stretch in which undo takes everything back.
 *
 * It is open from begin until an effect leaves that nothing takes back: a
 * frame handed up, a waiter woken, a doorbell rung before commit.  From there
 * on memory is still rolled back, but outside somebody has seen what never was,
 * and the ladder starts at device restore.
 *
 * How many calls close it is always counted; that costs nothing to those that
 * do not.  Which share of its time an entry point spends inside takes two
 * readings of the time stamp counter a call and is measured on request only.
 */
#include <linux/jump_label.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>
#include <asm/msr.h>

#include "fgft.h"

DEFINE_STATIC_KEY_FALSE(fgft_window_measuring);

static int measure_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(val, &on);

	if (err)
		return err;
	if (on)
		static_branch_enable(&fgft_window_measuring);
	else
		static_branch_disable(&fgft_window_measuring);
	return 0;
}

static int measure_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n",
			  static_key_enabled(&fgft_window_measuring));
}

static const struct kernel_param_ops measure_ops = {
	.set = measure_set,
	.get = measure_get,
};
module_param_cb(window, &measure_ops, NULL, 0600);
MODULE_PARM_DESC(window,
		 "measure the share of their time calls can be undone in: 0 (default) or 1");

/**
 * fgft_window_close - nothing takes back what comes now
 * @call: running call
 *
 * Context: Inside @call.
 */
void fgft_window_close(struct fgft_call *call)
{
	if (call->closed)
		return;
	call->closed = true;
	call->touched = true;
	if (call->begun_at)
		call->closed_at = rdtsc();
}

/**
 * fgft_window_end - count a call
 * @call: call about to end, whose window closed or that was measured
 *
 * Leaves @call as one that has not begun.
 *
 * Context: The entry point's.
 */
void fgft_window_end(struct fgft_call *call)
{
	struct fgft_window __percpu *window = call->entry->state->window;
	u64 now;

	if (call->closed)
		this_cpu_inc(window->closed);
	if (call->begun_at) {
		now = rdtsc();
		this_cpu_add(window->ticks, now - call->begun_at);
		this_cpu_add(window->open,
			     (call->closed ? call->closed_at : now) -
				     call->begun_at);
	}
	call->closed = false;
	call->begun_at = 0;
}

/**
 * fgft_window_show - the figures of an entry point as text
 * @state: the entry point
 * @buf: a page
 *
 * Context: Process.
 * Return: length of the text.
 */
ssize_t fgft_window_show(const struct fgft_entry_state *state, char *buf)
{
	struct fgft_window sum = {};
	u64 share;
	int cpu;
	int len;

	for_each_possible_cpu(cpu) {
		const struct fgft_window *one = per_cpu_ptr(state->window, cpu);

		sum.closed += one->closed;
		sum.ticks += one->ticks;
		sum.open += one->open;
	}
	len = sysfs_emit(buf, "closed: %llu\nticks: %llu\nopen_ticks: %llu\n",
			 sum.closed, sum.ticks, sum.open);
	if (!sum.ticks)
		return len + sysfs_emit_at(buf, len, "share: -\n");
	share = mul_u64_u64_div_u64(min(sum.open, sum.ticks), 10000, sum.ticks);
	return len + sysfs_emit_at(buf, len, "share: %llu.%04llu\n",
				   share / 10000, share % 10000);
}
