/* SPDX-License-Identifier: GPL-2.0 */
/* The part of the maple tree domain.c stands on, done by maple.cc. */
#ifndef SHIM_LINUX_MAPLE_TREE_H
#define SHIM_LINUX_MAPLE_TREE_H

#include <linux/gfp.h>
#include <linux/spinlock.h>

#define MT_FLAGS_USE_RCU	0x02u
#define MT_FLAGS_LOCK_EXTERN	0x300u

struct maple_tree {
	void *root;		/* the map of maple.cc, NULL if destroyed */
	spinlock_t *lock;	/* to be held by writers */
	unsigned int flags;
};

struct ma_state {
	struct maple_tree *tree;
	unsigned long index;
	unsigned long last;
};

#define MA_STATE(name, mt, first, end) \
	struct ma_state name = { .tree = (mt), .index = (first), .last = (end) }

#define mt_set_external_lock(mt, ext)	((mt)->lock = (ext))

#define mt_for_each(tree, entry, index, max)			\
	for (entry = mt_find(tree, &(index), max); entry;	\
	     entry = mt_find_after(tree, &(index), max))

#ifdef __cplusplus
extern "C" {
#endif
void mt_init_flags(struct maple_tree *tree, unsigned int flags);
void *mtree_load(struct maple_tree *tree, unsigned long index);
int mas_store_gfp(struct ma_state *mas, void *entry, gfp_t gfp);
void *mt_find(struct maple_tree *tree, unsigned long *index, unsigned long max);
void *mt_find_after(struct maple_tree *tree, unsigned long *index,
		    unsigned long max);
void __mt_destroy(struct maple_tree *tree);
#ifdef __cplusplus
}
#endif

#endif
