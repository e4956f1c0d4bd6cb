/* SPDX-License-Identifier: GPL-2.0 */
/* sparing.h calls from assembler text, in functions that are not used here. */
#ifndef SHIM_ASM_ASM_H
#define SHIM_ASM_ASM_H

register unsigned long current_stack_pointer asm("rsp");
#define ASM_CALL_CONSTRAINT	"+r" (current_stack_pointer)

#endif
