// SPDX-License-Identifier: GPL-2.0
/* A test suite inside the kernel; see ktap.h. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "files.h"
#include "ktap.h"

#define CONTROL		"/sys/kernel/fgft/fgft_test/"
#define PARAMETERS	"/sys/module/fgft/parameters/"
#define RESTORE_MS	60000	/* longest wait for a device, on a busy host */

struct suite {
	const char *name;
	const struct ktap_test *tests;
};

static const struct suite suites[] = {
	{ "call", call_tests },
	{ "detect", detect_tests },
	{ "lock", lock_tests },
	{ "outcome", outcome_tests },
	{ "undo", undo_tests },
	{ "domain", domain_tests },
	{ "kapi", kapi_tests },
	{ "checkpoint", checkpoint_tests },
	{ "registers", registers_tests },
	{ "policy", policy_tests },
	{ "recover", recover_tests },
};

/* What fits a sysfs page; only the test run itself writes it. */
static char text[PAGE_SIZE - 1];
static size_t text_len;
static u32 failed;

static __printf(1, 2) void emit(const char *format, ...)
{
	char line[192];
	va_list args;

	va_start(args, format);
	vscnprintf(line, sizeof(line), format, args);
	va_end(args);
	pr_info("%s\n", line);
	text_len += scnprintf(text + text_len, sizeof(text) - text_len, "%s\n",
			      line);
}

const char *ktap_text(void)
{
	return text;
}

u32 ktap_failed(void)
{
	return failed;
}

/* ---- control files ------------------------------------------------------------ */

char *control_read(const char *name, char *buf, size_t size)
{
	char path[128];

	scnprintf(path, sizeof(path), CONTROL "%s", name);
	return file_read(path, buf, size);
}

u64 control_number(const char *name)
{
	char buf[32];
	u64 value;

	if (kstrtou64(control_read(name, buf, sizeof(buf)), 0, &value))
		return U64_MAX;
	return value;
}

static int file_write(const char *path, const char *value)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t len;

	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_write(file, value, strlen(value), &pos);
	filp_close(file, NULL);
	return len < 0 ? len : 0;
}

int control_write(const char *name, const char *value)
{
	char path[128];

	scnprintf(path, sizeof(path), CONTROL "%s", name);
	return file_write(path, value);
}

int parameter_write(const char *name, const char *value)
{
	char path[128];

	scnprintf(path, sizeof(path), PARAMETERS "%s", name);
	return file_write(path, value);
}

/* ---- expectations --------------------------------------------------------------- */

static void fail(struct ktap_run *run, const char *file, int line,
		 const char *what, const char *detail)
{
	run->failures++;
	emit("# %s:%d: expected %s%s", kbasename(file), line, what, detail);
}

void ktap_expect(struct ktap_run *run, bool good, const char *file, int line,
		 const char *what)
{
	if (!good)
		fail(run, file, line, what, "");
}

void ktap_expect_eq(struct ktap_run *run, u64 is, u64 wanted, const char *file,
		    int line, const char *what)
{
	char detail[64];

	if (is == wanted)
		return;
	scnprintf(detail, sizeof(detail), ": 0x%llx, not 0x%llx", is, wanted);
	fail(run, file, line, what, detail);
}

void ktap_expect_fault(struct ktap_run *run, const char *entry,
		       const char *cause, const char *step, const char *file,
		       int line)
{
	char report[CONTROL_SIZE];
	unsigned int waited;
	u64 faults;

	for (waited = 0; waited < RESTORE_MS; waited += 20) {
		faults = control_number("faults");
		if (faults != run->faults && !control_number("recovering"))
			break;
		msleep(20);
	}
	ktap_expect_eq(run, faults, run->faults + 1, file, line, "one fault");
	run->faults = faults;
	control_read("last_fault", report, sizeof(report));
	if (!report_has(report, "entry", entry))
		fail(run, file, line, "entry ", entry);
	if (!report_has_cause(report, cause))
		fail(run, file, line, "cause ", cause);
	if (!report_has(report, "step", step))
		fail(run, file, line, "step ", step);
}

void ktap_expect_no_fault(struct ktap_run *run, const char *file, int line)
{
	ktap_expect_eq(run, control_number("faults"), run->faults, file, line,
		       "no fault");
}

/* ---- running -------------------------------------------------------------------- */

static u32 count(void)
{
	const struct ktap_test *test;
	u32 i, n = 0;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (test = suites[i].tests; test->name; test++)
			n++;
	return n;
}

void ktap_run_all(void)
{
	const struct ktap_test *test;
	u32 i, n = 0;

	emit("KTAP version 1");
	emit("1..%u", count());
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		for (test = suites[i].tests; test->name; test++) {
			struct ktap_run run = {
				.faults = control_number("faults"),
			};

			test->run(&run);
			failed += !!run.failures;
			emit("%sok %u %s.%s%s%s", run.failures ? "not " : "",
			     ++n, suites[i].name, test->name,
			     run.skip ? " # SKIP " : "", run.skip ?: "");
		}
	}
}
