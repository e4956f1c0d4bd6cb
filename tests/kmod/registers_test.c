// SPDX-License-Identifier: GPL-2.0
/* Registers: what becomes of each kind when its call is aborted. */
#include <linux/irqreturn.h>
#include <linux/pci.h>

#include "ktap.h"
#include "subject.h"

/* Interrupts of the device go nowhere meanwhile: nobody handles them. */
static bool begin(struct ktap_run *run, u32 mask)
{
	if (!device.pdev) {
		run->skip = "no edu device without a driver";
		return false;
	}
	pci_intx(device.pdev, false);
	device_write_mask(mask);
	device.resumes = 0;
	return true;
}

static void end(struct ktap_run *run)
{
	device_write_mask(0);
	pci_intx(device.pdev, true);
}

/* One entry of the log each, however often it is written. */
static void test_fill(struct ktap_run *run)
{
	if (!begin(run, 0))
		return;
	EXPECT_EQ(run, device_fill(100, 1, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_fill(200, 500, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_plain(), 100);
	EXPECT_FAULT(run, "device_fill", "bad load", "registers");
	EXPECT_EQ(run, device_fill(200, 500, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_plain(), 699);
	EXPECT_EQ(run, device.resumes, 0);
	end(run);
}

static void test_pair(struct ktap_run *run)
{
	if (!begin(run, 0x0f))
		return;
	EXPECT_EQ(run, device_pair(0xfe, 0x3c, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_mask(), 0x0f);
	EXPECT_FAULT(run, "device_pair", "bad load", "registers");
	EXPECT_EQ(run, device_pair(0, 0x7f, STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, device_read_mask(), 0x0f);
	EXPECT_FAULT(run, "device_pair", "bad load", "registers");
	EXPECT_EQ(run, device_pair(0xfe, 0x3c, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_mask(), 0xc3);
	EXPECT_EQ(run, device.resumes, 0);
	end(run);
}

/* The cause an aborted handler has read comes again. */
static void test_clears(struct ktap_run *run)
{
	if (!begin(run, 5))
		return;
	EXPECT_EQ(run, device_irq(STRIKE_NULL_LOAD, NULL), IRQ_HANDLED);
	EXPECT_EQ(run, device_read_mask(), 5);
	EXPECT_FAULT(run, "device_irq", "bad load", "registers");
	EXPECT_EQ(run, device_irq(STRIKE_NONE, NULL), IRQ_HANDLED);
	EXPECT_EQ(run, device_read_mask(), 0);
	/* Without one it was somebody else's. */
	EXPECT_EQ(run, device_irq(STRIKE_NULL_LOAD, NULL), IRQ_NONE);
	EXPECT_EQ(run, device_read_mask(), 0);
	EXPECT_FAULT(run, "device_irq", "bad load", "registers");
	EXPECT_EQ(run, device.resumes, 0);
	end(run);
}

#define MARK	BIT(31)

static void test_relaxed(struct ktap_run *run)
{
	if (!begin(run, 0))
		return;
	EXPECT_EQ(run, device_relaxed(1, DEVICE_BEHIND_PLAIN, STRIKE_NONE), 0);
	EXPECT_EQ(run, device_read_bell(), 1 | MARK);
	EXPECT_EQ(run, device_read_plain(), 1);
	EXPECT_EQ(run, device_relaxed(2, DEVICE_BEHIND_NOTHING,
				      STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_relaxed", "bad load", "undo");
	EXPECT_EQ(run, device_relaxed(2, DEVICE_BEHIND_PLAIN,
				      STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "device_relaxed", "bad load", "registers");
	EXPECT_EQ(run, device_read_bell(), 1 | MARK);
	EXPECT_EQ(run, device_read_plain(), 1);
	EXPECT_EQ(run, device.resumes, 0);
	end(run);
}

/* Rung early, where something may wait for what it does. */
static void test_relaxed_early(struct ktap_run *run)
{
	static const enum device_behind behind[] = {
		DEVICE_BEHIND_OTHER, DEVICE_BEHIND_DELAY, DEVICE_BEHIND_SLEEP,
	};
	u32 i;

	if (!begin(run, 0))
		return;
	for (i = 0; i < ARRAY_SIZE(behind); i++) {
		EXPECT_EQ(run, device_relaxed(10 + i, behind[i],
					      STRIKE_NULL_LOAD), -EIO);
		EXPECT_EQ(run, device_read_bell(), (10 + i) | MARK);
		EXPECT_FAULT(run, "device_relaxed", "bad load", "pm");
		/* The restore has turned the interrupt line on again. */
		pci_intx(device.pdev, false);
	}
	EXPECT_EQ(run, device.resumes, ARRAY_SIZE(behind));
	end(run);
}

const struct ktap_test registers_tests[] = {
	{ "fill", test_fill },
	{ "pair", test_pair },
	{ "clears", test_clears },
	{ "relaxed", test_relaxed },
	{ "relaxed_early", test_relaxed_early },
	{ }
};
