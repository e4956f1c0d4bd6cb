// SPDX-License-Identifier: GPL-2.0
/* Calls: begin, commit, abort, in every context and several at a time. */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/timer.h>

#include "ktap.h"
#include "subject.h"

static void test_commit(struct ktap_run *run)
{
	u64 calls = control_number("entries/subject_stores/calls");

	subject.b = 0;
	EXPECT_EQ(run, subject_stores(&subject, 5, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.b, 5);
	EXPECT_EQ(run, subject.q, 8);
	EXPECT_EQ(run, subject.block[1], 6);
	EXPECT_EQ(run, control_number("entries/subject_stores/calls"),
		  calls + 1);
	EXPECT_NO_FAULT(run);
}

static void test_arguments(struct ktap_run *run)
{
	u64 high = 1ULL << 60;

	EXPECT_EQ(run, subject_args(high, 1, 2, 3, 4, 5),
		  high + 3 + 10 + 21 + 44 + 65);
	EXPECT_EQ(run, subject_args(0, 0, 0, 0, 0, high), 13 * high);
}

static void test_results(struct ktap_run *run)
{
	EXPECT_EQ(run, subject_int(STRIKE_NONE), 42);
	EXPECT_EQ(run, subject_int(STRIKE_DIVIDE), -EIO);
	EXPECT_FAULT(run, "subject_int", "divide error", "undo");
	EXPECT_EQ(run, subject_uint(STRIKE_NONE), 42);
	EXPECT_EQ(run, subject_uint(STRIKE_DIVIDE), 0);
	EXPECT_FAULT(run, "subject_uint", "divide error", "undo");
	EXPECT_EQ(run, subject_bool(STRIKE_NONE), true);
	EXPECT_EQ(run, subject_bool(STRIKE_DIVIDE), false);
	EXPECT_FAULT(run, "subject_bool", "divide error", "undo");
	EXPECT(run, subject_ptr(STRIKE_NONE) == &subject);
	EXPECT(run, !subject_ptr(STRIKE_DIVIDE));
	EXPECT_FAULT(run, "subject_ptr", "divide error", "undo");
	subject.w = 1;
	subject_void(STRIKE_DIVIDE);
	EXPECT_FAULT(run, "subject_void", "divide error", "undo");
	EXPECT_EQ(run, subject.w, 1);
	subject_void(STRIKE_NONE);
	EXPECT_EQ(run, subject.w, 2);
}

/* An inner call joins the outer one: whoever fails, both are taken back. */
static void test_nesting(struct ktap_run *run)
{
	subject.q = 100;
	subject.w = 100;
	EXPECT_EQ(run, subject_outer(STRIKE_NULL_LOAD, STRIKE_NONE), -EIO);
	EXPECT_FAULT(run, "subject_outer", "bad load", "undo");
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_EQ(run, subject.w, 100);
	EXPECT_EQ(run, subject_outer(STRIKE_NONE, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "subject_outer", "bad load", "undo");
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_EQ(run, subject.w, 100);
	EXPECT_EQ(run, subject_outer(STRIKE_NONE, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.q, 5);
	EXPECT_EQ(run, subject.w, 3);
}

/* More live values than there are registers a call must keep. */
static noinline u64 registers_around(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f,
				     int kind)
{
	u64 g = a ^ b, h = c ^ d, i = e ^ f;
	long result = subject_int(kind);

	return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 +
	       i * 9 + (result == -EIO);
}

static void test_registers(struct ktap_run *run)
{
	u64 native = registers_around(11, 22, 33, 44, 55, 66, STRIKE_NONE);

	EXPECT_EQ(run,
		  registers_around(11, 22, 33, 44, 55, 66, STRIKE_NULL_LOAD),
		  native + 1);
}

static void test_policy(struct ktap_run *run)
{
	u64 calls = control_number("entries/subject_int/calls");
	char buf[32];

	EXPECT_EQ(run, control_write("entries/subject_int/policy", "off"), 0);
	EXPECT_EQ(run, subject_int(STRIKE_NONE), 42);
	EXPECT_EQ(run, control_number("entries/subject_int/calls"), calls);
	EXPECT(run, !strcmp(control_read("policy", buf, sizeof(buf)), "mixed"));
	EXPECT_EQ(run, control_write("entries/subject_int/policy", "on"),
		  -EINVAL);
	EXPECT(run, !strcmp(control_read("entries/subject_int/policy", buf,
					 sizeof(buf)), "off"));
	EXPECT_EQ(run, control_write("entries/subject_int/policy", "always"), 0);
	EXPECT_EQ(run, subject_int(STRIKE_NONE), 42);
	EXPECT_EQ(run, control_number("entries/subject_int/calls"), calls + 1);
	EXPECT(run, !strcmp(control_read("policy", buf, sizeof(buf)), "always"));
	EXPECT_EQ(run, control_write("policy", "sometimes"), -EINVAL);
	EXPECT(run, !strcmp(control_read("policy", buf, sizeof(buf)), "always"));
}

/* ---- interrupt context ----------------------------------------------------------- */

static struct {
	struct timer_list timer;
	struct hrtimer hrtimer;
	struct subject other;
	long result;
	bool in_context;
	bool done;
} handler;

static void handler_reset(void)
{
	memset(&handler.other, 0, sizeof(handler.other));
	handler.result = 0;
	handler.in_context = false;
	handler.done = false;
}

static bool handler_wait(void)
{
	int i;

	for (i = 0; i < 250 && !READ_ONCE(handler.done); i++)
		msleep(20);
	return READ_ONCE(handler.done);
}

static void softirq_handler(struct timer_list *timer)
{
	handler.in_context = in_serving_softirq();
	handler.result = subject_stores(&handler.other, 7, STRIKE_NULL_LOAD);
	WRITE_ONCE(handler.done, true);
}

static void test_softirq(struct ktap_run *run)
{
	handler_reset();
	timer_setup(&handler.timer, softirq_handler, 0);
	mod_timer(&handler.timer, jiffies + 2);
	EXPECT(run, handler_wait());
	del_timer_sync(&handler.timer);
	EXPECT(run, handler.in_context);
	EXPECT_EQ(run, handler.result, -EIO);
	EXPECT_EQ(run, handler.other.q, 0);
	EXPECT_FAULT(run, "subject_stores", "bad load", "undo");
}

static enum hrtimer_restart hardirq_handler(struct hrtimer *timer)
{
	handler.in_context = in_hardirq();
	handler.result = subject_stores(&handler.other, 7, STRIKE_NULL_LOAD);
	WRITE_ONCE(handler.done, true);
	WRITE_ONCE(subject.flag, true);
	return HRTIMER_NORESTART;
}

static void hardirq_start(void)
{
	handler_reset();
	hrtimer_init(&handler.hrtimer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_REL_PINNED_HARD);
	handler.hrtimer.function = hardirq_handler;
	hrtimer_start(&handler.hrtimer, ms_to_ktime(5),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void test_hardirq(struct ktap_run *run)
{
	hardirq_start();
	EXPECT(run, handler_wait());
	hrtimer_cancel(&handler.hrtimer);
	EXPECT(run, handler.in_context);
	EXPECT_EQ(run, handler.result, -EIO);
	EXPECT_EQ(run, handler.other.q, 0);
	EXPECT_FAULT(run, "subject_stores", "bad load", "undo");
}

/* A call in an interrupt fails; the one it interrupted, here, does not notice. */
static void test_interrupted(struct ktap_run *run)
{
	subject.q = 0;
	subject.w = 0;
	subject.flag = false;
	preempt_disable();	/* so that the pinned timer comes on top of us */
	hardirq_start();
	EXPECT_EQ(run, subject_wait(STRIKE_NONE), 0);
	preempt_enable();
	hrtimer_cancel(&handler.hrtimer);
	EXPECT_EQ(run, handler.result, -EIO);
	EXPECT_EQ(run, handler.other.q, 0);
	EXPECT_EQ(run, subject.q, 1);
	EXPECT_EQ(run, subject.w, 2);
	EXPECT_FAULT(run, "subject_stores", "bad load", "undo");
}

/* And the other way round: the interrupted call fails after the handler. */
static void test_interrupted_fails(struct ktap_run *run)
{
	subject.q = 100;
	subject.w = 100;
	subject.flag = false;
	preempt_disable();
	hardirq_start();
	EXPECT_EQ(run, subject_wait(STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, READ_ONCE(handler.done));
	preempt_enable();
	hrtimer_cancel(&handler.hrtimer);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_EQ(run, subject.w, 100);
	EXPECT_EQ(run, control_number("faults"), run->faults + 2);
}

/* ---- three deep: an interrupt on a bottom half on a task --------------------------- */

static struct {
	struct timer_list timer;
	struct hrtimer hrtimer;
	struct subject soft, hard;
	int soft_kind, hard_kind;
	long soft_result, hard_result;
	bool soft_in_context, hard_in_context;
	bool hard_done;
} stack;

static enum hrtimer_restart stack_hard(struct hrtimer *timer)
{
	stack.hard_in_context = in_hardirq() && in_serving_softirq();
	stack.hard_result = subject_stores(&stack.hard, 7, stack.hard_kind);
	WRITE_ONCE(stack.hard_done, true);
	return HRTIMER_NORESTART;
}

static void stack_soft(struct timer_list *timer)
{
	stack.soft_in_context = in_serving_softirq();
	hrtimer_start(&stack.hrtimer, ms_to_ktime(2),
		      HRTIMER_MODE_REL_PINNED_HARD);
	stack.soft_result = subject_wait_on(&stack.hard_done, stack.soft_kind);
	WRITE_ONCE(subject.flag, true);
}

/* Each of the three faults or not; each is taken back alone. */
static void stacked(struct ktap_run *run, int task, int soft, int hard)
{
	u64 faults = control_number("faults") + !!task + !!soft + !!hard;
	long result;

	memset(&stack, 0, sizeof(stack));
	stack.soft_kind = soft;
	stack.hard_kind = hard;
	hrtimer_init(&stack.hrtimer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_REL_PINNED_HARD);
	stack.hrtimer.function = stack_hard;
	timer_setup(&stack.timer, stack_soft, TIMER_PINNED);
	subject.q = 100;
	subject.w = 100;
	subject.h = 100;
	subject.b = 100;
	subject.flag = false;

	preempt_disable();	/* so that both come on top of us */
	mod_timer(&stack.timer, jiffies + 2);
	result = subject_wait(task);
	preempt_enable();
	del_timer_sync(&stack.timer);
	hrtimer_cancel(&stack.hrtimer);

	EXPECT(run, stack.soft_in_context);
	EXPECT(run, stack.hard_in_context);
	EXPECT_EQ(run, result, task ? -EIO : 0);
	EXPECT_EQ(run, stack.soft_result, soft ? -EIO : 0);
	EXPECT_EQ(run, stack.hard_result, hard ? -EIO : 0);
	EXPECT_EQ(run, subject.q, task ? 100 : 1);
	EXPECT_EQ(run, subject.w, task ? 100 : 2);
	EXPECT_EQ(run, subject.h, soft ? 100 : 1);
	EXPECT_EQ(run, subject.b, soft ? 100 : 2);
	EXPECT_EQ(run, stack.hard.q, hard ? 0 : 10);
	EXPECT_EQ(run, preempt_count(), 0);
	EXPECT_EQ(run, control_number("faults"), faults);
}

static void test_stacked(struct ktap_run *run)
{
	int faulty;

	for (faulty = 0; faulty < 8; faulty++)
		stacked(run, faulty & 1 ? STRIKE_NULL_LOAD : STRIKE_NONE,
			faulty & 2 ? STRIKE_DIVIDE : STRIKE_NONE,
			faulty & 4 ? STRIKE_WILD_STORE : STRIKE_NONE);
}

/* ---- another processor ---------------------------------------------------------------- */

static int migrant_begun_on, migrant_ended_on;

/* The task is moved while its call sleeps. */
static int migrant_run(void *kind)
{
	long result;

	migrant_begun_on = raw_smp_processor_id();
	result = subject_sleep(200, (int)(long)kind);
	migrant_ended_on = raw_smp_processor_id();
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return result;
}

static void migrated(struct ktap_run *run, int kind)
{
	int here = cpumask_first(cpu_online_mask);
	int there = cpumask_last(cpu_online_mask);
	struct task_struct *task;

	EXPECT(run, here != there);
	subject.q = 100;
	subject.w = 100;
	migrant_ended_on = -1;
	task = kthread_create(migrant_run, (void *)(long)kind,
			      "fgft_test/migrant");
	if (IS_ERR(task)) {
		EXPECT(run, !IS_ERR(task));
		return;
	}
	set_cpus_allowed_ptr(task, cpumask_of(here));
	wake_up_process(task);
	while (READ_ONCE(subject.q) != 1)
		usleep_range(1000, 2000);
	EXPECT_EQ(run, set_cpus_allowed_ptr(task, cpumask_of(there)), 0);
	while (READ_ONCE(migrant_ended_on) < 0)
		usleep_range(1000, 2000);
	EXPECT_EQ(run, kthread_stop(task), kind ? -EIO : 0);
	EXPECT_EQ(run, migrant_begun_on, here);
	EXPECT_EQ(run, migrant_ended_on, there);
	EXPECT_EQ(run, subject.q, kind ? 100 : 1);
	EXPECT_EQ(run, subject.w, kind ? 100 : 2);
}

static void test_migration(struct ktap_run *run)
{
	migrated(run, STRIKE_NONE);
	EXPECT_NO_FAULT(run);
	migrated(run, STRIKE_NULL_LOAD);
	EXPECT_FAULT(run, "subject_sleep", "bad load", "undo");
}

static void test_sleep(struct ktap_run *run)
{
	subject.q = 100;
	subject.w = 100;
	EXPECT_EQ(run, subject_sleep(20, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.q, 1);
	EXPECT_EQ(run, subject.w, 2);
	subject.q = 100;
	subject.w = 100;
	EXPECT_EQ(run, subject_sleep(20, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_EQ(run, subject.w, 100);
	EXPECT_FAULT(run, "subject_sleep", "bad load", "undo");
}

static void test_sleep_in_atomic(struct ktap_run *run)
{
	int before = preempt_count();

	subject.q = 100;
	preempt_disable();
	EXPECT_EQ(run, subject_sleep(20, STRIKE_NONE), -EIO);
	preempt_enable();
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_sleep", "sleep in atomic context", "undo");

	/* Nor inside a read-side critical section, where only RCU would tell. */
	rcu_read_lock();
	EXPECT_EQ(run, subject_sleep(20, STRIKE_NONE), -EIO);
	rcu_read_unlock();
	EXPECT_EQ(run, rcu_preempt_depth(), 0);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_sleep", "sleep in atomic context", "undo");
}

/* ---- several at a time ------------------------------------------------------------ */

#define THREADS	4
#define ROUNDS	400
#define ABORTS	8	/* of the rounds: each abort is reported */

static struct worker {
	struct subject own;
	struct task_struct *task;
	struct completion finished;
	u32 wrong;
} workers[THREADS];

static int worker_run(void *data)
{
	struct worker *worker = data;
	int kind;
	long result;
	u64 seed, q;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		kind = i % (ROUNDS / ABORTS) ? STRIKE_NONE : STRIKE_NULL_LOAD;
		seed = i + (worker - workers);
		q = worker->own.q;
		result = subject_stores(&worker->own, seed, kind);
		if (kind)
			worker->wrong += result != -EIO || worker->own.q != q;
		else
			worker->wrong += result || worker->own.q != seed + 3;
		if (i % 16 == 0)
			usleep_range(100, 200);
	}
	complete(&worker->finished);
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static void test_parallel(struct ktap_run *run)
{
	u64 calls = control_number("entries/subject_stores/calls");
	struct worker *worker;
	u32 i;

	for (i = 0; i < THREADS; i++) {
		worker = &workers[i];
		worker->wrong = 0;
		init_completion(&worker->finished);
		worker->task = kthread_create(worker_run, worker,
					      "fgft_test/%u", i);
		if (IS_ERR(worker->task)) {
			EXPECT(run, !IS_ERR(worker->task));
			continue;
		}
		kthread_bind(worker->task, cpumask_nth(i % num_online_cpus(),
						       cpu_online_mask));
		wake_up_process(worker->task);
	}
	for (i = 0; i < THREADS; i++) {
		worker = &workers[i];
		if (IS_ERR(worker->task))
			continue;
		EXPECT(run, wait_for_completion_timeout(&worker->finished,
							60 * HZ));
		kthread_stop(worker->task);
		EXPECT_EQ(run, worker->wrong, 0);
	}
	EXPECT_EQ(run, control_number("faults"),
		  run->faults + THREADS * ABORTS);
	EXPECT_EQ(run, control_number("entries/subject_stores/calls"),
		  calls + THREADS * ROUNDS);
}

/* ---- one device, two processors ------------------------------------------------------- */

#define PAIRS	12

static struct striker {
	struct task_struct *task;
	struct completion finished;
	u32 wrong;
} strikers[2];

/* How many are ready for the next round: both strike at the same time. */
static atomic_t ready;

static int striker_run(void *data)
{
	struct striker *striker = data;
	u32 i;

	for (i = 0; i < PAIRS; i++) {
		atomic_inc(&ready);
		while (atomic_read(&ready) < 2 * (i + 1))
			cpu_relax();
		striker->wrong += device_locked(0xdead, STRIKE_NULL_LOAD) != -EIO;
	}
	complete(&striker->finished);
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

/* A call may be held off or turned away; the device is what it was. */
static void test_device_race(struct ktap_run *run)
{
	u32 setting = device.setting, i, waited;

	atomic_set(&ready, 0);
	for (i = 0; i < ARRAY_SIZE(strikers); i++) {
		struct striker *striker = &strikers[i];

		striker->wrong = 0;
		init_completion(&striker->finished);
		striker->task = kthread_create(striker_run, striker,
					       "fgft_test/striker%u", i);
		if (IS_ERR(striker->task)) {
			EXPECT(run, !IS_ERR(striker->task));
			return;
		}
		kthread_bind(striker->task,
			     cpumask_nth(i % num_online_cpus(), cpu_online_mask));
	}
	for (i = 0; i < ARRAY_SIZE(strikers); i++)
		wake_up_process(strikers[i].task);
	for (i = 0; i < ARRAY_SIZE(strikers); i++) {
		EXPECT(run, wait_for_completion_timeout(&strikers[i].finished,
							60 * HZ));
		kthread_stop(strikers[i].task);
		EXPECT_EQ(run, strikers[i].wrong, 0);
	}
	for (waited = 0; control_number("recovering") && waited < 500; waited++)
		msleep(20);
	EXPECT_EQ(run, control_number("recovering"), 0);
	EXPECT(run, control_number("faults") > run->faults);
	EXPECT_EQ(run, device.setting, setting);
	EXPECT_EQ(run, device_read_other(), setting);
}

const struct ktap_test call_tests[] = {
	{ "commit", test_commit },
	{ "arguments", test_arguments },
	{ "results", test_results },
	{ "nesting", test_nesting },
	{ "registers", test_registers },
	{ "policy", test_policy },
	{ "softirq", test_softirq },
	{ "hardirq", test_hardirq },
	{ "interrupted", test_interrupted },
	{ "interrupted_fails", test_interrupted_fails },
	{ "stacked", test_stacked },
	{ "migration", test_migration },
	{ "sleep", test_sleep },
	{ "sleep_in_atomic", test_sleep_in_atomic },
	{ "parallel", test_parallel },
	{ "device_race", test_device_race },
	{ }
};
