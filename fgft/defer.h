/* SPDX-License-Identifier: GPL-2.0 */
/* Effects that wait for commit (defer.c), and inverses; included by fgft.h. */
#ifndef FGFT_DEFER_H
#define FGFT_DEFER_H

int fgft_defer_init(struct fgft_call *call);
void fgft_defer_release(struct fgft_call *call);
void fgft_defer_run(struct fgft_call *call, bool commit);
struct fgft_deferred *fgft_call_defer_more(struct fgft_call *call);
bool fgft_call_keep(struct fgft_call *call, const struct fgft_undo_effect *effect);

/*
 * Run @fn at commit, once, in order, after locks are released; forgotten on
 * abort.  Does not return when there is no memory: the call is aborted.
 */
static __always_inline void fgft_call_defer(struct fgft_call *call,
					    fgft_effect_t fn,
					    u64 a, u64 b, u64 c, u64 d)
{
	struct fgft_deferred *effect = call->defer_at;

	if (unlikely(effect == call->defer_end))
		effect = FGFT_SPARING(struct fgft_deferred *,
				      fgft_call_defer_more, call, 0, 0, 0);
	call->defer_at = effect + 1;
	effect->fn = fn;
	effect->a = a;
	effect->b = b;
	effect->c = c;
	effect->d = d;
}

#define FGFT_GIFT	(~0ULL)		/* last argument of an effect that gives its first away */

u32 fgft_call_given(struct fgft_call *call, u64 a);

/* How often will @a have been given away at commit?  A filter says never at once. */
static __always_inline u32 fgft_call_gifts(struct fgft_call *call, u64 a)
{
	/* Their slab aligns them to cache lines. */
	const u32 words = sizeof(call->given) / sizeof(*call->given);
	u64 *word = &call->given[(a >> 12 ^ a >> 15) % words];
	u64 bit = 1ULL << ((a >> 6) % 64);

	if (likely(!(*word & bit))) {
		*word |= bit;
		return 0;
	}
	return FGFT_SPARING(u32, fgft_call_given, call, a, 0, 0);
}

/* Run @fn, which frees or passes on @a, at commit. */
static __always_inline void fgft_call_gift(struct fgft_call *call,
					   fgft_effect_t fn, u64 a, u64 b)
{
	call->gifts++;
	fgft_call_defer(call, fn, a, b, 0, FGFT_GIFT);
}

/* Is there a deferred effect that is @fn, for @a?  Looks at them all. */
bool fgft_call_is_deferred(struct fgft_call *call, fgft_effect_t fn, u64 a);
/* Forget those, whatever their other arguments. */
void fgft_call_cancel(struct fgft_call *call, fgft_effect_t fn, u64 a);
/* Do the deferred effects that are @fn now, in order. */
void fgft_call_hasten(struct fgft_call *call, fgft_effect_t fn);
void fgft_call_undo_full(struct fgft_call *call, fgft_effect_t fn, u32 flags,
			 u64 a, u64 b, u64 c, u64 d);

/*
 * Undo by @fn on abort.  Does not return when there is no memory: then @fn is
 * run at once, if it may, and the call is aborted.
 */
static __always_inline void fgft_call_undo(struct fgft_call *call,
					   fgft_effect_t fn, u32 flags,
					   u64 a, u64 b, u64 c, u64 d)
{
	if (unlikely(!fgft_undo_ready(&call->undo)) &&
	    unlikely(!FGFT_SPARING(u8 *, fgft_undo_room, &call->undo,
				   sizeof(struct fgft_undo_effect), 0, 0))) {
		fgft_call_undo_full(call, fn, flags, a, b, c, d);
		unreachable();
	}
	fgft_undo_put_call(&call->undo, fn, flags, a, b, c, d);
}

#endif /* FGFT_DEFER_H */
