/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks of stores: the way nearly all of them take.
 *
 * In C a hook is half as long again, for there is no saying that only its last
 * resort needs a frame.  What follows is, for each size,
 *
 *	call = this_cpu_read(fgft_current_call);
 *	if (!call)
 *		return;
 *	for (each hit of call)
 *		if (addr - hit->start <= hit->tail)
 *			goto found;
 *	return fgft_store_slow(addr, value, call, size);
 * found:
 *	if (call->undo.at > call->undo.last)
 *		return fgft_store_slow(addr, value, call, size);
 *	*(struct fgft_undo_record *)call->undo.at = { *addr, value, addr, size };
 *	call->undo.at += sizeof(struct fgft_undo_record);
 *
 * One comparison a hit: a store among a range's last seven bytes goes the slow
 * way too.  fgft_store_slow() is jumped to, so that the twin is its caller.
 *
 * Not traced: there are many a call, and they are part of the twin.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

#include "hooks.h"

	.text

.macro STORE_HOOK size, load, to
SYM_FUNC_START(__fgft_store\size)
	movq	%gs:fgft_current_call(%rip), %rdx
	testq	%rdx, %rdx
	jz	.Lout\size
	.set	hit, FGFT_AT_HIT
	.rept	FGFT_HITS + 1
	movq	%rdi, %rax
	subq	hit(%rdx), %rax
	cmpq	hit + FGFT_AT_HIT_TAIL(%rdx), %rax
	jbe	.Lfound\size
	.set	hit, hit + FGFT_HIT_SIZE
	.endr
.Lslow\size:
	movl	$\size, %ecx
	jmp	fgft_store_slow
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
