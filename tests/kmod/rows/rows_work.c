// SPDX-License-Identifier: GPL-2.0
/* Work items, timers and waiters: pending, or run as often as asked for. */
#include <linux/completion.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "rows.h"

#define LATER	(3600 * HZ)

static void work_fn(struct work_struct *work)
{
	env.hits++;
}

static void timer_fn(struct timer_list *timer)
{
	env.hits++;
}

static void tasklet_fn(struct tasklet_struct *tasklet)
{
	env.hits++;
}

static u64 tasklet_has_run(void)
{
	rows_settle();
	return env.hits;
}

static void fresh(void)
{
	tasklet_setup(&rows.tasklet, tasklet_fn);
	INIT_WORK(&rows.work, work_fn);
	INIT_DELAYED_WORK(&rows.delayed, work_fn);
	timer_setup(&rows.timer, timer_fn, 0);
	rows.timer.expires = jiffies + LATER;
	init_completion(&rows.done);
	init_waitqueue_head(&rows.queue);
}

/* The instant does not matter, only that it is the same one. */
static u64 due(struct timer_list *timer)
{
	return timer_pending(timer) ? timer->expires : 0;
}

static void pending_timer(void)
{
	fresh();
	mod_timer(&rows.timer, jiffies + LATER);
}

static void no_timer(void)
{
	del_timer_sync(&rows.timer);
}

static void pending_delayed(void)
{
	fresh();
	schedule_delayed_work(&rows.delayed, LATER);
}

static void no_delayed(void)
{
	cancel_delayed_work_sync(&rows.delayed);
}

/* Run, or going to. */
static u64 delayed_pending(void)
{
	return delayed_work_pending(&rows.delayed);
}

static u64 work_pending_now(void)
{
	return work_pending(&rows.work);
}

/* Once, not twice. */
static void run_once(void)
{
	flush_work(&rows.work);
	if (env.hits != 1)
		pr_warn("work has run %u times\n", env.hits);
}

/* A work whose turn does not come, because of the one before it. */
static struct work_struct blocker;
static DECLARE_COMPLETION(unblock);

static void block_fn(struct work_struct *work)
{
	wait_for_completion(&unblock);
}

static void waiting_work(void)
{
	fresh();
	reinit_completion(&unblock);
	INIT_WORK(&blocker, block_fn);
	queue_work(env.wq, &blocker);
	queue_work(env.wq, &rows.work);
}

static void no_waiting_work(void)
{
	complete_all(&unblock);
	flush_workqueue(env.wq);
}

/* It waits, or has had its turn elsewhere. */
static u64 worked(void)
{
	rows_settle();
	return work_pending(&rows.work) + env.hits;
}

static struct wait_queue_entry waiter;

static int wake_fn(struct wait_queue_entry *entry, unsigned int mode, int sync,
		   void *key)
{
	env.hits++;
	return 0;
}

static void have_waiter(void)
{
	fresh();
	init_waitqueue_func_entry(&waiter, wake_fn);
	add_wait_queue(&rows.queue, &waiter);
}

static void completed(void)
{
	fresh();
	complete(&rows.done);
}

/* The first half of wait_event(). */
static void start_waiting(int state)
{
	init_wait_entry(&rows.entry, 0);
	prepare_to_wait_event(&rows.queue, &rows.entry, state);
}

static NATIVE void dequeue(void)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &rows.queue.head, entry) {
		list_del(&entry->entry);
		kfree(entry);
	}
}

#define SUITE		work
#define SUITE_FILE	"work.def"
#include "suite.h"
