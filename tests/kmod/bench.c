// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_bench.ko: an entry point that does nothing, called many times; or one
 * that stores so many words, and in the end takes a fault.
 *
 *	echo 10000 > /sys/module/fgft_bench/parameters/run
 *	cat /sys/module/fgft_bench/parameters/run	# nanoseconds
 *	echo 1000 > /sys/module/fgft_bench/parameters/stores
 *	echo 1 > /sys/module/fgft_bench/parameters/fault
 *
 * On a machine that counts instructions a nanosecond is one of them.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

long bench_empty(long value);

#define WORDS	4096

static u64 words[WORDS];

static uint stores;
module_param(stores, uint, 0600);
MODULE_PARM_DESC(stores, "words a call stores to; 0: one that does nothing");

static bool fault;
module_param(fault, bool, 0600);
MODULE_PARM_DESC(fault, "a call that stores ends in a NULL load: isolate it first");

noinline long bench_empty(long value)
{
	return value;
}

static noinline int bench_store(u32 count, bool faulty)
{
	u32 i;

	for (i = 0; i < count; i++)
		WRITE_ONCE(words[i], words[i] + 1);
	if (faulty)
		return READ_ONCE(*(int *)NULL);
	return 0;
}

static u64 spent;

static bool call_once(u32 i)
{
	if (!stores)
		return bench_empty(i) == i;
	return !bench_store(min_t(u32, stores, WORDS), fault) == !fault;
}

static int run_set(const char *val, const struct kernel_param *kp)
{
	u32 i, calls;
	u64 begun;
	int err;

	err = kstrtou32(val, 0, &calls);
	if (err)
		return err;
	begun = ktime_get_ns();
	for (i = 0; i < calls; i++) {
		if (!call_once(i))
			return -EIO;
	}
	spent = ktime_get_ns() - begun;
	return 0;
}

static int run_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%llu\n", spent);
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};
module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "calls to make; reads as the nanoseconds they took");

MODULE_DESCRIPTION("Cost of an empty FGFT call");
MODULE_LICENSE("GPL");
