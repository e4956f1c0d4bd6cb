/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private contract between the mechanisms of fgft.ko, one section a file.
 *
 * The way of a fault: a hook or a trap (detect.c) fills call->fault and
 * unwinds to the entry's frame (entry.S); call.c then takes the effects back
 * (undo.c), recover.c brings the device back, report.c tells about it.
 */
#ifndef FGFT_FGFT_H
#define FGFT_FGFT_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "abi.h"
#include "domain.h"
#include "fault.h"
#include "hooks.h"
#include "call_registers.h"
#include "finish.h"
#include "quiesce.h"
#include "sparing.h"
#include "undo.h"

struct device;
struct pt_regs;
struct fgft_bus;
struct fgft_device;
struct fgft_module;

/* ---- call.c: one transaction ------------------------------------------- */

/* Built on the kernel stack by entry.S; order is the push order reversed. */
struct fgft_frame {
	struct fgft_entry *entry;
	unsigned long args[6];		/* rdi rsi rdx rcx r8 r9 */
	unsigned long r15, r14, r13, r12, rbx, rbp;
	unsigned long ret;		/* return address into the kernel */
};

#define FGFT_LENT	FGFT_HITS	/* behind them: a grant of this call */
#define FGFT_GRANTS	8	/* objects the arguments stand for */
#define FGFT_MADE_GRANTS 8	/* and newest of those made inside */
#define FGFT_HELD	12	/* locks held to the end of the call */
#define FGFT_LOOP_BUDGET (1000 * 1000)	/* iterations without a sleep; rings have thousands */
#define FGFT_FRAMES	24	/* return addresses kept of an aborted call */

struct fgft_span {
	unsigned long start;
	unsigned long size;
};

/* A stretch of memory a call was found to be allowed to write. */
struct fgft_hit {
	unsigned long start;
	unsigned long tail;		/* offset of its last eight bytes */
};

/* A lock taken inside the call and kept until its end. */
struct fgft_held {
	void *lock;
	fgft_effect_t release;	/* called with (lock, flags) */
	u64 flags;		/* saved irq flags, or FGFT_NO_FLAGS */
	u32 takes;		/* how often the driver holds it now */
	bool shared;		/* as one of several readers */
};

#define FGFT_NO_FLAGS	(~0ULL)

struct fgft_deferred {
	fgft_effect_t fn;
	u64 a, b, c, d;
};

struct fgft_defer_page;

/* How long a call has taken; blank unless fgft_call.aged. */
struct fgft_age {
	u64 delay_ns;		/* asked for in delays */
	u64 slept_ns;		/* when it first came back from a sleep */
	u32 ticks;		/* of deadline.c that found it running */
	bool expired;
};

struct fgft_call {
	/* What hooks.S looks at, at the offsets it knows. */
	struct fgft_undo undo;
	/*
	 * Found out in earlier calls that used this memory: good as long as it
	 * is the same driver and no range has been forgotten.  Behind them one
	 * of this call alone.
	 */
	struct fgft_hit hit[FGFT_HITS + 1];
	s64 budget;			/* loop iterations left */
	unsigned long stack_low;	/* the stack pointer may not be below */
	struct fgft_frame *frame;
	u64 hit_generation;
	u32 next_hit;
	const void *netdev;		/* a hit that is one, NULL: none yet */
	struct fgft_span spot;		/* part of a hit that functions are handed */
	struct fgft_bell_known bell;	/* one of those below */
	struct fgft_known known[FGFT_KNOWN];
	struct fgft_call *below;	/* next older call on this CPU or task */
	struct fgft_entry *entry;
	struct fgft_module *mod;	/* in the pool, whose the hits are */
	u32 level;			/* context bits of preempt_count() */
	u32 preempt;			/* preempt_count() at begin */
	unsigned long flags;		/* irq flags at begin */
	int rcu_nesting;
	int graph_depth;		/* function graph tracer's return stack */
	int lock_depth;			/* lockdep's list of what the task holds */
	/*
	 * Something besides stores, inverses and one doorbell has come about:
	 * what follows is no longer blank, and the end has more to see to.
	 */
	bool touched;
	bool aged;
	struct fgft_age age;
	/* Blank at begin, and side by side so that few stores make it so. */
	u32 ngrants;			/* of arguments, filled at the first miss */
	u32 nmade;			/* objects made inside, that were ever granted */
	u32 nheld;
	u32 nbells;			/* doorbells waiting for commit */
	u32 nwrites;			/* writes the device saw */
	u32 nlogged;			/* of @writes */
	u32 nkept;
	bool granted;
	bool published;			/* a lock was really released inside */
	bool again;			/* second run of an entry that was aborted */
	bool restores;			/* aborted: a step of its device's restore */
	enum fgft_ending ending;	/* after an abort */
	bool silenced;			/* for the rollback alone */
	bool rung;			/* a doorbell was, early: no register undo */
	bool rough;			/* a write was, that register undo does not cover */
	bool unacked;			/* register undo: causes are there again */
	bool phy;			/* what the PHY is told now is in the undo log */
	const struct sk_buff *made;	/* newest socket buffer made inside, or NULL */
	/* Blank at begin whatever has come about. */
	struct fgft_device *dev;	/* device written, NULL if none */
	bool strict;			/* one of the doorbells lets nothing overtake */
	const struct sk_buff *skb;	/* newest found to be a socket buffer, or NULL */
	const void *skb_head;		/* where @skb has its data, and where that ends */
	unsigned int skb_end;
	bool notifies;			/* the preempt notifier is registered */
	struct fgft_call *__percpu *home;	/* where it lies ready; pool.h */
	struct fgft_span grant[FGFT_GRANTS];
	struct fgft_span made_grant[FGFT_MADE_GRANTS];	/* round and round */
	struct fgft_bell bells[FGFT_BELLS];
	struct fgft_held held[FGFT_HELD];
	struct fgft_defer_page *defer, *defer_tail;	/* due at commit */
	struct fgft_deferred *defer_first, *defer_at, *defer_end;	/* next goes to the 2nd */
	u32 defer_pages, gifts;		/* pages after the first; objects given away */
	u64 given[8];			/* which, roughly: defer.h */
	bool closed;			/* window.c: something has left for good */
	u64 begun_at, closed_at;	/* time stamp counter, 0: not taken */
	struct llist_node waiting;	/* aborted: for the restore and the report */
	struct fgft_write writes[FGFT_WRITES];
	struct fgft_kept kept[FGFT_KEPT];
	struct preempt_notifier notifier;
	struct fgft_call *task_top;	/* newest call of the task while it is off the CPU */
	u32 nframes;			/* how it came to its fault, innermost first */
	unsigned long frames[FGFT_FRAMES];
	struct fgft_fault fault;
};

DECLARE_PER_CPU(struct fgft_call *, fgft_current_call);
/* The same for hooks.S, but &fgft_no_call if there is none. */
DECLARE_PER_CPU(struct fgft_call *, fgft_hook_call);
extern struct fgft_call fgft_no_call;

/* The transaction this code runs in, NULL if none. */
static __always_inline struct fgft_call *fgft_call_current(void)
{
	return this_cpu_read(fgft_current_call);
}

void fgft_call_init(struct fgft_call *call);
/* Over, with an empty undo log: back to the pool. */
void fgft_call_give(struct fgft_call *call);
/* From entry.S only. */
unsigned long fgft_call_begin(struct fgft_frame *frame);
unsigned long fgft_call_end(struct fgft_frame *frame, unsigned long result,
			    unsigned long aborted);
void fgft_call_finish(void);		/* labels in entry.S: end of a call */
void fgft_abort_trap(void);		/* and the trap an abort goes through */
/* From hooks.S only. */
void fgft_store_slow(void *addr, u64 value, struct fgft_call *call, u32 size,
		     unsigned long ip);
void fgft_loop_spent(void *a, u64 b, struct fgft_call *call, u32 c,
		     unsigned long ip);
void fgft_stack_spent(void *a, u64 b, struct fgft_call *call, u32 c,
		      unsigned long ip);
/* Set the current call aside while a kernel function calls the driver back. */
void fgft_call_leave(struct fgft_call *call);
void fgft_call_return(struct fgft_call *call);

/* ---- lock.c, lock_*.c: two-phase locks ------------------------------------------- */

/*
 * True: @lock is ours already, the take is counted and nothing is to be done.
 * False: take it (spinning or sleeping) and call fgft_lock_took.
 */
bool fgft_lock_retake(struct fgft_call *call, void *lock);
void fgft_lock_took(struct fgft_call *call, void *lock, fgft_effect_t release,
		    u64 flags);
/* The driver lets go: released at the end of the call or when published. */
void fgft_lock_drop(struct fgft_call *call, void *lock);
/* Really release what the driver has let go of (before sleeping or blocking). */
void fgft_lock_publish(struct fgft_call *call);
/* End of call: release everything, newest first.  Returns leaked takes. */
u32 fgft_lock_release(struct fgft_call *call);

/* ---- deadline.c: calls that take too long ------------------------------ */

int fgft_deadline_init(void);
void fgft_deadline_exit(void);
/* The call's task runs again. */
void fgft_deadline_sleep(struct fgft_call *call);
void fgft_deadline_resume(struct fgft_call *call);
/* The call is about to spin for @ns in a kernel function. */
void fgft_deadline_delay(struct fgft_call *call, u64 ns, unsigned long ip,
			 const char *what);
/* Sleep a little instead of the kernel; false: it has been too long. */
bool fgft_deadline_wait(u64 *since_ns, bool idle);

/* ---- store.c: what a call may write, and hooks --------------------------- */

void fgft_hit_remember(struct fgft_call *call, unsigned long start,
		       unsigned long size);

/* ---- detect.c: aborts and traps ---------------------------------------- */

int fgft_detect_init(void);
void fgft_detect_exit(void);
/* Write a fault down; enough where the caller is at the entry's frame already. */
void fgft_abort_record(struct fgft_call *call, enum fgft_cause cause,
		       unsigned long ip, unsigned long addr, const char *what);
/*
 * Give the call up.  The stack is unwound to the entry's frame by a trap of our
 * own, which takes the same way as the driver's exceptions.  Inline, because
 * objtool wants to see that nothing follows.
 */
static __always_inline void __noreturn
fgft_abort(struct fgft_call *call, enum fgft_cause cause, unsigned long ip,
	   unsigned long addr, const char *what)
{
	fgft_abort_record(call, cause, ip, addr, what);
	fgft_abort_trap();
	unreachable();
}

/* Check that the call may write [addr, addr + size) and log what is there. */
void fgft_write_check(struct fgft_call *call, const void *addr, size_t size,
		      unsigned long ip);
/* Log only: kernel-owned memory a classed kernel function is about to write. */
void fgft_write_log(struct fgft_call *call, const void *addr, size_t size,
		    unsigned long ip);
/* Same test without logging or aborting. */
bool fgft_may_write(struct fgft_call *call, const void *addr, size_t size);
/* And the same, for what is asked for again and again. */
bool fgft_spot_look(struct fgft_call *call, const void *addr, size_t size);

/* ---- object.c: what a pointer is ----------------------------------------- */

/*
 * What a kernel function expects of a pointer it is handed.  A wild pointer is
 * stopped here, before kernel code follows it.
 */
enum fgft_object {
	FGFT_OBJECT_WRITABLE,	/* @size bytes the call may write */
	FGFT_OBJECT_READABLE,	/* @size bytes of mapped kernel memory */
	FGFT_OBJECT_SLAB,	/* start of a live kmalloc of the driver, or NULL */
	FGFT_OBJECT_VMALLOC,	/* start of a live vmalloc of the driver, or NULL */
	FGFT_OBJECT_DMA,	/* a live coherent allocation, of that size */
	FGFT_OBJECT_NETDEV,	/* a net_device of this driver */
	FGFT_OBJECT_INPUT,	/* start of a live input_dev of this driver */
	FGFT_OBJECT_DEVICE,	/* struct device of a bound device of this driver */
	FGFT_OBJECT_SKB,	/* a struct sk_buff */
	FGFT_OBJECT_MMIO,	/* inside a register mapping of this driver */
	FGFT_OBJECT_STRING,	/* NUL-terminated, mapped */
};

bool fgft_object_is(struct fgft_call *call, enum fgft_object object,
		    const void *ptr, size_t size);
/* Is it in an object the driver made earlier and keeps?  Granted then. */
bool fgft_object_kept(struct fgft_call *call, const void *addr, size_t size);
/* The ones needed for every frame; object.h looks at what is remembered first. */
bool fgft_netdev_look(struct fgft_call *call, const void *ptr);
bool fgft_device_look(const struct fgft_call *call, const void *ptr);

/* ---- class.c: what arguments stand for, and return conventions --------- */

/* Fill call->grant[] from the entry's arguments; class descriptors by type. */
void fgft_class_grant(struct fgft_call *call);
/* Add one span. */
void fgft_grant(struct fgft_call *call, const void *start, size_t size);
/* It is needed soon. */
void fgft_lend(struct fgft_call *call, unsigned long start, size_t size);
/* Is it in a span that gave its slot to a newer one? */
bool fgft_grant_recall(struct fgft_call *call, const void *addr, size_t size);
/* What tells the device of a call: an argument's place and a function of it. */
struct fgft_locator {
	struct device *(*device)(const void *argument);	/* NULL: nothing does */
	u32 argument;
};

struct fgft_locator fgft_class_locator(const struct fgft_entry *entry);
/* Have an entry point called again whose caller takes no error. */
void fgft_class_retry(struct fgft_call *call);
void fgft_class_again(const struct fgft_module *mod,
		      const struct fgft_entry *entry, void *first);
/* Bring forward the driver's periodic work. */
void fgft_class_hasten(const struct fgft_module *mod);

/* ---- outcome.c: what the caller gets --------------------------------------- */

struct fgft_outcome {
	long low, high;		/* legal results */
	u8 unused_bits;		/* of the result's register, at its top */
	s8 limit;		/* argument that bounds it besides, or -1 */
	s8 argument;		/* returned after an abort, or -1: @result */
	/* What it is below besides, and returned after an abort, or NULL. */
	long (*below)(const unsigned long *args);
	long (*computed)(const unsigned long *args);
	enum fgft_ending ending;
	long result;		/* after an abort */
	long taken;		/* if it had read a cause off the device */
};

void fgft_outcome_find(const struct fgft_entry *entry,
		       struct fgft_outcome *outcome);
bool fgft_outcome_bounded(const struct fgft_outcome *outcome,
			  const unsigned long *args, long value);
long fgft_outcome_result(const struct fgft_outcome *outcome,
			 const unsigned long *args);

/* Is @result one every call of the entry point may return? */
static __always_inline bool
fgft_outcome_inside(const struct fgft_outcome *outcome, unsigned long result)
{
	u8 shift = outcome->unused_bits;
	long value = (long)(result << shift) >> shift;

	return likely(value >= outcome->low) && likely(value <= outcome->high);
}

/* Is @result within the convention of an entry point called with @args? */
static __always_inline bool
fgft_outcome_legal(const struct fgft_outcome *outcome,
		   const unsigned long *args, unsigned long result)
{
	u8 shift = outcome->unused_bits;
	long value = (long)(result << shift) >> shift;

	return fgft_outcome_inside(outcome, result) ||
	       fgft_outcome_bounded(outcome, args, value);
}

/* ---- ending.c: what follows an abort ----------------------------------------- */

enum fgft_ending fgft_ending_plan(struct fgft_call *call, enum fgft_step step);
enum fgft_step fgft_ending_step(enum fgft_ending ending, enum fgft_step step);
void fgft_ending_pin(struct fgft_module *mod);
/* The driver's exit function is through: does not return if it must stay. */
void fgft_ending_leave(struct fgft_module *mod);

/* ---- policy.c: which calls are isolated --------------------------------- */

enum fgft_policy_kind {
	FGFT_POLICY_OFF,
	FGFT_POLICY_ALWAYS,
	FGFT_POLICY_FIRST,		/* the first n calls */
	FGFT_POLICY_AFTER_FAULT,	/* for n seconds after a fault */
	FGFT_POLICY_SAMPLE,		/* one call in n */
	FGFT_POLICY_KINDS
};

/* A setting, and how far it has got. */
struct fgft_policy {
	u64 word;		/* kind and n in one, so that both change at once */
	atomic_t seen;		/* calls since it was set, where they count */
};

/*
 * Why a call that has passed its static key may yet have to run natively; 0 for
 * the common case that there is no reason.
 */
#define FGFT_MODE_ENTRY		0x1	/* the entry's policy has a say */
#define FGFT_MODE_DEVICE	0x2	/* a device's policy has a say */

struct fgft_entry_state;

/* Slow path of begin, where mode is not 0.  Any context. */
bool fgft_policy_admits(struct fgft_entry_state *state,
			const unsigned long *args);
/* The device @args stand for, NULL if they do not tell.  Any context. */
struct fgft_device *fgft_policy_device(const struct fgft_entry_state *state,
				       const unsigned long *args);
/* The keys as the policies want them; while a restore runs all are on.  Process. */
void fgft_policy_apply(struct fgft_module *mod);
/* A call was aborted: remember when and whose it was.  Any context. */
void fgft_policy_note(struct fgft_call *call);

/* ---- checkpoint.c: device state ---------------------------------------- */

/* What a step of the ladder has used of its minute. */
struct fgft_budget {
	u64 begun_ns;
	u64 spent_ns;
	u32 runs;
};

struct fgft_device {
	struct list_head link;		/* all records, RCU */
	struct list_head gone;		/* unlinked, about to be freed */
	struct device *dev;		/* reference held */
	const struct fgft_bus *bus;
	struct fgft_module *mod;
	struct kobject kobj;		/* control.c: the record goes with it */
	struct fgft_policy policy;
	struct fgft_tally tally;
	struct work_struct restore;
	struct llist_head aborted;	/* calls that wait for the restore */
	raw_spinlock_t lock;		/* orders register undo and restores */
	u32 recovering;			/* aborts the device is not back from */
	u32 serving;			/* those the running restore is for */
	bool away;			/* memory and device do not agree */
	bool reporting;			/* it is back, the worker still tells */
	struct fgft_budget budget[FGFT_STEP_COUNT];	/* the worker's */
	bool down;			/* suspended, and not resumed yet */
	bool muted;			/* its interrupt handler is in quarantine */
	u32 lost;			/* settings a rebind could not replay */
	bool held;			/* no class keeps callers away: begin does */
	bool failed;			/* nothing helped: no call is let in */
	bool quiesced;
	bool linked;			/* had a link that is not back yet */
	u64 unacked;			/* registers.c: bits to be read once more */
	void __iomem *unacked_at;	/* where */
	struct fgft_given_up given_up;
	struct task_struct *restorer;	/* task inside the driver's callbacks */
	u64 bus_state[];		/* what its bus keeps of it */
};

/* The device record for @dev, made at first use; NULL without memory. */
struct fgft_device *fgft_checkpoint_device(struct fgft_module *mod,
					   struct device *dev);
struct fgft_device *fgft_checkpoint_find(struct device *dev);
void fgft_checkpoint_take(struct fgft_device *dev);
void fgft_checkpoint_free(struct fgft_device *dev);	/* from control.c only */
void fgft_checkpoint_each(struct fgft_module *mod,
			  void (*fn)(struct fgft_device *dev, void *data),
			  void *data);
void fgft_checkpoint_forget_module(struct fgft_module *mod);
/* The device an entry point is about, by its arguments; NULL if none shows. */
struct fgft_device *fgft_checkpoint_of(struct fgft_module *mod,
				       const struct fgft_entry *entry,
				       const unsigned long args[]);
/* Stop the device's DMA: memory it knows of is about to change hands. */
void fgft_checkpoint_silence(struct fgft_device *dev);	/* any context */
/* It is as before after all. */
void fgft_checkpoint_unsilence(struct fgft_device *dev);
void fgft_checkpoint_mute(struct fgft_device *dev, bool mute);
int fgft_checkpoint_restore(struct fgft_device *dev);
int fgft_checkpoint_bus_reset(struct fgft_device *dev);
bool fgft_checkpoint_can_reset(struct fgft_device *dev);
/* Is the device as a restore is to leave it? */
bool fgft_checkpoint_verify(struct fgft_device *dev);

/* ---- recover.c: the ladder --------------------------------------------- */

int fgft_recover_init(void);
void fgft_recover_exit(void);
void fgft_recover_prepare(struct fgft_device *dev);
/*
 * Before the rollback: undo registers, decide what is needed besides, and keep
 * everybody away from a device that memory will no longer describe.
 */
void fgft_recover_plan(struct fgft_call *call);
/* Behind it.  Takes @call over, which may be gone on return.  Any context. */
void fgft_recover_start(struct fgft_call *call);
/* Others have written what the rolled back call had. */
void fgft_recover_conflicts(struct fgft_call *call);
void fgft_recover_retry(struct fgft_call *call);
/* Is this task restoring a device of @mod?  Nobody keeps its driver calls out. */
bool fgft_recover_restores(struct fgft_module *mod);
/* Is the device of an aborted call away, until tell() frees what it may know of? */
bool fgft_recover_waits(const struct fgft_call *call);
bool fgft_recover_pending(struct fgft_module *mod);
void fgft_recover_flush(void);
void fgft_recover_bound(struct fgft_device *dev);
/* The driver is about to set the device up anew, and needs its interrupts. */
void fgft_recover_open(struct fgft_device *dev);

/* ---- rebind.c: the driver unbound and bound again ------------------------- */

int fgft_rebind(struct fgft_device *dev);

/* ---- admit.c: who may enter a driver in trouble -------------------------- */

/* Behind mod->guarded.  False: the call ends here with *@result. */
bool fgft_admit(struct fgft_entry_state *state, const unsigned long args[],
		unsigned long *result);
bool fgft_admit_passes(const struct fgft_entry *entry);
/* Aborted behind a doorbell: the caller must not hand over the same again. */
void fgft_admit_end(struct fgft_call *call);
void fgft_admit_wake(void);		/* a device is back, or given up */

/* ---- repeat.c: faults that come again ------------------------------------- */

/* Count a fault; the least step it deserves.  FGFT_STEP_FAILED: quarantine. */
enum fgft_step fgft_repeat_note(struct fgft_entry_state *state);
void fgft_repeat_pardon(struct fgft_entry_state *state);

/* ---- window.c: while undo is enough --------------------------------------- */

struct fgft_window {
	u64 closed;			/* calls that closed theirs */
	u64 ticks, open;		/* time stamp counter, while measuring */
};

DECLARE_STATIC_KEY_FALSE(fgft_window_measuring);

/* Something has left that nothing takes back. */
void fgft_window_close(struct fgft_call *call);
/* End of a call whose window closed or that is measured. */
void fgft_window_end(struct fgft_call *call);
ssize_t fgft_window_show(const struct fgft_entry_state *state, char *buf);

/* ---- driver.c: drivers and their entry points --------------------------- */

struct fgft_entry_state {
	struct fgft_entry *entry;
	struct fgft_module *mod;
	struct kobject kobj;
	u32 mode;			/* FGFT_MODE_*, 0 if the key says all */
	struct fgft_outcome outcome;	/* looked up once */
	void *body;			/* native function behind its branch */
	struct fgft_locator locator;
	struct fgft_policy policy;
	u64 __percpu *commits;
	atomic64_t aborts;
	struct fgft_tally tally;
	void *first;			/* first argument of the newest call */
	u64 retry_ns;			/* when it was last asked for again */
	u32 retries;			/* in a row, without a pause */
	struct fgft_window __percpu *window;
	bool quarantined;		/* not called any more; repeat.c */
	u64 burst_ns, fault_ns;		/* first fault of a burst, and the newest */
	u32 burst, climbs;		/* faults in it; bursts in a row */
};

struct fgft_module {
	struct list_head link;
	struct module *module;
	struct kobject kobj;		/* control.c: the record goes with it */
	struct kobject *entries;	/* and its directories */
	struct kobject *devices;
	u32 nexposed;			/* of states, those with a kobject */
	struct work_struct announce;
	bool going;			/* policy.c: settings are final */
	unsigned long data, data_size;	/* writable static data */
	unsigned long text, text_size;
	struct fgft_entry_state *states;
	u32 nentries;
	struct fgft_unit **units;
	u32 nunits;
	const struct fgft_target **targets;	/* sorted by native address */
	u32 ntargets;
	bool pinned;			/* for good: it has kept what is given up */
	int __percpu *inside;		/* calls running, summed over CPUs */
	struct device *device;		/* newest with a record, which holds a reference */
	atomic_t restoring;		/* workers inside PM callbacks */
	atomic_t guarded;		/* devices in recovery or failed, entries in
					 * quarantine: calls ask admit.c first
					 */
	struct fgft_fault last;		/* newest report, under fault_lock */
	struct fgft_entry *last_entry;
	u64 faults;
	u64 dumps_sent, dumps_lost;	/* under dump.c's lock */
	struct fgft_tally tally;
	spinlock_t fault_lock;		/* protects last, last_entry, faults, tallies */
};

int fgft_driver_init(void);
void fgft_driver_exit(void);
struct fgft_module *fgft_driver_find(const struct module *module);
int fgft_driver_inside(const struct fgft_module *mod);
struct fgft_module *fgft_driver_find_text(unsigned long ip);
/* It or, for an entry point, what is behind its branch: native whatever the policy. */
void *fgft_driver_body(const struct fgft_module *mod, const void *native);
/* NULL unless @native is an indirect call target of the module. */
void *fgft_driver_twin(struct fgft_module *mod, const void *native);

/* ---- control.c: the files below /sys/kernel/fgft ------------------------- */

int fgft_control_init(void);
void fgft_control_exit(void);

/* ---- report.c ------------------------------------------------------------ */

const char *fgft_cause_name(enum fgft_cause cause);
const char *fgft_step_name(enum fgft_step step);
const char *fgft_range_name(enum fgft_range_kind kind);
/* Cannot fail.  Takes @call over.  Any context. */
void fgft_report(struct fgft_call *call);

/* ---- dump.c: a device coredump a fault ----------------------------------- */

int fgft_dump_init(void);
void fgft_dump_exit(void);
/* From detect.c, while the stack is still that of the fault. */
void fgft_dump_trace(struct fgft_call *call, struct pt_regs *regs);

/* ---- inject.c ------------------------------------------------------------ */

int fgft_inject_init(struct kobject *parent);
void fgft_inject_exit(void);

#include "defer.h"

#endif /* FGFT_FGFT_H */
