/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, in one place.
 *
 * Each one names the commit that made it, so that it can go when the last
 * kernel from before that commit is no longer supported.
 */
#ifndef FGFT_COMPAT_H
#define FGFT_COMPAT_H

#include <linux/module.h>

/*
 * ac3b43283923 ("module: replace module_layout with module_memory"), 6.4:
 * one allocation cut by sizes became one allocation a kind of memory.  The
 * macro came with it.
 */
#ifdef mod_mem_type_is_core

static inline void fgft_compat_text(const struct module *mod,
				    unsigned long *start, unsigned long *size)
{
	*start = (unsigned long)mod->mem[MOD_TEXT].base;
	*size = mod->mem[MOD_TEXT].size;
}

static inline void fgft_compat_data(const struct module *mod,
				    unsigned long *start, unsigned long *size)
{
	*start = (unsigned long)mod->mem[MOD_DATA].base;
	*size = mod->mem[MOD_DATA].size;
}

#else

static inline void fgft_compat_text(const struct module *mod,
				    unsigned long *start, unsigned long *size)
{
	*start = (unsigned long)mod->core_layout.base;
	*size = mod->core_layout.text_size;
}

/* Writable data lies behind text, read-only and read-only-after-init data. */
static inline void fgft_compat_data(const struct module *mod,
				    unsigned long *start, unsigned long *size)
{
	*start = (unsigned long)mod->core_layout.base +
		 mod->core_layout.ro_after_init_size;
	*size = mod->core_layout.size - mod->core_layout.ro_after_init_size;
}

#endif

#endif /* FGFT_COMPAT_H */
