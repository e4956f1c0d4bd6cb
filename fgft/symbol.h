/* SPDX-License-Identifier: GPL-2.0 */
/* symbol.c: names for addresses, for those who tell about faults. */
#ifndef FGFT_SYMBOL_H
#define FGFT_SYMBOL_H

#include <linux/kallsyms.h>

struct module;

/* As sprint_symbol(), into KSYM_SYMBOL_LEN bytes; @module is there to stay. */
void fgft_symbol_print(char *text, unsigned long address,
		       const struct module *module);

#endif /* FGFT_SYMBOL_H */
