// SPDX-License-Identifier: GPL-2.0
/*
 * Stores: what a call may write, and the hooks of the twins.
 *
 * The common way of a store's hook is in hooks.S; what it does not know comes
 * here.  A store may go to the call's own stack, to memory the domain knows as
 * the driver's, to its static data, and to what the call was granted.
 */
#include <linux/module.h>

#include "compat.h"
#include "fgft.h"
#include "field.h"

/* ---- what a call may write ------------------------------------------------- */

static bool inside(unsigned long addr, size_t size, unsigned long start,
		   unsigned long room)
{
	return size <= room && addr - start <= room - size;
}

/* Frames of the call itself: they die with it and need no log. */
static __always_inline bool own_stack(const struct fgft_call *call,
				      unsigned long addr, size_t size)
{
	unsigned long low = current_stack_pointer;

	return inside(addr, size, low, (unsigned long)call->frame - low);
}

/**
 * fgft_hit_remember - let hooks and checks find a range again
 * @call: running call
 * @start: first byte
 * @size: bytes
 *
 * Context: Inside @call.
 */
void fgft_hit_remember(struct fgft_call *call, unsigned long start,
		       unsigned long size)
{
	struct fgft_hit *hit = &call->hit[call->next_hit % FGFT_HITS];

	/* Smaller ones are rare, and would need a second comparison below. */
	if (size < sizeof(u64))
		return;
	call->next_hit++;
	hit->start = start;
	hit->tail = size - sizeof(u64);
}

/**
 * fgft_lend - let hooks find what was granted
 * @call: running call
 * @start: first byte
 * @size: bytes
 *
 * One at a time, and in this call only.
 *
 * Context: Inside @call.
 */
void fgft_lend(struct fgft_call *call, unsigned long start, size_t size)
{
	if (size < sizeof(u64))
		return;
	call->hit[FGFT_LENT].start = start;
	call->hit[FGFT_LENT].tail = size - sizeof(u64);
	call->touched = true;
}

/* A grant that is needed once is needed again. */
static bool lend(struct fgft_call *call, const struct fgft_span *grant,
		 unsigned long addr, size_t size)
{
	if (!inside(addr, size, grant->start, grant->size))
		return false;
	fgft_lend(call, grant->start, grant->size);
	return true;
}

static bool granted(struct fgft_call *call, unsigned long addr, size_t size)
{
	u32 i, made = min_t(u32, call->nmade, FGFT_MADE_GRANTS);

	for (i = 1; i <= made; i++)
		if (lend(call, &call->made_grant[(call->nmade - i) %
						 FGFT_MADE_GRANTS],
			 addr, size))
			return true;
	for (i = 0; i < call->ngrants; i++)
		if (lend(call, &call->grant[i], addr, size))
			return true;
	return false;
}

static bool may_write_slow(struct fgft_call *call, unsigned long addr,
			   size_t size)
{
	const struct fgft_module *mod = call->mod;
	const struct fgft_range *range;
	struct fgft_span span;

	/* Grants are this call's own and not remembered for the next. */
	if (granted(call, addr, size))
		return true;
	range = fgft_domain_find((void *)addr);
	if (range && range->mod == mod && range->kind != FGFT_RANGE_MMIO &&
	    inside(addr, size, range->start, range->end - range->start)) {
		if (!fgft_field_find(range, addr, size, &span))
			return false;
		fgft_hit_remember(call, span.start, span.size);
		return true;
	}
	if (inside(addr, size, mod->data, mod->data_size)) {
		fgft_hit_remember(call, mod->data, mod->data_size);
		return true;
	}
	if (!call->granted) {
		call->granted = true;
		call->touched = true;
		fgft_class_grant(call);
		if (granted(call, addr, size))
			return true;
	}
	if (fgft_compat_init_data(mod->module, addr))
		return true;
	return fgft_grant_recall(call, (const void *)addr, size) ||
	       fgft_object_kept(call, (const void *)addr, size);
}

static __always_inline bool may_write(struct fgft_call *call,
				      unsigned long addr, size_t size)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(call->hit); i++)
		if (likely(inside(addr, size, call->hit[i].start,
				  call->hit[i].tail + sizeof(u64))))
			return true;
	return may_write_slow(call, addr, size);
}

/* True if the write is allowed and has to be logged. */
static __always_inline bool check(struct fgft_call *call, const void *ptr,
				  size_t size, unsigned long ip)
{
	unsigned long addr = (unsigned long)ptr;

	if (own_stack(call, addr, size))
		return false;
	if (unlikely(!may_write(call, addr, size)))
		fgft_abort(call, FGFT_CAUSE_STORE, ip, addr, NULL);
	return true;
}

static __always_inline void write_check(struct fgft_call *call,
					const void *ptr, size_t size,
					unsigned long ip)
{
	if (check(call, ptr, size, ip) &&
	    unlikely(fgft_undo_store(&call->undo, ptr, size)))
		fgft_abort(call, FGFT_CAUSE_MEMORY, ip, (unsigned long)ptr, NULL);
}

/**
 * fgft_write_check - check and log what a kernel function is about to write
 * @call: running call
 * @addr: first byte
 * @size: bytes
 * @ip: who writes, for the report
 *
 * Does not return if the call may not write there: it is aborted.
 *
 * Context: Inside @call.
 */
void fgft_write_check(struct fgft_call *call, const void *addr, size_t size,
		      unsigned long ip)
{
	if (check(call, addr, size, ip))
		fgft_write_log(call, addr, size, ip);
}

/**
 * fgft_write_log - log a write to memory the kernel owns
 * @call: running call
 * @addr: first byte
 * @size: bytes
 * @ip: who writes, for the report
 *
 * For wrappers of kernel functions that are known to write there.
 *
 * Context: Inside @call.
 */
void fgft_write_log(struct fgft_call *call, const void *addr, size_t size,
		    unsigned long ip)
{
	if (unlikely(fgft_undo_blind(&call->undo, addr, size)))
		fgft_abort(call, FGFT_CAUSE_MEMORY, ip, (unsigned long)addr, NULL);
}

/**
 * fgft_may_write - may the call write there?
 * @call: running call
 * @addr: first byte
 * @size: bytes
 *
 * Context: Inside @call.
 * Return: true if it may.
 */
bool fgft_may_write(struct fgft_call *call, const void *addr, size_t size)
{
	return own_stack(call, (unsigned long)addr, size) ||
	       may_write(call, (unsigned long)addr, size);
}

/**
 * fgft_spot_look - may the call write what a function is handed?
 * @call: running call, which remembers the newest with its hits
 * @addr: first byte
 * @size: bytes
 *
 * Context: Inside @call.
 * Return: true if it may.
 */
bool fgft_spot_look(struct fgft_call *call, const void *addr, size_t size)
{
	unsigned long at = (unsigned long)addr;
	u32 i;

	if (!fgft_may_write(call, addr, size))
		return false;
	/* What is lent is this call's alone. */
	for (i = 0; i < FGFT_HITS; i++)
		if (inside(at, size, call->hit[i].start,
			   call->hit[i].tail + sizeof(u64)))
			call->spot = (struct fgft_span){ at, size };
	return true;
}

/* ---- hooks of the twins ------------------------------------------------------ */

/* hooks.h tells hooks.S where things are. */
static_assert(offsetof(struct fgft_call, undo.at) == FGFT_AT_UNDO_AT);
static_assert(offsetof(struct fgft_call, undo.last) == FGFT_AT_UNDO_LAST);
static_assert(offsetof(struct fgft_call, hit) == FGFT_AT_HIT);
static_assert(offsetof(struct fgft_call, budget) == FGFT_AT_BUDGET);
static_assert(offsetof(struct fgft_call, stack_low) == FGFT_AT_STACK_LOW);
static_assert(offsetof(struct fgft_call, frame) == FGFT_AT_FRAME);
static_assert(sizeof(struct fgft_hit) == FGFT_HIT_SIZE);
static_assert(offsetof(struct fgft_hit, tail) == FGFT_AT_HIT_TAIL);
static_assert(offsetof(struct fgft_undo_record, before) == FGFT_WORD_BEFORE);
static_assert(offsetof(struct fgft_undo_record, after) == FGFT_WORD_AFTER);
static_assert(offsetof(struct fgft_undo_record, footer.addr) == FGFT_WORD_ADDR);
static_assert(offsetof(struct fgft_undo_record, footer.size) == FGFT_WORD_SIZE);
static_assert(sizeof(struct fgft_undo_record) == FGFT_WORD_BYTES);
static_assert(FGFT_UNDO_WORD == 0);

/* Where hooks find themselves outside of a call: they see to nothing. */
struct fgft_call fgft_no_call = {
	.undo.at = (u8 *)1,
	.hit[0].tail = ULONG_MAX,
	.budget = LLONG_MAX,
};

DEFINE_PER_CPU(struct fgft_call *, fgft_hook_call) = &fgft_no_call;

/* From hooks.S only, for what it does not know or has no room for. */
void fgft_store_slow(void *addr, u64 value, struct fgft_call *call, u32 size,
		     unsigned long ip)
{
	unsigned long at = (unsigned long)addr;

	if (unlikely(call == &fgft_no_call) || own_stack(call, at, size))
		return;
	if (unlikely(!may_write(call, at, size)))
		fgft_abort(call, FGFT_CAUSE_STORE, ip, at, NULL);
	if (unlikely(!fgft_undo_word(&call->undo, addr, size, value)))
		fgft_abort(call, FGFT_CAUSE_MEMORY, ip, at, NULL);
}

/* hooks.S; exported here, where the C types give the symbols their versions. */
EXPORT_SYMBOL_GPL(__fgft_store1);
/* Two bytes, */
EXPORT_SYMBOL_GPL(__fgft_store2);
/* four, */
EXPORT_SYMBOL_GPL(__fgft_store4);
/* and eight. */
EXPORT_SYMBOL_GPL(__fgft_store8);
/* Iterations, */
EXPORT_SYMBOL_GPL(__fgft_loop);
/* and calls. */
EXPORT_SYMBOL_GPL(__fgft_stack);

void __fgft_storen(void *addr, size_t size)
{
	struct fgft_call *call = fgft_call_current();

	if (likely(call) && size)
		write_check(call, addr, size, _RET_IP_);
}
EXPORT_SYMBOL_GPL(__fgft_storen);

void *__fgft_icall(void *target)
{
	struct fgft_call *call = fgft_call_current();
	struct fgft_module *mod;
	void *twin;

	mod = call ? call->mod : fgft_driver_find_text(_RET_IP_);
	twin = mod ? fgft_driver_twin(mod, target) : NULL;
	if (likely(twin))
		return twin;
	if (!call)
		return target;
	fgft_abort(call, FGFT_CAUSE_TARGET, _RET_IP_, (unsigned long)target, NULL);
}
EXPORT_SYMBOL_GPL(__fgft_icall);

/* From hooks.S: the budget is used up by iterations, or was taken away by deadline.c. */
void fgft_loop_spent(void *a, u64 b, struct fgft_call *call, u32 c,
		     unsigned long ip)
{
	if (unlikely(call == &fgft_no_call))
		call->budget = LLONG_MAX;
	else
		fgft_abort(call, call->age.expired ? FGFT_CAUSE_DEADLINE :
						     FGFT_CAUSE_LOOP,
			   ip, 0, NULL);
}

/* From hooks.S: the stack pointer is below what the call may use. */
void fgft_stack_spent(void *a, u64 b, struct fgft_call *call, u32 c,
		      unsigned long ip)
{
	fgft_abort(call, FGFT_CAUSE_STACK, ip, current_stack_pointer, NULL);
}
