// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_bench.ko: an entry point that does nothing, called many times.
 *
 *	echo 10000 > /sys/module/fgft_bench/parameters/run
 *	cat /sys/module/fgft_bench/parameters/run	# nanoseconds
 *
 * On a machine that counts instructions a nanosecond is one of them.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

long bench_empty(long value);

noinline long bench_empty(long value)
{
	return value;
}

static u64 spent;

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
		if (bench_empty(i) != i)
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
