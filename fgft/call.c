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
 *   in the pool   below, frame NULL; undo log empty
 *   running       on a CPU's or task's stack; hooks use it
 *   ending        popped; deferred effects or the inverse ones run
 *   aborted       off the stack, kept for the restore and the report
 */
#include <linux/bottom_half.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <asm/msr.h>

#include "dump.h"
#include "fgft.h"
#include "registers.h"
#include "trace.h"

#define FRAME_BOUND	(8 * 1024)	/* bytes of stack a call may use */
#define STACK_RESERVE	2048		/* bytes of a task's stack left for us */
#define NOWHERE		0x8badf00d8badf00dUL	/* not canonical, no poison either */
#define POOL_SIZE	8	/* idle calls kept per CPU */
#define LOOP_BUDGET	(1000 * 1000)	/* iterations a call may make; rings have thousands */
#define DEFER_MAX	64	/* pages of deferred effects a call may have */

DEFINE_PER_CPU(struct fgft_call *, fgft_current_call);

/* entry.S; exported here, where the C type gives the symbol its version. */
EXPORT_SYMBOL_GPL(__fgft_enter);

/* Idle calls of a CPU.  Only touched by that CPU with interrupts off. */
struct pool {
	struct fgft_call *idle;
	u32 count;
};

static DEFINE_PER_CPU(struct pool, pools);

struct fgft_defer_page {
	struct fgft_defer_page *next;
	u32 used;
	struct fgft_deferred effect[];
};

#define DEFER_ROOM \
	((PAGE_SIZE - sizeof(struct fgft_defer_page)) / sizeof(struct fgft_deferred))

/* ---- the current call follows its task ------------------------------------ */

static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct fgft_call *call = container_of(notifier, struct fgft_call, notifier);

	/* Interrupt calls on top have come and gone: they restore what they found. */
	this_cpu_write(fgft_current_call, call->task_top);
	fgft_deadline_resume(call->task_top);
}

static void sched_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct fgft_call *call = container_of(notifier, struct fgft_call, notifier);

	call->task_top = this_cpu_read(fgft_current_call);
	this_cpu_write(fgft_current_call, NULL);
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/* ---- calls come from a pool ---------------------------------------------- */

static struct fgft_call *call_new(void)
{
	struct fgft_call *call = kzalloc(sizeof(*call), GFP_ATOMIC | __GFP_NOWARN);

	if (!call)
		return NULL;
	call->defer = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!call->defer)
		goto no_page;
	call->defer->next = NULL;
	call->defer->used = 0;
	call->defer_tail = call->defer;
	if (fgft_undo_init(&call->undo))
		goto no_undo;
	preempt_notifier_init(&call->notifier, &preempt_ops);
	return call;

no_undo:
	free_page((unsigned long)call->defer);
no_page:
	kfree(call);
	return NULL;
}

static void call_free(struct fgft_call *call)
{
	fgft_undo_release(&call->undo);
	free_page((unsigned long)call->defer);
	kfree(call);
}

/**
 * fgft_call_take - a blank call
 *
 * Context: Any but NMI.
 * Return: the call, or NULL without memory.
 */
struct fgft_call *fgft_call_take(void)
{
	struct fgft_call *call;
	unsigned long flags;
	struct pool *pool;

	local_irq_save(flags);
	pool = this_cpu_ptr(&pools);
	call = pool->idle;
	if (likely(call)) {
		pool->idle = call->below;
		pool->count--;
	}
	local_irq_restore(flags);
	return likely(call) ? call : call_new();
}

/**
 * fgft_call_give - a call is over
 * @call: with an empty undo log
 *
 * Context: Any but NMI.
 */
void fgft_call_give(struct fgft_call *call)
{
	unsigned long flags;
	struct pool *pool;
	bool keep;

	local_irq_save(flags);
	pool = this_cpu_ptr(&pools);
	keep = pool->count < POOL_SIZE;
	if (keep) {
		call->below = pool->idle;
		pool->idle = call;
		pool->count++;
	}
	local_irq_restore(flags);
	if (!keep)
		call_free(call);
}

/* ---- where a call runs ------------------------------------------------------- */

/* Context bits: what kind of context this is, not how deep preemption is off. */
static u32 context_level(void)
{
	return preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);
}

/*
 * The function graph tracer keeps return addresses of traced functions on a
 * stack of its own; those of frames an abort drops must go with them.  Begin
 * and end are not traced themselves: theirs would be among them.
 */
static int graph_depth(void)
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
 * that begins with preemption off stays on its CPU to the end.
 */
static void call_push(struct fgft_call *call)
{
	if (preempt_count()) {
		call->notifies = false;
		call->below = this_cpu_read(fgft_current_call);
		this_cpu_write(fgft_current_call, call);
		return;
	}
	preempt_disable();
	call->below = this_cpu_read(fgft_current_call);
	call->notifies = !call->below;
	if (call->notifies)
		preempt_notifier_register(&call->notifier);
	this_cpu_write(fgft_current_call, call);
	preempt_enable();
}

static void call_pop(struct fgft_call *call)
{
	preempt_disable();
	if (call->notifies)
		preempt_notifier_unregister(&call->notifier);
	this_cpu_write(fgft_current_call, call->below);
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
				 const struct fgft_module *mod)
{
	u32 i;

	/* Pairs with the one in domain.c: ranges are looked up after this. */
	call->hit_generation = smp_load_acquire(&fgft_domain_generation);
	call->hit_mod = mod;
	call->next_hit = 0;
	for (i = 0; i < FGFT_HITS; i++)
		call->hit[i] = (struct fgft_hit){ .start = NOWHERE };
	memset(call->known, 0, sizeof(call->known));
}

/* An interrupt's stack is another one, and big enough. */
static unsigned long stack_low(const struct fgft_frame *frame, u32 level)
{
	unsigned long low = (unsigned long)frame - FRAME_BOUND;
	unsigned long end = (unsigned long)task_stack_page(current) +
			    STACK_RESERVE;

	return !level && low < end ? end : low;
}

static unsigned long call_refuse(struct fgft_frame *frame,
				 const struct fgft_entry_state *state)
{
	frame->args[0] = fgft_outcome_result(&state->outcome, frame->args);
	frame->entry = NULL;
	return 0;
}

/**
 * fgft_call_begin - start the transaction of an entry point
 * @frame: built by entry.S
 *
 * Context: The entry point's.
 * Return: address of the function to run, or 0 with the entry's result in
 * @frame->args[0].
 */
unsigned long notrace fgft_call_begin(struct fgft_frame *frame)
{
	struct fgft_entry *entry = frame->entry;
	struct fgft_entry_state *state = READ_ONCE(entry->state);
	struct fgft_call *below = fgft_call_current(), *call;
	u32 level = context_level();
	unsigned long refusal;

	/*
	 * Outside of a call a twin behaves like the native function, but for
	 * what it allocates, which is not known as the driver's then.  What the
	 * recovery worker calls is trusted and runs natively.  Entering the
	 * driver again joins the call that is running.
	 */
	if (unlikely(!state)) {
		frame->entry = NULL;
		return (unsigned long)entry->twin;
	}
	if (!below && unlikely(fgft_recover_trusted(state->mod))) {
		frame->entry = NULL;
		return (unsigned long)state->body;
	}
	if (below && below->mod == state->mod && below->level == level) {
		frame->entry = NULL;
		return (unsigned long)entry->twin;
	}

	if (unlikely(atomic_read(&state->mod->guarded)) &&
	    !fgft_admit(state, frame->args, &refusal)) {
		frame->args[0] = refusal;
		frame->entry = NULL;
		return 0;
	}
	if (unlikely(READ_ONCE(state->mode)) &&
	    !fgft_policy_admits(state, frame->args)) {
		frame->entry = NULL;
		return (unsigned long)state->body;
	}
	call = fgft_call_take();
	if (unlikely(!call))
		return call_refuse(frame, state);

	call->frame = frame;
	call->entry = entry;
	call->mod = state->mod;
	call->task = current;
	call->level = level;
	call->preempt = preempt_count();
	local_save_flags(call->flags);
	call->rcu_nesting = rcu_preempt_depth();
	call->graph_depth = graph_depth();
	call->stack_low = stack_low(frame, level);
	call->budget = LOOP_BUDGET;
	if (unlikely(call->aged)) {
		memset(&call->age, 0, sizeof(call->age));
		call->aged = false;
	}
	call->dev = NULL;
	call->ngrants = 0;
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
	call->strict = false;
	call->rung = false;
	call->rough = false;
	if (unlikely(call->hit_mod != state->mod ||
		     call->hit_generation != READ_ONCE(fgft_domain_generation)))
		hits_forget(call, state->mod);
	if (static_branch_unlikely(&fgft_window_measuring))
		call->begun_at = rdtsc();

	WRITE_ONCE(state->first, (void *)frame->args[0]);
	this_cpu_inc(*call->mod->inside);
	call_push(call);
	trace_fgft_begin(call);
	return (unsigned long)entry->twin;
}

/* ---- effects that wait for commit ------------------------------------------ */

static struct fgft_defer_page *defer_grow(struct fgft_call *call)
{
	struct fgft_defer_page *page;

	if (call->defer_pages >= DEFER_MAX)
		return NULL;
	page = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!page)
		return NULL;
	page->next = NULL;
	page->used = 0;
	call->defer_tail->next = page;
	call->defer_tail = page;
	call->defer_pages++;
	return page;
}

/**
 * fgft_call_defer - do something at commit instead of now
 * @call: running call
 * @fn: the effect
 * @a: first argument of @fn
 * @b: second
 * @c: third
 * @d: fourth
 *
 * Runs once, in the order of deferral, after locks are released; forgotten on
 * abort.  Does not return when there is no memory: the call is aborted.
 *
 * Context: Inside @call.
 */
void fgft_call_defer(struct fgft_call *call, fgft_effect_t fn,
		     u64 a, u64 b, u64 c, u64 d)
{
	struct fgft_defer_page *page = call->defer_tail;
	struct fgft_deferred *effect;

	if (unlikely(page->used == DEFER_ROOM)) {
		page = defer_grow(call);
		if (!page)
			fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, 0, NULL);
	}
	effect = &page->effect[page->used++];
	effect->fn = fn;
	effect->a = a;
	effect->b = b;
	effect->c = c;
	effect->d = d;
}

static void done_already(u64 a, u64 b, u64 c, u64 d)
{
}

/**
 * fgft_call_hasten - do effects of one kind now after all
 * @call: running call
 * @fn: the kind
 *
 * Context: Inside @call.
 */
void fgft_call_hasten(struct fgft_call *call, fgft_effect_t fn)
{
	struct fgft_defer_page *page;
	u32 i;

	for (page = call->defer; page; page = page->next) {
		for (i = 0; i < page->used; i++) {
			struct fgft_deferred *effect = &page->effect[i];

			if (effect->fn != fn)
				continue;
			fn(effect->a, effect->b, effect->c, effect->d);
			effect->fn = done_already;
		}
	}
}

/**
 * fgft_call_undo - remember how to take an effect back
 * @call: running call
 * @fn: the inverse
 * @flags: FGFT_EFFECT_*
 * @a: first argument of @fn
 * @b: second
 * @c: third
 * @d: fourth
 *
 * Does not return when there is no memory: then @fn is run at once, if it may,
 * and the call is aborted.
 *
 * Context: Inside @call.
 */
void fgft_call_undo(struct fgft_call *call, fgft_effect_t fn, u32 flags,
		    u64 a, u64 b, u64 c, u64 d)
{
	if (likely(!fgft_undo_call(&call->undo, fn, flags, a, b, c, d)))
		return;
	if (!(flags & FGFT_EFFECT_SLEEPS))
		fn(a, b, c, d);
	fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, 0, NULL);
}

static void defer_run(struct fgft_call *call, bool commit)
{
	struct fgft_defer_page *page, *next;
	u32 i;

	for (page = call->defer; page; page = next) {
		next = page->next;
		for (i = 0; commit && i < page->used; i++) {
			const struct fgft_deferred *effect = &page->effect[i];

			effect->fn(effect->a, effect->b, effect->c, effect->d);
		}
		if (page != call->defer)
			free_page((unsigned long)page);
	}
	call->defer->next = NULL;
	call->defer->used = 0;
	call->defer_tail = call->defer;
	call->defer_pages = 0;
}

/* ---- end --------------------------------------------------------------------- */

static bool context_kept(const struct fgft_call *call)
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
static bool commit_ready(struct fgft_call *call)
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
		rcu_read_unlock();
	while (rcu_preempt_depth() < call->rcu_nesting)
		rcu_read_lock();
	if (left != call->preempt)
		preempt_count_set(call->preempt);
	local_irq_restore(call->flags);
	if (((left ^ call->preempt) & SOFTIRQ_MASK) && !call->preempt &&
	    !irqs_disabled()) {
		local_bh_disable();
		local_bh_enable();
	}
}

/* May the undo log run a sleeping inverse here?  Locks of ours end first. */
static bool may_sleep(void *data)
{
	struct fgft_call *call = data;

	if (call->preempt || (call->flags & X86_EFLAGS_IF) == 0 ||
	    call->rcu_nesting) {
		call->fault.effects_left++;
		return false;
	}
	fgft_lock_release(call);
	context_restore(call);
	return true;
}

static unsigned long call_commit(struct fgft_call *call, unsigned long result)
{
	trace_fgft_commit(call, result);
	call_pop(call);
	if (unlikely(call->closed || call->begun_at))
		fgft_window_end(call);
	if (call->defer->used)
		defer_run(call, true);
	fgft_undo_reset(&call->undo);
	this_cpu_inc(*call->entry->state->commits);
	call->frame = NULL;
	fgft_call_give(call);
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
	fgft_undo_rollback(&call->undo, may_sleep, call);
	fgft_lock_release(call);
	context_restore(call);
	defer_run(call, false);
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
	result = twin(args[0], args[1], args[2], args[3], args[4], args[5]);
	return fgft_call_end(frame, result, 0);
}

/**
 * fgft_call_end - commit or abort
 * @frame: the entry's
 * @result: what the twin returned
 * @aborted: non-zero when an abort has unwound to @frame
 *
 * Context: The entry point's; after an abort, with whatever locks, preemption
 * and interrupt state the driver had.
 * Return: what the caller of the entry point gets.
 */
unsigned long notrace fgft_call_end(struct fgft_frame *frame,
				    unsigned long result, unsigned long aborted)
{
	struct fgft_call *call;
	struct fgft_module *mod;
	bool again = false;

	if (!frame->entry)
		return result;
	call = fgft_call_current();
	mod = call->mod;
	if (unlikely(aborted))
		graph_drop(call->graph_depth);
	if (likely(!aborted) &&
	    unlikely(!fgft_outcome_legal(&call->entry->state->outcome,
					 frame->args, result))) {
		fgft_abort_record(call, FGFT_CAUSE_RESULT,
				  (unsigned long)call->entry->twin, result, NULL);
		aborted = 1;
	}
	if (likely(!aborted) && unlikely(!commit_ready(call))) {
		fgft_abort_record(call, FGFT_CAUSE_BALANCE,
				  (unsigned long)call->entry->twin, 0, NULL);
		aborted = 1;
	}
	if (likely(!aborted))
		result = call_commit(call, result);
	else
		result = call_abort(call, &again);
	this_cpu_dec(*mod->inside);
	if (unlikely(again))
		return call_again(frame, mod, result);
	if (unlikely(READ_ONCE(mod->pinned)) &&
	    !strcmp(frame->entry->table, "module.exit"))
		fgft_ending_leave(mod);
	return result;
}

/* ---- set-up ---------------------------------------------------------------------- */

static void pools_empty(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pool *pool = per_cpu_ptr(&pools, cpu);

		while (pool->idle) {
			struct fgft_call *call = pool->idle;

			pool->idle = call->below;
			call_free(call);
		}
		pool->count = 0;
	}
}

/**
 * fgft_call_init - fill the pools and switch preempt notifiers on
 *
 * Context: Process.
 * Return: 0, or -ENOMEM.
 */
int fgft_call_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pool *pool = per_cpu_ptr(&pools, cpu);

		while (pool->count < POOL_SIZE / 2) {
			struct fgft_call *call = call_new();

			if (!call) {
				pools_empty();
				return -ENOMEM;
			}
			call->below = pool->idle;
			pool->idle = call;
			pool->count++;
		}
	}
	preempt_notifier_inc();
	return 0;
}

/**
 * fgft_call_exit - empty the pools
 *
 * Context: Process; no call is running anywhere.
 */
void fgft_call_exit(void)
{
	preempt_notifier_dec();
	pools_empty();
}
