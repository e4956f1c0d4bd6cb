// SPDX-License-Identifier: GPL-2.0
/* Locks: kept to the end of a call, and free afterwards, however it ends. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "ktap.h"
#include "locks.h"
#include "subject.h"

/* Each is tried and given back: a lock somebody holds is named. */
static const char *held_lock(void)
{
	int takes;

	if (!raw_spin_trylock(&locks.raw))
		return "raw";
	raw_spin_unlock(&locks.raw);
	if (!spin_trylock(&locks.spin))
		return "spin";
	spin_unlock(&locks.spin);
	if (!spin_trylock(&locks.inner))
		return "inner";
	spin_unlock(&locks.inner);
	if (!write_trylock(&locks.rw))
		return "rw";
	write_unlock(&locks.rw);
	if (!mutex_trylock(&locks.mutex))
		return "mutex";
	mutex_unlock(&locks.mutex);
	if (!down_write_trylock(&locks.rwsem))
		return "rwsem";
	up_write(&locks.rwsem);
	for (takes = 0; takes < 2 && !down_trylock(&locks.sem); takes++)
		;
	if (takes < 2)
		return "sem";
	/* One more would be an up() too many. */
	if (!down_trylock(&locks.sem))
		return "sem, less than once";
	up(&locks.sem);
	up(&locks.sem);
	if (!spin_trylock(&locks.seq.lock))
		return "seq";
	spin_unlock(&locks.seq.lock);
	if (locks.seq.seqcount.seqcount.sequence & 1)
		return "seq, its count";
	if (!rtnl_trylock())
		return "rtnl";
	rtnl_unlock();
	return NULL;
}

/* Everything is as at the end of a call it has to be. */
static void balanced(struct ktap_run *run, const char *name, u64 value)
{
	const char *held = held_lock();

	ktap_expect(run, !held, name, 0, held ?: "no lock held");
	ktap_expect_eq(run, preempt_count(), 0, name, 0, "preempt_count()");
	ktap_expect(run, !irqs_disabled(), name, 0, "interrupts on");
	ktap_expect_eq(run, rcu_preempt_depth(), 0, name, 0, "RCU nesting");
	ktap_expect_eq(run, locks.value, value, name, 0, "value");
	if (irqs_disabled())
		local_irq_enable();
}

static void test_commit(struct ktap_run *run)
{
	u32 i;

	for (i = 0; i < lock_count; i++) {
		locks.value = 0;
		ktap_expect_eq(run, lock_run(i, STRIKE_NONE, STRIKE_NONE), 0,
			       lock_names[i], 0, "commit");
		balanced(run, lock_names[i], 2);
	}
	EXPECT_NO_FAULT(run);
}

static void test_abort_held(struct ktap_run *run)
{
	u32 i;

	for (i = 0; i < lock_count; i++) {
		locks.value = 0;
		ktap_expect_eq(run, lock_run(i, STRIKE_NULL_LOAD, STRIKE_NONE),
			       -EIO, lock_names[i], 0, "abort");
		balanced(run, lock_names[i], 0);
		EXPECT_FAULT(run, "lock_run", "bad load", "undo");
	}
}

static void test_abort_dropped(struct ktap_run *run)
{
	u32 i;

	for (i = 0; i < lock_count; i++) {
		locks.value = 0;
		ktap_expect_eq(run, lock_run(i, STRIKE_NONE, STRIKE_NULL_LOAD),
			       -EIO, lock_names[i], 0, "abort");
		balanced(run, lock_names[i], 0);
		EXPECT_FAULT(run, "lock_run", "bad load", "undo");
	}
}

/* Where only part of it is turned off already: in an atomic caller. */
static void test_atomic_caller(struct ktap_run *run)
{
	u32 i;

	for (i = 0; i < lock_count; i++) {
		unsigned long flags;
		long result;
		bool off;

		if (strncmp(lock_names[i], "spin", 4) &&
		    strncmp(lock_names[i], "raw", 3))
			continue;
		/* These turn interrupts on whatever they were. */
		if (strstr(lock_names[i], "_irq") &&
		    !strstr(lock_names[i], "save"))
			continue;
		/* And these warn where interrupts are off. */
		if (strstr(lock_names[i], "_bh"))
			continue;
		locks.value = 0;
		local_irq_save(flags);
		result = lock_run(i, STRIKE_NULL_LOAD, STRIKE_NONE);
		off = irqs_disabled();
		local_irq_restore(flags);
		ktap_expect_eq(run, result, -EIO, lock_names[i], 0, "abort");
		ktap_expect(run, off, lock_names[i], 0, "interrupts off");
		balanced(run, lock_names[i], 0);
		EXPECT_FAULT(run, "lock_run", "bad load", "undo");
	}
}

/* Each way of going wrong is a fault of that cause, and leaves nothing held. */
static void faulty(struct ktap_run *run, long (*lock)(u32 which, int strike),
		   const char *entry, const char *cause,
		   const char *const *names, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		locks.value = 0;
		ktap_expect_eq(run, lock(i, STRIKE_NONE), -EIO, names[i], 0,
			       "abort");
		balanced(run, names[i], 0);
		EXPECT_FAULT(run, entry, cause, "undo");
	}
}

/* A lock still held at the end, or released without being held, is a fault. */
static void test_leak(struct ktap_run *run)
{
	faulty(run, lock_leak, "lock_leak", "lock imbalance", leak_names,
	       leak_count);
}

static void test_deadlock(struct ktap_run *run)
{
	faulty(run, lock_twice, "lock_twice", "self-deadlock", twice_names,
	       twice_count);
}

/* An aborted writer's readers have to look again: the count does not come back. */
static void test_seqcount(struct ktap_run *run)
{
	unsigned int before = read_seqbegin(&locks.seq);
	u32 i;

	for (i = 0; strcmp(lock_names[i], "seq"); i++)
		;
	lock_run(i, STRIKE_NONE, STRIKE_NULL_LOAD);
	EXPECT_FAULT(run, "lock_run", "bad load", "undo");
	EXPECT(run, read_seqretry(&locks.seq, before));
	before = read_seqbegin(&locks.seq);
	lock_run(i, STRIKE_NULL_LOAD, STRIKE_NONE);
	EXPECT_FAULT(run, "lock_run", "bad load", "undo");
	EXPECT(run, read_seqretry(&locks.seq, before));
}

static void test_by_hand(struct ktap_run *run)
{
	locks.value = 0;
	EXPECT_EQ(run, lock_by_hand(STRIKE_NONE), 0);
	EXPECT(run, locks.on[0]);
	EXPECT(run, !locks.on[1]);
	EXPECT(run, locks.on[2]);
	balanced(run, "by_hand", 1);
	locks.value = 0;
	EXPECT_EQ(run, lock_by_hand(STRIKE_NULL_LOAD), -EIO);
	balanced(run, "by_hand", 0);
	EXPECT_FAULT(run, "lock_by_hand", "bad load", "undo");
}

/* ---- two tasks -------------------------------------------------------------------- */

#define ROUNDS	2000

static u32 nested_rounds;

/* The other order of lock_order(), which is legal: it holds one at a time. */
static int take_nested(void *unused)
{
	while (!kthread_should_stop()) {
		spin_lock(&locks.spin);
		spin_lock(&locks.inner);
		locks.value += 2;
		locks.value -= 2;
		spin_unlock(&locks.inner);
		spin_unlock(&locks.spin);
		WRITE_ONCE(nested_rounds, nested_rounds + 1);
		cond_resched();
	}
	return 0;
}

static void test_order(struct ktap_run *run)
{
	struct task_struct *task;
	u32 i, wrong = 0;

	locks.value = 0;
	nested_rounds = 0;
	task = kthread_run(take_nested, NULL, "fgft_test/nested");
	if (IS_ERR(task)) {
		EXPECT(run, !IS_ERR(task));
		return;
	}
	while (!READ_ONCE(nested_rounds))
		msleep(20);
	for (i = 0; i < ROUNDS; i++)
		wrong += lock_order(STRIKE_NONE) != 0;
	kthread_stop(task);
	EXPECT_EQ(run, wrong, 0);
	balanced(run, "order", 2 * ROUNDS);
	EXPECT_NO_FAULT(run);
}

const struct ktap_test lock_tests[] = {
	{ "commit", test_commit },
	{ "abort_held", test_abort_held },
	{ "abort_dropped", test_abort_dropped },
	{ "atomic_caller", test_atomic_caller },
	{ "leak", test_leak },
	{ "deadlock", test_deadlock },
	{ "seqcount", test_seqcount },
	{ "by_hand", test_by_hand },
	{ "order", test_order },
	{ }
};
