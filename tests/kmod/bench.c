// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_bench.ko: an entry point that does nothing, called many times; or one
 * that stores so many words, and in the end takes a fault; or one that stores
 * to some of so many objects.  By one CPU, or by all at once.
 *
 *	echo 10000 > /sys/module/fgft_bench/parameters/run
 *	cat /sys/module/fgft_bench/parameters/run	# nanoseconds
 *	echo 1000 > /sys/module/fgft_bench/parameters/stores
 *	echo 1 > /sys/module/fgft_bench/parameters/fault
 *	echo 256 > /sys/module/fgft_bench/parameters/objects
 *	echo 1 > /sys/module/fgft_bench/parameters/everywhere
 *
 * On a machine that counts instructions a nanosecond is one of them.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

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

/* ---- objects: each is a range of memory of its own ------------------------------- */

#define OBJECTS	16384
#define TOUCHED	64		/* by a call, far apart: more than it remembers */
#define ROOM	64		/* bytes of an object */

static u64 *object[OBJECTS];
static u32 nobjects;

static noinline int bench_touch(void)
{
	u32 i;

	for (i = 0; i < TOUCHED; i++) {
		u64 *to = object[i * (nobjects / TOUCHED)];

		WRITE_ONCE(*to, *to + 1);
	}
	return 0;
}

static void objects_free(void)
{
	while (nobjects)
		kfree(object[--nobjects]);
}

static int objects_set(const char *val, const struct kernel_param *kp)
{
	u32 wanted;
	int err;

	err = kstrtou32(val, 0, &wanted);
	if (err)
		return err;
	if (wanted > OBJECTS || (wanted && wanted < TOUCHED))
		return -EINVAL;
	objects_free();
	for (; nobjects < wanted; nobjects++) {
		object[nobjects] = kzalloc(ROOM, GFP_KERNEL);
		if (!object[nobjects]) {
			objects_free();
			return -ENOMEM;
		}
	}
	return 0;
}

static const struct kernel_param_ops objects_ops = {
	.set = objects_set,
	.get = param_get_uint,
};
module_param_cb(objects, &objects_ops, &nobjects, 0600);
MODULE_PARM_DESC(objects, "ranges of memory there are; a call stores to 64 of them; 0: none");

/* ---- runs ------------------------------------------------------------------------- */

static bool everywhere;
module_param(everywhere, bool, 0600);
MODULE_PARM_DESC(everywhere, "each CPU makes as many calls, all at once");

static u64 spent;
static u32 wanted_calls;
static bool went_wrong;

static bool call_once(u32 i)
{
	if (nobjects)
		return !bench_touch();
	if (!stores)
		return bench_empty(i) == i;
	return !bench_store(min_t(u32, stores, WORDS), fault) == !fault;
}

static void call_often(struct work_struct *unused)
{
	u32 i;

	for (i = 0; i < wanted_calls; i++)
		if (!call_once(i))
			went_wrong = true;
}

static DEFINE_PER_CPU(struct work_struct, jobs);

static void call_everywhere(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&jobs, cpu), call_often);
		queue_work_on(cpu, system_highpri_wq, per_cpu_ptr(&jobs, cpu));
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&jobs, cpu));
}

static int run_set(const char *val, const struct kernel_param *kp)
{
	u64 begun;
	int err;

	err = kstrtou32(val, 0, &wanted_calls);
	if (err)
		return err;
	went_wrong = false;
	begun = ktime_get_ns();
	if (everywhere)
		call_everywhere();
	else
		call_often(NULL);
	spent = ktime_get_ns() - begun;
	return went_wrong ? -EIO : 0;
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

static void __exit bench_exit(void)
{
	objects_free();
}
module_exit(bench_exit);

static int __init bench_init(void)
{
	return 0;
}
module_init(bench_init);

MODULE_DESCRIPTION("Cost of an empty FGFT call");
MODULE_LICENSE("GPL");
