// SPDX-License-Identifier: GPL-2.0
/*
 * The maple tree of the shim: ranges of indices that lead to pointers.
 *
 * As in the kernel, a store over a part of an older range leaves the rest of it
 * in place, up to two pieces that lead to the same pointer; a failed store
 * changes nothing; a lookup needs no lock, a store the lock the tree was given.
 */
#include "shim.h"

#include <map>
#include <set>

#include <linux/maple_tree.h>
#include <linux/rcupdate.h>

namespace {

struct Piece {
	unsigned long last;
	void *entry;
};

/* By first index; pieces never overlap and never lead to NULL. */
using Pieces = std::map<unsigned long, Piece>;

std::set<Pieces *> trees;

Pieces &pieces_of(const maple_tree *tree)
{
	if (!tree->root)
		shim::die("maple tree used before its init or after its end");
	return *static_cast<Pieces *>(tree->root);
}

void writer_check(const maple_tree *tree)
{
	if (!(tree->flags & MT_FLAGS_LOCK_EXTERN) || !tree->lock)
		shim::die("maple tree without a lock of its user");
	if (!tree->lock->held)
		shim::die("maple tree written without its lock");
}

/* The first piece that ends at or behind @index. */
Pieces::iterator piece_from(Pieces &pieces, unsigned long index)
{
	auto piece = pieces.upper_bound(index);

	if (piece != pieces.begin()) {
		auto before = std::prev(piece);

		if (before->second.last >= index)
			return before;
	}
	return piece;
}

/* Make [index, last] empty, cutting the pieces that reach out of it. */
void cut(Pieces &pieces, unsigned long index, unsigned long last)
{
	auto piece = piece_from(pieces, index);

	while (piece != pieces.end() && piece->first <= last) {
		const unsigned long first = piece->first;
		const Piece old = piece->second;

		piece = pieces.erase(piece);
		if (first < index)
			pieces[first] = { index - 1, old.entry };
		if (old.last > last)
			pieces[last + 1] = { old.last, old.entry };
	}
}

} // namespace

namespace shim {

size_t stale_entries()
{
	size_t stale = 0;

	for (const Pieces *pieces : trees)
		for (const auto &piece : *pieces)
			stale += !object_alive(piece.second.entry);
	return stale;
}

size_t trees_live()
{
	return trees.size();
}

} // namespace shim

extern "C" {

void mt_init_flags(struct maple_tree *tree, unsigned int flags)
{
	auto *pieces = new Pieces;

	trees.insert(pieces);
	tree->root = pieces;
	tree->flags = flags;
	tree->lock = nullptr;
}

void *mtree_load(struct maple_tree *tree, unsigned long index)
{
	Pieces &pieces = pieces_of(tree);
	auto piece = piece_from(pieces, index);

	if (piece == pieces.end() || piece->first > index)
		return nullptr;
	return piece->second.entry;
}

int mas_store_gfp(struct ma_state *mas, void *entry, gfp_t gfp)
{
	Pieces &pieces = pieces_of(mas->tree);

	writer_check(mas->tree);
	if (mas->index > mas->last)
		shim::die("maple tree store of a range that ends before it starts");
	if (gfp & __GFP_RECLAIM)
		shim::die("sleeping allocation under a spinlock");
	if (shim::allocation_fails())
		return -ENOMEM;
	cut(pieces, mas->index, mas->last);
	if (entry)
		pieces[mas->index] = { mas->last, entry };
	return 0;
}

void *mt_find(struct maple_tree *tree, unsigned long *index, unsigned long max)
{
	Pieces &pieces = pieces_of(tree);

	if (*index > max)
		return nullptr;
	auto piece = piece_from(pieces, *index);
	if (piece == pieces.end() || piece->first > max)
		return nullptr;
	*index = piece->second.last + 1;
	return piece->second.entry;
}

void *mt_find_after(struct maple_tree *tree, unsigned long *index,
		    unsigned long max)
{
	/* Wrapped: the piece before ended at the last index there is. */
	if (!*index)
		return nullptr;
	return mt_find(tree, index, max);
}

void __mt_destroy(struct maple_tree *tree)
{
	Pieces *pieces = &pieces_of(tree);

	writer_check(tree);
	trees.erase(pieces);
	delete pieces;
	tree->root = nullptr;
}

} // extern "C"
