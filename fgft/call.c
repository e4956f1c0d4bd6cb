// SPDX-License-Identifier: GPL-2.0
/*
 * One transaction: begin, commit, abort.
 *
 * A call is found through a per-CPU pointer, so that the hooks cost one load.
 * The pointer is kept right by nesting and by the scheduler:
 *
 *   process context    the task's calls, newest first; a preempt notifier
 *                      takes them off the CPU when the task is switched out
 *                      and puts them back, maybe elsewhere, when it runs again
 *   interrupt context  pushed on top of whatever was interrupted, and popped
 *                      before the interrupt returns: it cannot sleep
 *
 * A kernel function called inside a call may enter the same driver again on
 * the same level; that entry joins the running call, and an abort unwinds to
 * the outermost frame.
 *
 * States of struct fgft_call:
 *
 *   in the pool   frame NULL; undo log empty
 *   running       on a CPU's or task's stack; hooks use it
 *   ending        popped; deferred effects or the inverse ones run
 *   aborted       off the stack, kept for the restore and the report
 */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/msr.h>

#include "compat.h"
#include "dump.h"
#include "fgft.h"
#include "inject.h"
#include "pool.h"
#include "registers.h"
#include "trace.h"

#define FRAME_BOUND	(8 * 1024)	/* bytes of stack a call may use */
#define STACK_RESERVE	2048		/* bytes of a task's stack left for us */
#define NOWHERE		0x8badf00d8badf00dUL	/* not canonical, no poison either */

DEFINE_PER_CPU(struct fgft_call *, fgft_current_call);

/* entry.S; exported here, where the C type gives the symbol its version. */
EXPORT_SYMBOL_GPL(__fgft_enter);

/* ---- the current call follows its task ------------------------------------ */

static __always_inline void current_set(struct fgft_call *call)
{
	struct fgft_call *hook = call ? call : &fgft_no_call;

	this_cpu_write(fgft_current_call, call);
	this_cpu_write(fgft_hook_call, hook);
}

static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct fgft_call *call = container_of(notifier, struct fgft_call, notifier);

	/* Interrupt calls on top have come and gone: they restore what they found. */
	current_set(call->task_top);
	fgft_deadline_resume(call->task_top);
}

static void sched_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct fgft_call *call = container_of(notifier, struct fgft_call, notifier);

	call->task_top = this_cpu_read(fgft_current_call);
	current_set(NULL);
	if (READ_ONCE(current->__state) != TASK_RUNNING)
		fgft_deadline_sleep(call->task_top);
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/**
 * fgft_call_init - set a new call up to follow its task
 * @call: the call
 *
 * Context: Any.
 */
void fgft_call_init(struct fgft_call *call)
{
	preempt_notifier_init(&call->notifier, &preempt_ops);
}

/* ---- where a call runs ------------------------------------------------------- */

/* Context bits: what kind of context this is, not how deep preemption is off. */
static __always_inline u32 level_of(u32 preempt)
{
	return preempt & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);
}

/*
 * The function graph tracer keeps return addresses of traced functions on a
 * stack of its own; those of frames an abort drops must go with them.  Begin
 * and end are not traced themselves: theirs would be among them.
 */
static __always_inline int graph_depth(void)
{
#ifdef CONFIG_FUNCTION_GRAPH_TRACER
	return current->curr_ret_stack;
#else
	return 0;
#endif
}

static void graph_drop(int depth)
{
#ifdef CONFIG_FUNCTION_GRAPH_TRACER
	current->curr_ret_stack = depth;
	barrier();
#endif
}

/*
 * One notifier a task: the oldest call's stands for those above it.  A call
 * that begins with preemption off stays on its CPU to the end.  The list is the
 * task's own, and preempt_notifier_register() would be as much again.
 */
static __always_inline void call_push(struct fgft_call *call)
{
	call->notifies = false;
	if (likely(preempt_count())) {
		call->below = this_cpu_read(fgft_current_call);
		current_set(call);
		return;
	}
	preempt_disable();
	call->below = this_cpu_read(fgft_current_call);
	if (!call->below) {
		hlist_add_head(&call->notifier.link,
			       &current->preempt_notifiers);
		call->notifies = true;
	}
	current_set(call);
	preempt_enable();
}

/* One that has no notifier is the newest of a CPU it cannot leave, or of a task. */
static __always_inline void call_pop(struct fgft_call *call)
{
	if (likely(preempt_count() && !call->notifies)) {
		current_set(call->below);
		return;
	}
	preempt_disable();
	if (call->notifies)
		hlist_del(&call->notifier.link);
	current_set(call->below);
	preempt_enable();
}

/**
 * fgft_call_leave - set the running call aside
 * @call: the current call
 *
 * A kernel function is about to call the driver back.  What it calls begins
 * and ends calls of its own, and an interrupt finds none: until
 * fgft_call_return() a fault here is the kernel's.
 *
 * Context: Inside @call.
 */
void fgft_call_leave(struct fgft_call *call)
{
	call_pop(call);
}

/**
 * fgft_call_return - go on with a call that was set aside
 * @call: the call
 *
 * Context: Where fgft_call_leave() was called.
 */
void fgft_call_return(struct fgft_call *call)
{
	call_push(call);
}

/* ---- begin ------------------------------------------------------------------ */

/* What is forgotten meanwhile makes the hits stale again: the generation first. */
static noinline void hits_forget(struct fgft_call *call,
				 struct fgft_module *mod)
{
	u32 i;

	/* Pairs with the one in domain.c: ranges are looked up after this. */
	call->hit_generation = smp_load_acquire(&fgft_domain_generation);
	call->mod = mod;
	call->next_hit = 0;
	call->netdev = NULL;
	call->spot = (struct fgft_span){};
	call->bell = (struct fgft_bell_known){};
	for (i = 0; i < ARRAY_SIZE(call->hit); i++)
		call->hit[i] = (struct fgft_hit){ .start = NOWHERE };
	fgft_registers_forget(call);
}

/* An interrupt's stack is another one, and big enough. */
static __always_inline unsigned long
stack_low(const struct fgft_frame *frame, u32 level)
{
	unsigned long low = (unsigned long)frame - FRAME_BOUND;
	unsigned long end = (unsigned long)task_stack_page(current) +
			    STACK_RESERVE;

	return !level && low < end ? end : low;
}

static unsigned long call_refuse(struct fgft_frame *frame, long result)
{
	frame->args[0] = result;
	frame->entry = NULL;
	return 0;
}

#define GO_ON	1UL		/* no function is there */

/* The driver is in trouble, or not every call of this entry is isolated. */
static noinline unsigned long call_hindered(struct fgft_frame *frame,
					    struct fgft_entry_state *state)
{
	unsigned long refusal;

	if (atomic_read(&state->mod->guarded) &&
	    !fgft_admit(state, frame->args, &refusal))
		return call_refuse(frame, refusal);
	if (READ_ONCE(state->mode) && !fgft_policy_admits(state, frame->args)) {
		frame->entry = NULL;
		return (unsigned long)state->body;
	}
	return GO_ON;
}

/* Make blank what the call's memory was used for before. */
static __always_inline void call_blank(struct fgft_call *call)
{
	call->ngrants = 0;
	call->nmade = 0;
	call->nheld = 0;
	call->nbells = 0;
	call->nwrites = 0;
	call->nlogged = 0;
	call->nkept = 0;
	call->granted = false;
	call->published = false;
	call->again = false;
	call->silenced = false;
	call->ending = FGFT_ENDING_RETURN;
	call->rung = false;
	call->rough = false;
	call->unacked = false;
	call->phy = false;
	call->hit[FGFT_LENT].start = NOWHERE;
	call->made = NULL;
	if (call->aged)
		call->age = (struct fgft_age){};
	call->aged = false;
	call->touched = false;
}

static __always_inline bool hits_stale(const struct fgft_call *call,
				       const struct fgft_module *mod)
{
	return call->mod != mod ||
	       call->hit_generation != READ_ONCE(fgft_domain_generation);
}

static noinline notrace unsigned long start_traced(struct fgft_call *call)
{
	trace_fgft_begin(call);
	return (unsigned long)call->entry->twin;
}

/*
 * Nothing is in the way, and @call remembers what it may.  @plain: there is no
 * call below, and fgft_call_end() may take that as given.
 */
static __always_inline unsigned long
start_warm(struct fgft_call *call, struct fgft_frame *frame, u32 preempt,
	   bool plain)
{
	struct fgft_entry *entry = frame->entry;
	struct fgft_entry_state *state = entry->state;
	struct fgft_module *mod = state->mod;

	call->frame = frame;
	call->entry = entry;
	call->preempt = preempt;
	call->level = level_of(preempt);
	local_save_flags(call->flags);
	call->rcu_nesting = rcu_preempt_depth();
	call->graph_depth = graph_depth();
	fgft_compat_note_marks(&call->lock_depth);
	call->stack_low = stack_low(frame, level_of(preempt));
	call->budget = FGFT_LOOP_BUDGET;
	if (unlikely(call->touched))
		call_blank(call);
	if (!plain)
		call->touched = true;
	call->dev = NULL;
	call->strict = false;
	call->skb = NULL;
	if (static_branch_unlikely(&fgft_window_measuring)) {
		call->begun_at = rdtsc();
		call->touched = true;
	}

	WRITE_ONCE(state->first, (void *)frame->args[0]);
	this_cpu_inc(*mod->inside);
	call_push(call);
	if (trace_fgft_begin_enabled())
		return start_traced(call);
	return (unsigned long)entry->twin;
}

static noinline notrace unsigned long start_cold(struct fgft_call *call,
						 struct fgft_frame *frame)
{
	hits_forget(call, frame->entry->state->mod);
	return start_warm(call, frame, preempt_count(), false);
}

static __always_inline unsigned long
start(struct fgft_call *call, struct fgft_frame *frame, u32 preempt, bool plain)
{
	if (unlikely(hits_stale(call, frame->entry->state->mod)))
		return start_cold(call, frame);
	return start_warm(call, frame, preempt, plain);
}

/*
 * Outside of a call a twin behaves like the native function, but for what it
 * allocates, which is not known as the driver's then.  The task that restores
 * the device is let in whatever state that is in, and always isolated.
 * Entering the driver again joins the call that is running.
 */
static noinline notrace unsigned long begin_slowly(struct fgft_frame *frame)
{
	struct fgft_entry *entry = frame->entry;
	struct fgft_entry_state *state = READ_ONCE(entry->state);
	struct fgft_call *below = fgft_call_current(), *call;
	u32 level = level_of(preempt_count());
	struct fgft_module *mod;
	unsigned long refusal;
	bool restores;

	if (!state) {
		frame->entry = NULL;
		return (unsigned long)entry->twin;
	}
	mod = state->mod;
	if (below && below->mod == mod && below->level == level) {
		frame->entry = NULL;
		return (unsigned long)entry->twin;
	}

	restores = atomic_read(&mod->restoring) && fgft_recover_restores(mod);
	if (!restores && (atomic_read(&mod->guarded) | READ_ONCE(state->mode))) {
		refusal = call_hindered(frame, state);
		if (refusal != GO_ON)
			return refusal;
	}
	call = fgft_pool_ready(level);
	if (!call)
		call = fgft_pool_take();
	if (!call)
		return call_refuse(frame, fgft_outcome_result(&state->outcome,
							      frame->args));
	call->home = fgft_pool_home(level);
	return start(call, frame, preempt_count(), false);
}

/**
 * fgft_call_begin - start the transaction of an entry point
 * @frame: built by entry.S
 *
 * What is unusual is left to others by a jump, so that the usual way needs no
 * register it would have to save.
 *
 * Context: The entry point's.
 * Return: address of the function to run, or 0 with the entry's result in
 * @frame->args[0].
 */
unsigned long notrace fgft_call_begin(struct fgft_frame *frame)
{
	struct fgft_entry_state *state = READ_ONCE(frame->entry->state);
	const u32 preempt = preempt_count();
	struct fgft_call *call;

	if (unlikely(!state) || unlikely(fgft_call_current()))
		return begin_slowly(frame);
	if (unlikely(atomic_read(&state->mod->restoring) |
		     atomic_read(&state->mod->guarded) | READ_ONCE(state->mode)))
		return begin_slowly(frame);
	call = fgft_pool_ready(level_of(preempt));
	if (unlikely(!call))
		return begin_slowly(frame);
	return start(call, frame, preempt, true);
}

/**
 * fgft_call_undo_full - an inverse did not get into the log
 * @call: running call
 * @fn: the inverse
 * @flags: FGFT_EFFECT_*
 * @a: first argument of @fn
 * @b: second
 * @c: third
 * @d: fourth
 *
 * Runs @fn at once, if it may, and aborts the call: does not return.
 *
 * Context: Inside @call.
 */
void fgft_call_undo_full(struct fgft_call *call, fgft_effect_t fn, u32 flags,
			 u64 a, u64 b, u64 c, u64 d)
{
	if (!(flags & FGFT_EFFECT_SLEEPS))
		fn(a, b, c, d);
	fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, 0, NULL);
}

/* ---- end --------------------------------------------------------------------- */

static __always_inline bool context_kept(const struct fgft_call *call)
{
	unsigned long flags;

	local_save_flags(flags);
	return preempt_count() == call->preempt &&
	       rcu_preempt_depth() == call->rcu_nesting &&
	       !((flags ^ call->flags) & X86_EFLAGS_IF);
}

/*
 * Nothing leaks: every lock was let go, and with the kept ones released the
 * irq, preemption and RCU state is the one the call began with.
 */
static __always_inline bool commit_ready(struct fgft_call *call)
{
	u32 i;

	for (i = 0; i < call->nheld; i++)
		if (call->held[i].takes)
			return false;
	/* Under the locks that ordered the writes before them. */
	if (call->nbells)
		fgft_registers_commit(call);
	if (call->nheld)
		fgft_lock_release(call);
	return context_kept(call);
}

/*
 * Back to the context of the begin, whatever the driver was doing.  Bottom
 * halves that were raised while it had them off run now, if they may.
 */
static void context_restore(const struct fgft_call *call)
{
	u32 left = preempt_count();

	while (rcu_preempt_depth() > call->rcu_nesting)
		__rcu_read_unlock();
	while (rcu_preempt_depth() < call->rcu_nesting)
		rcu_read_lock();
	fgft_compat_drop_marks(call->lock_depth);
	if (left != call->preempt)
		preempt_count_set(call->preempt);
	local_irq_restore(call->flags);
	if (((left ^ call->preempt) & SOFTIRQ_MASK) && !call->preempt &&
	    !irqs_disabled()) {
		local_bh_disable();
		local_bh_enable();
	}
}

/*
 * May the undo log run an inverse here?  Memory the device has been told of
 * stays until it is set up anew.  To sleep, locks of ours end first.
 */
static bool may_run(const struct fgft_undo_effect *effect, void *data)
{
	const u32 flags = effect->footer.size;
	struct fgft_call *call = data;

	if ((flags & FGFT_EFFECT_FREES) && fgft_recover_waits(call) &&
	    fgft_call_keep(call, effect))
		return false;
	if (!(flags & FGFT_EFFECT_SLEEPS))
		return true;
	if (call->preempt || (call->flags & X86_EFLAGS_IF) == 0 ||
	    call->rcu_nesting) {
		call->fault.effects_left++;
		return false;
	}
	fgft_lock_release(call);
	context_restore(call);
	return true;
}

/* Another call lies where this one would. */
static noinline notrace unsigned long
retire_surplus(struct fgft_call *call, struct fgft_module *mod,
	       unsigned long result)
{
	fgft_call_give(call);
	this_cpu_dec(*mod->inside);
	return result;
}

/* The last steps of a call that is off the stack, with its deferred effects done. */
static __always_inline unsigned long retire(struct fgft_call *call,
					    struct fgft_entry_state *state,
					    unsigned long result)
{
	this_cpu_inc(*state->commits);
	call->frame = NULL;
	if (unlikely(!fgft_pool_put(call)))
		return retire_surplus(call, state->mod, result);
	this_cpu_dec(*state->mod->inside);
	return result;
}

static unsigned long call_abort(struct fgft_call *call, bool *again)
{
	struct fgft_fault *fault = &call->fault;
	enum fgft_ending ending;
	long result;

	fault->register_writes = call->nwrites;
	fault->device_written = call->nwrites != 0;
	fault->effects_left = 0;
	fault->result = fgft_outcome_result(&call->entry->state->outcome,
					    call->frame->args);
	fault->restore_ns = 0;
	fgft_dump_take(call);

	fgft_recover_plan(call);
	ending = call->ending;
	/* An inverse may call the driver back: that is a call of its own. */
	call_pop(call);
	fgft_defer_run(call, false);
	fault->conflict = fgft_undo_rollback(&call->undo, may_run, call);
	fgft_lock_release(call);
	context_restore(call);
	fgft_policy_note(call);
	fault->undone_stores = call->undo.stores;
	fault->undone_calls = call->undo.calls;
	fault->conflicts = call->undo.conflicts;
	if (unlikely(fault->conflicts))
		fgft_recover_conflicts(call);

	if (call->nkept)
		fault->result = call->entry->state->outcome.taken;
	if (call->rung)
		fgft_admit_end(call);
	if (ending == FGFT_ENDING_AGAIN && call->silenced)
		fgft_checkpoint_unsilence(call->dev);
	if (ending == FGFT_ENDING_PIN)
		fgft_ending_pin(call->mod);
	fgft_inject_abandon(call->entry, ending == FGFT_ENDING_AGAIN);
	result = fault->result;
	fault->rollback_ns = ktime_get_mono_fast_ns() - fault->detected_ns;
	trace_fgft_abort(call);
	if (call->nkept)
		fgft_registers_raise(call);
	fgft_recover_retry(call);
	fgft_undo_reset(&call->undo);
	if (call->closed || call->begun_at)
		fgft_window_end(call);
	call->frame = NULL;
	*again = ending == FGFT_ENDING_AGAIN;
	/* Last: the call is the restore's from here on. */
	fgft_recover_start(call);
	return result;
}

/*
 * Run an aborted entry point once more, in a call of its own on the same
 * frame.  Should it abort, what is on the stack below that frame is dropped,
 * and this with it: nothing may be left to do behind the entry point.
 */
static noinline notrace unsigned long call_again(struct fgft_frame *frame,
						 struct fgft_module *mod,
						 unsigned long result)
{
	unsigned long (*twin)(unsigned long a, unsigned long b, unsigned long c,
			      unsigned long d, unsigned long e, unsigned long f);
	const unsigned long *args = frame->args;
	struct fgft_entry *entry = frame->entry;

	twin = (void *)fgft_call_begin(frame);
	/* Not let in, or only natively, where the fault would be the kernel's. */
	if (!frame->entry) {
		if (entry->state->outcome.ending == FGFT_ENDING_PIN)
			fgft_ending_pin(mod);
		return result;
	}
	fgft_call_current()->again = true;
	fgft_call_current()->touched = true;
	result = twin(args[0], args[1], args[2], args[3], args[4], args[5]);
	return fgft_call_end(frame, result, 0);
}

/* The exit function of a driver that must stay does not return. */
static noinline void call_leave(struct fgft_frame *frame,
				struct fgft_module *mod)
{
	if (!strcmp(frame->entry->table, "module.exit"))
		fgft_ending_leave(mod);
}

/* The call did not end well, for @cause, or for one that is written down. */
static noinline notrace unsigned long call_fail(struct fgft_frame *frame,
						struct fgft_call *call,
						enum fgft_cause cause,
						unsigned long addr)
{
	struct fgft_module *mod = call->mod;
	unsigned long result;
	bool again = false;

	if (cause == FGFT_CAUSE_NONE)
		graph_drop(call->graph_depth);
	else
		fgft_abort_record(call, cause,
				  (unsigned long)call->entry->twin, addr, NULL);
	result = call_abort(call, &again);
	this_cpu_dec(*mod->inside);
	if (unlikely(again))
		return call_again(frame, mod, result);
	if (unlikely(READ_ONCE(mod->pinned)))
		call_leave(frame, mod);
	return result;
}

/* Commit or abort, whatever the call has done. */
static noinline notrace unsigned long end_slowly(struct fgft_frame *frame,
						 unsigned long result,
						 unsigned long aborted)
{
	struct fgft_call *call = fgft_call_current();
	struct fgft_entry_state *state = call->entry->state;
	struct fgft_module *mod = call->mod;

	call->touched = true;
	if (aborted)
		return call_fail(frame, call, FGFT_CAUSE_NONE, 0);
	if (!fgft_outcome_legal(&state->outcome, frame->args, result))
		return call_fail(frame, call, FGFT_CAUSE_RESULT, result);
	if (!commit_ready(call))
		return call_fail(frame, call, FGFT_CAUSE_BALANCE, 0);
	trace_fgft_commit(call, result);
	call_pop(call);
	if (call->closed || call->begun_at)
		fgft_window_end(call);
	if (call->defer_at != call->defer_first) {
		fgft_defer_run(call, true);
		fgft_inject_commit(call->entry);
	}
	fgft_undo_reset(&call->undo);
	result = retire(call, state, result);
	if (READ_ONCE(mod->pinned))
		call_leave(frame, mod);
	return result;
}

/*
 * Nothing stands between the call and its end but a doorbell.  It interrupted
 * no other call: a call that did is touched.
 */
static __always_inline bool ends_plainly(const struct fgft_call *call,
					 const struct fgft_frame *frame,
					 unsigned long result)
{
	return !call->touched &&
	       fgft_outcome_inside(&frame->entry->state->outcome, result) &&
	       context_kept(call) && call->defer_at == call->defer_first &&
	       call->undo.chunks == 1 && !READ_ONCE(call->mod->pinned) &&
	       !trace_fgft_commit_enabled();
}

/**
 * fgft_call_end - commit or abort
 * @frame: the entry's
 * @result: what the twin returned
 * @aborted: non-zero when an abort has unwound to @frame
 *
 * As fgft_call_begin(), the usual way saves no registers.
 *
 * Context: The entry point's; after an abort, with whatever locks, preemption
 * and interrupt state the driver had.
 * Return: what the caller of the entry point gets.
 */
unsigned long notrace fgft_call_end(struct fgft_frame *frame,
				    unsigned long result, unsigned long aborted)
{
	struct fgft_call *call;

	if (!frame->entry)
		return result;
	call = fgft_call_current();
	if (unlikely(aborted) || unlikely(!ends_plainly(call, frame, result)))
		return end_slowly(frame, result, aborted);
	if (call->nbells && unlikely(!fgft_registers_ring_one(call)))
		return end_slowly(frame, result, aborted);
	if (unlikely(!call->preempt))
		call_pop(call);
	else
		current_set(NULL);
	fgft_undo_reset_one(&call->undo);
	return retire(call, frame->entry->state, result);
}
