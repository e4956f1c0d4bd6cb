// SPDX-License-Identifier: GPL-2.0
/* Domain: what a call may write, to the byte. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"

#define PRIV_BYTES	64	/* of the driver's, behind a network device */

/*
 * May a call write the byte at @addr?  If not, it is as it was.  It may be nobody's,
 * or freed: KASAN is not to look.
 */
static __no_sanitize_address bool may_write(struct ktap_run *run, const void *addr)
{
	u8 before = *(const u8 *)addr;
	long result = subject_poke((unsigned long)addr, STRIKE_NONE);

	if (!result) {
		EXPECT_EQ(run, *(const u8 *)addr, 0xa5);
		EXPECT_NO_FAULT(run);
		*(u8 *)addr = before;
		return true;
	}
	EXPECT_EQ(run, result, -EIO);
	EXPECT_EQ(run, *(const u8 *)addr, before);
	EXPECT_FAULT(run, "subject_poke", "wild store", "undo");
	return false;
}

static void test_static_data(struct ktap_run *run)
{
	EXPECT(run, may_write(run, &subject.b));
	EXPECT(run, may_write(run, (u8 *)(&subject + 1) - 1));
}

/* Also a fault: it is the processor that notices. */
static void test_constant_data(struct ktap_run *run)
{
	EXPECT_EQ(run, subject_poke_const(STRIKE_NONE), -EIO);
	EXPECT_FAULT(run, "subject_poke_const", "wild store", "undo");
}

/* What the subject has allocated, natively; rounding up is not part of it. */
static void test_slab(struct ktap_run *run)
{
	u8 *heap = (u8 *)subject.heap;
	size_t size = subject.heap_words * sizeof(*subject.heap);

	EXPECT(run, may_write(run, heap));
	EXPECT(run, may_write(run, heap + size - 1));
	EXPECT(run, !may_write(run, heap + size));
	EXPECT(run, !may_write(run, heap - 1));
}

static void test_vmalloc(struct ktap_run *run)
{
	u8 *area = (u8 *)subject.area;

	EXPECT(run, may_write(run, area));
	EXPECT(run, may_write(run, area + 2 * PAGE_SIZE - 1));
}

/* What somebody else has allocated: this file is not isolated. */
static void test_foreign(struct ktap_run *run)
{
	u8 *foreign = kzalloc(64, GFP_KERNEL);

	EXPECT(run, foreign);
	if (!foreign)
		return;
	EXPECT(run, !may_write(run, foreign));
	kfree(foreign);
	EXPECT(run, !may_write(run, current->comm));
	EXPECT(run, !may_write(run, run));
}

/* Freed memory is not the subject's any more, though it still is there. */
static void test_freed(struct ktap_run *run)
{
	u8 *heap;

	EXPECT_EQ(run, subject_free(STRIKE_NONE), 0);
	EXPECT_EQ(run, subject_alloc(16, STRIKE_NONE), 0);
	heap = (u8 *)subject.heap;
	EXPECT(run, may_write(run, heap));
	EXPECT_EQ(run, subject_free(STRIKE_NONE), 0);
	EXPECT(run, !may_write(run, heap));
	EXPECT_EQ(run, subject_alloc(16, STRIKE_NONE), 0);
}

/* A pointer argument stands for what its type says, unless it is const. */
static void test_arguments(struct ktap_run *run)
{
	u64 value[2] = { 0, 0x77 }, fixed = 0x77;

	EXPECT_EQ(run, subject_grant(&value[0], &fixed, false), 0);
	EXPECT_EQ(run, value[0], 1);
	EXPECT_EQ(run, value[1], 0x77);
	EXPECT_NO_FAULT(run);
	value[0] = 0;
	EXPECT_EQ(run, subject_grant(&value[0], &fixed, true), -EIO);
	EXPECT_EQ(run, value[0], 0);
	EXPECT_EQ(run, fixed, 0x77);
	EXPECT_FAULT(run, "subject_grant", "wild store", "undo");
	/* As a constant, the same argument next to a writable one is not. */
	EXPECT_EQ(run, subject_grant(&value[0], &value[1], true), -EIO);
	EXPECT_EQ(run, value[1], 0x77);
	EXPECT_FAULT(run, "subject_grant", "wild store", "undo");
}

/* Ranges are counted by kind, and what an abort takes back is not counted. */
static void test_ranges(struct ktap_run *run)
{
	char before[RANGES_SIZE], after[RANGES_SIZE];

	control_read("ranges", before, sizeof(before));
	EXPECT(run, strstr(before, "slab 1 64\n"));
	EXPECT(run, strstr(before, "vmalloc 1 8192\n"));
	subject_free(STRIKE_NULL_LOAD);
	EXPECT_FAULT(run, "subject_free", "bad load", "undo");
	control_read("ranges", after, sizeof(after));
	EXPECT(run, !strcmp(before, after));
}

/* Of the kernel's part of a network device the few fields drivers write. */
static void test_fields(struct ktap_run *run)
{
	struct net_device *dev = subject_netdev(PRIV_BYTES);
	u8 *own;

	EXPECT(run, dev);
	if (!dev)
		return;
	own = netdev_priv(dev);
	EXPECT(run, may_write(run, &dev->name));
	EXPECT(run, may_write(run, &dev->irq));
	EXPECT(run, may_write(run, &dev->stats.tx_packets));
	EXPECT(run, may_write(run, (u8 *)(&dev->stats + 1) - 1));
	EXPECT(run, !may_write(run, &dev->ifindex));
	EXPECT(run, !may_write(run, &dev->_tx));
	EXPECT(run, !may_write(run, &dev->reg_state));
	EXPECT(run, may_write(run, own));
	EXPECT(run, may_write(run, own + PRIV_BYTES - 1));
	EXPECT(run, !may_write(run, own - NETDEV_ALIGN));
	EXPECT(run, !may_write(run, own + PRIV_BYTES));
	dev->min_mtu = 1;
	dev->max_mtu = 2;
	EXPECT_EQ(run, subject_limits(dev, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "subject_limits", "bad load", "undo");
	EXPECT_EQ(run, dev->min_mtu, 1);
	EXPECT_EQ(run, dev->max_mtu, 2);
	EXPECT_EQ(run, subject_limits(dev, STRIKE_NONE), 0);
	EXPECT_EQ(run, dev->min_mtu, 100);
	EXPECT_EQ(run, dev->max_mtu, 200);
	EXPECT_NO_FAULT(run);
	subject_netdev_free(dev);
}

const struct ktap_test domain_tests[] = {
	{ "static_data", test_static_data },
	{ "constant_data", test_constant_data },
	{ "slab", test_slab },
	{ "vmalloc", test_vmalloc },
	{ "foreign", test_foreign },
	{ "freed", test_freed },
	{ "arguments", test_arguments },
	{ "ranges", test_ranges },
	{ "fields", test_fields },
	{ }
};
