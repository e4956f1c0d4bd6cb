// SPDX-License-Identifier: GPL-2.0
/*
 * Undo log of one call: old bytes and inverse calls, released newest first.
 *
 * Memory and kernel effects share one log, because their order matters: a word
 * stored in an object must be put back before the object's allocation is.  A
 * record is its payload followed by a footer, so that the log can be walked
 * from the top without an index.  Chunks are single pages; the first belongs
 * to the call for good and makes a short call free of allocation.
 *
 * A record also knows what the call itself left there, and what does not hold
 * that any more was changed by somebody else since: it is left alone and
 * counted as a conflict.
 *
 *	word	the store's value is known: the hook is handed it
 *	bytes	a range is written after it has been logged, so its new
 *		bytes are read when the next record is pushed: it is open
 *		until then.  An open record puts undo->last to NULL, which
 *		sends that push the slow way and costs the fast one nothing.
 *		A long range is several records, open together.
 *	blind	what a kernel function writes, and a range still open at
 *		rollback: put back unseen
 *	call	an inverse
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "fgft.h"

#define CHUNK_SIZE	4096
#define CHUNK_ROOM	FGFT_UNDO_ROOM
#define CHUNKS_MAX	1024	/* 4 MiB a call: then the call is given up */
#define WORD		sizeof(u64)
/* Payload a chunk has room for, in this many copies. */
#define PAYLOAD_MAX(copies)						\
	round_down((CHUNK_ROOM - sizeof(struct fgft_undo_footer)) / (copies), \
		   WORD)

struct fgft_undo_chunk {
	struct fgft_undo_chunk *below;
	u8 *at;			/* end of its records, while another is on top */
	u8 room[CHUNK_ROOM];
};

static_assert(sizeof(struct fgft_undo_chunk) == CHUNK_SIZE);

static struct fgft_undo_chunk *chunk_new(struct fgft_undo_chunk *below)
{
	struct fgft_undo_chunk *chunk;

	chunk = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!chunk)
		return NULL;
	chunk->below = below;
	return chunk;
}

/* Go on in the top chunk at @at. */
static void settle(struct fgft_undo *undo, u8 *at)
{
	undo->at = at;
	undo->last = undo->top->room + FGFT_UNDO_LAST;
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
	*undo = (struct fgft_undo){ .chunks = 1 };
	undo->top = chunk_new(NULL);
	if (!undo->top)
		return -ENOMEM;
	settle(undo, undo->top->room);
	undo->first = undo->at;
	return 0;
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
 * fgft_undo_shrink - forget every record, and free what is above the first chunk
 * @undo: log to empty
 *
 * Context: Any.
 */
void fgft_undo_shrink(struct fgft_undo *undo)
{
	shrink(undo);
	undo->open = NULL;
	settle(undo, undo->top->room);
}

static u8 *grow(struct fgft_undo *undo)
{
	struct fgft_undo_chunk *top;

	if (undo->chunks >= CHUNKS_MAX)
		return NULL;
	top = chunk_new(undo->top);
	if (!top)
		return NULL;
	undo->top->at = undo->at;
	undo->top = top;
	undo->chunks++;
	settle(undo, top->room);
	return top->room;
}

/*
 * The bytes of the open record have been written by now: remember what they
 * are.  Those below it that are open are parts of the same range.
 */
static void seal(struct fgft_undo *undo)
{
	struct fgft_undo_chunk *chunk = undo->top;
	struct fgft_undo_footer *footer = undo->open;

	do {
		u8 *new = (u8 *)footer - round_up(footer->size, WORD);
		u8 *at = new - round_up(footer->size, WORD);

		memcpy(new, (void *)(unsigned long)footer->addr, footer->size);
		footer->kind = FGFT_UNDO_BYTES;
		if (at == chunk->room) {
			chunk = chunk->below;
			at = chunk ? chunk->at : NULL;
		}
		/* A chunk without a record is the only one left. */
		if (!chunk || at == chunk->room)
			break;
		footer = (struct fgft_undo_footer *)at - 1;
	} while (footer->kind == FGFT_UNDO_OPEN);
	undo->open = NULL;
	settle(undo, undo->at);
}

/**
 * fgft_undo_room - make room for one more record
 * @undo: log of the running call
 * @size: bytes of payload, a multiple of 8, and the footer
 *
 * Closes the record that is open.  The caller writes the record and moves
 * @undo->at behind it.
 *
 * Context: Any.
 * Return: where the record starts, or NULL when the log is full.
 */
u8 *fgft_undo_room(struct fgft_undo *undo, size_t size)
{
	if (undo->open)
		seal(undo);
	if (undo->at + size <= undo->top->room + CHUNK_ROOM)
		return undo->at;
	return grow(undo);
}

static int push_bytes(struct fgft_undo *undo, const void *addr, size_t size,
		      enum fgft_undo_kind kind)
{
	const size_t copies = kind == FGFT_UNDO_OPEN ? 2 : 1;
	const size_t payload = copies * round_up(size, WORD);
	struct fgft_undo_footer *footer;
	u8 *at = fgft_undo_room(undo, payload + sizeof(*footer));

	if (unlikely(!at))
		return -ENOMEM;
	memcpy(at, addr, size);
	footer = (void *)(at + payload);
	footer->addr = (unsigned long)addr;
	footer->size = size;
	footer->kind = kind;
	undo->at = (u8 *)(footer + 1);
	if (kind == FGFT_UNDO_OPEN) {
		undo->open = footer;
		undo->last = NULL;
	}
	return 0;
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
	if (undo->open)
		seal(undo);
	while (size) {
		size_t part = min(size, PAYLOAD_MAX(2));

		/* Nothing is written before all parts are there. */
		undo->open = NULL;
		if (unlikely(push_bytes(undo, addr, part, FGFT_UNDO_OPEN)))
			return -ENOMEM;
		addr += part;
		size -= part;
	}
	return 0;
}

/**
 * fgft_undo_blind - log bytes that somebody is about to overwrite
 * @undo: log of the running call
 * @addr: first byte, readable
 * @size: bytes
 *
 * For what a kernel function writes: when it has done so nobody can tell, so
 * that the bytes are put back unseen.
 *
 * Context: Any.
 * Return: as fgft_undo_store().
 */
int fgft_undo_blind(struct fgft_undo *undo, const void *addr, size_t size)
{
	while (size) {
		size_t part = min(size, PAYLOAD_MAX(1));

		if (unlikely(push_bytes(undo, addr, part, FGFT_UNDO_BLIND)))
			return -ENOMEM;
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
	return fgft_undo_try_call(undo, fn, flags, a, b, c, d) ? 0 : -ENOMEM;
}

/* ---- rollback ---------------------------------------------------------------- */

#define FOREIGN_MAX	32	/* places others were seen to write */

/*
 * Places where somebody else's value stays.  Older records of a place must not
 * touch it either, even if that value is one the call once wrote itself.
 */
struct foreign {
	u32 conflicts;
	u32 count;		/* of them, those kept here */
	struct fgft_span span[FOREIGN_MAX];
};

static bool is_foreign(const struct foreign *foreign, unsigned long addr,
		       size_t size)
{
	u32 i;

	for (i = 0; i < foreign->count; i++)
		if (addr < foreign->span[i].start + foreign->span[i].size &&
		    foreign->span[i].start < addr + size)
			return true;
	return false;
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

/* Write @old if @new is there, in one access: others may be at it right now. */
static bool exchange(void *addr, u64 new, u64 old, size_t size)
{
	if (IS_ALIGNED((unsigned long)addr, size)) {
		switch (size) {
		case 1:
			return cmpxchg((u8 *)addr, (u8)new, (u8)old) == (u8)new;
		case 2:
			return cmpxchg((u16 *)addr, (u16)new, (u16)old) == (u16)new;
		case 4:
			return cmpxchg((u32 *)addr, (u32)new, (u32)old) == (u32)new;
		case 8:
			return cmpxchg((u64 *)addr, new, old) == new;
		}
	}
	if (memcmp(addr, &new, size))
		return false;
	memcpy(addr, &old, size);
	return true;
}

/* Put back at most a word, if it still holds what the call wrote. */
static void put_back(struct foreign *foreign, unsigned long addr,
		     const void *old, const void *new, size_t size)
{
	u64 ours = 0, before = 0;
	struct fgft_span *last;

	if (unlikely(foreign->count) && is_foreign(foreign, addr, size))
		return;
	memcpy(&ours, new, size);
	memcpy(&before, old, size);
	if (likely(exchange((void *)addr, ours, before, size)))
		return;
	foreign->conflicts++;
	last = foreign->count ? &foreign->span[foreign->count - 1] : NULL;
	if (last && last->start + last->size == addr)
		last->size += size;
	else if (foreign->count < FOREIGN_MAX)
		foreign->span[foreign->count++] = (struct fgft_span){
			.start = addr,
			.size = size,
		};
}

static void put_back_bytes(struct foreign *foreign, unsigned long addr,
			   const u8 *old, const u8 *new, size_t size)
{
	size_t done, part;

	for (done = 0; done < size; done += part) {
		part = min(size - done, WORD - (addr + done) % WORD);
		put_back(foreign, addr + done, old + done, new + done, part);
	}
}

/* The record that ends at @undo->at: take it back, and off the log. */
static void take_back(struct fgft_undo *undo, struct foreign *foreign,
		      fgft_may_run_t may_run, void *data)
{
	struct fgft_undo_footer *footer = (void *)(undo->at - sizeof(*footer));
	const size_t room = round_up(footer->size, WORD);
	void *end = undo->at;

	switch (footer->kind) {
	case FGFT_UNDO_WORD: {
		struct fgft_undo_record *word = end - sizeof(*word);

		undo->at = (u8 *)word;
		undo->stores++;
		put_back(foreign, footer->addr, &word->before, &word->after,
			 footer->size);
		break;
	}
	case FGFT_UNDO_BYTES:
		undo->at = (u8 *)footer - 2 * room;
		undo->stores++;
		put_back_bytes(foreign, footer->addr, undo->at,
			       undo->at + room, footer->size);
		break;
	case FGFT_UNDO_OPEN:
		undo->at = (u8 *)footer - 2 * room;
		undo->stores++;
		copy_bytes((void *)(unsigned long)footer->addr, undo->at,
			   footer->size);
		break;
	case FGFT_UNDO_BLIND:
		undo->at = (u8 *)footer - room;
		undo->stores++;
		copy_bytes((void *)(unsigned long)footer->addr, undo->at,
			   footer->size);
		break;
	case FGFT_UNDO_CALL: {
		struct fgft_undo_effect *effect = end - sizeof(*effect);

		undo->at = (u8 *)effect;
		undo->calls++;
		if (footer->size && !may_run(effect, data))
			break;
		((fgft_effect_t)(unsigned long)footer->addr)
			(effect->arg[0], effect->arg[1], effect->arg[2],
			 effect->arg[3]);
		break;
	}
	}
}

/**
 * fgft_undo_rollback - take everything back, newest first
 * @undo: log; filled with what was found, for the report
 * @may_run: asked before each inverse with flags whether it may run here
 * @data: for @may_run
 *
 * Cannot fail.  Inverses that may not run here are left out, and so are words
 * somebody else has written since; the caller has to follow with a restore
 * that makes up for them.
 *
 * Context: Any; inverses with flags only where @may_run agrees.
 * Return: where one of the words is that somebody else has written, 0 if none.
 */
unsigned long fgft_undo_rollback(struct fgft_undo *undo,
				 fgft_may_run_t may_run, void *data)
{
	struct foreign foreign = { .conflicts = 0, .count = 0 };

	undo->open = NULL;
	undo->stores = 0;
	undo->calls = 0;
	for (;;) {
		struct fgft_undo_chunk *top = undo->top;

		while (undo->at > top->room)
			take_back(undo, &foreign, may_run, data);
		if (!top->below)
			break;
		undo->top = top->below;
		undo->at = undo->top->at;
		undo->chunks--;
		free_page((unsigned long)top);
	}
	settle(undo, undo->top->room);
	undo->conflicts = foreign.conflicts;
	return foreign.count ? foreign.span[0].start : 0;
}

/* The record that ends at @at, as its readers see it; its begin is returned. */
static const u8 *look(const u8 *at, struct fgft_undo_view *view)
{
	const struct fgft_undo_footer *footer = (const void *)(at - sizeof(*footer));
	const size_t room = round_up(footer->size, WORD);
	const struct fgft_undo_record *word;
	const struct fgft_undo_effect *effect;

	*view = (struct fgft_undo_view){ .size = footer->size };
	switch (footer->kind) {
	case FGFT_UNDO_WORD:
		word = (const void *)(at - sizeof(*word));
		view->old = &word->before;
		break;
	case FGFT_UNDO_OPEN:
	case FGFT_UNDO_BYTES:
		view->old = (const u8 *)footer - 2 * room;
		break;
	case FGFT_UNDO_BLIND:
		view->old = (const u8 *)footer - room;
		break;
	case FGFT_UNDO_CALL:
		effect = (const void *)(at - sizeof(*effect));
		view->fn = (fgft_effect_t)(unsigned long)footer->addr;
		view->arg = effect->arg;
		return (const u8 *)effect;
	}
	view->addr = (const void *)(unsigned long)footer->addr;
	return view->old;
}

/**
 * fgft_undo_each - look at the records, newest first
 * @undo: log, left as it is
 * @fn: called for each; false ends the walk
 * @data: for @fn
 *
 * Context: Any.
 */
void fgft_undo_each(const struct fgft_undo *undo,
		    bool (*fn)(const struct fgft_undo_view *record, void *data),
		    void *data)
{
	const struct fgft_undo_chunk *chunk;
	struct fgft_undo_view view;
	const u8 *at = undo->at;

	for (chunk = undo->top; chunk; chunk = chunk->below) {
		if (chunk != undo->top)
			at = chunk->at;
		while (at > chunk->room) {
			at = look(at, &view);
			if (!fn(&view, data))
				return;
		}
	}
}

struct count {
	u32 stores, calls;
};

static bool count_record(const struct fgft_undo_view *record, void *data)
{
	struct count *count = data;

	if (record->fn)
		count->calls++;
	else
		count->stores++;
	return true;
}

/**
 * fgft_undo_count - how many records there are
 * @undo: log, left as it is
 * @stores: filled with the number of memory records
 * @calls: filled with the number of inverses
 *
 * Context: Any.
 */
void fgft_undo_count(const struct fgft_undo *undo, u32 *stores, u32 *calls)
{
	struct count count = { 0, 0 };

	fgft_undo_each(undo, count_record, &count);
	*stores = count.stores;
	*calls = count.calls;
}

struct wanted {
	fgft_effect_t fn;
	bool (*match)(const u64 arg[4], const void *data);
	const void *data;
	bool found;
};

static bool is_wanted(const struct fgft_undo_view *record, void *data)
{
	struct wanted *wanted = data;

	wanted->found = record->fn == wanted->fn &&
			wanted->match(record->arg, wanted->data);
	return !wanted->found;
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
	struct wanted wanted = { .fn = fn, .match = match, .data = data };

	fgft_undo_each(undo, is_wanted, &wanted);
	return wanted.found;
}
