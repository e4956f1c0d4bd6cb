// SPDX-License-Identifier: GPL-2.0
/*
 * Detection: processor exceptions, and giving a call up.
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
#include <linux/notifier.h>
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

/* ---- the compiler's canary ------------------------------------------------- */

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
