// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts, bottom halves and preemption turned off and on by hand.
 *
 * No undo is needed: an aborted call goes back to the context it began with
 * (call.c), and one that ends in another is aborted.  What matters is locks that
 * are kept.
 *
 * - Interrupts or bottom halves come on: a handler may want a lock the driver
 *   let go of while they were off.  So such locks are published first.
 * - They are turned off: kept locks that hold them off already would turn them
 *   on again when they are published, under the driver's feet.  So those are
 *   published first, too, and the driver sees the flags it expects.
 */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "kapi.h"
#include "lock.h"

KAPI_EXPORT(unsigned long, arch_local_save_flags, (void))
{
	struct fgft_call *call = fgft_call_current();

	return call ? fgft_lock_irq_flags(call) : arch_local_save_flags();
}

KAPI_EXPORT(void, arch_local_irq_disable, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	arch_local_irq_disable();
}

KAPI_EXPORT(void, arch_local_irq_enable, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	arch_local_irq_enable();
}

KAPI_EXPORT(unsigned long, arch_local_irq_save, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	return arch_local_irq_save();
}

KAPI_EXPORT(void, arch_local_irq_restore, (unsigned long flags))
{
	struct fgft_call *call = fgft_call_current();

	if (call && (flags & X86_EFLAGS_IF))
		fgft_lock_publish(call);
	arch_local_irq_restore(flags);
}

KAPI_EXPORT(int, arch_irqs_disabled, (void))
{
	struct fgft_call *call = fgft_call_current();

	return call ? arch_irqs_disabled_flags(fgft_lock_irq_flags(call)) :
		      arch_irqs_disabled();
}

/*
 * What local_irq_enable() and the like tell lockdep, before they do it: every
 * lock held at this moment is one that interrupts come on under.
 */
KAPI_EXPORT(void, trace_hardirqs_on, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	trace_hardirqs_on();
}

KAPI_EXPORT(void, trace_hardirqs_off, (void))
{
	trace_hardirqs_off();
}

KAPI_EXPORT(void, local_bh_disable, (void))
{
	local_bh_disable();
}

static void bottom_on(unsigned long ip, unsigned int count)
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	__local_bh_enable_ip(ip, count);
}

KAPI_EXPORT(void, local_bh_enable, (void))
{
	bottom_on(_RET_IP_, SOFTIRQ_DISABLE_OFFSET);
}

KAPI_EXPORT(void, local_bh_enable_ip, (unsigned long ip))
{
	bottom_on(ip, SOFTIRQ_DISABLE_OFFSET);
}

KAPI_EXPORT(void, __local_bh_enable_ip, (unsigned long ip, unsigned int count))
{
	bottom_on(ip, count);
}

KAPI_EXPORT(void, rcu_read_lock_bh, (void))
{
	rcu_read_lock_bh();
}

KAPI_EXPORT(void, rcu_read_unlock_bh, (void))
{
	struct fgft_call *call = fgft_call_current();

	if (call)
		fgft_lock_publish(call);
	rcu_read_unlock_bh();
}

KAPI_EXPORT(void, rcu_read_lock_sched, (void))
{
	rcu_read_lock_sched();
}

KAPI_EXPORT(void, rcu_read_unlock_sched, (void))
{
	rcu_read_unlock_sched();
}

KAPI_EXPORT(void, __preempt_count_add, (int val))
{
	__preempt_count_add(val);
}

KAPI_EXPORT(void, __preempt_count_sub, (int val))
{
	__preempt_count_sub(val);
}

KAPI_EXPORT(bool, __preempt_count_dec_and_test, (void))
{
	return __preempt_count_dec_and_test();
}
