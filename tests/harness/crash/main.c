// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel fail on request, in ways the harness has to recognise.
 *
 * Writing a name from the table to /sys/kernel/debug/crash calls the function
 * of that name, so that reports name a symbol of this module.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "crash.h"

static struct dentry *control;
/* Never written: the compiler must not know. */
static int zero;

static noinline void crash_null_load(void)
{
	pr_info("read %d\n", READ_ONCE(*(int *)0x10));
}

static noinline void crash_wild_store(void)
{
	/* No kernel maps this, with 4 levels of page tables or 5. */
	WRITE_ONCE(*(int *)0xffff808000000000UL, 1);
}

static noinline void crash_non_canonical(void)
{
	WRITE_ONCE(*(int *)0x0123456789abcdefUL, 1);
}

static noinline void crash_divide(void)
{
	pr_info("quotient %d\n", 100 / READ_ONCE(zero));
}

static noinline void crash_bug(void)
{
	BUG();
}

static noinline void crash_warn(void)
{
	WARN(1, "as asked\n");
}

static noinline void crash_atomic_sleep(void)
{
	preempt_disable();
	msleep(20);
	preempt_enable();
}

static noinline void crash_loop(void)
{
	preempt_disable();
	while (!READ_ONCE(zero))
		cpu_relax();
	preempt_enable();
}

static noinline void crash_rcu_loop(void)
{
	rcu_read_lock();
	while (!READ_ONCE(zero))
		cond_resched();
	rcu_read_unlock();
}

static noinline void crash_sleep_forever(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static noinline void halt_here(void *unused)
{
	local_irq_disable();
	while (!READ_ONCE(zero))
		cpu_relax();
}

/* No CPU takes interrupts any more: the console stays quiet. */
static noinline void crash_halt(void)
{
	smp_call_function(halt_here, NULL, 0);
	halt_here(NULL);
}

static noinline void chatter(void *unused)
{
	local_irq_disable();
	while (!READ_ONCE(zero)) {
		pr_info("still here\n");
		mdelay(50);
	}
}

/* As above, but the console goes on. */
static noinline void crash_chatter(void)
{
	smp_call_function(halt_here, NULL, 0);
	chatter(NULL);
}

#define CRASH(name) { #name, crash_##name }

static const struct {
	const char *name;
	void (*function)(void);
} crashes[] = {
	CRASH(null_load),
	CRASH(wild_store),
	CRASH(non_canonical),
	CRASH(divide),
	CRASH(bug),
	CRASH(warn),
	CRASH(atomic_sleep),
	CRASH(loop),
	CRASH(rcu_loop),
	CRASH(sleep_forever),
	CRASH(halt),
	CRASH(chatter),
	CRASH(use_after_free),
	CRASH(out_of_bounds),
	CRASH(double_free),
	CRASH(page_poison),
	CRASH(lock_order),
	CRASH(lock_irq),
	CRASH(lock_kept),
	CRASH(lock_in_atomic),
	CRASH(rcu_usage),
	CRASH(list),
	CRASH(leak),
};

static ssize_t crash_write(struct file *file, const char __user *buffer, size_t count, loff_t *at)
{
	char name[32] = "";
	size_t i;

	if (count >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buffer, count))
		return -EFAULT;
	strim(name);
	for (i = 0; i < ARRAY_SIZE(crashes); i++) {
		if (!strcmp(name, crashes[i].name)) {
			crashes[i].function();
			return count;
		}
	}
	return -EINVAL;
}

static const struct file_operations crash_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = crash_write,
};

static int __init crash_init(void)
{
	control = debugfs_create_file("crash", 0200, NULL, NULL, &crash_fops);
	return PTR_ERR_OR_ZERO(control);
}
module_init(crash_init);

static void __exit crash_exit(void)
{
	debugfs_remove(control);
}
module_exit(crash_exit);

MODULE_DESCRIPTION("Crashes on request, for tests of the harness");
MODULE_LICENSE("GPL");
