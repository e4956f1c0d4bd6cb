// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of what wait_event() is made of.
 *
 * The driver's queue entry is on its stack, in the part an abort unwinds and
 * rollback runs on: nothing could take it off the queue any more.  So an entry
 * of ours is queued instead, and the driver's only leads to it.
 */

#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "kapi.h"

/* The task was about to sleep, and rollback may do so on its own account. */
static void kapi_do_stop_waiting(u64 queue, u64 mine, u64 c, u64 d)
{
	struct wait_queue_entry *entry = AS(struct wait_queue_entry *, mine);

	finish_wait(AS(struct wait_queue_head *, queue), entry);
	kfree(entry);
}

struct waiting {
	const struct wait_queue_head *queue;
	struct wait_queue_entry *mine;
};

/* Of those that are over only the address is left; a new one has it not. */
static bool is_mine(const u64 arg[4], const void *data)
{
	const struct waiting *waiting = data;

	return AS(struct wait_queue_head *, arg[0]) == waiting->queue &&
	       AS(struct wait_queue_entry *, arg[1]) == waiting->mine;
}

static void kapi_do_waited(u64 a, u64 b, u64 c, u64 d)
{
	struct wait_queue_entry *mine = AS(struct wait_queue_entry *, a);

	/* Still queued: a driver that has forgotten it; better lost than freed. */
	if (list_empty(&mine->entry))
		kfree(mine);
}

/* The entry of ours the driver's leads to; NULL if it is not queued. */
static struct wait_queue_entry *mine_of(struct fgft_call *c,
					const struct wait_queue_head *queue,
					const struct wait_queue_entry *entry,
					unsigned long ip, const char *what)
{
	struct waiting waiting = { .queue = queue };

	if (list_empty(&entry->entry))
		return NULL;
	waiting.mine = list_entry(entry->entry.next, struct wait_queue_entry,
				  entry);
	if (!fgft_undo_find(&c->undo, kapi_do_stop_waiting, is_mine, &waiting))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)entry,
			   what);
	return waiting.mine;
}

static struct wait_queue_entry *queue_mine(struct fgft_call *c,
					   struct wait_queue_head *queue,
					   struct wait_queue_entry *entry,
					   unsigned long ip)
{
	struct wait_queue_entry *mine = kmalloc(sizeof(*mine), GFP_ATOMIC);

	if (!mine)
		fgft_abort(c, FGFT_CAUSE_MEMORY, ip, 0, NULL);
	init_wait_entry(mine, entry->flags);
	UNDO(stop_waiting, 0, queue, mine);
	COMMIT(waited, mine);
	entry->entry.next = &mine->entry;
	return mine;
}

KAPI_EXPORT(long, prepare_to_wait_event,
	    (struct wait_queue_head *queue, struct wait_queue_entry *entry,
	     int state))
{
	KAPI_ENTER(prepare_to_wait_event);
	struct wait_queue_entry *mine;

	if (!c)
		return prepare_to_wait_event(queue, entry, state);
	NEED(WRITABLE, queue, sizeof(*queue));
	WRITES(entry, sizeof(*entry));
	mine = mine_of(c, queue, entry, _RET_IP_, kapi_name) ?:
	       queue_mine(c, queue, entry, _RET_IP_);
	return prepare_to_wait_event(queue, mine, state);
}

KAPI_EXPORT(void, finish_wait,
	    (struct wait_queue_head *queue, struct wait_queue_entry *entry))
{
	KAPI_ENTER(finish_wait);
	struct wait_queue_entry *mine;

	if (!c) {
		finish_wait(queue, entry);
		return;
	}
	NEED(WRITABLE, queue, sizeof(*queue));
	WRITES(entry, sizeof(*entry));
	mine = mine_of(c, queue, entry, _RET_IP_, kapi_name);
	finish_wait(queue, mine ?: entry);
	INIT_LIST_HEAD(&entry->entry);
}
