// SPDX-License-Identifier: GPL-2.0
/*
 * A device coredump for each fault, in the format of linux/fgft_dump.h.
 *
 *	abort	fgft_dump_take()	snapshot, in any context, small and flat
 *	report	fgft_dump_complete()	how it ended
 *	worker	dump_send()		names for addresses, dev_coredumpv()
 *
 * The kernel keeps one dump a device and throws new ones away for five minutes
 * or until somebody has written to the old one's data file.  So finished dumps
 * wait here, up to DUMPS_MAX of them, and the worker looks once a second
 * whether the device is free.
 *
 * Faults nobody can tell the device of go to a device of our own, so that
 * they are not lost.
 *
 * The dump handed over is plain vmalloc memory: it pins neither this module
 * nor the driver, both of which may go while it waits to be read.
 */
#include <linux/devcoredump.h>
#include <linux/device.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/unwind.h>

#include <linux/fgft_dump.h>

#include "dump.h"
#include "fgft.h"
#include "symbol.h"

#define DUMPS_MAX	16	/* snapshots kept, waiting or not yet complete */
#define UNDO_KEPT	48	/* newest records of the undo log in a dump */
#define STORES_PLACED	1024	/* newest stores that ranges are counted over */
#define RANGES_KEPT	16	/* the last is for whatever does not fit */
#define RETRY_DELAY	HZ

/* The snapshot: what is gone once the call is over. */
struct dump {
	struct list_head link;
	struct fgft_module *mod;
	struct fgft_entry *entry;
	struct fgft_fault fault;
	struct fgft_device *written;	/* NULL if none was */
	bool complete;
	char task[TASK_COMM_LEN];
	u32 pid, cpu, level;
	u64 args[6];
	u32 nframes;
	unsigned long frames[FGFT_FRAMES];
	u32 nundo, stores, calls;
	struct fgft_dump_undo undo[UNDO_KEPT];
	u32 nranges;
	struct {
		struct fgft_dump_range range;
		const char *kind;
	} ranges[RANGES_KEPT];
	u32 nwrites, writes_total;
	struct fgft_dump_write writes[FGFT_WRITES];
};

/* Oldest first.  Protected by dumps_lock, which any context takes. */
static LIST_HEAD(dumps);
static u32 ndumps;
static u64 last_id;
static DEFINE_SPINLOCK(dumps_lock);

/* Where faults without a device go. */
static struct device *fallback;

/* ---- call path ------------------------------------------------------------- */

/**
 * fgft_dump_trace - remember how the call came to its fault
 * @call: aborted call, its fault written down
 * @regs: where it was
 *
 * Frames of hooks and wrappers above the fault are left out.
 *
 * Context: Any, exceptions included.
 */
void fgft_dump_trace(struct fgft_call *call, struct pt_regs *regs)
{
	struct unwind_state state;
	unsigned long addr;
	u32 n = 0;

	/* The walk begins with its caller. */
	call->frames[n++] = regs->ip;
	for (unwind_start(&state, current, regs, NULL);
	     !unwind_done(&state) && n < FGFT_FRAMES; unwind_next_frame(&state)) {
		addr = unwind_get_return_address(&state);
		if (!addr)
			break;
		if (addr == call->fault.ip)
			n = 0;
		call->frames[n++] = addr;
	}
	call->nframes = n;
}
NOKPROBE_SYMBOL(fgft_dump_trace);

/* ---- snapshot ---------------------------------------------------------------- */

static const char *range_kind(const struct fgft_range *range,
			      const struct fgft_module *mod, unsigned long addr)
{
	if (range)
		return fgft_range_name(range->kind);
	return addr - mod->data < mod->data_size ? "static data" : "other";
}

/* The range an address is in, by those that are kept: finding one takes longer. */
static bool count_known(struct dump *dump, unsigned long addr)
{
	u32 i;

	for (i = 0; i < dump->nranges; i++) {
		struct fgft_dump_range *kept = &dump->ranges[i].range;

		if (addr - kept->start < kept->size) {
			kept->stores++;
			return true;
		}
	}
	return false;
}

/* Count a store for the range it went to. */
static void count_range(struct dump *dump, unsigned long addr)
{
	const struct fgft_module *mod = dump->mod;
	const struct fgft_range *range;
	struct fgft_dump_range *kept;
	u64 start = 0, size = 0;
	u32 i;

	if (count_known(dump, addr))
		return;
	range = fgft_domain_find((void *)addr);
	if (range) {
		start = range->start;
		size = range->end - range->start;
	} else if (addr - mod->data < mod->data_size) {
		start = mod->data;
		size = mod->data_size;
	}
	for (i = 0; i < dump->nranges; i++) {
		kept = &dump->ranges[i].range;
		if (kept->start == start && kept->size == size)
			break;
	}
	if (i == RANGES_KEPT) {
		kept = &dump->ranges[--i].range;
		kept->start = 0;
		kept->size = 0;
		dump->ranges[i].kind = "several";
	} else if (i == dump->nranges) {
		dump->nranges++;
		dump->ranges[i].range.start = start;
		dump->ranges[i].range.size = size;
		dump->ranges[i].range.stores = 0;
		dump->ranges[i].kind = range_kind(range, mod, addr);
	}
	dump->ranges[i].range.stores++;
}

static void keep_undo(struct dump *dump, const struct fgft_undo_view *record)
{
	struct fgft_dump_undo *kept = &dump->undo[dump->nundo++];

	*kept = (struct fgft_dump_undo){};
	if (record->fn) {
		kept->address = (unsigned long)record->fn;
		memcpy(kept->data, record->arg, sizeof(kept->data));
	} else {
		kept->address = (unsigned long)record->addr;
		kept->size = record->size;
		memcpy(kept->data, record->old,
		       min(record->size, sizeof(kept->data)));
	}
}

/* One record of the undo log, newest first: all are counted. */
static bool walk_undo(const struct fgft_undo_view *record, void *data)
{
	struct dump *dump = data;

	if (dump->nundo < UNDO_KEPT)
		keep_undo(dump, record);
	if (record->fn) {
		dump->calls++;
	} else {
		dump->stores++;
		if (dump->stores <= STORES_PLACED)
			count_range(dump, (unsigned long)record->addr);
	}
	return true;
}

static void keep_write(struct dump *dump, const struct fgft_write *write)
{
	struct fgft_dump_write *kept = &dump->writes[dump->nwrites++];
	const struct fgft_range *range;

	memset(kept, 0, sizeof(*kept));
	kept->address = (unsigned long)write->addr;
	kept->value = write->value;
	kept->width = write->width;
	if (write->known) {
		kept->old = write->old;
		kept->flags |= FGFT_DUMP_WRITE_KNOWN;
	}
	if (write->reg && (write->reg->kind == FGFT_REG_PLAIN ||
			   write->reg->kind == FGFT_REG_PAGED))
		kept->flags |= FGFT_DUMP_WRITE_PLAIN;
	if (write->reg && write->reg->kind == FGFT_REG_EVENT)
		kept->flags |= FGFT_DUMP_WRITE_EVENT;
	if (write->reg && (write->reg->kind == FGFT_REG_SET ||
			   write->reg->kind == FGFT_REG_CLEAR))
		kept->flags |= FGFT_DUMP_WRITE_MASK;
	range = fgft_domain_find((void __force *)write->addr);
	if (range) {
		kept->bar = range->bar;
		kept->offset = kept->address - range->start;
	} else {
		kept->flags |= FGFT_DUMP_WRITE_PORT;
	}
}

static void dump_fill(struct dump *dump, struct fgft_call *call)
{
	u32 i;

	dump->mod = call->mod;
	dump->entry = call->entry;
	dump->written = call->dev;
	dump->complete = false;
	memcpy(dump->task, current->comm, sizeof(dump->task));
	dump->pid = current->pid;
	dump->cpu = raw_smp_processor_id();
	dump->level = call->level & HARDIRQ_MASK ? FGFT_DUMP_LEVEL_HARDIRQ :
		      call->level ? FGFT_DUMP_LEVEL_SOFTIRQ :
				    FGFT_DUMP_LEVEL_TASK;
	for (i = 0; i < ARRAY_SIZE(dump->args); i++)
		dump->args[i] = call->frame->args[i];
	dump->nframes = call->nframes;
	memcpy(dump->frames, call->frames,
	       call->nframes * sizeof(call->frames[0]));
	dump->nundo = 0;
	dump->stores = 0;
	dump->calls = 0;
	dump->nranges = 0;
	dump->nwrites = 0;
	dump->writes_total = call->nwrites;
	rcu_read_lock();
	fgft_undo_each(&call->undo, walk_undo, dump);
	for (i = 0; i < call->nlogged; i++)
		keep_write(dump, &call->writes[i]);
	rcu_read_unlock();
}

/**
 * fgft_dump_take - remember what the rollback will take away
 * @call: aborted call, not yet rolled back
 *
 * With as many dumps waiting as are kept, the older ones are worth more: they
 * hold what came first.
 *
 * Context: Any but NMI.
 */
void fgft_dump_take(struct fgft_call *call)
{
	struct dump *dump = NULL;
	unsigned long flags;

	call->fault.id = 0;
	if (READ_ONCE(ndumps) < DUMPS_MAX)
		dump = kmalloc(sizeof(*dump), GFP_ATOMIC | __GFP_NOWARN);
	if (dump)
		dump_fill(dump, call);
	spin_lock_irqsave(&dumps_lock, flags);
	if (dump) {
		call->fault.id = ++last_id;
		dump->fault = call->fault;
		list_add_tail(&dump->link, &dumps);
		ndumps++;
	} else {
		call->mod->dumps_lost++;
	}
	spin_unlock_irqrestore(&dumps_lock, flags);
}

/* ---- how it ended -------------------------------------------------------------- */

static void dumps_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(dumps_sender, dumps_work);

/*
 * A restore puts right everything the device was told before, so that of
 * several faults the last may be the only one to be reported.
 */
static void dump_settle(struct dump *dump, const struct fgft_fault *fault)
{
	if (dump->fault.id == fault->id) {
		dump->fault = *fault;
	} else {
		dump->fault.dev = dump->written;
		dump->fault.step = fault->step;
		dump->fault.restore_ns = fault->restore_ns;
		dump->fault.restore_error = fault->restore_error;
	}
	dump->complete = true;
}

/**
 * fgft_dump_complete - a fault has been dealt with
 * @mod: the driver
 * @fault: the fault, as reported
 *
 * Context: Any but NMI.
 */
void fgft_dump_complete(struct fgft_module *mod, const struct fgft_fault *fault)
{
	struct dump *dump;
	unsigned long flags;

	if (!fault->id)
		return;
	spin_lock_irqsave(&dumps_lock, flags);
	list_for_each_entry(dump, &dumps, link) {
		if (dump->mod != mod || dump->complete)
			continue;
		if (dump->fault.id == fault->id ||
		    (dump->fault.id < fault->id && dump->written &&
		     dump->written == fault->dev))
			dump_settle(dump, fault);
	}
	spin_unlock_irqrestore(&dumps_lock, flags);
	/* Later than a retry that is due: that one comes soon enough. */
	schedule_delayed_work(&dumps_sender, 0);
}

/* ---- the format ----------------------------------------------------------------- */

#define STRINGS_ROOM	16384
#define DUMP_ROOM	(sizeof(struct fgft_dump_header) +			\
			 6 * (sizeof(struct fgft_dump_section) + 8) +		\
			 sizeof(struct fgft_dump_fault) +			\
			 FGFT_FRAMES * sizeof(struct fgft_dump_frame) +		\
			 UNDO_KEPT * sizeof(struct fgft_dump_undo) +		\
			 RANGES_KEPT * sizeof(struct fgft_dump_range) +		\
			 FGFT_WRITES * sizeof(struct fgft_dump_write) +		\
			 STRINGS_ROOM)

/* A dump being written.  One at a time: the worker is one. */
struct writer {
	void *start;
	u32 used;
	u32 sections;
	u32 nstrings;			/* bytes */
	char strings[STRINGS_ROOM];
	char symbol[KSYM_SYMBOL_LEN];
};

/* Offset of a copy of @text; of the empty string when there is no room. */
static u32 put_string(struct writer *w, const char *text)
{
	size_t size = strlen(text) + 1;
	u32 at;

	for (at = 0; at < w->nstrings; at += strlen(w->strings + at) + 1)
		if (!strcmp(w->strings + at, text))
			return at;
	if (size > STRINGS_ROOM - w->nstrings)
		return 0;
	memcpy(w->strings + at, text, size);
	w->nstrings += size;
	return at;
}

static u32 put_symbol(struct writer *w, const struct dump *dump,
		      unsigned long address)
{
	fgft_symbol_print(w->symbol, address, dump->mod->module);
	return put_string(w, w->symbol);
}

/* Room for a section's records, zeroed. */
static void *put_section(struct writer *w, enum fgft_dump_kind kind,
			 u32 record_size, u32 records, u32 total)
{
	struct fgft_dump_section *section = w->start + w->used;

	section->kind = kind;
	section->record_size = record_size;
	section->records = records;
	section->total = total;
	w->used += sizeof(*section) + round_up(record_size * records, 8);
	w->sections++;
	return section + 1;
}

static void put_fault(struct writer *w, const struct dump *dump)
{
	const struct fgft_fault *fault = &dump->fault;
	struct fgft_dump_fault *to = put_section(w, FGFT_DUMP_FAULT,
						 sizeof(*to), 1, 1);

	to->driver = put_string(w, dump->mod->module->name);
	to->entry = put_string(w, dump->entry->name);
	to->table = put_string(w, dump->entry->table);
	to->device = put_string(w, fault->dev ? dev_name(fault->dev->dev) : "");
	to->cause = put_string(w, fgft_cause_name(fault->cause));
	to->step = put_string(w, fgft_step_name(fault->step));
	to->what = put_string(w, fault->what ?: "");
	to->task = put_string(w, dump->task);
	to->kernel = put_string(w, init_utsname()->release);
	to->pid = dump->pid;
	to->cpu = dump->cpu;
	to->level = dump->level;
	to->ip = fault->ip;
	to->address = fault->addr;
	to->result = fault->result;
	to->restore_error = fault->step == FGFT_STEP_FAILED ?
				    fault->restore_error : 0;
	to->detected_ns = fault->detected_ns;
	to->rollback_ns = fault->rollback_ns;
	to->restore_ns = fault->restore_ns;
	memcpy(to->args, dump->args, sizeof(to->args));
	to->undone_stores = dump->stores;
	to->undone_calls = dump->calls;
}

static void put_frames(struct writer *w, const struct dump *dump)
{
	struct fgft_dump_frame *to = put_section(w, FGFT_DUMP_FRAMES, sizeof(*to),
						 dump->nframes, dump->nframes);
	u32 i;

	for (i = 0; i < dump->nframes; i++) {
		to[i].address = dump->frames[i];
		to[i].symbol = put_symbol(w, dump, dump->frames[i]);
	}
}

static void put_undo(struct writer *w, const struct dump *dump)
{
	struct fgft_dump_undo *to = put_section(w, FGFT_DUMP_UNDO, sizeof(*to),
						dump->nundo,
						dump->stores + dump->calls);
	u32 i;

	for (i = 0; i < dump->nundo; i++) {
		to[i] = dump->undo[i];
		if (!to[i].size)
			to[i].symbol = put_symbol(w, dump, to[i].address);
	}
}

static void put_ranges(struct writer *w, const struct dump *dump)
{
	struct fgft_dump_range *to = put_section(w, FGFT_DUMP_RANGES, sizeof(*to),
						 dump->nranges, dump->nranges);
	u32 i;

	for (i = 0; i < dump->nranges; i++) {
		to[i] = dump->ranges[i].range;
		to[i].kind = put_string(w, dump->ranges[i].kind);
	}
}

static void put_writes(struct writer *w, const struct dump *dump)
{
	void *to = put_section(w, FGFT_DUMP_WRITES, sizeof(dump->writes[0]),
			       dump->nwrites, dump->writes_total);

	memcpy(to, dump->writes, dump->nwrites * sizeof(dump->writes[0]));
}

/*
 * The dump in its format, vmalloc memory; NULL without any.  By its name
 * /proc/vmallocinfo tells that memory from what was leaked.
 */
static noinline void *dump_encode(const struct dump *dump, u32 *size)
{
	struct writer *w = kvzalloc(sizeof(*w), GFP_KERNEL);
	struct fgft_dump_header *header;
	void *start = vzalloc(DUMP_ROOM);

	if (!w || !start) {
		kvfree(w);
		vfree(start);
		return NULL;
	}
	w->start = start;
	w->used = sizeof(*header);
	put_string(w, "");
	put_fault(w, dump);
	put_frames(w, dump);
	put_undo(w, dump);
	put_ranges(w, dump);
	put_writes(w, dump);
	memcpy(put_section(w, FGFT_DUMP_STRINGS, 1, w->nstrings, w->nstrings),
	       w->strings, w->nstrings);

	header = start;
	header->magic = FGFT_DUMP_MAGIC;
	header->version = FGFT_DUMP_VERSION;
	header->sections = w->sections;
	header->size = w->used;
	*size = w->used;
	kvfree(w);
	return start;
}

/* ---- handing it over --------------------------------------------------------------- */

static struct device *dump_device(const struct dump *dump)
{
	struct device *dev = dump->fault.dev ? dump->fault.dev->dev : NULL;

	/* It may have been pulled out meanwhile. */
	return dev && dev->kobj.state_in_sysfs ? dev : fallback;
}

/* Does the device have a dump nobody has read?  Then the next one is dropped. */
static bool device_is_busy(struct device *dev)
{
	struct kernfs_node *link = sysfs_get_dirent(dev->kobj.sd, "devcoredump");

	if (link)
		sysfs_put(link);
	return link;
}

static void dump_send(struct dump *dump)
{
	void *data;
	u32 size;

	data = dump_encode(dump, &size);
	spin_lock_irq(&dumps_lock);
	if (data)
		dump->mod->dumps_sent++;
	else
		dump->mod->dumps_lost++;
	ndumps--;
	spin_unlock_irq(&dumps_lock);
	/* Frees @data in the end, whatever happens. */
	if (data)
		dev_coredumpv(dump_device(dump), data, size, GFP_KERNEL);
	kfree(dump);
}

/* Send what can be sent.  Returns whether something had to stay. */
static bool dumps_pass(void)
{
	struct dump *dump, *next;
	LIST_HEAD(ready);
	LIST_HEAD(stay);
	bool staying;

	spin_lock_irq(&dumps_lock);
	list_for_each_entry_safe(dump, next, &dumps, link)
		if (dump->complete)
			list_move_tail(&dump->link, &ready);
	spin_unlock_irq(&dumps_lock);

	list_for_each_entry_safe(dump, next, &ready, link) {
		list_del(&dump->link);
		if (device_is_busy(dump_device(dump)))
			list_add_tail(&dump->link, &stay);
		else
			dump_send(dump);
	}
	staying = !list_empty(&stay);
	spin_lock_irq(&dumps_lock);
	list_splice(&stay, &dumps);
	spin_unlock_irq(&dumps_lock);
	return staying;
}

static void dumps_work(struct work_struct *work)
{
	if (dumps_pass())
		schedule_delayed_work(&dumps_sender, RETRY_DELAY);
}

/**
 * fgft_dump_purge - a driver goes
 * @mod: the driver, all its faults reported
 *
 * What can be handed over still is.
 *
 * Context: Process.
 */
void fgft_dump_purge(struct fgft_module *mod)
{
	struct dump *dump, *next;
	LIST_HEAD(gone);

	cancel_delayed_work_sync(&dumps_sender);
	dumps_pass();
	spin_lock_irq(&dumps_lock);
	list_for_each_entry_safe(dump, next, &dumps, link) {
		if (dump->mod != mod)
			continue;
		list_move(&dump->link, &gone);
		ndumps--;
	}
	spin_unlock_irq(&dumps_lock);
	list_for_each_entry_safe(dump, next, &gone, link)
		kfree(dump);
	/* Those of other drivers wait on. */
	schedule_delayed_work(&dumps_sender, RETRY_DELAY);
}

u64 fgft_dump_sent(const struct fgft_module *mod)
{
	return READ_ONCE(mod->dumps_sent);
}

u64 fgft_dump_lost(const struct fgft_module *mod)
{
	return READ_ONCE(mod->dumps_lost);
}

/**
 * fgft_dump_init - make the device for faults without one
 *
 * Context: Process.
 * Return: 0, or the error of the device.
 */
int fgft_dump_init(void)
{
	fallback = root_device_register("fgft");
	return PTR_ERR_OR_ZERO(fallback);
}

/**
 * fgft_dump_exit - take it away; dumps handed over stay readable
 *
 * Context: Process; no driver is known any more.
 */
void fgft_dump_exit(void)
{
	cancel_delayed_work_sync(&dumps_sender);
	root_device_unregister(fallback);
}
