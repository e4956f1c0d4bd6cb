/* SPDX-License-Identifier: GPL-2.0 */
/* Symbols of assembler text in user space. */
#ifndef MICRO_LINUX_LINKAGE_H
#define MICRO_LINUX_LINKAGE_H

#define SYM_FUNC_START(name)		.globl name; .type name, @function; .balign 16; name:
#define SYM_FUNC_START_LOCAL(name)	.type name, @function; .balign 16; name:
#define SYM_FUNC_END(name)		.size name, . - name

#endif
