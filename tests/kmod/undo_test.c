// SPDX-License-Identifier: GPL-2.0
/* Undo: memory goes back to what it was, whatever kind of store changed it. */
#include <linux/delay.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "ktap.h"
#include "subject.h"

static void test_all_stores(struct ktap_run *run)
{
	static struct subject state, before;

	memset(&state, 0x3c, sizeof(state));
	before = state;
	EXPECT_EQ(run, subject_stores(&state, 0x1234567, STRIKE_NULL_LOAD),
		  -EIO);
	EXPECT(run, !memcmp(&state, &before, sizeof(state)));
	EXPECT_FAULT(run, "subject_stores", "bad load", "undo");

	/* The stores the abort took back do happen when nothing is wrong. */
	EXPECT_EQ(run, subject_stores(&state, 0x1234567, STRIKE_NONE), 0);
	EXPECT_EQ(run, state.b, 0x67);
	EXPECT_EQ(run, state.h, 0x4568);
	EXPECT_EQ(run, state.w, 0x1234569);
	EXPECT_EQ(run, state.q, 0x123456a);
	EXPECT_EQ(run, state.low, 0x1234567 & 7);
	EXPECT_EQ(run, state.mid, 0x1234567 & 127);
	EXPECT_EQ(run, state.high, 0x1234567 & 0x3fffff);
	EXPECT_EQ(run, state.block[2], 0x1234569);
	EXPECT_EQ(run, state.block[5], 0x6767676767676767);
	EXPECT_EQ(run, state.block[7], 1);
}

static void test_order(struct ktap_run *run)
{
	subject.q = 100;
	EXPECT_EQ(run, subject_order(STRIKE_NULL_LOAD), -EIO);
	EXPECT_EQ(run, subject.q, 100);
	EXPECT_FAULT(run, "subject_order", "bad load", "undo");
	EXPECT_EQ(run, subject_order(STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.q, 99);
}

static bool area_is(u64 value)
{
	u32 i;

	for (i = 0; i < 1024; i++)
		if (subject.area[i] != value)
			return false;
	return true;
}

/* More records than one page of log holds. */
static void test_long_log(struct ktap_run *run)
{
	memset(subject.area, 0x11, 1024 * sizeof(u64));
	EXPECT_EQ(run, subject_many(20000, STRIKE_NULL_LOAD), -EIO);
	EXPECT(run, area_is(0x1111111111111111));
	EXPECT_FAULT(run, "subject_many", "bad load", "undo");
	EXPECT_EQ(run, subject_many(20000, STRIKE_NONE), 0);
	EXPECT_EQ(run, subject.area[19999 % 1024], 19999);
	EXPECT_NO_FAULT(run);
}

/* More than any log holds: the call is given up, and taken back in full. */
static void test_full_log(struct ktap_run *run)
{
	memset(subject.area, 0x11, 1024 * sizeof(u64));
	EXPECT_EQ(run, subject_many(1000 * 1000, STRIKE_NONE), -EIO);
	EXPECT(run, area_is(0x1111111111111111));
	EXPECT_FAULT(run, "subject_many", "out of memory", "undo");
}

static void test_copies(struct ktap_run *run)
{
	static const u64 source[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	size_t size;

	/* Odd sizes too: the byte behind must neither be written nor logged. */
	for (size = 1; size <= sizeof(source); size += 7) {
		memset(subject.heap, 0x77, sizeof(source));
		EXPECT_EQ(run, subject_copy(source, size, STRIKE_NULL_LOAD),
			  -EIO);
		EXPECT(run, !memchr_inv(subject.heap, 0x77, sizeof(source)));
		EXPECT_FAULT(run, "subject_copy", "bad load", "undo");
	}
	EXPECT_EQ(run, subject_copy(source, sizeof(source), STRIKE_NONE), 0);
	EXPECT(run, !memcmp(subject.heap, source, sizeof(source)));
}

/* Numbers of the report, as the user reads them. */
static void test_counts(struct ktap_run *run)
{
	char report[CONTROL_SIZE];

	EXPECT_EQ(run, subject_many(12, STRIKE_NULL_LOAD), -EIO);
	EXPECT_FAULT(run, "subject_many", "bad load", "undo");
	control_read("last_fault", report, sizeof(report));
	EXPECT(run, strstr(report, "undone_stores: 12\n"));
	EXPECT(run, strstr(report, "undone_calls: 0\n"));
	EXPECT(run, strstr(report, "conflicts: 0\n"));
}

/* ---- somebody else writes a word of the call ------------------------------------- */

static void meddle_handler(struct timer_list *timer)
{
	WRITE_ONCE(subject.q, 77);
}

static DEFINE_TIMER(meddle, meddle_handler);

static void test_conflict(struct ktap_run *run)
{
	char report[CONTROL_SIZE];
	char at[40];

	device.suspends = 0;
	subject.q = 100;
	subject.w = 100;
	mod_timer(&meddle, jiffies + 2);
	EXPECT_EQ(run, subject_sleep(100, STRIKE_NULL_LOAD), -EIO);
	del_timer_sync(&meddle);
	EXPECT_EQ(run, subject.q, 77);
	EXPECT_EQ(run, subject.w, 100);
	/* Where there is a device, its driver puts memory in order. */
	EXPECT_FAULT(run, "subject_sleep", "bad load",
		     device.pdev ? "pm" : "undo");
	EXPECT_EQ(run, device.suspends, device.pdev ? 1 : 0);
	control_read("last_fault", report, sizeof(report));
	scnprintf(at, sizeof(at), "conflict_at: 0x%lx\n",
		  (unsigned long)&subject.q);
	EXPECT(run, strstr(report, "conflicts: 1\n"));
	EXPECT(run, strstr(report, at));
}

static u32 meddled;

static void meddle_area_handler(struct timer_list *timer)
{
	WRITE_ONCE(subject.area[meddled], 77);
}

static DEFINE_TIMER(meddle_area, meddle_area_handler);

/* A range that is written at once, of one record and of many. */
static void conflict_in_range(struct ktap_run *run, u32 words, u32 at)
{
	char report[CONTROL_SIZE];
	u32 i;

	for (i = 0; i < 1024; i++)
		subject.area[i] = i;
	meddled = at;
	mod_timer(&meddle_area, jiffies + 2);
	EXPECT_EQ(run, subject_clear(words * sizeof(u64), 100,
				     STRIKE_NULL_LOAD), -EIO);
	del_timer_sync(&meddle_area);
	for (i = 0; i < 1024; i++)
		EXPECT_EQ(run, subject.area[i], i == at ? 77 : i);
	EXPECT_FAULT(run, "subject_clear", "bad load",
		     device.pdev ? "pm" : "undo");
	control_read("last_fault", report, sizeof(report));
	EXPECT(run, strstr(report, "conflicts: 1\n"));
}

static void test_conflict_in_range(struct ktap_run *run)
{
	conflict_in_range(run, 9, 8);
	conflict_in_range(run, 300, 0);
	conflict_in_range(run, 1024, 600);
	conflict_in_range(run, 1024, 1023);
}

/* The same, but the call commits: nothing is looked at. */
static void test_no_conflict(struct ktap_run *run)
{
	subject.q = 100;
	mod_timer(&meddle, jiffies + 2);
	EXPECT_EQ(run, subject_sleep(100, STRIKE_NONE), 0);
	del_timer_sync(&meddle);
	EXPECT_EQ(run, subject.q, 77);
	EXPECT_NO_FAULT(run);
}

const struct ktap_test undo_tests[] = {
	{ "all_stores", test_all_stores },
	{ "order", test_order },
	{ "long_log", test_long_log },
	{ "full_log", test_full_log },
	{ "copies", test_copies },
	{ "counts", test_counts },
	{ "conflict", test_conflict },
	{ "conflict_in_range", test_conflict_in_range },
	{ "no_conflict", test_no_conflict },
	{ }
};
