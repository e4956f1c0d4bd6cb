// SPDX-License-Identifier: GPL-2.0
/* Checkpoint: the device goes back to where it was, by the cheapest way. */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"

static bool no_device(struct ktap_run *run)
{
	if (!device.pdev)
		run->skip = "no edu device without a driver";
	return run->skip;
}

static void test_plain(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_plain(100, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_plain(), 100);
	device.resumes = 0;
	EXPECT_EQ(run, device_plain(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_plain(), 100);
	EXPECT_FAULT(run, "device_plain", "bad load", "registers");
	EXPECT_EQ(run, device.resumes, 0);
}

static void test_event(struct ktap_run *run)
{
	if (no_device(run))
		return;
	device.resumes = 0;
	EXPECT_EQ(run, device_event(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_event", "bad load", "registers");
	EXPECT_EQ(run, device.resumes, 0);
}

/* Nobody described the register: suspend and resume bring it back. */
static void test_pm(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_other(100, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_other(), 100);
	device.suspends = 0;
	device.resumes = 0;
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device.setting, 100);
	EXPECT_FAULT(run, "device_other", "bad load", "pm");
	EXPECT_EQ(run, device_read_other(), 100);
	EXPECT_EQ(run, device.suspends, 1);
	EXPECT_EQ(run, device.resumes, 1);
	EXPECT_EQ(run, device_other(300, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_other(), 300);
	EXPECT_NO_FAULT(run);
}

/* What the call has told the device of is nobody else's until that has forgotten it. */
static void test_memory(struct ktap_run *run)
{
	char before[CONTROL_SIZE], meanwhile[CONTROL_SIZE], after[CONTROL_SIZE];
	u32 i;

	if (no_device(run))
		return;
	EXPECT_EQ(run, device_told(STRIKE_NONE), 0);
	control_read("ranges", before, sizeof(before));
	device.resume_ms = 200;
	EXPECT_EQ(run, device_told(STRIKE_NULL_LOAD), -EIO);
	for (i = 0; i < 500 && !READ_ONCE(device.resuming); i++)
		usleep_range(1000, 1100);
	control_read("ranges", meanwhile, sizeof(meanwhile));
	device.resume_ms = 0;
	EXPECT_FAULT(run, "device_told", "bad load", "pm");
	control_read("ranges", after, sizeof(after));
	EXPECT(run, strcmp(before, meanwhile));
	EXPECT(run, !strcmp(before, after));
}

/* The device may do after a restore what it could do before: DMA, for one. */
static void test_config(struct ktap_run *run)
{
	u16 before, after;

	if (no_device(run))
		return;
	pci_set_master(device.pdev);
	pci_read_config_word(device.pdev, PCI_COMMAND, &before);
	EXPECT(run, before & PCI_COMMAND_MASTER);
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_other", "bad load", "pm");
	pci_read_config_word(device.pdev, PCI_COMMAND, &after);
	EXPECT_EQ(run, after, before);
}

/* A resume that fails is not the end: the driver starts from nothing. */
static void test_rebind(struct ktap_run *run)
{
	u32 probes = device.probes;

	if (no_device(run))
		return;
	device.resume_error = -ENXIO;
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_other", "bad load", "rebind");
	device.resume_error = 0;
	EXPECT_EQ(run, device.probes, probes + 1);
	EXPECT_EQ(run, device_other(300, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_other(), 300);
	EXPECT_NO_FAULT(run);
}

/* Steps of the ladder that run the driver's callbacks without an unbind. */
static u32 gentle_steps(void)
{
	return device.pdev->reset_methods[0] ? 2 : 1;
}

/*
 * What a rollback does not see may be wrong with the memory the callbacks work
 * on: one that faults ends its step, whatever the user's policy is.
 */
static void test_suspend_faults(struct ktap_run *run)
{
	static const char policy[] = "entries/device_suspend/policy";
	u32 probes = device.probes, suspends = device.suspends;

	if (no_device(run))
		return;
	EXPECT_EQ(run, control_write(policy, "off"), 0);
	device.suspend_strike = STRIKE_NULL_LOAD;
	run->faults += gentle_steps();
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_other", "bad load", "rebind");
	device.suspend_strike = STRIKE_NONE;
	EXPECT_EQ(run, control_write(policy, "always"), 0);
	EXPECT_EQ(run, device.suspends, suspends);
	EXPECT_EQ(run, device.probes, probes + 1);
	EXPECT_EQ(run, device_other(300, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_other(), 300);
	EXPECT_NO_FAULT(run);
}

/*
 * When nothing helps that is told, not hidden, and nobody gets at the device
 * until a driver is bound to it anew.
 */
static void test_failed(struct ktap_run *run)
{
	struct device *dev;

	if (no_device(run))
		return;
	dev = &device.pdev->dev;
	device.resume_error = -ENXIO;
	device.probe_error = -ENXIO;
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_other", "bad load", "failed");
	device.resume_error = 0;
	device.probe_error = 0;
	EXPECT_EQ(run, device_plain(300, STRIKE_NONE), -EIO);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, device_attach(dev), 1);
	EXPECT_EQ(run, device_other(200, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_other", "bad load", "pm");
}

static void test_outside(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_outside(STRIKE_NONE), -EIO);
	EXPECT_FAULT(run, "device_outside", "wild argument", "undo");
}

/* The kernel would free as many pages as it is told. */
static void test_coherent(struct ktap_run *run)
{
	if (no_device(run))
		return;
	EXPECT_EQ(run, device_coherent(PAGE_SIZE, PAGE_SIZE, STRIKE_NONE), 0);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, device_coherent(PAGE_SIZE, 2 * PAGE_SIZE, STRIKE_NONE),
		  -EIO);
	EXPECT_FAULT(run, "device_coherent", "wild argument", "undo");
}

const struct ktap_test checkpoint_tests[] = {
	{ "plain", test_plain },
	{ "event", test_event },
	{ "pm", test_pm },
	{ "memory", test_memory },
	{ "config", test_config },
	{ "rebind", test_rebind },
	{ "suspend_faults", test_suspend_faults },
	{ "failed", test_failed },
	{ "outside", test_outside },
	{ "coherent", test_coherent },
	{ }
};
