// SPDX-License-Identifier: GPL-2.0
/* Kernel functions: what an aborted call did with them is taken back. */
#include <linux/delay.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "ktap.h"
#include "subject.h"

static bool same_ranges(const char *before)
{
	char after[RANGES_SIZE];

	return !strcmp(before, control_read("ranges", after, sizeof(after)));
}

static void test_alloc(struct ktap_run *run)
{
	u32 *heap = subject.heap;
	char before[RANGES_SIZE];

	control_read("ranges", before, sizeof(before));
	EXPECT_EQ(run, subject_alloc(32, STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, subject.heap == heap);
	EXPECT(run, same_ranges(before));
	EXPECT_FAULT(run, "subject_alloc", "bad load", "undo");
}

/* Freed at commit, not before: an abort still has it, contents and all. */
static void test_free(struct ktap_run *run)
{
	u32 *heap = subject.heap;
	char before[RANGES_SIZE];

	control_read("ranges", before, sizeof(before));
	heap[0] = 0x1234;
	EXPECT_EQ(run, subject_free(STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, subject.heap == heap);
	EXPECT_EQ(run, heap[0], 0x1234);
	EXPECT(run, same_ranges(before));
	EXPECT_FAULT(run, "subject_free", "bad load", "undo");
	EXPECT_EQ(run, subject_free(STRIKE_NONE), 0);
	EXPECT(run, !same_ranges(before));
	EXPECT_EQ(run, subject_alloc(16, STRIKE_NONE), 0);
	EXPECT(run, same_ranges(before));
	EXPECT_NO_FAULT(run);
}

/* The second kfree() of a call sees what the first has promised. */
static void test_free_twice(struct ktap_run *run)
{
	char before[RANGES_SIZE];

	control_read("ranges", before, sizeof(before));
	EXPECT_EQ(run, subject_free_twice(STRIKE_NONE), -EIO);
	EXPECT(run, same_ranges(before));
	EXPECT_FAULT(run, "subject_free_twice", "wild argument", "undo");
}

/* A frame has as many ends as holders, whichever functions end it. */
static void test_drop(struct ktap_run *run)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);

	if (!skb) {
		run->skip = "no memory";
		return;
	}
	EXPECT_EQ(run, subject_drop(skb, 2, STRIKE_NONE), -EIO);
	EXPECT_FAULT(run, "subject_drop", "wild argument", "undo");
	skb_get(skb);
	skb_get(skb);
	EXPECT_EQ(run, subject_drop(skb, 4, STRIKE_NONE), -EIO);
	EXPECT_FAULT(run, "subject_drop", "wild argument", "undo");
	EXPECT_EQ(run, refcount_read(&skb->users), 3);
	EXPECT_EQ(run, subject_drop(skb, 3, STRIKE_NONE), 0);
	EXPECT_NO_FAULT(run);
}

/* What a format makes the kernel follow is looked at before. */
static void test_print(struct ktap_run *run)
{
	EXPECT_EQ(run, subject_print("word", STRIKE_NONE), 'w');
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, subject_print((const char *)~0xfffffUL, STRIKE_NONE),
		  -EIO);
	EXPECT_FAULT(run, "subject_print", "wild argument", "undo");
}

static void test_vmalloc(struct ktap_run *run)
{
	u64 *area = subject.area;
	char before[RANGES_SIZE];

	control_read("ranges", before, sizeof(before));
	area[0] = 0x1234;
	EXPECT_EQ(run, subject_vmalloc(PAGE_SIZE, STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, subject.area == area);
	EXPECT(run, same_ranges(before));
	EXPECT_FAULT(run, "subject_vmalloc", "bad load", "undo");
	EXPECT_EQ(run, subject_vfree(STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, subject.area == area);
	EXPECT_EQ(run, area[0], 0x1234);
	EXPECT(run, same_ranges(before));
	EXPECT_FAULT(run, "subject_vfree", "bad load", "undo");
}

static void test_spin(struct ktap_run *run)
{
	int before = preempt_count();

	subject.q = 100;
	EXPECT_EQ(run, subject_spin(STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT(run, subject_spin_is_free());
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_spin", "bad load", "undo");
	EXPECT_EQ(run, subject_spin(STRIKE_NONE), 0);
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT(run, subject_spin_is_free());
	EXPECT_EQ(run, subject.q, 101);
	EXPECT_NO_FAULT(run);
}

static void test_spin_irq(struct ktap_run *run)
{
	int before = preempt_count();

	subject.q = 100;
	EXPECT_EQ(run, subject_spin_irq(STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, preempt_count(), before);
	EXPECT(run, !irqs_disabled());
	EXPECT(run, subject_spin_is_free());
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_spin_irq", "bad load", "undo");

	/* Interrupts that were off before are off afterwards. */
	local_irq_disable();
	EXPECT_EQ(run, subject_spin_irq(STRIKE_NONE), 0);
	EXPECT(run, irqs_disabled());
	local_irq_enable();
	EXPECT(run, subject_spin_is_free());
	EXPECT_EQ(run, subject.q, 102);
	EXPECT_NO_FAULT(run);
}

static void test_mutex(struct ktap_run *run)
{
	subject.q = 100;
	EXPECT_EQ(run, subject_mutex(STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, !mutex_is_locked(&subject.mutex));
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_mutex", "bad load", "undo");
	EXPECT_EQ(run, subject_mutex(STRIKE_NONE), 0);
	EXPECT(run, !mutex_is_locked(&subject.mutex));
	EXPECT_EQ(run, subject.q, 101);
}

/* A mutex in atomic context cannot be had; nothing is left of the attempt. */
static void test_mutex_in_atomic(struct ktap_run *run)
{
	subject.q = 100;
	preempt_disable();
	EXPECT_EQ(run, subject_mutex(STRIKE_NONE), -EIO);
	preempt_enable();
	EXPECT(run, !mutex_is_locked(&subject.mutex));
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_mutex", "sleep in atomic context", "undo");
}

static void test_counters(struct ktap_run *run)
{
	subject.bits = BIT(2) | BIT(3);
	atomic_set(&subject.count, 100);
	EXPECT_EQ(run, subject_counters(STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.bits, BIT(2) | BIT(3));
	EXPECT_EQ(run, atomic_read(&subject.count), 100);
	EXPECT_FAULT(run, "subject_counters", "bad load", "undo");
	EXPECT_EQ(run, subject_counters(STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.bits, BIT(1) | BIT(3));
	EXPECT_EQ(run, atomic_read(&subject.count), 111);
}

static u32 worked;

static void work(struct work_struct *item)
{
	worked++;
}

static void test_work(struct ktap_run *run)
{
	INIT_WORK(&subject.work, work);
	worked = 0;
	EXPECT_EQ(run, subject_work(STRIKE_NONE), 0);
	flush_work(&subject.work);
	EXPECT_EQ(run, worked, 1);
	EXPECT_EQ(run, subject_work(STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "subject_work", "bad load", "undo");
	flush_work(&subject.work);
	EXPECT(run, !work_pending(&subject.work));
	EXPECT_EQ(run, subject_work(STRIKE_NONE), 0);
	flush_work(&subject.work);
	/* The work of the aborted call may have begun before it was cancelled. */
	EXPECT(run, worked == 2 || worked == 3);
}

static void test_complete(struct ktap_run *run)
{
	reinit_completion(&subject.done);
	EXPECT_EQ(run, subject_complete(STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, !completion_done(&subject.done));
	EXPECT_FAULT(run, "subject_complete", "bad load", "undo");
	EXPECT_EQ(run, subject_complete(STRIKE_NONE), 0);
	EXPECT(run, completion_done(&subject.done));
}

const struct ktap_test kapi_tests[] = {
	{ "alloc", test_alloc },
	{ "free", test_free },
	{ "free_twice", test_free_twice },
	{ "drop", test_drop },
	{ "print", test_print },
	{ "vmalloc", test_vmalloc },
	{ "spin", test_spin },
	{ "spin_irq", test_spin_irq },
	{ "mutex", test_mutex },
	{ "mutex_in_atomic", test_mutex_in_atomic },
	{ "counters", test_counters },
	{ "work", test_work },
	{ "complete", test_complete },
	{ }
};
