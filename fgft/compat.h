/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, in one place.
 *
 * Each one names the commit that made it, so that it can go when the last
 * kernel from before that commit is no longer supported.
 */
#ifndef FGFT_COMPAT_H
#define FGFT_COMPAT_H

#include <linux/kasan.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

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

static inline bool fgft_compat_init_data(const struct module *mod,
					 unsigned long addr)
{
	return addr - (unsigned long)mod->mem[MOD_INIT_DATA].base <
	       mod->mem[MOD_INIT_DATA].size;
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

/* Gone once initialisation is through: the size is 0 then. */
static inline bool fgft_compat_init_data(const struct module *mod,
					 unsigned long addr)
{
	const struct module_layout *init = &mod->init_layout;

	return init->size && addr - (unsigned long)init->base - init->ro_size <
				     init->size - init->ro_size;
}

#endif

/*
 * 00d066a4d4ed ("netdev_features: convert NETIF_F_LLTX to dev->lltx"), 6.12:
 * flags became a bit field, in a group that has a name.  The feature went with it.
 */
#ifdef NETIF_F_LLTX
#define fgft_compat_priv_flags	priv_flags
#else
#define fgft_compat_priv_flags	priv_flags_fast
#endif

/* The kernel's own where string functions know the size of their operands. */
#ifndef CONFIG_FORTIFY_SOURCE

static inline void fortify_panic(const char *name)
{
}

#endif

/*
 * What initialises a lock is a function of the kernel only where locks are
 * debugged.
 */
#ifndef CONFIG_DEBUG_SPINLOCK

static inline void __raw_spin_lock_init(raw_spinlock_t *lock, const char *name,
					struct lock_class_key *key, short inner)
{
}

static inline void __rwlock_init(rwlock_t *lock, const char *name,
				 struct lock_class_key *key)
{
}

#endif

#ifndef CONFIG_LOCKDEP

#undef lockdep_init_map_type
static inline void lockdep_init_map_type(struct lockdep_map *map,
					 const char *name,
					 struct lock_class_key *key,
					 int subclass, u8 inner, u8 outer,
					 u8 type)
{
}

#endif

/*
 * Frames between @low and @high are dropped without returning through them.
 * Under KASAN they have marked the gaps between their variables as not to be
 * touched; marks left behind would be met by whoever uses the stack next.
 * kasan_unpoison_task_stack_below(), made for this, is not exported.
 */
#ifdef CONFIG_KASAN_STACK

static __always_inline void fgft_compat_drop_frames(unsigned long low,
						    unsigned long high)
{
	low = ALIGN_DOWN(low, 1UL << KASAN_SHADOW_SCALE_SHIFT);
	/* Not memset(), which would itself be checked. */
	__memset(kasan_mem_to_shadow((void *)low), 0,
		 (high - low) >> KASAN_SHADOW_SCALE_SHIFT);
}

#else

static __always_inline void fgft_compat_drop_frames(unsigned long low,
						    unsigned long high)
{
}

#endif

/*
 * Lockdep keeps a list of what a task holds, and RCU readers of every flavour
 * are on it.  What a call has added and an abort drops has to go from it too:
 * locks have been released by then, what is left are readers.
 */
#ifdef CONFIG_LOCKDEP

static inline void fgft_compat_note_marks(int *depth)
{
	*depth = current->lockdep_depth;
}

static inline void fgft_compat_drop_marks(int depth)
{
	int i = current->lockdep_depth;

	/* Not until the depth fits: lockdep may have turned itself off. */
	while (i-- > depth)
		lock_release(current->held_locks[i].instance, _THIS_IP_);
}

#else

static inline void fgft_compat_note_marks(int *depth)
{
}

static inline void fgft_compat_drop_marks(int depth)
{
}

#endif

#endif /* FGFT_COMPAT_H */
