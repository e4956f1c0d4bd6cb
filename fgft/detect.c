// SPDX-License-Identifier: GPL-2.0
/*
 * Detection: hooks of the twins, processor exceptions, and what a pointer is.
 *
 * Nothing here prints.  Whatever is found ends in one place: the fault is
 * written down in the call and the processor is sent back to the entry's frame.
 *
 * Exceptions reach us on a stock kernel in two ways.  A page fault that the
 * kernel cannot fix calls page_fault_oops(); a kprobe on it edits the saved
 * registers and skips the function, so that no oops is printed and the kernel
 * is not tainted.  Every other exception goes through the die notifier chain
 * before anything is printed.
 */
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>

#include "compat.h"
#include "fgft.h"
#include "kapi.h"

/* A breakpoint is handled as if it were an NMI: there may be one in those. */
#define INT3_COUNT	(NMI_OFFSET + HARDIRQ_OFFSET)

/* ---- giving a call up ----------------------------------------------------- */

/**
 * fgft_abort_record - write a fault down in its call
 * @call: call that faulted
 * @cause: why
 * @ip: where, in the twin
 * @addr: offending address, 0 if none
 * @what: kernel function concerned, or NULL
 *
 * Context: Any.
 */
void fgft_abort_record(struct fgft_call *call, enum fgft_cause cause,
		       unsigned long ip, unsigned long addr, const char *what)
{
	struct fgft_fault *fault = &call->fault;

	fault->cause = cause;
	fault->ip = ip;
	fault->addr = addr;
	fault->what = what;
	fault->detected_ns = ktime_get_mono_fast_ns();
	call->nframes = 0;
}

/* Return from the exception to the end of the entry's frame. */
static void unwind(struct fgft_call *call, struct pt_regs *regs)
{
	/* Before the frames go. */
	fgft_dump_trace(call, regs);
	fgft_compat_drop_frames(regs->sp, (unsigned long)call->frame);
	regs->ip = (unsigned long)fgft_call_finish;
	regs->sp = (unsigned long)call->frame;
	regs->si = 0;
	regs->dx = 1;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_AC);
}
NOKPROBE_SYMBOL(unwind);

/*
 * Did the exception interrupt the current call itself?  Not an interrupt
 * handler on top of it: that runs on another level, or another stack.  @own is
 * what the exception itself has added to preempt_count().
 */
static struct fgft_call *call_hit(struct pt_regs *regs, u32 own)
{
	struct fgft_call *call = fgft_call_current();
	unsigned long frame;

	if (!call || user_mode(regs))
		return NULL;
	frame = (unsigned long)call->frame;
	if (regs->sp > frame || frame - regs->sp > THREAD_SIZE)
		return NULL;
	if (((preempt_count() - own) & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)) !=
	    call->level)
		return NULL;
	return call;
}
NOKPROBE_SYMBOL(call_hit);

/* Faults in the driver, and in kernel functions whose row allows it. */
static bool recoverable(const struct fgft_call *call, unsigned long ip)
{
	return ip - call->mod->text < call->mod->text_size ||
	       within_module_init(ip, call->mod->module) ||
	       fgft_kapi_recoverable(ip);
}
NOKPROBE_SYMBOL(recoverable);

/*
 * A jump or a return to where no code can be: only the driver can have led the
 * processor there, over a return address it has overwritten for example.
 */
static bool is_wild(unsigned long ip)
{
	return !__is_canonical_address(ip, boot_cpu_has(X86_FEATURE_LA57) ? 57 : 48) ||
	       ip < TASK_SIZE_MAX;
}
NOKPROBE_SYMBOL(is_wild);

static enum fgft_cause trap_cause(unsigned long event, int trapnr,
				  unsigned long ip)
{
	if (is_wild(ip))
		return FGFT_CAUSE_TARGET;
	if (event == DIE_GPF)
		return FGFT_CAUSE_PROTECTION;
	switch (trapnr) {
	case X86_TRAP_DE:
		return FGFT_CAUSE_DIVIDE;
	case X86_TRAP_UD:
		return FGFT_CAUSE_BUG;
	default:
		return FGFT_CAUSE_TRAP;
	}
}
NOKPROBE_SYMBOL(trap_cause);

static int die_notify(struct notifier_block *block, unsigned long event,
		      void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;
	struct fgft_call *call;

	if (event != DIE_TRAP && event != DIE_GPF && event != DIE_INT3)
		return NOTIFY_DONE;
	call = call_hit(regs, event == DIE_INT3 ? INT3_COUNT : 0);
	if (!call)
		return NOTIFY_DONE;
	if (regs->ip != (unsigned long)fgft_abort_trap) {
		/* Behind a breakpoint, which may be the last of its function. */
		if (!recoverable(call, event == DIE_INT3 ? regs->ip - 1 :
							   regs->ip) &&
		    !is_wild(regs->ip))
			return NOTIFY_DONE;
		fgft_abort_record(call, trap_cause(event, args->trapnr, regs->ip),
				  regs->ip, 0, NULL);
	}
	unwind(call, regs);
	return NOTIFY_STOP;
}
NOKPROBE_SYMBOL(die_notify);

static struct notifier_block die_block = {
	.notifier_call = die_notify,
	.priority = INT_MAX,
};

/* Where a skipped page_fault_oops() goes on. */
static noinline void skipped(void)
{
	barrier();
}
NOKPROBE_SYMBOL(skipped);

/* page_fault_oops(struct pt_regs *regs, unsigned long error, unsigned long addr) */
static int oops_probe(struct kprobe *probe, struct pt_regs *own)
{
	struct pt_regs *regs = (struct pt_regs *)own->di;
	struct fgft_call *call = call_hit(regs, 0);
	bool wild = own->si & X86_PF_INSTR;

	if (!call || (!recoverable(call, regs->ip) && !wild))
		return 0;
	fgft_abort_record(call, wild ? FGFT_CAUSE_TARGET : FGFT_CAUSE_LOAD,
			  regs->ip, own->dx, NULL);
	unwind(call, regs);
	own->ip = (unsigned long)skipped;
	return 1;
}
NOKPROBE_SYMBOL(oops_probe);

static struct kprobe oops_kprobe = {
	.symbol_name = "page_fault_oops",
	.pre_handler = oops_probe,
};

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

static void remember(struct fgft_call *call, unsigned long start,
		     unsigned long size, enum fgft_range_kind kind)
{
	struct fgft_hit *hit = &call->hit[call->next_hit % FGFT_HITS];

	/* Smaller ones are rare, and would need a second comparison below. */
	if (size < sizeof(u64))
		return;
	call->next_hit++;
	hit->start = start;
	hit->tail = size - sizeof(u64);
	call->hit_kind[hit - call->hit] = kind;
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

	/* Grants are this call's own and not remembered for the next. */
	if (granted(call, addr, size))
		return true;
	range = fgft_domain_find((void *)addr);
	if (range && range->mod == mod && range->kind != FGFT_RANGE_MMIO &&
	    inside(addr, size, range->start, range->end - range->start)) {
		remember(call, range->start, range->end - range->start,
			 range->kind);
		return true;
	}
	if (inside(addr, size, mod->data, mod->data_size)) {
		remember(call, mod->data, mod->data_size, FGFT_RANGE_OBJECT);
		return true;
	}
	if (!call->granted) {
		call->granted = true;
		fgft_class_grant(call);
		if (granted(call, addr, size))
			return true;
	}
	if (fgft_compat_init_data(mod->module, addr))
		return true;
	return fgft_grant_recall(call, (const void *)addr, size);
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

/* ---- hooks of the twins ------------------------------------------------------ */

/* hooks.h tells hooks.S where things are. */
static_assert(offsetof(struct fgft_call, undo.at) == FGFT_AT_UNDO_AT);
static_assert(offsetof(struct fgft_call, undo.last) == FGFT_AT_UNDO_LAST);
static_assert(offsetof(struct fgft_call, hit) == FGFT_AT_HIT);
static_assert(sizeof(struct fgft_hit) == FGFT_HIT_SIZE);
static_assert(offsetof(struct fgft_hit, tail) == FGFT_AT_HIT_TAIL);
static_assert(offsetof(struct fgft_undo_record, before) == FGFT_WORD_BEFORE);
static_assert(offsetof(struct fgft_undo_record, after) == FGFT_WORD_AFTER);
static_assert(offsetof(struct fgft_undo_record, footer.addr) == FGFT_WORD_ADDR);
static_assert(offsetof(struct fgft_undo_record, footer.size) == FGFT_WORD_SIZE);
static_assert(sizeof(struct fgft_undo_record) == FGFT_WORD_BYTES);
static_assert(FGFT_UNDO_WORD == 0);

/* From hooks.S only, for what it does not know or has no room for. */
void fgft_store_slow(void *addr, u64 value, struct fgft_call *call, u32 size)
{
	unsigned long at = (unsigned long)addr;

	if (own_stack(call, at, size))
		return;
	if (unlikely(!may_write(call, at, size)))
		fgft_abort(call, FGFT_CAUSE_STORE, _RET_IP_, at, NULL);
	if (unlikely(!fgft_undo_word(&call->undo, addr, size, value)))
		fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, at, NULL);
}

/* hooks.S; exported here, where the C types give the symbols their versions. */
EXPORT_SYMBOL_GPL(__fgft_store1);
/* Two bytes, */
EXPORT_SYMBOL_GPL(__fgft_store2);
/* four, */
EXPORT_SYMBOL_GPL(__fgft_store4);
/* and eight. */
EXPORT_SYMBOL_GPL(__fgft_store8);

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

/* The budget is used up by iterations, or was taken away by deadline.c. */
static noinline void loop_spent(struct fgft_call *call, unsigned long ip)
{
	fgft_abort(call, call->age.expired ? FGFT_CAUSE_DEADLINE :
					     FGFT_CAUSE_LOOP, ip, 0, NULL);
}

notrace void __fgft_loop(void)
{
	struct fgft_call *call = fgft_call_current();

	if (likely(call) && unlikely(--call->budget < 0))
		loop_spent(call, _RET_IP_);
}
EXPORT_SYMBOL_GPL(__fgft_loop);

static noinline void stack_spent(struct fgft_call *call, unsigned long sp,
				 unsigned long ip)
{
	fgft_abort(call, FGFT_CAUSE_STACK, ip, sp, NULL);
}

notrace void __fgft_stack(void)
{
	struct fgft_call *call = fgft_call_current();

	if (likely(call) && unlikely(current_stack_pointer < call->stack_low))
		stack_spent(call, current_stack_pointer, _RET_IP_);
}
EXPORT_SYMBOL_GPL(__fgft_stack);

/*
 * The call's own stack may be written, and one object on it written past: the
 * compiler's canary tells before the frame is used.
 */
notrace void __fgft_smashed(void)
{
	struct fgft_call *call = fgft_call_current();

	/* A twin that runs outside of a call has no frame to go back to. */
	if (!call)
		panic("fgft: stack of %pS is corrupted", (void *)_RET_IP_);
	fgft_abort(call, FGFT_CAUSE_STACK, _RET_IP_, 0, "stack protector");
}
EXPORT_SYMBOL_GPL(__fgft_smashed);

/* ---- what a pointer is --------------------------------------------------------- */

/*
 * Reading device memory or a hole is fatal or worse; the lower half of the
 * address space is the users'.  What is left is tried: a fault there takes the
 * exception table's way, not that of a driver's fault.
 */
static __always_inline bool kernel_half(const void *ptr)
{
	return (long)ptr >> (boot_cpu_data.x86_virt_bits - 1) == -1L;
}

static __always_inline bool mapped(const void *ptr)
{
	u8 byte;

	__get_kernel_nofault(&byte, ptr, u8, fail);
	return true;

fail:
	return false;
}

static __always_inline bool readable(const void *ptr, size_t size)
{
	unsigned long first = (unsigned long)ptr, last = first + size - 1;

	if (!size || last < first || !kernel_half(ptr) || !mapped(ptr))
		return false;
	return !((first ^ last) & PAGE_MASK) || mapped((const void *)last);
}

static bool starts_range(struct fgft_call *call, const void *ptr,
			 enum fgft_range_kind kind)
{
	const struct fgft_range *range;
	u32 i;

	for (i = 0; i < FGFT_HITS; i++)
		if (call->hit[i].start == (unsigned long)ptr &&
		    call->hit_kind[i] == kind)
			return ptr;
	range = fgft_domain_find(ptr);
	if (!range || range->mod != call->mod || range->kind != kind ||
	    range->start != (unsigned long)ptr)
		return false;
	remember(call, range->start, range->end - range->start, kind);
	return true;
}

/* What kapi_retire() has taken out of the domain may still be a hit: look. */
static bool starts_live_range(const struct fgft_call *call, const void *ptr,
			      enum fgft_range_kind kind)
{
	const struct fgft_range *range = fgft_domain_find(ptr);

	return range && range->mod == call->mod && range->kind == kind &&
	       range->start == (unsigned long)ptr;
}

/**
 * fgft_netdev_look - is @ptr a network device of the driver?
 * @call: running call, which remembers it with its hits
 * @ptr: what the driver hands over
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_netdev_look(struct fgft_call *call, const void *ptr)
{
	if (!starts_range(call, ptr, FGFT_RANGE_NETDEV))
		return false;
	call->netdev = ptr;
	return true;
}

/**
 * fgft_device_look - is @ptr a device bound to the driver?
 * @call: running call
 * @ptr: what the driver hands over
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_device_look(const struct fgft_call *call, const void *ptr)
{
	const struct device *dev = ptr;

	return readable(dev, sizeof(*dev)) &&
	       IS_ALIGNED((unsigned long)dev, sizeof(long)) &&
	       readable(dev->driver, sizeof(*dev->driver)) &&
	       dev->driver->owner == call->mod->module;
}

/**
 * fgft_is_readable - is there mapped kernel memory at @ptr?
 * @ptr: what the driver hands over
 * @size: bytes
 *
 * Context: Any.
 * Return: true if its first and last byte can be read.
 */
bool fgft_is_readable(const void *ptr, size_t size)
{
	return readable(ptr, size);
}

/**
 * fgft_skb_note - remember a socket buffer
 * @call: running call
 * @skb: one that was looked at, or just made
 *
 * Context: Inside @call.
 */
void fgft_skb_note(struct fgft_call *call, const struct sk_buff *skb)
{
	call->skb = skb;
	call->skb_head = skb->head;
	call->skb_end = skb->end;
}

/**
 * fgft_skb_look - is @ptr a socket buffer?
 * @call: running call, which remembers the newest
 * @ptr: what the driver hands over
 *
 * Context: Inside @call.
 * Return: true if it looks like one in use.
 */
bool fgft_skb_look(struct fgft_call *call, const void *ptr)
{
	const struct sk_buff *skb = ptr;
	unsigned int users;

	if (!IS_ALIGNED((unsigned long)skb, sizeof(long)) ||
	    !readable(skb, sizeof(*skb)))
		return false;
	users = refcount_read(&skb->users);
	if (!users || users >= 0x10000 || skb->data < skb->head ||
	    skb_tail_pointer(skb) > skb_end_pointer(skb) ||
	    !readable(skb->head, skb_end_offset(skb) +
				 sizeof(struct skb_shared_info)))
		return false;
	fgft_skb_note(call, skb);
	return true;
}

#define STRING_MAX	4096	/* longer than any name or format a driver hands over */

static bool is_string(const void *ptr)
{
	const char *at = ptr;
	char c = 1;

	while (c && at - (const char *)ptr < STRING_MAX)
		if (copy_from_kernel_nofault(&c, at++, 1))
			return false;
	return !c;
}

/**
 * fgft_object_is - is @ptr what a kernel function expects?
 * @call: running call
 * @object: what is expected
 * @ptr: what the driver hands over
 * @size: bytes, for the kinds that need them
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_object_is(struct fgft_call *call, enum fgft_object object,
		    const void *ptr, size_t size)
{
	const struct fgft_range *range;

	switch (object) {
	case FGFT_OBJECT_WRITABLE:
		return fgft_may_write(call, ptr, size);
	case FGFT_OBJECT_READABLE:
		return readable(ptr, size);
	case FGFT_OBJECT_SLAB:
		return !ptr || starts_live_range(call, ptr, FGFT_RANGE_SLAB);
	case FGFT_OBJECT_VMALLOC:
		return !ptr || starts_live_range(call, ptr, FGFT_RANGE_VMALLOC);
	case FGFT_OBJECT_DMA:
		return starts_live_range(call, ptr, FGFT_RANGE_DMA);
	case FGFT_OBJECT_NETDEV:
		return fgft_netdev_look(call, ptr);
	case FGFT_OBJECT_DEVICE:
		return fgft_device_look(call, ptr);
	case FGFT_OBJECT_SKB:
		return fgft_skb_look(call, ptr);
	case FGFT_OBJECT_MMIO:
		range = fgft_domain_find(ptr);
		return range && range->mod == call->mod &&
		       range->kind == FGFT_RANGE_MMIO;
	case FGFT_OBJECT_STRING:
		return is_string(ptr);
	}
	return false;
}

/* ---- set-up ----------------------------------------------------------------------- */

/**
 * fgft_detect_init - listen to exceptions
 *
 * Context: Process.
 * Return: 0, or the error of the kprobe or the notifier chain.
 */
int fgft_detect_init(void)
{
	int err;

	err = register_kprobe(&oops_kprobe);
	if (err)
		return err;
	err = register_die_notifier(&die_block);
	if (err)
		unregister_kprobe(&oops_kprobe);
	return err;
}

/**
 * fgft_detect_exit - stop listening
 *
 * Context: Process; no call is running anywhere.
 */
void fgft_detect_exit(void)
{
	unregister_die_notifier(&die_block);
	unregister_kprobe(&oops_kprobe);
}
