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
	u8 *last;		/* where a word still has room; NULL: ask for it */
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

int fgft_undo_init(struct fgft_undo *undo);
void fgft_undo_release(struct fgft_undo *undo);
void fgft_undo_reset(struct fgft_undo *undo);
/* Log @size bytes at @addr.  -ENOMEM: the log is full, nothing was added. */
int fgft_undo_store(struct fgft_undo *undo, const void *addr, size_t size);
int fgft_undo_blind(struct fgft_undo *undo, const void *addr, size_t size);
u8 *fgft_undo_room(struct fgft_undo *undo, size_t size);

/*
 * Log a word, @size bytes, that is about to become @value.  False: the log is
 * full, nothing was added.
 */
static __always_inline bool fgft_undo_word(struct fgft_undo *undo,
					   const void *addr, u32 size, u64 value)
{
	struct fgft_undo_record *word = (struct fgft_undo_record *)undo->at;

	if (unlikely(undo->at > undo->last)) {
		word = (struct fgft_undo_record *)
			fgft_undo_room(undo, sizeof(*word));
		if (unlikely(!word))
			return false;
	}
	word->before = size == 1 ? *(const u8 *)addr :
		    size == 2 ? *(const u16 *)addr :
		    size == 4 ? *(const u32 *)addr : *(const u64 *)addr;
	word->after = value;
	word->footer.addr = (unsigned long)addr;
	word->footer.size = size;
	word->footer.kind = FGFT_UNDO_WORD;
	undo->at = (u8 *)(word + 1);
	return true;
}

int fgft_undo_call(struct fgft_undo *undo, fgft_effect_t fn, u32 flags,
		   u64 a, u64 b, u64 c, u64 d);
/*
 * Put everything back, newest first.  @sleeper is asked for each record that
 * sleeps and returns whether it may run now; others are left out.
 */
void fgft_undo_rollback(struct fgft_undo *undo,
			bool (*sleeper)(void *data), void *data);

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
