// SPDX-License-Identifier: GPL-2.0
/* Detection: every cause is caught and named, in the one call it concerns. */
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"
#include "wrong.h"

/* Strike once; state is taken back and the next call works. */
static void struck(struct ktap_run *run, int kind, const char *cause)
{
	unsigned long foreign = 0x5afe;
	int before = preempt_count();

	subject_foreign = &foreign;
	subject.q = 100;
	EXPECT_EQ(run, subject_stores(&subject, 5, kind), -EIO);
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT(run, !irqs_disabled());
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_EQ(run, foreign, 0x5afe);
	EXPECT_FAULT(run, "subject_stores", cause, "undo");
	EXPECT_EQ(run, subject_stores(&subject, 5, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.q, 8);
	EXPECT_NO_FAULT(run);
}

static void test_null_load(struct ktap_run *run)
{
	struck(run, STRIKE_NULL_LOAD, "bad load");
}

static void test_unmapped_load(struct ktap_run *run)
{
	struck(run, STRIKE_UNMAPPED_LOAD, "bad load");
}

static void test_noncanonical(struct ktap_run *run)
{
	struck(run, STRIKE_NONCANONICAL, "general protection");
}

/* Into the stack of the caller: not a frame of the call. */
static void test_wild_store(struct ktap_run *run)
{
	struck(run, STRIKE_WILD_STORE, "wild store");
}

static void test_divide(struct ktap_run *run)
{
	struck(run, STRIKE_DIVIDE, "divide error");
}

static void test_bug(struct ktap_run *run)
{
	struck(run, STRIKE_BUG, "BUG");
}

static void test_loop(struct ktap_run *run)
{
	struck(run, STRIKE_LOOP, "endless loop");
}

static void test_recursion(struct ktap_run *run)
{
	struck(run, STRIKE_RECURSION, "stack overflow");
}

static u32 called;

static void not_a_target(void)
{
	called++;
}

static void test_wild_call(struct ktap_run *run)
{
	subject_not_a_target = not_a_target;
	called = 0;
	struck(run, STRIKE_TARGET, "wild call");
	subject_not_a_target = (void (*)(void))0xdead000000000100;
	struck(run, STRIKE_TARGET, "wild call");
	subject_not_a_target = NULL;
	struck(run, STRIKE_TARGET, "wild call");
	EXPECT_EQ(run, called, 0);
}

static void test_wild_argument(struct ktap_run *run)
{
	struck(run, STRIKE_ARGUMENT, "wild argument");
}

/* What the fault report says of the address and the function. */
static void test_record(struct ktap_run *run)
{
	char report[CONTROL_SIZE], line[64];
	unsigned long foreign = 0;

	subject_foreign = &foreign;
	subject_stores(&subject, 5, STRIKE_WILD_STORE);
	EXPECT_FAULT(run, "subject_stores", "wild store", "undo");
	control_read("last_fault", report, sizeof(report));
	scnprintf(line, sizeof(line), "address: 0x%lx\n",
		  (unsigned long)&foreign);
	EXPECT(run, strstr(report, line));
	EXPECT(run, strstr(report, "ip: strike.fgft+0x"));
	EXPECT(run, strstr(report, "what: -\n"));
	EXPECT(run, strstr(report, "result: -5\n"));
	EXPECT(run, strstr(report, "device_written: 0\n"));

	subject_stores(&subject, 5, STRIKE_ARGUMENT);
	EXPECT_FAULT(run, "subject_stores", "wild argument", "undo");
	control_read("last_fault", report, sizeof(report));
	EXPECT(run, strstr(report, line));
	EXPECT(run, strstr(report, "what: kfree\n"));
}

/* A lock that is still held at the end is a fault, and is not held then. */
static void test_leaked_lock(struct ktap_run *run)
{
	int before = preempt_count();

	subject.q = 100;
	EXPECT_EQ(run, subject_leak(STRIKE_NONE), -EIO);
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT(run, subject_spin_is_free());
	EXPECT_FAULT(run, "subject_leak", "lock imbalance", "undo");
}

/* Each kind of object, and what is not one; the function is named. */
static void test_arguments(struct ktap_run *run)
{
	unsigned long foreign[64] = {};
	char report[CONTROL_SIZE], line[64];
	u32 i;

	for (i = 0; i < wrong_arguments_count; i++) {
		subject_foreign = foreign;
		subject.q = 100;
		ktap_expect_eq(run, wrong_argument(i), -EIO,
			       wrong_arguments[i], i, "abort");
		EXPECT_EQ(run, subject.q, 100);
		EXPECT_EQ(run, preempt_count(), 0);
		EXPECT_FAULT(run, "wrong_argument", "wild argument", "undo");
		control_read("last_fault", report, sizeof(report));
		scnprintf(line, sizeof(line), "what: %s\n", wrong_arguments[i]);
		ktap_expect(run, strstr(report, line), wrong_arguments[i], i,
			    "its name");
	}
	EXPECT(run, !memchr_inv(foreign, 0, sizeof(foreign)));
}

static void trapped(struct ktap_run *run, int which, const char *cause)
{
	subject.q = 100;
	EXPECT_EQ(run, wrong_trap(which), -EIO);
	EXPECT_EQ(run, preempt_count(), 0);
	EXPECT(run, !irqs_disabled());
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "wrong_trap", cause, "undo");
}

static void test_traps(struct ktap_run *run)
{
	trapped(run, WRONG_TRAP_INT3, "processor exception");
	trapped(run, WRONG_TRAP_OVERFLOW, "processor exception");
	trapped(run, WRONG_TRAP_BOUND, "processor exception");
}

/* Written past an object on the stack, which no hook looks at. */
static void test_smash(struct ktap_run *run)
{
	subject.q = 100;
	EXPECT_EQ(run, wrong_smash(WRONG_SMASH_ROOM), 0);
	EXPECT_EQ(run, subject.q, 1);
	EXPECT_NO_FAULT(run);
	subject.q = 100;
	EXPECT_EQ(run, wrong_smash(2 * WRONG_SMASH_ROOM), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "wrong_smash", "stack overflow", "undo");
}

/* A warning is no fault. */
static void test_warn(struct ktap_run *run)
{
	subject.q = 100;
	subject.w = 100;
	EXPECT_EQ(run, wrong_warn(STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.q, 1);
	EXPECT_EQ(run, subject.w, 2);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, wrong_warn(STRIKE_BUG), -EIO);
	EXPECT_FAULT(run, "wrong_warn", "BUG", "undo");
}

/* ---- time ----------------------------------------------------------------------- */

static void late(struct ktap_run *run, int which)
{
	subject.q = 100;
	subject.flag = false;
	EXPECT_EQ(run, wrong_time(which), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "wrong_time", "deadline", "undo");
}

static void test_deadline_delay(struct ktap_run *run)
{
	EXPECT_EQ(run, parameter_write("deadline_ms", "50"), 0);
	late(run, WRONG_TIME_DELAY);
	/* Nothing that comes with an interrupt could notice this one. */
	subject.q = 100;
	local_irq_disable();
	EXPECT_EQ(run, wrong_time(WRONG_TIME_DELAY), -EIO);
	EXPECT(run, irqs_disabled());
	local_irq_enable();
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "wrong_time", "deadline", "undo");
	EXPECT_EQ(run, parameter_write("deadline_ms", "10000"), 0);
}

static void test_deadline_slow(struct ktap_run *run)
{
	EXPECT_EQ(run, parameter_write("deadline_ms", "80"), 0);
	late(run, WRONG_TIME_SLOW);
	EXPECT_EQ(run, parameter_write("deadline_ms", "10000"), 0);
}

static void test_deadline_sleep(struct ktap_run *run)
{
	EXPECT_EQ(run, parameter_write("deadline_sleep_ms", "200"), 0);
	late(run, WRONG_TIME_SLEEP);
	EXPECT_EQ(run, parameter_write("deadline_sleep_ms", "120000"), 0);
}

/* Loops are counted from one sleep to the next. */
static void test_loop_sleep(struct ktap_run *run)
{
	const u32 times = 600 * 1000;

	EXPECT_EQ(run, wrong_poll(times, true), 0);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, wrong_poll(times, false), -EIO);
	EXPECT_FAULT(run, "wrong_poll", "endless loop", "undo");
	EXPECT_EQ(run, wrong_poll(2 * times, true), -EIO);
	EXPECT_FAULT(run, "wrong_poll", "endless loop", "undo");
}

/* Nobody gives back what the driver has itself, or what a poll never ends with. */
static void test_deadline_napi(struct ktap_run *run)
{
	static const unsigned long states[] = {
		NAPIF_STATE_SCHED | NAPIF_STATE_NPSVC,
		NAPIF_STATE_SCHED,
	};
	u32 i;

	EXPECT_EQ(run, parameter_write("deadline_ms", "400"), 0);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		wrong_napi.state = states[i];
		late(run, WRONG_TIME_NAPI);
		EXPECT_EQ(run, wrong_napi.state, states[i]);
	}
	EXPECT_EQ(run, parameter_write("deadline_ms", "10000"), 0);
}

/* The age of one call is not that of the next, nor is any time the limit of 0. */
static void test_deadline_off(struct ktap_run *run)
{
	EXPECT_EQ(run, parameter_write("deadline_ms", "0"), 0);
	EXPECT_EQ(run, parameter_write("deadline_sleep_ms", "0"), 0);
	EXPECT_EQ(run, subject_sleep(300, STRIKE_NONE), 0);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, parameter_write("deadline_sleep_ms", "120000"), 0);
	EXPECT_EQ(run, parameter_write("deadline_ms", "10000"), 0);
	EXPECT_EQ(run, parameter_write("deadline_ms", "soon"), -EINVAL);
	EXPECT_EQ(run, subject_sleep(20, STRIKE_NONE), 0);
	EXPECT_NO_FAULT(run);
}

const struct ktap_test detect_tests[] = {
	{ "null_load", test_null_load },
	{ "unmapped_load", test_unmapped_load },
	{ "noncanonical", test_noncanonical },
	{ "wild_store", test_wild_store },
	{ "divide", test_divide },
	{ "bug", test_bug },
	{ "loop", test_loop },
	{ "recursion", test_recursion },
	{ "smash", test_smash },
	{ "wild_call", test_wild_call },
	{ "wild_argument", test_wild_argument },
	{ "record", test_record },
	{ "leaked_lock", test_leaked_lock },
	{ "arguments", test_arguments },
	{ "traps", test_traps },
	{ "warn", test_warn },
	{ "deadline_delay", test_deadline_delay },
	{ "deadline_slow", test_deadline_slow },
	{ "deadline_sleep", test_deadline_sleep },
	{ "loop_sleep", test_loop_sleep },
	{ "deadline_napi", test_deadline_napi },
	{ "deadline_off", test_deadline_off },
	{ }
};
