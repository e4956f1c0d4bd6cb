// SPDX-License-Identifier: GPL-2.0
/*
 * Admission: who may enter a driver whose device is away.
 *
 * From an abort that needs a restore until the driver sets the device up anew,
 * memory and device do not agree, and whoever writes the device then writes
 * nonsense.  Its class keeps most callers away (quiesce.c), but not interrupts,
 * polls, timers and work items.  Here they are all turned away, each in a way
 * its caller can live with.  A caller no class has kept away waits, if it may,
 * until the device is back.
 *
 * The same gate ends calls of a quarantined entry point, and of a device that
 * could not be restored.
 *
 * begin looks at one counter, fgft_module.guarded, and comes here only if that
 * is not zero.
 */
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "fgft.h"

#define HOLD_LIMIT	(5 * HZ)	/* then the caller gets its error */

/* Woken when a device that callers were held from is back. */
static DECLARE_WAIT_QUEUE_HEAD(restored);

/* ---- ways to refuse ---------------------------------------------------------- */

/* Later, the frame is sent again; never, it has to be dropped. */
static long refuse_frame(const unsigned long args[], bool forever)
{
	if (!forever)
		return NETDEV_TX_BUSY;
	dev_kfree_skb_any((struct sk_buff *)args[0]);
	return NETDEV_TX_OK;
}

/* Later, it is polled again: the budget is used up; never, it is over. */
static long refuse_poll(const unsigned long args[], bool forever)
{
	if (!forever)
		return (int)args[1];
	napi_complete_done((struct napi_struct *)args[0], 0);
	return 0;
}

/*
 * The device is told to be silent, so it was somebody else's.  If it was not,
 * the kernel turns the line off in the end.
 */
static long refuse_irq(const unsigned long args[], bool forever)
{
	return IRQ_NONE;
}

static const struct refusal_row {
	const char *table;
	long (*refuse)(const unsigned long args[], bool forever);
	bool ends;
} refusal_rows[] = {
#define CLASS_REFUSAL(table, how, ends)	{ table, refuse_##how, ends },
#include "class/refusals.def"
#undef CLASS_REFUSAL
};

static const char * const pass_rows[] = {
#define CLASS_PASS(table)	table,
#include "class/passes.def"
#undef CLASS_PASS
};

static const struct refusal_row *refusal_find(const struct fgft_entry *entry)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refusal_rows); i++)
		if (!strcmp(refusal_rows[i].table, entry->table))
			return &refusal_rows[i];
	return NULL;
}

/**
 * fgft_admit_passes - is this entry point let in whatever happens?
 * @entry: the entry point
 *
 * Context: Any.
 * Return: true if class/passes.def has it.
 */
bool fgft_admit_passes(const struct fgft_entry *entry)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pass_rows); i++) {
		size_t length = strlen(pass_rows[i]);

		if (!strncmp(pass_rows[i], entry->table, length) &&
		    (pass_rows[i][length - 1] == '.' || !entry->table[length]))
			return true;
	}
	return false;
}

/**
 * fgft_admit_end - the result of an aborted call whose doorbell has rung
 * @call: aborted call, rolled back
 *
 * The caller must not hand over again what the device may have taken.
 *
 * Context: The entry point's.
 */
void fgft_admit_end(struct fgft_call *call)
{
	const struct refusal_row *row = refusal_find(call->entry);

	if (row && row->ends)
		call->fault.result = row->refuse(call->frame->args, true);
}

/* ---- the gate ----------------------------------------------------------------- */

/* What is known of the devices a call may be about. */
struct devices {
	struct fgft_device *only;	/* NULL: any of the driver's */
	u32 all;
	u32 away;			/* memory and device do not agree */
	u32 failed;
	bool hold;			/* no class keeps callers from one of them */
};

static void look(struct fgft_device *dev, void *data)
{
	struct devices *devices = data;

	if (devices->only && devices->only != dev)
		return;
	devices->all++;
	devices->away += READ_ONCE(dev->away);
	devices->hold |= READ_ONCE(dev->recovering) && READ_ONCE(dev->held);
	if (!READ_ONCE(dev->recovering))
		devices->failed += READ_ONCE(dev->failed);
}

static struct devices look_at(struct fgft_module *mod, struct fgft_device *dev)
{
	struct devices devices = { .only = dev };

	fgft_checkpoint_each(mod, look, &devices);
	return devices;
}

/*
 * A caller that cannot sleep is turned away, and so is a worker: the driver's
 * callbacks may be waiting for that one.
 */
static bool may_wait(void)
{
	return !preempt_count() && !irqs_disabled() && !rcu_preempt_depth() &&
	       !(current->flags & PF_WQ_WORKER);
}

static bool refuse(struct fgft_entry_state *state, const unsigned long args[],
		   bool forever, unsigned long *result)
{
	const struct refusal_row *row = refusal_find(state->entry);

	*result = row ? row->refuse(args, forever) :
			fgft_outcome_result(&state->outcome, args);
	if (!forever)
		fgft_class_again(state->mod, state->entry, (void *)args[0]);
	return false;
}

/**
 * fgft_admit - may this call begin?
 * @state: the entry point's
 * @args: the call's arguments
 * @result: what the caller gets if not
 *
 * Context: The entry point's, before the call.
 * Return: true if it may.
 */
bool fgft_admit(struct fgft_entry_state *state, const unsigned long args[],
		unsigned long *result)
{
	struct fgft_device *dev;
	struct devices devices;

	if (fgft_admit_passes(state->entry))
		return true;
	if (READ_ONCE(state->quarantined))
		return refuse(state, args, true, result);
	dev = fgft_checkpoint_of(state->mod, state->entry, args);
	devices = look_at(state->mod, dev);
	if (devices.hold && may_wait()) {
		if (!wait_event_timeout(restored,
					!look_at(state->mod, dev).hold,
					HOLD_LIMIT))
			return refuse(state, args, false, result);
		devices = look_at(state->mod, dev);
	}
	if (devices.away)
		return refuse(state, args, false, result);
	if (devices.all && devices.failed == devices.all)
		return refuse(state, args, true, result);
	return true;
}

/**
 * fgft_admit_wake - have those who wait look again
 *
 * Context: Any.
 */
void fgft_admit_wake(void)
{
	wake_up_all(&restored);
}
