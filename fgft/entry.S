/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Way into a transaction and out of it.
 *
 * An entry point's stub jumps here with the caller's arguments in place and
 * the struct fgft_entry in %rax.  The frame built below (struct fgft_frame)
 * holds everything an abort needs: the callee-saved registers and the return
 * address.  An abort is a trap whose saved registers are edited so that the
 * return from it lands on fgft_call_finish with the stack pointer back at the
 * frame; no code in between has to cooperate.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

	.text

SYM_FUNC_START(__fgft_enter)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rax
	movq	%rsp, %rdi
	call	fgft_call_begin
	testq	%rax, %rax
	jz	.Lrefused
	movq	8(%rsp), %rdi
	movq	16(%rsp), %rsi
	movq	24(%rsp), %rdx
	movq	32(%rsp), %rcx
	movq	40(%rsp), %r8
	movq	48(%rsp), %r9
	CALL_NOSPEC rax
	movq	%rax, %rsi
	xorl	%edx, %edx
SYM_INNER_LABEL(fgft_call_finish, SYM_L_GLOBAL)
	movq	%rsp, %rdi
	call	fgft_call_end
	jmp	.Lout
.Lrefused:
	movq	8(%rsp), %rax
.Lout:
	addq	$56, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(__fgft_enter)

/* The trap every abort goes through; the die notifier knows its address. */
SYM_FUNC_START(fgft_abort_trap)
	ud2
SYM_FUNC_END(fgft_abort_trap)
