/* SPDX-License-Identifier: GPL-2.0 */
/* undo.c: typed records released last-in first-out; included by fgft.h. */
#ifndef FGFT_UNDO_H
#define FGFT_UNDO_H

#include <linux/types.h>

/*
 * A byte stack in page-sized chunks.  Records are pushed with their footer
 * last, so that the newest is found from the top.  Used by one call only, in
 * one context: no lock.
 */
struct fgft_undo_chunk;

enum fgft_undo_kind {
	FGFT_UNDO_WORD,		/* struct fgft_undo_record */
	FGFT_UNDO_OPEN,		/* bytes, old and room for new */
	FGFT_UNDO_BYTES,	/* bytes, old and new */
	FGFT_UNDO_BLIND,	/* bytes, old only */
	FGFT_UNDO_CALL,		/* struct fgft_undo_effect */
};

struct fgft_undo_footer {
	u64 addr;		/* of the bytes, or the inverse */
	u32 size;		/* of the bytes, or FGFT_EFFECT_* */
	enum fgft_undo_kind kind;
};

struct fgft_undo_record {
	u64 before, after;	/* the low bytes count */
	struct fgft_undo_footer footer;
};

struct fgft_undo_effect {
	u64 arg[4];
	struct fgft_undo_footer footer;
};

struct fgft_undo {
	u8 *at;			/* end of the newest record */
	u8 *last;		/* where any of the above has room; NULL: ask for it */
	u8 *first;		/* where the first record starts */
	struct fgft_undo_chunk *top;	/* never NULL after init */
	struct fgft_undo_footer *open;	/* FGFT_UNDO_OPEN, the newest, or NULL */
	u32 chunks;
	u32 stores;		/* found by a rollback: memory records, */
	u32 calls;		/* inverses, */
	u32 conflicts;		/* and words somebody else had written */
};

typedef void (*fgft_effect_t)(u64 a, u64 b, u64 c, u64 d);

/* flags of an undo call */
#define FGFT_EFFECT_SLEEPS	0x1	/* needs process context without locks */
#define FGFT_EFFECT_FREES	0x2	/* memory a device may have been told of */

int fgft_undo_init(struct fgft_undo *undo);
void fgft_undo_release(struct fgft_undo *undo);
void fgft_undo_shrink(struct fgft_undo *undo);
/* Log @size bytes at @addr.  -ENOMEM: the log is full, nothing was added. */
int fgft_undo_store(struct fgft_undo *undo, const void *addr, size_t size);
int fgft_undo_blind(struct fgft_undo *undo, const void *addr, size_t size);
u8 *fgft_undo_room(struct fgft_undo *undo, size_t size);

#define FGFT_UNDO_ROOM	(4096 - 2 * sizeof(void *))	/* bytes of records in a chunk */
/* Up to here in a chunk nobody has to ask for room. */
#define FGFT_UNDO_LAST	(FGFT_UNDO_ROOM - sizeof(struct fgft_undo_effect))

/* Forget every record of a log of one chunk. */
static __always_inline void fgft_undo_reset_one(struct fgft_undo *undo)
{
	undo->open = NULL;
	undo->at = undo->first;
	undo->last = undo->first + FGFT_UNDO_LAST;
}

/* Forget every record. */
static __always_inline void fgft_undo_reset(struct fgft_undo *undo)
{
	if (unlikely(undo->chunks != 1))
		return fgft_undo_shrink(undo);
	fgft_undo_reset_one(undo);
}

/* Is there room for a word or an inverse, without asking? */
static __always_inline bool fgft_undo_ready(const struct fgft_undo *undo)
{
	return undo->at <= undo->last;
}

/* Log a word, @size bytes, that is about to become @value.  There is room. */
static __always_inline void fgft_undo_put_word(struct fgft_undo *undo,
					       const void *addr, u32 size,
					       u64 value)
{
	struct fgft_undo_record *word = (struct fgft_undo_record *)undo->at;

	word->before = size == 1 ? *(const u8 *)addr :
		    size == 2 ? *(const u16 *)addr :
		    size == 4 ? *(const u32 *)addr : *(const u64 *)addr;
	word->after = value;
	word->footer.addr = (unsigned long)addr;
	word->footer.size = size;
	word->footer.kind = FGFT_UNDO_WORD;
	undo->at = (u8 *)(word + 1);
}

/* The same, with or without room.  False: the log is full, nothing was added. */
static __always_inline bool fgft_undo_word(struct fgft_undo *undo,
					   const void *addr, u32 size, u64 value)
{
	if (unlikely(!fgft_undo_ready(undo)) &&
	    unlikely(!fgft_undo_room(undo, sizeof(struct fgft_undo_record))))
		return false;
	fgft_undo_put_word(undo, addr, size, value);
	return true;
}

/*
 * Log the inverse of a kernel effect: @fn, called with @a to @d.  @flags are
 * FGFT_EFFECT_*.  There is room.
 */
static __always_inline void fgft_undo_put_call(struct fgft_undo *undo,
					       fgft_effect_t fn, u32 flags,
					       u64 a, u64 b, u64 c, u64 d)
{
	struct fgft_undo_effect *effect = (struct fgft_undo_effect *)undo->at;

	effect->arg[0] = a;
	effect->arg[1] = b;
	effect->arg[2] = c;
	effect->arg[3] = d;
	effect->footer.addr = (unsigned long)fn;
	effect->footer.size = flags;
	effect->footer.kind = FGFT_UNDO_CALL;
	undo->at = (u8 *)(effect + 1);
}

/* The same, with or without room.  False: the log is full, nothing was added. */
static __always_inline bool fgft_undo_try_call(struct fgft_undo *undo,
					       fgft_effect_t fn, u32 flags,
					       u64 a, u64 b, u64 c, u64 d)
{
	if (unlikely(!fgft_undo_ready(undo)) &&
	    unlikely(!fgft_undo_room(undo, sizeof(struct fgft_undo_effect))))
		return false;
	fgft_undo_put_call(undo, fn, flags, a, b, c, d);
	return true;
}

int fgft_undo_call(struct fgft_undo *undo, fgft_effect_t fn, u32 flags,
		   u64 a, u64 b, u64 c, u64 d);
/* Asked for each inverse with flags: may it run now?  Others are left out. */
typedef bool (*fgft_may_run_t)(const struct fgft_undo_effect *effect,
			       void *data);
/* Put everything back, newest first.  Where a conflict is, 0: there is none. */
unsigned long fgft_undo_rollback(struct fgft_undo *undo,
				 fgft_may_run_t may_run, void *data);

/* Does the log hold an effect by @fn whose arguments @match takes? */
bool fgft_undo_find(const struct fgft_undo *undo, fgft_effect_t fn,
		    bool (*match)(const u64 arg[4], const void *data),
		    const void *data);

/* A record as its readers see it; one of the two kinds. */
struct fgft_undo_view {
	const void *addr;	/* bytes that were overwritten */
	size_t size;
	const void *old;
	fgft_effect_t fn;	/* NULL for bytes */
	const u64 *arg;		/* four of them */
};

/* How many of each kind there are, by looking at every one. */
void fgft_undo_count(const struct fgft_undo *undo, u32 *stores, u32 *calls);
/* Show each record to @fn, newest first, until that returns false. */
void fgft_undo_each(const struct fgft_undo *undo,
		    bool (*fn)(const struct fgft_undo_view *record, void *data),
		    void *data);

#endif /* FGFT_UNDO_H */
