// SPDX-License-Identifier: GPL-2.0
/* Recovery: where on the ladder an abort starts, and who is kept away meanwhile. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"

#define SLOW_MS		200
#define FINISH_MS	10000

static bool no_device(struct ktap_run *run)
{
	if (!device.pdev)
		run->skip = "no edu device without a driver";
	return run->skip;
}

/* The value of a line "key: value" of an entry's window file. */
static u64 figure(const char *entry, const char *key)
{
	char file[64], text[RANGES_SIZE];
	const char *line;
	u64 value;

	scnprintf(file, sizeof(file), "entries/%s/window", entry);
	line = strstr(control_read(file, text, sizeof(text)), key);
	if (!line || sscanf(line + strlen(key), ": %llu", &value) != 1)
		return U64_MAX;
	return value;
}

/* ---- the window -------------------------------------------------------------- */

static void test_window_open(struct ktap_run *run)
{
	u64 closed = figure("subject_consume", "closed");

	if (no_device(run))
		return;
	reinit_completion(&subject.done);
	subject.q = 100;
	EXPECT_EQ(run, subject_consume(1, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_consume", "bad load", "undo");
	EXPECT_EQ(run, figure("subject_consume", "closed"), closed);
}

/* Somebody's completion is gone: memory goes back, and the device is restored. */
static void test_window_closed(struct ktap_run *run)
{
	u64 closed = figure("subject_consume", "closed");

	if (no_device(run))
		return;
	reinit_completion(&subject.done);
	complete(&subject.done);
	subject.q = 100;
	device.resumes = 0;
	EXPECT_EQ(run, subject_consume(1000, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_consume", "bad load", "pm");
	EXPECT_EQ(run, device.resumes, 1);
	EXPECT_EQ(run, figure("subject_consume", "closed"), closed + 1);
}

/* A doorbell that waits is forgotten; one that rang early is not. */
static void test_window_doorbell(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_bell(100, false, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_bell(), 100);
	EXPECT_EQ(run, device_bell(200, false, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_bell(), 100);
	EXPECT_FAULT(run, "device_bell", "bad load", "undo");
	EXPECT_EQ(run, device_bell(300, true, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_bell(), 300);
	EXPECT_FAULT(run, "device_bell", "bad load", "pm");
}

#define FEW	2
#define MANY	20	/* doorbells: more than a call keeps room for */

/* However many wait, they ring in order, or not at all. */
static void test_window_doorbells(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_bells(100, MANY, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_bell(), 99 + MANY);
	EXPECT_EQ(run, device_bells(200, MANY, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_bell(), 99 + MANY);
	EXPECT_FAULT(run, "device_bells", "bad load", "undo");
	EXPECT_EQ(run, device_bells(300, FEW, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_bell(), 299 + FEW);
	EXPECT_NO_FAULT(run);
}

/* Time is measured on request, and a closed window's share is below one. */
static void test_window_share(struct ktap_run *run)
{
	static const char measure[] = "../../../module/fgft/parameters/window";
	u64 ticks = figure("subject_sleep", "ticks");

	EXPECT_EQ(run, subject_sleep(1, STRIKE_NONE), 0);
	EXPECT_EQ(run, figure("subject_sleep", "ticks"), ticks);
	EXPECT_EQ(run, control_write(measure, "1"), 0);
	reinit_completion(&subject.done);
	complete(&subject.done);
	EXPECT_EQ(run, subject_sleep(1, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject_consume(1000, STRIKE_NONE), 0);
	EXPECT_EQ(run, control_write(measure, "0"), 0);
	EXPECT(run, figure("subject_sleep", "ticks") > ticks);
	EXPECT_EQ(run, figure("subject_sleep", "open_ticks"),
		  figure("subject_sleep", "ticks"));
	EXPECT(run, figure("subject_consume", "open_ticks") <
	       figure("subject_consume", "ticks"));
	EXPECT_EQ(run, control_write(measure, "maybe"), -EINVAL);
}

/* ---- several aborts at a time ---------------------------------------------------- */

#define THREADS	4
#define ROUNDS	8

static struct aborter {
	struct task_struct *task;
	struct completion finished;
	u32 wrong;
} aborters[THREADS];

/* Under a lock: of writers that race, nobody can say which value comes back. */
static int abort_often(void *data)
{
	struct aborter *aborter = data;
	u32 i;

	for (i = 0; i < ROUNDS; i++)
		aborter->wrong += device_locked(i, STRIKE_NULL_LOAD) != -EIO;
	complete(&aborter->finished);
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static bool wait_recovered(void)
{
	u32 waited;

	for (waited = 0; waited < FINISH_MS; waited += 20) {
		if (!control_number("recovering"))
			return true;
		msleep(20);
	}
	return false;
}

/* Each is reported, none twice, and in the end the device works. */
static void test_parallel(struct ktap_run *run)
{
	u64 calls = control_number("entries/device_locked/calls");
	struct aborter *aborter;
	u32 i;

	if (no_device(run))
		return;
	EXPECT_EQ(run, device_locked(77, STRIKE_NONE), 0);
	for (i = 0; i < THREADS; i++) {
		aborter = &aborters[i];
		aborter->wrong = 0;
		init_completion(&aborter->finished);
		aborter->task = kthread_create(abort_often, aborter,
					       "fgft_test/%u", i);
		if (IS_ERR(aborter->task)) {
			EXPECT(run, !IS_ERR(aborter->task));
			continue;
		}
		kthread_bind(aborter->task,
			     cpumask_nth(i % num_online_cpus(),
					 cpu_online_mask));
		wake_up_process(aborter->task);
	}
	for (i = 0; i < THREADS; i++) {
		aborter = &aborters[i];
		if (IS_ERR(aborter->task))
			continue;
		EXPECT(run, wait_for_completion_timeout(&aborter->finished,
							60 * HZ));
		kthread_stop(aborter->task);
		EXPECT_EQ(run, aborter->wrong, 0);
	}
	EXPECT(run, wait_recovered());
	/* Those turned away were no calls, and no faults. */
	calls = control_number("entries/device_locked/calls") - calls - 1;
	EXPECT(run, calls > 0);
	EXPECT_EQ(run, control_number("faults"), run->faults + calls);
	EXPECT_EQ(run, device.setting, 77);
	EXPECT_EQ(run, device_read_other(), 77);
	EXPECT_EQ(run, device_locked(78, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_other(), 78);
}

/* ---- the gate ---------------------------------------------------------------------- */

/* While the device is away, who can wait waits, and who cannot is turned away. */
static void test_gate(struct ktap_run *run)
{
	u64 calls;
	u32 i;

	if (no_device(run))
		return;
	EXPECT_EQ(run, device_plain(100, STRIKE_NONE), 0);
	device.suspend_ms = SLOW_MS;
	device.resume_ms = SLOW_MS;
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	calls = control_number("entries/device_plain/calls");
	for (i = 0; i < SLOW_MS && !READ_ONCE(device.suspending); i++)
		usleep_range(1000, 1100);
	EXPECT(run, READ_ONCE(device.suspending));
	preempt_disable();
	EXPECT_EQ(run, device_plain(300, STRIKE_NONE), -EIO);
	preempt_enable();
	EXPECT_EQ(run, device_read_plain(), 100);
	EXPECT(run, READ_ONCE(device.suspending));
	for (i = 0; i < 2 * SLOW_MS && !READ_ONCE(device.resuming); i++)
		usleep_range(1000, 1100);
	/* The driver may need its interrupts to come up. */
	preempt_disable();
	EXPECT_EQ(run, device_plain(300, STRIKE_NONE), 0);
	preempt_enable();
	EXPECT(run, READ_ONCE(device.resuming));
	EXPECT_EQ(run, device_plain(400, STRIKE_NONE), 0);
	EXPECT(run, !READ_ONCE(device.resuming));
	EXPECT_EQ(run, device_read_plain(), 400);
	EXPECT_EQ(run, control_number("entries/device_plain/calls"), calls + 2);
	device.suspend_ms = 0;
	device.resume_ms = 0;
	EXPECT_FAULT(run, "device_other", "bad load", "pm");
}

/* ---- repeats ------------------------------------------------------------------------ */

/* Every second fault goes one step up, and the last into quarantine. */
static void test_repeats(struct ktap_run *run)
{
	static const char quarantined[] = "entries/subject_int/quarantined";
	static const char repeats[] = "../../../module/fgft/parameters/repeats";
	static const char repeat_s[] = "../../../module/fgft/parameters/repeat_s";
	static const char * const steps[] = {
		"undo", "pm", "undo", NULL, "undo", "rebind", "undo", "undo"
	};
	const char *reset = "rebind";
	u64 calls;
	u32 i;

	if (no_device(run))
		return;
	if (device.pdev->reset_methods[0])
		reset = "bus_reset";
	EXPECT_EQ(run, control_write(repeats, "2"), 0);
	/* A busy host must not make two bursts of one. */
	EXPECT_EQ(run, control_write(repeat_s, "600"), 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_EQ(run, control_number(quarantined), 0);
		EXPECT_EQ(run, subject_int(STRIKE_NULL_LOAD), -EIO);
		EXPECT_FAULT(run, "subject_int", "bad load",
			     steps[i] ?: reset);
	}
	EXPECT_EQ(run, control_number(quarantined), 1);
	calls = control_number("entries/subject_int/calls");
	EXPECT_EQ(run, subject_int(STRIKE_NONE), -EIO);
	EXPECT_EQ(run, subject_uint(STRIKE_NONE), 42);
	EXPECT_EQ(run, control_number("entries/subject_int/calls"), calls);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, control_write(quarantined, "1"), -EINVAL);
	EXPECT_EQ(run, control_write(quarantined, "0"), 0);
	EXPECT_EQ(run, subject_int(STRIKE_NONE), 42);
	EXPECT_EQ(run, control_write(repeat_s, "10"), 0);
	EXPECT_EQ(run, control_write(repeats, "0"), 0);
}

const struct ktap_test recover_tests[] = {
	{ "window_open", test_window_open },
	{ "window_closed", test_window_closed },
	{ "window_doorbell", test_window_doorbell },
	{ "window_doorbells", test_window_doorbells },
	{ "window_share", test_window_share },
	{ "parallel", test_parallel },
	{ "gate", test_gate },
	{ "repeats", test_repeats },
	{ }
};
