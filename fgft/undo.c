// SPDX-License-Identifier: GPL-2.0
/*
 * Undo log of one call: old bytes and inverse calls, released newest first.
 *
 * Memory and kernel effects share one log, because their order matters: a word
 * stored in an object must be put back before the object's allocation is.  A
 * record is its payload followed by a footer, so that the log can be walked
 * from the top without an index.  Chunks are single pages; the first belongs
 * to the call for good and makes a short call free of allocation.
 */
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "fgft.h"

#define CHUNK_SIZE	4096
#define CHUNK_ROOM	(CHUNK_SIZE - sizeof(void *) - sizeof(u64))
#define CHUNKS_MAX	1024	/* 4 MiB a call: then the call is given up */

struct fgft_undo_chunk {
	struct fgft_undo_chunk *below;
	u32 used;
	u32 pad;
	u8 room[CHUNK_ROOM];
};

/* What stands behind each payload. */
struct footer {
	u64 addr;	/* of the bytes; 0: the payload is a struct effect */
	u64 size;	/* of the bytes, unrounded */
};

struct effect {
	fgft_effect_t fn;
	u64 flags;
	u64 arg[4];
};

static_assert(sizeof(struct fgft_undo_chunk) == CHUNK_SIZE);

static struct fgft_undo_chunk *chunk_new(struct fgft_undo_chunk *below)
{
	struct fgft_undo_chunk *chunk;

	chunk = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!chunk)
		return NULL;
	chunk->below = below;
	chunk->used = 0;
	return chunk;
}

/**
 * fgft_undo_init - give a log its first chunk
 * @undo: log to set up
 *
 * Context: Any.
 * Return: 0, or -ENOMEM.
 */
int fgft_undo_init(struct fgft_undo *undo)
{
	undo->top = chunk_new(NULL);
	undo->chunks = 1;
	undo->stores = 0;
	undo->calls = 0;
	return undo->top ? 0 : -ENOMEM;
}

/* Free what is above the first chunk. */
static void shrink(struct fgft_undo *undo)
{
	struct fgft_undo_chunk *below;

	while ((below = undo->top->below)) {
		free_page((unsigned long)undo->top);
		undo->top = below;
	}
	undo->chunks = 1;
}

/**
 * fgft_undo_release - free a log
 * @undo: log, unusable afterwards
 *
 * Context: Any.
 */
void fgft_undo_release(struct fgft_undo *undo)
{
	if (!undo->top)
		return;
	shrink(undo);
	free_page((unsigned long)undo->top);
	undo->top = NULL;
}

/**
 * fgft_undo_reset - forget every record
 * @undo: log to empty
 *
 * Context: Any.
 */
void fgft_undo_reset(struct fgft_undo *undo)
{
	if (unlikely(undo->top->below))
		shrink(undo);
	undo->top->used = 0;
	undo->stores = 0;
	undo->calls = 0;
}

/* Room for a payload of @size (a multiple of 8) and its footer. */
static u8 *push(struct fgft_undo *undo, size_t size, u64 addr, u64 bytes)
{
	struct fgft_undo_chunk *top = undo->top;
	struct footer *footer;
	u8 *payload;

	if (unlikely(top->used + size + sizeof(*footer) > CHUNK_ROOM)) {
		if (undo->chunks >= CHUNKS_MAX)
			return NULL;
		top = chunk_new(top);
		if (!top)
			return NULL;
		undo->top = top;
		undo->chunks++;
	}
	payload = top->room + top->used;
	footer = (struct footer *)(payload + size);
	footer->addr = addr;
	footer->size = bytes;
	top->used += size + sizeof(*footer);
	return payload;
}

/* Most stores are of a machine word or less: one access, as the hardware does. */
static void copy_bytes(void *to, const void *from, size_t size)
{
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)to, *(const u8 *)from);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)to, *(const u16 *)from);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)to, *(const u32 *)from);
		break;
	case 8:
		WRITE_ONCE(*(u64 *)to, *(const u64 *)from);
		break;
	default:
		memcpy(to, from, size);
	}
}

/**
 * fgft_undo_store - log bytes that are about to be overwritten
 * @undo: log of the running call
 * @addr: first byte, readable
 * @size: bytes
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when the log is full; then nothing or only a part is
 * logged and the call has to be given up.
 */
int fgft_undo_store(struct fgft_undo *undo, const void *addr, size_t size)
{
	const size_t most = round_down(CHUNK_ROOM - sizeof(struct footer), 8);

	while (size) {
		size_t part = min(size, most);
		u8 *payload = push(undo, round_up(part, 8), (u64)(unsigned long)addr,
				   part);

		if (unlikely(!payload))
			return -ENOMEM;
		copy_bytes(payload, addr, part);
		undo->stores++;
		addr += part;
		size -= part;
	}
	return 0;
}

/**
 * fgft_undo_call - log the inverse of a kernel effect
 * @undo: log of the running call
 * @fn: function that takes the effect back
 * @flags: FGFT_EFFECT_*
 * @a: first argument of @fn
 * @b: second
 * @c: third
 * @d: fourth
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when the log is full.
 */
int fgft_undo_call(struct fgft_undo *undo, fgft_effect_t fn, u32 flags,
		   u64 a, u64 b, u64 c, u64 d)
{
	struct effect *effect = (void *)push(undo, sizeof(*effect), 0,
					     sizeof(*effect));

	if (unlikely(!effect))
		return -ENOMEM;
	effect->fn = fn;
	effect->flags = flags;
	effect->arg[0] = a;
	effect->arg[1] = b;
	effect->arg[2] = c;
	effect->arg[3] = d;
	undo->calls++;
	return 0;
}

static void take_back(const struct footer *footer, const u8 *payload,
		      bool (*sleeper)(void *data), void *data)
{
	const struct effect *effect = (const void *)payload;

	if (footer->addr) {
		copy_bytes((void *)(unsigned long)footer->addr, payload,
			   footer->size);
		return;
	}
	if ((effect->flags & FGFT_EFFECT_SLEEPS) && !sleeper(data))
		return;
	effect->fn(effect->arg[0], effect->arg[1], effect->arg[2],
		   effect->arg[3]);
}

/**
 * fgft_undo_rollback - take everything back, newest first
 * @undo: log; its counts stay, for the report
 * @sleeper: asked before each record that sleeps whether it may run here
 * @data: for @sleeper
 *
 * Cannot fail.  Records that may not sleep here are left out; the caller has
 * to follow with a restore that makes up for them.
 *
 * Context: Any; records marked FGFT_EFFECT_SLEEPS only where @sleeper agrees.
 */
void fgft_undo_rollback(struct fgft_undo *undo, bool (*sleeper)(void *data),
			void *data)
{
	for (;;) {
		struct fgft_undo_chunk *top = undo->top;

		while (top->used) {
			struct footer *footer;
			u8 *payload;

			top->used -= sizeof(*footer);
			footer = (struct footer *)(top->room + top->used);
			top->used -= round_up(footer->size, 8);
			payload = top->room + top->used;
			take_back(footer, payload, sleeper, data);
		}
		if (!top->below)
			return;
		undo->top = top->below;
		undo->chunks--;
		free_page((unsigned long)top);
	}
}

/**
 * fgft_undo_find - is there an effect like this in the log?
 * @undo: log of the running call
 * @fn: the inverse looked for
 * @match: asked with the arguments of each, newest first
 * @data: for @match
 *
 * Context: Inside the call the log is of.
 * Return: true if @match took one.
 */
bool fgft_undo_find(const struct fgft_undo *undo, fgft_effect_t fn,
		    bool (*match)(const u64 arg[4], const void *data),
		    const void *data)
{
	const struct fgft_undo_chunk *chunk;

	for (chunk = undo->top; chunk; chunk = chunk->below) {
		u32 used = chunk->used;

		while (used) {
			const struct footer *footer;
			const struct effect *effect;

			used -= sizeof(*footer);
			footer = (const struct footer *)(chunk->room + used);
			used -= round_up(footer->size, 8);
			effect = (const struct effect *)(chunk->room + used);
			if (!footer->addr && effect->fn == fn &&
			    match(effect->arg, data))
				return true;
		}
	}
	return false;
}
