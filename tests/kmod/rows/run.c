// SPDX-License-Identifier: GPL-2.0
/*
 * Runs acts and compares: what each row is worth when a call is given up
 * behind it, and that it does something when it is not.
 *
 * Nothing is isolated here.  What the run time did is learnt as a user learns
 * it, from what calls return and from sysfs.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../files.h"
#include "rows.h"

#define CONTROL		"/sys/kernel/fgft/" KBUILD_MODNAME "/"
#define RESTORE_MS	10000	/* longest wait for a device */

struct rows_result rows_results[ROWS_MOST];
u32 rows_nresults;

#define SUITE(name)	extern const struct row_suite suite_##name;
#include "suites.def"
#undef SUITE

static const struct row_suite * const suites[] = {
#define SUITE(name)	&suite_##name,
#include "suites.def"
};

/* ---- files ------------------------------------------------------------------ */

u64 rows_file_number(const char *path, const char *key)
{
	char buf[1024];
	char *found;
	u64 value;

	found = strstr(file_read(path, buf, sizeof(buf)), key);
	if (!found || sscanf(found + strlen(key), "%llu", &value) != 1)
		return U64_MAX;
	return value;
}

/* Files of debugfs read into user memory only. */
u64 rows_debugfs_number(const char *path)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	char buf[32] = "";
	loff_t pos = 0;
	ssize_t len;
	u64 value;

	if (IS_ERR(file))
		return U64_MAX;
	len = file->f_op->read(file, (char __user *)env.user, sizeof(buf) - 1,
			       &pos);
	filp_close(file, NULL);
	if (len < 0 || copy_from_user(buf, env.user, len) ||
	    kstrtou64(strim(buf), 0, &value))
		return U64_MAX;
	return value;
}

u64 rows_control_number(const char *name)
{
	char path[96];

	scnprintf(path, sizeof(path), CONTROL "%s", name);
	return rows_file_number(path, "");
}

/* Ranges and bytes in one number, which only means something by its change. */
u64 rows_known(const char *kind)
{
	char buf[512], key[16];
	u64 count, bytes;
	char *found;

	scnprintf(key, sizeof(key), "%s ", kind);
	found = strstr(file_read(CONTROL "ranges", buf, sizeof(buf)), key);
	if (!found ||
	    sscanf(found + strlen(key), "%llu %llu", &count, &bytes) != 2)
		return U64_MAX;
	return count << 40 | bytes;
}

int rows_control_write(const char *name, const char *value)
{
	char path[96];
	struct file *file;
	loff_t pos = 0;
	ssize_t len;

	scnprintf(path, sizeof(path), CONTROL "%s", name);
	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_write(file, value, strlen(value), &pos);
	filp_close(file, NULL);
	return len < 0 ? len : 0;
}

/* ---- one act ---------------------------------------------------------------- */

/* What a call leaves as it finds it, whatever happens inside. */
struct context {
	int preempt;
	int rcu;
	int pagefaults;
	bool irqs_off;
};

static struct context context_now(void)
{
	return (struct context){
		.preempt = preempt_count(),
		.rcu = current->rcu_read_lock_nesting,
		.pagefaults = current->pagefault_disabled,
		.irqs_off = irqs_disabled(),
	};
}

/* One run of an act. */
struct act_run {
	long result;
	u64 effect;
	u64 slept;		/* context switches it asked for */
	bool balanced;
};

static struct act_run run_act(const struct row_suite *suite, u32 n, bool strike,
			      bool atomic)
{
	const struct row_test *test = &suite->tests[n];
	bool bh_off = test->flags & (ROW_BH | ROW_PINNED);
	struct context before, after;
	unsigned long switches;
	struct act_run run;

	WRITE_ONCE(rows.strike, strike);
	if (bh_off)
		local_bh_disable();
	if (atomic)
		preempt_disable();
	before = context_now();
	switches = current->nvcsw;
	run.result = suite->enter(n);
	run.slept = current->nvcsw - switches;
	after = context_now();
	if (test->flags & ROW_PINNED)
		run.effect = test->effect();
	if (atomic)
		preempt_enable();
	if (bh_off)
		local_bh_enable();
	if (!(test->flags & ROW_PINNED) && !atomic)
		run.effect = test->effect();
	run.balanced = !memcmp(&before, &after, sizeof(before));
	return run;
}

/* ---- verdicts ------------------------------------------------------------------ */

static bool expect(struct rows_result *result, u64 is, u64 wanted,
		   const char *why)
{
	if (result->why || is == wanted)
		return is == wanted;
	result->why = why;
	result->is = is;
	result->wanted = wanted;
	return false;
}

/* One fault more than @faults, with this cause, and the device is back. */
static void expect_fault(struct rows_result *result, u64 faults,
			 const char *cause)
{
	char report[1024];
	unsigned int waited;

	for (waited = 0; waited < RESTORE_MS; waited += 2) {
		if (rows_control_number("faults") != faults &&
		    !rows_control_number("recovering"))
			break;
		usleep_range(2000, 2100);
	}
	expect(result, rows_control_number("faults"), faults + 1,
	       "faults after one");
	file_read(CONTROL "last_fault", report, sizeof(report));
	expect(result, report_has(report, "entry", result->suite->entry), true,
	       "the fault's entry is the suite's");
	expect(result, report_has_cause(report, cause), true, cause);
	expect(result, report_has(report, "step", "failed"), false,
	       "the device could not be restored");
}

/* An act that is its own fault: no other is needed, nor is there a commit. */
static bool faults_itself(const struct row_test *test)
{
	return test->kind == ROW_FORBIDDEN || test->kind == ROW_BREAKS;
}

static const char *cause(const struct row_test *test)
{
	if (test->kind == ROW_FORBIDDEN)
		return "unclassed kernel function";
	return test->kind == ROW_BREAKS ? "BUG" : "bad load";
}

/* The call is given up behind the act, or in it. */
static void aborted(struct rows_result *result, u32 n)
{
	const struct row_test *test = result->test;
	u64 faults = rows_control_number("faults");
	struct act_run run = run_act(result->suite, n,
				     !faults_itself(test), false);

	expect(result, run.result, -EIO, "result of an abort");
	expect(result, run.balanced, true, "context balanced after an abort");
	expect_fault(result, faults, cause(test));
	/* A device restored by its driver is back only now. */
	if (run.effect != env.base && !(test->flags & ROW_PINNED))
		run.effect = test->effect();
	if (test->kind == ROW_STAYS)
		expect(result, run.effect, test->wanted(),
		       "effect after an abort, which cannot take it back");
	else
		expect(result, run.effect, env.base, "effect after an abort");
}

static void committed(struct rows_result *result, u32 n)
{
	const struct row_test *test = result->test;
	u64 faults = rows_control_number("faults");
	struct act_run run = run_act(result->suite, n, false, false);

	expect(result, run.result, 0, "result of a commit");
	expect(result, rows_control_number("faults"), faults,
	       "faults after a commit");
	expect(result, run.balanced, true, "context balanced after a commit");
	expect(result, run.effect, test->wanted(), "effect after a commit");
	if (test->kind == ROW_WAITS)
		expect(result, run.slept > 0, true, "the task slept");
	else
		expect(result, run.effect != env.base, true,
		       "an effect that shows");
}

/* A function that sleeps, where that is not allowed. */
static void refused(struct rows_result *result, u32 n)
{
	u64 faults = rows_control_number("faults");
	struct act_run run = run_act(result->suite, n, false, true);

	expect(result, run.result, -EIO, "result in atomic context");
	expect(result, run.balanced, true, "context balanced in atomic context");
	expect_fault(result, faults, "sleep in atomic context");
	expect(result, result->test->effect(), env.base,
	       "effect in atomic context");
}

static void run_row(const struct row_suite *suite, u32 n)
{
	const struct row_test *test = &suite->tests[n];
	struct rows_result *result = &rows_results[rows_nresults++];

	result->suite = suite;
	result->test = test;
	rows_fresh();
	test->before();
	env.base = test->effect();
	if (test->flags & ROW_SLEEPS)
		refused(result, n);
	aborted(result, n);
	if (test->kind == ROW_STAYS || test->flags & ROW_AGAIN) {
		test->after();
		rows_fresh();
		test->before();
	}
	if (!faults_itself(test))
		committed(result, n);
	test->after();
	rows_settle();
}

void rows_run_all(const char *only)
{
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		/* Where there is a PCI device there is none on USB. */
		if (*only ? !!strcmp(only, suites[i]->name) : !env.pdev ||
		    suites[i] == &suite_usb)
			continue;
		for (n = 0; n < suites[i]->ntests; n++) {
			if (rows_nresults == ROWS_MOST)
				return;
			pr_debug("%s.%s\n", suites[i]->name,
				 suites[i]->tests[n].name);
			run_row(suites[i], n);
		}
	}
}
