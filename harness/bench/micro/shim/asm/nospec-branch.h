/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel jumps to a return thunk where the processor needs one. */
#ifndef MICRO_ASM_NOSPEC_BRANCH_H
#define MICRO_ASM_NOSPEC_BRANCH_H

#define RET	ret

#endif
