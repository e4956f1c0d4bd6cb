// SPDX-License-Identifier: GPL-2.0
/* Policies: what text says which calls are isolated, and which are counted. */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"

#define ENTRY(name)	"entries/subject_" name

static const char * const good[] = {
	"off", "always", "first 1", "first 1000000000", "after-fault 1",
	"after-fault 86400", "sample 1", "sample 64",
};

static const char * const bad[] = {
	"", "\n", " ", "on", "of", "offf", "off ", " off", "off\n\n", "off\nx",
	"off 1", "always 1", "Always", "first", "first ", "first 0", "first  1",
	"first 01", "first -1", "first +1", "first 1 ", "first 1x", "first 0x1",
	"first 1000000001", "first 4294967296", "first 99999999999999999999",
	"sample", "sample 0", "after-fault", "after-fault 0", "after_fault 1",
	"mixed",
};

/* A file of one policy takes good text, gives it back, and nothing else. */
static void expect_text(struct ktap_run *run, const char *file)
{
	char buf[64];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(run, control_write(file, good[i]), 0);
		EXPECT(run, !strcmp(control_read(file, buf, sizeof(buf)),
				    good[i]));
	}
	EXPECT_EQ(run, control_write(file, "first 7\n"), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* Nothing is written of an empty text, so nothing is refused. */
		if (*bad[i])
			EXPECT_EQ(run, control_write(file, bad[i]), -EINVAL);
		EXPECT(run, !strcmp(control_read(file, buf, sizeof(buf)),
				    "first 7"));
	}
	EXPECT_EQ(run, control_write(file, "always"), 0);
}

static void test_text(struct ktap_run *run)
{
	expect_text(run, ENTRY("int/policy"));
	expect_text(run, "policy");
}

/* All entry points or none, and "mixed" when they differ. */
static void test_module(struct ktap_run *run)
{
	char buf[64];

	EXPECT_EQ(run, control_write("policy", "sample 3"), 0);
	EXPECT(run, !strcmp(control_read(ENTRY("int/policy"), buf,
					 sizeof(buf)), "sample 3"));
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "off"), 0);
	EXPECT(run, !strcmp(control_read("policy", buf, sizeof(buf)), "mixed"));
	EXPECT_EQ(run, control_write("policy", "sample 0"), -EINVAL);
	EXPECT(run, !strcmp(control_read("policy", buf, sizeof(buf)), "mixed"));
	EXPECT(run, !strcmp(control_read(ENTRY("int/policy"), buf,
					 sizeof(buf)), "off"));
	EXPECT(run, !strcmp(control_read(ENTRY("bool/policy"), buf,
					 sizeof(buf)), "sample 3"));
	EXPECT_EQ(run, control_write("policy", "always"), 0);
}

/* How many of @calls calls of subject_int() are isolated, and which. */
static u64 isolated(u32 calls, u64 *which)
{
	u64 before = control_number(ENTRY("int/calls")), after;
	u64 first = before;
	u32 i;

	*which = 0;
	for (i = 0; i < calls; i++) {
		if (subject_int(STRIKE_NONE) != 42)
			return U64_MAX;
		after = control_number(ENTRY("int/calls"));
		*which |= (after - before) << i;
		before = after;
	}
	return before - first;
}

static void test_off(struct ktap_run *run)
{
	u64 which;

	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "off"), 0);
	EXPECT_EQ(run, isolated(3, &which), 0);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "always"), 0);
	EXPECT_EQ(run, isolated(3, &which), 3);
}

/* Setting it again starts again, and a fault counts like any other call. */
static void test_first(struct ktap_run *run)
{
	u64 which;

	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "first 3"), 0);
	EXPECT_EQ(run, isolated(5, &which), 3);
	EXPECT_EQ(run, which, 0x7);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "first 3"), 0);
	EXPECT_EQ(run, subject_int(STRIKE_BUG), -EIO);
	EXPECT_FAULT(run, "subject_int", "BUG", "undo");
	EXPECT_EQ(run, isolated(5, &which), 2);
	EXPECT_EQ(run, which, 0x3);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "always"), 0);
}

static void test_sample(struct ktap_run *run)
{
	u64 which;

	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "sample 4"), 0);
	EXPECT_EQ(run, isolated(12, &which), 3);
	EXPECT_EQ(run, which, 0x111);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "sample 1"), 0);
	EXPECT_EQ(run, isolated(3, &which), 3);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "always"), 0);
}

/* A fault of another entry point counts: it is the driver that is watched. */
static void test_after_fault(struct ktap_run *run)
{
	u64 which;

	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "after-fault 1"), 0);
	msleep(1100);
	EXPECT_EQ(run, isolated(3, &which), 0);
	EXPECT_EQ(run, subject_bool(STRIKE_NULL_LOAD), false);
	EXPECT_EQ(run, isolated(3, &which), 3);
	EXPECT_FAULT(run, "subject_bool", "bad load", "undo");
	msleep(1100);
	EXPECT_EQ(run, isolated(3, &which), 0);
	EXPECT_EQ(run, control_write(ENTRY("int/policy"), "always"), 0);
}

/* The native function gets every argument, and its effects stay. */
static void test_native(struct ktap_run *run)
{
	u64 wanted = subject_args(1, 2, 3, 4, 5, 6);
	u64 calls;

	EXPECT_EQ(run, control_write("policy", "first 1"), 0);
	EXPECT_EQ(run, subject_args(1, 2, 3, 4, 5, 6), wanted);
	calls = control_number(ENTRY("args/calls"));
	EXPECT_EQ(run, subject_args(1, 2, 3, 4, 5, 6), wanted);
	EXPECT_EQ(run, control_number(ENTRY("args/calls")), calls);
	subject_void(STRIKE_NONE);
	subject.w = 5;
	subject_void(STRIKE_NONE);
	EXPECT_EQ(run, subject.w, 6);
	EXPECT_EQ(run, control_write("policy", "always"), 0);
}

/*
 * An entry point called inside a call is part of it, whatever its own policy:
 * natively its stores would not be taken back.
 */
static void test_inside(struct ktap_run *run)
{
	subject.q = 100;
	EXPECT_EQ(run, control_write(ENTRY("stores/policy"), "sample 1000"), 0);
	EXPECT_EQ(run, subject_stores(&subject, 1, STRIKE_NONE), 0);
	subject.q = 100;
	EXPECT_EQ(run, subject_outer(STRIKE_NONE, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_outer", "bad load", "undo");
	EXPECT_EQ(run, control_write("policy", "always"), 0);
}

/* ---- devices --------------------------------------------------------------------- */

static char *device_file(char *buf, size_t size, const char *name)
{
	scnprintf(buf, size, "devices/%s/%s", pci_name(device.pdev), name);
	return buf;
}

static void test_device_text(struct ktap_run *run)
{
	char file[64];

	if (!device.pdev) {
		run->skip = "no edu device without a driver";
		return;
	}
	expect_text(run, device_file(file, sizeof(file), "policy"));
}

/* A call is isolated if entry and device agree; who knows no device has no say. */
static void test_device(struct ktap_run *run)
{
	u64 named, plain, i;
	char file[64];

	if (!device.pdev) {
		run->skip = "no edu device without a driver";
		return;
	}
	device_file(file, sizeof(file), "policy");
	EXPECT_EQ(run, control_write(file, "off"), 0);
	named = control_number("entries/device_named/calls");
	plain = control_number("entries/device_plain/calls");
	EXPECT_EQ(run, device_named(device.pdev, 1, STRIKE_NONE), 0x11e8);
	EXPECT_EQ(run, device_plain(1, STRIKE_NONE), 0);
	EXPECT_EQ(run, control_number("entries/device_named/calls"), named);
	EXPECT_EQ(run, control_number("entries/device_plain/calls"), plain + 1);

	/* Three calls of the five the device lets through. */
	EXPECT_EQ(run, control_write(file, "first 5"), 0);
	EXPECT_EQ(run, control_write("entries/device_named/policy", "sample 2"), 0);
	for (i = 0; i < 8; i++)
		device_named(device.pdev, i, STRIKE_NONE);
	EXPECT_EQ(run, control_number("entries/device_named/calls"), named + 3);

	EXPECT_EQ(run, control_write("entries/device_named/policy", "always"), 0);
	EXPECT_EQ(run, control_write(file, "always"), 0);
	EXPECT_EQ(run, device_named(device.pdev, 1, STRIKE_NONE), 0x11e8);
	EXPECT_EQ(run, control_number("entries/device_named/calls"), named + 4);
}

/* Known by the argument, and by the registers that were written. */
static void test_device_faults(struct ktap_run *run)
{
	char file[64], report[CONTROL_SIZE];
	u64 faults;

	if (!device.pdev) {
		run->skip = "no edu device without a driver";
		return;
	}
	device_file(file, sizeof(file), "faults");
	faults = control_number(file);
	EXPECT_EQ(run, device_named(device.pdev, 1, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_named", "bad load", "undo");
	EXPECT(run, strstr(control_read("last_fault", report, sizeof(report)),
			   pci_name(device.pdev)));
	EXPECT_EQ(run, control_number(file), faults + 1);
	EXPECT_EQ(run, device_plain(1, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_plain", "bad load", "registers");
	EXPECT_EQ(run, control_number(file), faults + 2);
	EXPECT_EQ(run, subject_int(STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "subject_int", "bad load", "undo");
	EXPECT_EQ(run, control_number(file), faults + 2);
}

/* ---- counters -------------------------------------------------------------------- */

/* The number behind "name: " in a file of such lines. */
static u64 line_number(const char *file, const char *name)
{
	char buf[CONTROL_SIZE], key[48];
	unsigned long long value;
	const char *found;

	scnprintf(key, sizeof(key), "%s: ", name);
	found = strstr(control_read(file, buf, sizeof(buf)), key);
	if (!found || sscanf(found + strlen(key), "%llu", &value) != 1)
		return U64_MAX;
	return value;
}

static void test_counters(struct ktap_run *run)
{
	u64 calls = control_number(ENTRY("int/calls"));
	u64 commits = control_number(ENTRY("int/commits"));
	u64 faults = control_number(ENTRY("int/faults"));
	u64 bugs = line_number(ENTRY("int/causes"), "BUG");
	u64 divides = line_number(ENTRY("int/causes"), "divide error");
	u64 undone = line_number(ENTRY("int/steps"), "undo");
	u64 all = line_number("causes", "BUG");
	u64 last = control_number(ENTRY("int/last_fault_ns"));

	EXPECT_EQ(run, subject_int(STRIKE_NONE), 42);
	EXPECT_EQ(run, subject_int(STRIKE_BUG), -EIO);
	EXPECT_FAULT(run, "subject_int", "BUG", "undo");
	EXPECT_EQ(run, control_number(ENTRY("int/calls")), calls + 2);
	EXPECT_EQ(run, control_number(ENTRY("int/commits")), commits + 1);
	EXPECT_EQ(run, control_number(ENTRY("int/faults")), faults + 1);
	EXPECT_EQ(run, line_number(ENTRY("int/causes"), "BUG"), bugs + 1);
	EXPECT_EQ(run, line_number(ENTRY("int/causes"), "divide error"), divides);
	EXPECT_EQ(run, line_number(ENTRY("int/steps"), "undo"), undone + 1);
	EXPECT_EQ(run, line_number("causes", "BUG"), all + 1);
	EXPECT(run, control_number(ENTRY("int/last_fault_ns")) > last);
	EXPECT_EQ(run, control_number(ENTRY("int/last_fault_ns")),
		  control_number("last_fault_ns"));
}

const struct ktap_test policy_tests[] = {
	{ "text", test_text },
	{ "module", test_module },
	{ "off", test_off },
	{ "first", test_first },
	{ "sample", test_sample },
	{ "after_fault", test_after_fault },
	{ "native", test_native },
	{ "inside", test_inside },
	{ "device_text", test_device_text },
	{ "device", test_device },
	{ "device_faults", test_device_faults },
	{ "counters", test_counters },
	{ }
};
