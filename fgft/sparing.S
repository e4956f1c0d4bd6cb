/* SPDX-License-Identifier: GPL-2.0 */
/* Slow functions that lose no register but that of their result; see sparing.h. */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

	.text

.macro SPARING function
SYM_FUNC_START(\function\()_sparing)
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	call	\function
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	RET
SYM_FUNC_END(\function\()_sparing)
.endm

SPARING fgft_call_defer_more
SPARING fgft_call_given
SPARING fgft_device_look
SPARING fgft_may_write
SPARING fgft_netdev_look
SPARING fgft_object_is
SPARING fgft_spot_look
SPARING fgft_undo_room
