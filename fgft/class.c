// SPDX-License-Identifier: GPL-2.0
/*
 * Class descriptors: what is known of a driver because of its subsystem.
 *
 * Written once a subsystem, never a driver, and as tables (class/): what
 * memory an argument stands for, and which entry points have to be asked for
 * again.  What they return is in outcome.c.
 */

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/serio.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/usb.h>
#include <linux/workqueue.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <sound/rawmidi.h>

#include "fgft.h"

/* ---- grants ----------------------------------------------------------------- */

/* Only at the first miss: nothing else has been granted yet. */
static void grant_argument(struct fgft_call *call, const void *start,
			   size_t size)
{
	if (!start || !size || call->ngrants >= FGFT_GRANTS)
		return;
	call->touched = true;
	call->grant[call->ngrants++] = (struct fgft_span){
		.start = (unsigned long)start,
		.size = size,
	};
}

static void grant_net_device(struct fgft_call *call, const void *ptr)
{
	const struct net_device *dev = ptr;

	/* One of ours is known to the domain, with its private data. */
	if (!fgft_domain_find(dev))
		grant_argument(call, dev, sizeof(*dev));
	if (!fgft_domain_find(dev->_tx))
		grant_argument(call, dev->_tx,
			       dev->num_tx_queues * sizeof(*dev->_tx));
}

/* The data only if nobody shares it: skb_cow_head() grants the copy. */
static void grant_sk_buff(struct fgft_call *call, const void *ptr)
{
	const struct sk_buff *skb = ptr;

	grant_argument(call, skb, sizeof(*skb));
	if (!skb_header_cloned(skb))
		grant_argument(call, skb->head,
			       skb_end_offset(skb) +
				       sizeof(struct skb_shared_info));
}

/* With all that run together with it: one call starts and stops them. */
static void grant_snd_pcm_substream(struct fgft_call *call, const void *ptr)
{
	const struct snd_pcm_substream *substream = ptr, *each;

	grant_argument(call, substream, sizeof(*substream));
	if (!substream->runtime)
		return;
	grant_argument(call, substream->runtime->dma_area,
		       substream->runtime->dma_bytes);
	list_for_each_entry(each, &substream->group->substreams, link_list)
		if (each->runtime)
			grant_argument(call, each->runtime,
				       sizeof(*each->runtime));
}

static void grant_snd_rawmidi_substream(struct fgft_call *call, const void *ptr)
{
	const struct snd_rawmidi_substream *substream = ptr;

	grant_argument(call, substream, sizeof(*substream));
	grant_argument(call, substream->runtime, sizeof(*substream->runtime));
}

/* A transfer that is over, with what came. */
static void grant_urb(struct fgft_call *call, const void *ptr)
{
	const struct urb *urb = ptr;

	grant_argument(call, urb, sizeof(*urb));
	if (urb->transfer_buffer && !fgft_domain_find(urb->transfer_buffer))
		grant_argument(call, urb->transfer_buffer,
			       urb->transfer_buffer_length);
}

struct grant_row {
	const char *type;
	void (*grant)(struct fgft_call *call, const void *ptr);
};

static const struct grant_row grant_rows[] = {
#define CLASS_GRANT(tag)	{ #tag, grant_##tag },
#define CLASS_NOTHING(tag)	{ #tag, NULL },
#include "class/grants.def"
};

/*
 * Sizes of buffers are computed by a function an entry: the table's third
 * column, with the call's arguments in scope.
 */
struct buffer_row {
	const char *table;
	u32 arg;
	size_t (*bytes)(const unsigned long *args);
};

#define ARG(n, type)		((type)args[n])
#define BUFFER_BYTES		CONCATENATE(buffer_bytes_, __LINE__)

#define CLASS_BUFFER(table, arg, bytes)					\
static size_t BUFFER_BYTES(const unsigned long *args)			\
{									\
	return bytes;							\
}
#include "class/buffers.def"
#undef CLASS_BUFFER

static const struct buffer_row buffer_rows[] = {
#define CLASS_BUFFER(table, arg, bytes)	{ table, arg, BUFFER_BYTES },
#include "class/buffers.def"
#undef CLASS_BUFFER
};

static const struct buffer_row *buffer_find(const struct fgft_entry *entry,
					    u32 arg)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(buffer_rows); i++)
		if (buffer_rows[i].arg == arg &&
		    !strcmp(buffer_rows[i].table, entry->table))
			return &buffer_rows[i];
	return NULL;
}

static const struct grant_row *grant_find(const char *type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(grant_rows); i++)
		if (!strcmp(grant_rows[i].type, type))
			return &grant_rows[i];
	return NULL;
}

static void grant_pointer(struct fgft_call *call, u32 n)
{
	const struct fgft_arg *arg = &call->entry->args[n];
	const void *ptr = (const void *)call->frame->args[n];
	const struct buffer_row *buffer;
	const struct grant_row *row;

	/* Not a pointer into the kernel: a user's, or none. */
	if ((unsigned long)ptr < TASK_SIZE_MAX)
		return;
	buffer = buffer_find(call->entry, n);
	if (buffer) {
		grant_argument(call, ptr, buffer->bytes(call->frame->args));
		return;
	}
	row = arg->type[0] ? grant_find(arg->type) : NULL;
	if (row) {
		if (row->grant)
			row->grant(call, ptr);
		return;
	}
	/* A single byte is no type: void and char point to unknown sizes. */
	if (arg->size > 1)
		grant_argument(call, ptr, arg->size);
}

/**
 * fgft_class_grant - let the call write what its arguments stand for
 * @call: running call, at its first store outside of the domain; the driver
 * has not changed what the arguments point to yet
 *
 * Context: Inside @call.
 */
void fgft_class_grant(struct fgft_call *call)
{
	u32 n, nargs = min_t(u32, call->entry->nargs,
			     ARRAY_SIZE(call->frame->args));

	for (n = 0; n < nargs; n++) {
		u32 flags = call->entry->args[n].flags;

		if ((flags & FGFT_ARG_POINTER) && !(flags & FGFT_ARG_CONST))
			grant_pointer(call, n);
	}
}

/* No effect: it only marks a record. */
static void granted(u64 start, u64 size, u64 c, u64 d)
{
}

static bool span_around(const u64 arg[4], const void *data)
{
	const struct fgft_span *wanted = data;

	return wanted->size <= arg[1] &&
	       wanted->start - arg[0] <= arg[1] - wanted->size;
}

/**
 * fgft_grant_recall - was this granted, and forgotten for newer objects?
 * @call: running call
 * @addr: first byte
 * @size: bytes
 *
 * Context: Inside @call.
 * Return: true if the call may write there.
 */
bool fgft_grant_recall(struct fgft_call *call, const void *addr, size_t size)
{
	const struct fgft_span wanted = { (unsigned long)addr, size };

	return fgft_undo_find(&call->undo, granted, span_around, &wanted);
}

static __always_inline void grant_made(struct fgft_call *call,
				       const void *start, size_t size)
{
	struct fgft_span *span = &call->made_grant[call->nmade %
						   FGFT_MADE_GRANTS];

	/* Without memory for it a store there aborts the call. */
	if (call->nmade >= FGFT_MADE_GRANTS &&
	    (likely(fgft_undo_ready(&call->undo)) ||
	     FGFT_SPARING(u8 *, fgft_undo_room, &call->undo,
			  sizeof(struct fgft_undo_effect), 0, 0)))
		fgft_undo_put_call(&call->undo, granted, 0, span->start,
				   span->size, 0, 0);
	span->start = (unsigned long)start;
	span->size = size;
	call->nmade++;
	call->touched = true;
}

static noinline void grant_first(struct fgft_call *call, const void *start,
				 size_t size)
{
	call->granted = true;
	fgft_class_grant(call);
	grant_made(call, start, size);
}

/**
 * fgft_grant - let the call write something it was given by the kernel
 * @call: running call
 * @start: first byte
 * @size: bytes
 *
 * Newest first, because a driver works on the last one it has got.  The oldest
 * goes to the undo log, where it is found more slowly.
 *
 * Context: Inside @call.
 */
void fgft_grant(struct fgft_call *call, const void *start, size_t size)
{
	if (unlikely(!call->granted))
		grant_first(call, start, size);
	else
		grant_made(call, start, size);
}

/* ---- whose call it is ------------------------------------------------------------ */

#define CLASS_DEVICE(tag, value)					\
static struct device *device_of_##tag(const void *argument)		\
{									\
	const struct tag *it = argument;				\
									\
	return (struct device *)(value);				\
}
#include "class/devices.def"
#undef CLASS_DEVICE

static const struct locator_row {
	const char *type;
	struct device *(*device)(const void *argument);
} locator_rows[] = {
#define CLASS_DEVICE(tag, value)	{ #tag, device_of_##tag },
#include "class/devices.def"
#undef CLASS_DEVICE
};

/**
 * fgft_class_locator - what tells the device of an entry's calls
 * @entry: the entry point
 *
 * Context: Any.
 * Return: the first argument that stands for a device, by its type.
 */
struct fgft_locator fgft_class_locator(const struct fgft_entry *entry)
{
	struct fgft_locator locator = {};
	u32 n, i;

	for (n = 0; n < entry->nargs && n < 6; n++) {
		for (i = 0; i < ARRAY_SIZE(locator_rows); i++) {
			if (strcmp(locator_rows[i].type, entry->args[n].type))
				continue;
			locator.device = locator_rows[i].device;
			locator.argument = n;
			return locator;
		}
	}
	return locator;
}

/* ---- asking again -------------------------------------------------------------- */

#define RETRY_DELAY	HZ	/* a driver's own period is of this order */

/* Is this memory the driver's, static or allocated? */
static bool owns(const struct fgft_module *mod, const void *ptr, size_t size)
{
	unsigned long at = (unsigned long)ptr;
	const struct fgft_range *range;
	bool inside;

	if (at - mod->data < mod->data_size)
		return mod->data_size - (at - mod->data) >= size;
	rcu_read_lock();
	range = fgft_domain_find(ptr);
	inside = range && range->mod == mod && range->end - at >= size;
	rcu_read_unlock();
	return inside;
}

/*
 * A work item is the driver's, alone or as the head of a delayed work; the
 * latter is told by the timer behind it.
 */
static struct delayed_work *find_delayed(const struct fgft_module *mod,
					 void *first)
{
	struct delayed_work *delayed = to_delayed_work(first);

	if (owns(mod, delayed, sizeof(*delayed)) &&
	    delayed->timer.function == delayed_work_timer_fn && delayed->wq)
		return delayed;
	return NULL;
}

static void retry_work(const struct fgft_module *mod, void *first)
{
	struct delayed_work *delayed = find_delayed(mod, first);

	if (delayed)
		mod_delayed_work(delayed->wq, delayed, RETRY_DELAY);
	else if (owns(mod, first, sizeof(struct work_struct)))
		schedule_work(first);
}

/* Not what waits for nothing: a driver asks for a reset when it needs one. */
static void hasten_work(const struct fgft_module *mod, void *first)
{
	struct delayed_work *delayed = find_delayed(mod, first);

	if (delayed)
		mod_timer_pending(&delayed->timer, jiffies);
}

static const struct retry_row {
	const char *table;
	void (*retry)(const struct fgft_module *mod, void *first);
	void (*hasten)(const struct fgft_module *mod, void *first);
} retry_rows[] = {
#define CLASS_RETRY(table, kind) { table, retry_##kind, hasten_##kind },
#include "class/retries.def"
#undef CLASS_RETRY
};

static const struct retry_row *retry_find(const struct fgft_entry *entry)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(retry_rows); i++)
		if (!strcmp(retry_rows[i].table, entry->table))
			return &retry_rows[i];
	return NULL;
}

/**
 * fgft_class_retry - have an aborted entry point called once more
 * @call: aborted call, rolled back
 *
 * For those whose caller takes no error and would not come back.
 *
 * Context: Any.
 */
void fgft_class_retry(struct fgft_call *call)
{
	fgft_class_again(call->mod, call->entry, (void *)call->frame->args[0]);
}

/**
 * fgft_class_again - have an entry point called later, if nobody else does
 * @mod: the driver
 * @entry: the entry point
 * @first: the first argument it is to get
 *
 * Context: Any.
 */
void fgft_class_again(const struct fgft_module *mod,
		      const struct fgft_entry *entry, void *first)
{
	const struct retry_row *row = retry_find(entry);

	if (row)
		row->retry(mod, first);
}

/**
 * fgft_class_hasten - bring forward what the driver does periodically
 * @mod: the driver
 *
 * After a restore, work that is due in seconds may be what notices that the
 * device is ready.  What is not due at all stays so.  Only entry points that
 * were isolated once are known.
 *
 * Context: Any.
 */
void fgft_class_hasten(const struct fgft_module *mod)
{
	u32 i;

	for (i = 0; i < mod->nentries; i++) {
		const struct fgft_entry_state *state = &mod->states[i];
		const struct retry_row *row = retry_find(state->entry);
		void *first = READ_ONCE(state->first);

		if (row && first)
			row->hasten(mod, first);
	}
}
