/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks of stores, loops and stacks: the way nearly all of them take.
 *
 * Twins call them from inline assembly (isolator/hooks.cc) and lose no register
 * but %rax, %rcx and %rdx, so that they need not keep their values elsewhere;
 * the flags are lost as well.  What follows is, for each size,
 *
 *	call = this_cpu_read(fgft_hook_call);
 *	for (each hit of call) {
 *		if (addr - hit->start <= hit->tail)
 *			goto found;
 *		if (it was the last of the first few &&
 *		    addr >= stack pointer && addr + size <= call->frame)
 *			return;
 *	}
 *	return fgft_store_slow(addr, value, call, size, return address);
 * found:
 *	if (call->undo.at > call->undo.last)
 *		return fgft_store_slow(...);
 *	*(struct fgft_undo_record *)call->undo.at = { *addr, value, addr, size };
 *	call->undo.at += sizeof(struct fgft_undo_record);
 *
 * fgft_hook_call is never NULL: outside of a call it is one whose first hit is
 * all of memory, and whose log is always full.
 *
 * One comparison a hit: a store among a range's last seven bytes goes the slow
 * way too.
 *
 * Not traced: there are many a call, and they are part of the twin.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

#include "hooks.h"

#define FIRST_HITS	3	/* stores to the stack are fewer than to these */

	.set	later_hits, FGFT_HITS + 1 - FIRST_HITS

	.text

/* Call a function in C, for which the registers twins rely on are saved. */
.macro CALL_C function
	pushq	%rdi
	pushq	%rsi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	movq	6 * 8(%rsp), %r8
	call	\function
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rsi
	popq	%rdi
	RET
.endm

/* (addr, value, call, size, return address) */
SYM_FUNC_START_LOCAL(store_slow)
	CALL_C fgft_store_slow
SYM_FUNC_END(store_slow)

/* Compare the address with so many hits more. */
.macro LOOK_AT count, found
	.rept	\count
	movq	%rdi, %rax
	subq	hit(%rdx), %rax
	cmpq	hit + FGFT_AT_HIT_TAIL(%rdx), %rax
	jbe	\found
	.set	hit, hit + FGFT_HIT_SIZE
	.endr
.endm

.macro STORE_HOOK size, load, to
SYM_FUNC_START(__fgft_store\size)
	movq	%gs:fgft_hook_call(%rip), %rdx
	.set	hit, FGFT_AT_HIT
	LOOK_AT	FIRST_HITS, .Lfound\size
	cmpq	%rsp, %rdi
	jb	.Lelsewhere\size
	movq	FGFT_AT_FRAME(%rdx), %rax
	subq	$\size, %rax
	cmpq	%rax, %rdi
	jbe	.Lout\size
.Lelsewhere\size:
	LOOK_AT	later_hits, .Lfound\size
.Lslow\size:
	movl	$\size, %ecx
	jmp	store_slow
.Lfound\size:
	movq	FGFT_AT_UNDO_AT(%rdx), %rax
	cmpq	FGFT_AT_UNDO_LAST(%rdx), %rax
	ja	.Lslow\size
	\load	(%rdi), \to
	movq	%rcx, FGFT_WORD_BEFORE(%rax)
	movq	%rsi, FGFT_WORD_AFTER(%rax)
	movq	%rdi, FGFT_WORD_ADDR(%rax)
	movq	$\size, FGFT_WORD_SIZE(%rax)
	addq	$FGFT_WORD_BYTES, FGFT_AT_UNDO_AT(%rdx)
.Lout\size:
	RET
SYM_FUNC_END(__fgft_store\size)
.endm

STORE_HOOK 1, movzbl, %ecx
STORE_HOOK 2, movzwl, %ecx
STORE_HOOK 4, movl, %ecx
STORE_HOOK 8, movq, %rcx

/* Once an iteration. */
SYM_FUNC_START(__fgft_loop)
	movq	%gs:fgft_hook_call(%rip), %rdx
	decq	FGFT_AT_BUDGET(%rdx)
	js	.Lspent
	RET
.Lspent:
	CALL_C fgft_loop_spent
SYM_FUNC_END(__fgft_loop)

/* At the head of a function that calls others. */
SYM_FUNC_START(__fgft_stack)
	movq	%gs:fgft_hook_call(%rip), %rdx
	cmpq	FGFT_AT_STACK_LOW(%rdx), %rsp
	jb	.Lfull
	RET
.Lfull:
	CALL_C fgft_stack_spent
SYM_FUNC_END(__fgft_stack)
