// SPDX-License-Identifier: GPL-2.0
/*
 * Effects that wait for commit, in pages of a call's own: the first stays with
 * the call, so that a short one allocates none.
 */
#include <linux/gfp.h>

#include "fgft.h"

#define DEFER_MAX	64	/* pages of deferred effects a call may have */

/* All but the last are full. */
struct fgft_defer_page {
	struct fgft_defer_page *next;
	struct fgft_deferred effect[];
};

#define DEFER_ROOM \
	((PAGE_SIZE - sizeof(struct fgft_defer_page)) / sizeof(struct fgft_deferred))

/* Go on at the head of @page. */
static void defer_settle(struct fgft_call *call, struct fgft_defer_page *page)
{
	call->defer_tail = page;
	call->defer_at = page->effect;
	call->defer_end = page->effect + DEFER_ROOM;
}

/**
 * fgft_defer_init - give a call its first page
 * @call: call to set up
 *
 * Context: Any.
 * Return: 0, or -ENOMEM.
 */
int fgft_defer_init(struct fgft_call *call)
{
	call->defer = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!call->defer)
		return -ENOMEM;
	call->defer->next = NULL;
	call->defer_first = call->defer->effect;
	defer_settle(call, call->defer);
	return 0;
}

/**
 * fgft_defer_release - free the first page, the only one left
 * @call: call, unusable afterwards
 *
 * Context: Any.
 */
void fgft_defer_release(struct fgft_call *call)
{
	free_page((unsigned long)call->defer);
}

/* One page more; false: there is no memory, or there are too many. */
static bool defer_grow(struct fgft_call *call)
{
	struct fgft_defer_page *page = NULL;

	if (call->defer_pages < DEFER_MAX)
		page = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!page)
		return false;
	page->next = NULL;
	call->defer_tail->next = page;
	call->defer_pages++;
	defer_settle(call, page);
	return true;
}

/**
 * fgft_call_defer_more - make room for one more effect
 * @call: running call whose last page is full
 *
 * Does not return when there is no memory: the call is aborted.
 *
 * Context: Inside @call.
 * Return: where the effect goes.
 */
struct fgft_deferred *fgft_call_defer_more(struct fgft_call *call)
{
	if (!defer_grow(call))
		fgft_abort(call, FGFT_CAUSE_MEMORY, _RET_IP_, 0, NULL);
	return call->defer_at;
}

/**
 * fgft_call_keep - have an inverse wait until the device is back
 * @call: aborted call that a restore follows, its deferred effects forgotten
 * @effect: record of its undo log
 *
 * In the room of what waits for commit, for fgft_defer_run() by the restore.
 *
 * Context: The entry point's.
 * Return: false if there is no memory: then it is the rollback's.
 */
bool fgft_call_keep(struct fgft_call *call, const struct fgft_undo_effect *effect)
{
	const u64 *arg = effect->arg;

	if (call->defer_at == call->defer_end && !defer_grow(call))
		return false;
	*call->defer_at++ = (struct fgft_deferred){
		.fn = (fgft_effect_t)(unsigned long)effect->footer.addr,
		.a = arg[0],
		.b = arg[1],
		.c = arg[2],
		.d = arg[3],
	};
	return true;
}

/* The first effect that is not in @page. */
static struct fgft_deferred *defer_behind(const struct fgft_call *call,
					  struct fgft_defer_page *page)
{
	return page == call->defer_tail ? call->defer_at :
					  page->effect + DEFER_ROOM;
}

/* A place among the effects that wait for commit. */
struct cursor {
	struct fgft_defer_page *page;
	struct fgft_deferred *effect;
};

static struct cursor first_due(const struct fgft_call *call)
{
	return (struct cursor){ call->defer, call->defer->effect };
}

/* The effect at @at, which goes on to the one behind; NULL: there is none. */
static struct fgft_deferred *next_due(const struct fgft_call *call,
				      struct cursor *at)
{
	while (at->effect == defer_behind(call, at->page)) {
		at->page = at->page->next;
		if (!at->page)
			return NULL;
		at->effect = at->page->effect;
	}
	return at->effect++;
}

/**
 * fgft_call_given - how often will an object have been given away at commit?
 * @call: running call
 * @a: the object
 *
 * Context: Inside @call.
 * Return: how many deferred effects free it or pass it on.
 */
u32 fgft_call_given(struct fgft_call *call, u64 a)
{
	struct cursor at = first_due(call);
	struct fgft_deferred *effect;
	u32 n = 0;

	while ((effect = next_due(call, &at)))
		n += effect->a == a && effect->d == FGFT_GIFT;
	return n;
}

static void done_already(u64 a, u64 b, u64 c, u64 d)
{
}

/**
 * fgft_call_is_deferred - is an effect due at commit already?
 * @call: running call
 * @fn: the effect
 * @a: its first argument
 *
 * Looks at all effects there are: not for what is done for each frame.
 *
 * Context: Inside @call.
 * Return: true if it is.
 */
bool fgft_call_is_deferred(struct fgft_call *call, fgft_effect_t fn, u64 a)
{
	struct cursor at = first_due(call);
	struct fgft_deferred *effect;

	while ((effect = next_due(call, &at)))
		if (effect->fn == fn && effect->a == a)
			return true;
	return false;
}

/**
 * fgft_call_cancel - forget effects that wait for commit
 * @call: running call
 * @fn: the kind
 * @a: their first argument
 *
 * Context: Inside @call.
 */
void fgft_call_cancel(struct fgft_call *call, fgft_effect_t fn, u64 a)
{
	struct cursor at = first_due(call);
	struct fgft_deferred *effect;

	while ((effect = next_due(call, &at)))
		if (effect->fn == fn && effect->a == a)
			effect->fn = done_already;
}

/**
 * fgft_call_hasten - do effects of one kind now after all
 * @call: running call
 * @fn: the kind
 *
 * Context: Inside @call.
 */
void fgft_call_hasten(struct fgft_call *call, fgft_effect_t fn)
{
	struct cursor at = first_due(call);
	struct fgft_deferred *effect;

	while ((effect = next_due(call, &at))) {
		if (effect->fn != fn)
			continue;
		fn(effect->a, effect->b, effect->c, effect->d);
		effect->fn = done_already;
	}
}

/**
 * fgft_defer_run - do what waits until the call is over, or forget it
 * @call: call about to end, or aborted and its device back
 * @commit: do it, in order
 *
 * Context: The entry point's, or process for what fgft_call_keep() has kept.
 */
void fgft_defer_run(struct fgft_call *call, bool commit)
{
	struct fgft_deferred *effect, *behind;
	struct fgft_defer_page *page, *next;

	for (page = call->defer; page; page = next) {
		next = page->next;
		behind = commit ? defer_behind(call, page) : page->effect;
		for (effect = page->effect; effect < behind; effect++)
			effect->fn(effect->a, effect->b, effect->c, effect->d);
		if (page != call->defer)
			free_page((unsigned long)page);
	}
	call->defer->next = NULL;
	call->defer_pages = 0;
	if (call->gifts) {
		call->gifts = 0;
		memset(call->given, 0, sizeof(call->given));
	}
	defer_settle(call, call->defer);
}
