// SPDX-License-Identifier: GPL-2.0
/*
 * Names for addresses that keep nobody waiting.
 *
 * The kernel finds the name of an address in a module by looking at all of the
 * module's symbols, with preemption off: that of an address in this module
 * takes it 80000 instructions, longer than most recoveries.  For the two
 * modules a fault is about the same is done here, with preemption on.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "compat.h"
#include "symbol.h"

/* The assembler's own marks, as the kernel's is_mapping_symbol() has them. */
static bool is_mark(const char *name)
{
	return name[0] == '$' || !strncmp(name, ".L", 2) ||
	       !strncmp(name, "L0", 2);
}

/* The symbol at or before @address, and the one behind it. */
static const char *find(const struct mod_kallsyms *symbols,
			unsigned long address, unsigned long *start,
			unsigned long *end)
{
	const char *best = NULL;
	unsigned int i;

	for (i = 1; i < symbols->num_symtab; i++) {
		typeof(symbols->symtab) symbol = &symbols->symtab[i];
		const char *name = symbols->strtab + symbol->st_name;
		unsigned long value = kallsyms_symbol_value(symbol);

		if (symbol->st_shndx == SHN_UNDEF || !*name || is_mark(name))
			continue;
		if (value <= address && value > *start) {
			*start = value;
			best = name;
		}
		if (value > address && value < *end)
			*end = value;
	}
	return best;
}

static bool print_in(char *text, unsigned long address,
		     const struct module *module)
{
	unsigned long start, end, size;
	const char *name;

	fgft_compat_text(module, &start, &size);
	end = start + size;
	if (address < start || address >= end)
		return false;
	/* Another symbol may lie at the very start. */
	start--;
	rcu_read_lock();
	name = find(rcu_dereference_raw(module->kallsyms), address, &start, &end);
	if (name)
		scnprintf(text, KSYM_SYMBOL_LEN, "%s+%#lx/%#lx [%s]", name,
			  address - start, end - start, module->name);
	rcu_read_unlock();
	return name;
}

/**
 * fgft_symbol_print - name an address
 * @text: KSYM_SYMBOL_LEN bytes
 * @address: an address in code
 * @module: the driver a fault is about, which does not go meanwhile
 *
 * Context: Any.
 */
void fgft_symbol_print(char *text, unsigned long address,
		       const struct module *module)
{
	if (!print_in(text, address, module) &&
	    !print_in(text, address, THIS_MODULE))
		sprint_symbol(text, address);
}
