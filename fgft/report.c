// SPDX-License-Identifier: GPL-2.0
/*
 * Telling about a fault: the only file that prints about one.
 *
 * The text is an interface: scripts and tests match it, and it changes only
 * together with Documentation/ABI/testing/sysfs-kernel-fgft.  A report is
 *
 *	fgft: FAULT: wild store in e1000_set_coalesce [e1000]
 *	fgft:   at e1000_set_coalesce.fgft+0x4f/0x120 [e1000], address ffff...
 *	fgft:   undone: 12 stores, 3 kernel effects, 1 of 1 register writes;
 *		step: registers			(one line)
 *	fgft:   caller got -5 (-EIO), rollback 12345 ns
 *
 * It is written when all is over, so that it can say how it ended, and by a
 * worker: names for addresses and a slow console take longer than a rollback,
 * and the caller is to go on.  Until then the aborted call keeps what there is
 * to tell.  Whoever reads from sysfs that there was a fault can read it in the
 * log as well, and a kernel that panics tells of those it has not told yet.
 */
#define pr_fmt(fmt) "fgft: " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/llist.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "control.h"
#include "dump.h"
#include "fgft.h"
#include "report.h"
#include "symbol.h"
#include "trace.h"

#define UNTOLD_MAX	32	/* faults that wait to be told of */

/* Aborted calls the worker is to tell of, newest first. */
static LLIST_HEAD(untold);
static atomic_t nuntold;

static const char * const fgft_cause_names[FGFT_CAUSE_COUNT] = {
	[FGFT_CAUSE_NONE]	= "none",
	[FGFT_CAUSE_STORE]	= "wild store",
	[FGFT_CAUSE_LOAD]	= "bad load",
	[FGFT_CAUSE_PROTECTION]	= "general protection",
	[FGFT_CAUSE_DIVIDE]	= "divide error",
	[FGFT_CAUSE_BUG]	= "BUG",
	[FGFT_CAUSE_TRAP]	= "processor exception",
	[FGFT_CAUSE_TARGET]	= "wild call",
	[FGFT_CAUSE_ARGUMENT]	= "wild argument",
	[FGFT_CAUSE_LOOP]	= "endless loop",
	[FGFT_CAUSE_STACK]	= "stack overflow",
	[FGFT_CAUSE_UNCLASSED]	= "unclassed kernel function",
	[FGFT_CAUSE_MEMORY]	= "out of memory",
	[FGFT_CAUSE_BALANCE]	= "lock imbalance",
	[FGFT_CAUSE_CONTEXT]	= "sleep in atomic context",
	[FGFT_CAUSE_DEADLOCK]	= "self-deadlock",
	[FGFT_CAUSE_RESULT]	= "wild result",
	[FGFT_CAUSE_DEADLINE]	= "deadline",
};

static const char * const fgft_step_names[FGFT_STEP_COUNT] = {
	[FGFT_STEP_UNDO]	= "undo",
	[FGFT_STEP_REGISTERS]	= "registers",
	[FGFT_STEP_AGAIN]	= "again",
	[FGFT_STEP_PM]		= "pm",
	[FGFT_STEP_BUS_RESET]	= "bus_reset",
	[FGFT_STEP_REBIND]	= "rebind",
	[FGFT_STEP_FAILED]	= "failed",
};

/**
 * fgft_cause_name - what the user calls a cause
 * @cause: why a call was aborted
 *
 * Context: Any.
 * Return: a stable name, never NULL.
 */
const char *fgft_cause_name(enum fgft_cause cause)
{
	BUILD_BUG_ON(ARRAY_SIZE(fgft_cause_names) != FGFT_CAUSE_COUNT);

	if (cause >= FGFT_CAUSE_COUNT || !fgft_cause_names[cause])
		return "unknown";
	return fgft_cause_names[cause];
}

/**
 * fgft_step_name - what the user calls a step of the ladder
 * @step: how a fault was put right
 *
 * Context: Any.
 * Return: a stable name, never NULL.
 */
const char *fgft_step_name(enum fgft_step step)
{
	BUILD_BUG_ON(ARRAY_SIZE(fgft_step_names) != FGFT_STEP_COUNT);

	if (step >= FGFT_STEP_COUNT || !fgft_step_names[step])
		return "unknown";
	return fgft_step_names[step];
}

static const char * const fgft_range_names[FGFT_RANGE_KINDS] = {
	[FGFT_RANGE_SLAB]	= "slab",
	[FGFT_RANGE_VMALLOC]	= "vmalloc",
	[FGFT_RANGE_PAGES]	= "pages",
	[FGFT_RANGE_DMA]	= "dma",
	[FGFT_RANGE_NETDEV]	= "netdev",
	[FGFT_RANGE_INPUT]	= "input",
	[FGFT_RANGE_MMIO]	= "mmio",
	[FGFT_RANGE_URB]	= "urb",
	[FGFT_RANGE_OBJECT]	= "object",
};

/**
 * fgft_range_name - what the user calls a kind of memory
 * @kind: what a range of the driver's is
 *
 * Context: Any.
 * Return: a stable name, never NULL.
 */
const char *fgft_range_name(enum fgft_range_kind kind)
{
	if (kind >= FGFT_RANGE_KINDS || !fgft_range_names[kind])
		return "unknown";
	return fgft_range_names[kind];
}

static void report_print(const struct fgft_module *mod,
			 const struct fgft_entry *entry,
			 const struct fgft_fault *fault)
{
	/* printk() formats twice, and with interrupts off. */
	char symbol[KSYM_SYMBOL_LEN];
	char where[32] = "";
	char result[48] = "nothing";

	fgft_symbol_print(symbol, fault->ip, mod->module);
	if (fault->addr || fault->cause == FGFT_CAUSE_LOAD)
		scnprintf(where, sizeof(where), ", address %016lx", fault->addr);
	if (entry->ret != FGFT_RET_VOID) {
		if (IS_ERR_VALUE(fault->result))
			scnprintf(result, sizeof(result), "%ld (%pe)",
				  fault->result, ERR_PTR(fault->result));
		else
			scnprintf(result, sizeof(result), "%ld", fault->result);
	}

	pr_err("FAULT: %s in %s [%s]\n", fgft_cause_name(fault->cause),
	       entry->name, mod->module->name);
	pr_err("  at %s%s%s%s\n", symbol, where,
	       fault->what ? ", kernel function " : "",
	       fault->what ?: "");
	pr_err("  undone: %u stores, %u kernel effects, %u of %u register writes; step: %s\n",
	       fault->undone_stores, fault->undone_calls,
	       fault->step == FGFT_STEP_FAILED ? 0 : fault->register_writes,
	       fault->register_writes, fgft_step_name(fault->step));
	if (fault->conflicts)
		pr_err("  %u words had been written by others since, one at %016lx: left as they are\n",
		       fault->conflicts, fault->conflict);
	if (fault->restore_ns)
		pr_err("  caller got %s, rollback %llu ns, device back after %llu ns\n",
		       result, fault->rollback_ns, fault->restore_ns);
	else
		pr_err("  caller got %s, rollback %llu ns\n", result,
		       fault->rollback_ns);
	if (fault->settings_lost)
		pr_err("  %u settings could not be replayed\n",
		       fault->settings_lost);
	if (fault->step == FGFT_STEP_FAILED)
		pr_err("  the device could not be restored: unbind and bind it, or reload %s\n",
		       mod->module->name);
}

static void count(struct fgft_tally *tally, const struct fgft_fault *fault)
{
	tally->causes[fault->cause]++;
	tally->steps[fault->step]++;
}

/* Takes @call over. */
static void tell(struct fgft_call *call)
{
	struct fgft_module *mod = call->mod;

	fgft_dump_complete(mod, &call->fault);
	report_print(mod, call->entry, &call->fault);
	fgft_control_announce(mod);
	fgft_call_give(call);
}

static void tell_all(struct work_struct *work)
{
	struct llist_node *calls = llist_reverse_order(llist_del_all(&untold));
	struct fgft_call *call, *next;

	llist_for_each_entry_safe(call, next, calls, waiting) {
		tell(call);
		atomic_dec(&nuntold);
	}
}

static DECLARE_WORK(teller, tell_all);

/**
 * fgft_report - tell that a fault happened and how it was put right
 * @call: aborted call, off the stack and rolled back; taken over
 *
 * Called once a fault, after recovery.  Remembers the fault as the newest of
 * the driver and counts it; the log and user space are told soon after.  With
 * more faults than a worker keeps up with, each waits for the log itself.
 *
 * Context: Any but NMI.
 */
void fgft_report(struct fgft_call *call)
{
	const struct fgft_fault *fault = &call->fault;
	struct fgft_entry *entry = call->entry;
	struct fgft_module *mod = call->mod;
	bool told_here = atomic_inc_return(&nuntold) > UNTOLD_MAX;
	unsigned long flags;

	if (fault->restore_ns)
		trace_fgft_restore(mod, entry, fault);
	spin_lock_irqsave(&mod->fault_lock, flags);
	mod->last = *fault;
	mod->last_entry = entry;
	mod->faults++;
	count(&mod->tally, fault);
	if (entry->state)
		count(&entry->state->tally, fault);
	if (fault->dev)
		count(&fault->dev->tally, fault);
	/* Under the lock: who reads the count finds something to wait for. */
	if (!told_here && llist_add(&call->waiting, &untold))
		schedule_work(&teller);
	spin_unlock_irqrestore(&mod->fault_lock, flags);
	if (told_here) {
		atomic_dec(&nuntold);
		tell(call);
	}
}

/**
 * fgft_report_flush - wait until all faults that were counted have been told of
 *
 * Context: Process.
 */
void fgft_report_flush(void)
{
	flush_work(&teller);
}

static int panicked(struct notifier_block *block, unsigned long event,
		    void *data)
{
	struct llist_node *calls = llist_reverse_order(llist_del_all(&untold));
	struct fgft_call *call;

	llist_for_each_entry(call, calls, waiting)
		report_print(call->mod, call->entry, &call->fault);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = panicked,
};

/**
 * fgft_report_init - listen to panics
 *
 * Context: Process.
 */
void fgft_report_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}

/**
 * fgft_report_exit - stop listening
 *
 * Context: Process; no driver is known any more.
 */
void fgft_report_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	flush_work(&teller);
}

/* The newest fault as it was reported; NULL if there was none. */
static struct fgft_entry *report_last(struct fgft_module *mod,
				      struct fgft_fault *fault, u64 *faults)
{
	struct fgft_entry *entry;

	spin_lock_irq(&mod->fault_lock);
	*fault = mod->last;
	*faults = mod->faults;
	entry = mod->last_entry;
	spin_unlock_irq(&mod->fault_lock);
	return entry;
}

ssize_t fgft_report_show(struct fgft_module *mod, char *buf)
{
	const struct fgft_entry *entry;
	char symbol[KSYM_SYMBOL_LEN];
	struct fgft_fault fault;
	u64 faults;

	entry = report_last(mod, &fault, &faults);
	fgft_report_flush();
	if (!entry)
		return sysfs_emit(buf, "none\n");

	fgft_symbol_print(symbol, fault.ip, mod->module);
	return sysfs_emit(buf,
			  "entry: %s\n"
			  "device: %s\n"
			  "cause: %s\n"
			  "step: %s\n"
			  "address: 0x%lx\n"
			  "ip: %s\n"
			  "what: %s\n"
			  "result: %ld\n"
			  "device_written: %d\n"
			  "undone_stores: %u\n"
			  "undone_calls: %u\n"
			  "conflicts: %u\n"
			  "conflict_at: 0x%lx\n"
			  "register_writes: %u\n"
			  "rollback_ns: %llu\n"
			  "restore_ns: %llu\n",
			  entry->name,
			  fault.dev ? dev_name(fault.dev->dev) : "-",
			  fgft_cause_name(fault.cause),
			  fgft_step_name(fault.step), fault.addr, symbol,
			  fault.what ?: "-", fault.result,
			  fault.device_written, fault.undone_stores,
			  fault.undone_calls, fault.conflicts,
			  fault.conflict, fault.register_writes,
			  fault.rollback_ns, fault.restore_ns);
}

/*
 * Faults in quick succession share one event: it carries the newest and the
 * count.
 */
void fgft_report_send(struct fgft_module *mod)
{
	char env_entry[128], env_cause[48], env_step[32], env_faults[40];
	char env_device[80];
	/* The device last: without one, the list is shorter. */
	char *env[6] = { env_entry, env_cause, env_step, env_faults };
	const struct fgft_entry *entry;
	struct fgft_fault fault;
	u64 faults;

	entry = report_last(mod, &fault, &faults);
	scnprintf(env_entry, sizeof(env_entry), "FGFT_ENTRY=%s", entry->name);
	scnprintf(env_cause, sizeof(env_cause), "FGFT_CAUSE=%s",
		  fgft_cause_name(fault.cause));
	scnprintf(env_step, sizeof(env_step), "FGFT_STEP=%s",
		  fgft_step_name(fault.step));
	scnprintf(env_faults, sizeof(env_faults), "FGFT_FAULTS=%llu", faults);
	if (fault.dev) {
		scnprintf(env_device, sizeof(env_device), "FGFT_DEVICE=%s",
			  dev_name(fault.dev->dev));
		env[4] = env_device;
	}
	/* Nobody may be listening, and nothing depends on it. */
	kobject_uevent_env(&mod->kobj, KOBJ_CHANGE, env);
}
