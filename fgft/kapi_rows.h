/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of the kernel-function table turned into code: a wrapper a row, and
 * kapi_rows[], a list of them.
 *
 * KAPI_TABLE is a file of rows.  It is included twice, each time with the
 * classes meaning something else: wrappers, list entries.  What the columns
 * mean is in kapi.h.  Included last, by the one file that has the rows' effects.
 */
#ifndef FGFT_KAPI_ROWS_H
#define FGFT_KAPI_ROWS_H

#include "kapi.h"

/* A row of one column besides the name belongs to a wrapper written by hand. */
#define KAPI_ROW(kind, name, ...)					\
	CONCATENATE(kind, COUNT_ARGS(__VA_ARGS__))(name, __VA_ARGS__)

/* The result column. */
#define KAPI_TYPE_VOID		void
#define KAPI_TYPE_RET(type)	type
#define KAPI_RESULT_VOID
#define KAPI_RESULT_RET(type)	type r;
#define KAPI_ASSIGN_VOID
#define KAPI_ASSIGN_RET(type)	r =
#define KAPI_YIELD_VOID
#define KAPI_YIELD_RET(type)	return r;

/* The context column. */
#define KAPI_ENTER_ANY		NOTHING
#define KAPI_ENTER_SLEEPS	kapi_sleeps(c, _RET_IP_, kapi_name)
#define KAPI_ENTER_WAITS	fgft_lock_publish(c)
#define KAPI_ENTER_JOINS						\
	do {								\
		fgft_lock_publish(c);					\
		kapi_sleeps(c, _RET_IP_, kapi_name);			\
	} while (0)

#define KAPI_ENTER_REENTERS	KAPI_ENTER_JOINS

/* Around the kernel function itself. */
#define KAPI_LEAVE_ANY		NOTHING
#define KAPI_LEAVE_SLEEPS	NOTHING
#define KAPI_LEAVE_WAITS	NOTHING
#define KAPI_LEAVE_JOINS	NOTHING
#define KAPI_LEAVE_REENTERS	fgft_call_leave(c)
#define KAPI_RETURN_ANY		NOTHING
#define KAPI_RETURN_SLEEPS	NOTHING
#define KAPI_RETURN_WAITS	NOTHING
#define KAPI_RETURN_JOINS	NOTHING
#define KAPI_RETURN_REENTERS	fgft_call_return(c)

/* ---- wrappers ------------------------------------------------------------ */

#define KAPI_WRAP1(name, context)
#define KAPI_WRAP7(name, ret, params, args, context, fault, before, after) \
KAPI_EXPORT(KAPI_TYPE_##ret, name, params)				\
{									\
	KAPI_ENTER(name);						\
	KAPI_RESULT_##ret						\
									\
	if (!c)								\
		return name args;					\
	KAPI_ENTER_##context;						\
	before;								\
	KAPI_LEAVE_##context;						\
	KAPI_ASSIGN_##ret name args;					\
	KAPI_RETURN_##context;						\
	after;								\
	KAPI_YIELD_##ret						\
}

#define KAPI_DEFER1(name, context)
#define KAPI_DEFER4(name, params, args, context, steps)			\
KAPI_EXPORT(void, name, params)						\
{									\
	KAPI_ENTER(name);						\
									\
	if (!c)								\
		return name args;					\
	KAPI_ENTER_##context;						\
	steps;								\
}

#define KAPI_ALLOC1(name, context)
#define KAPI_ALLOC7(name, ret, params, args, context, before, track, undo) \
KAPI_EXPORT(KAPI_TYPE_##ret, name, params)				\
{									\
	KAPI_ENTER(name);						\
	KAPI_RESULT_##ret						\
									\
	if (c) {							\
		KAPI_ENTER_##context;					\
		before;							\
	}								\
	r = name args;							\
	if (c && !ZERO_OR_NULL_PTR(r)) {				\
		track;							\
		undo;							\
	}								\
	return r;							\
}									\
KAPI_EXPORT_NATIVE(KAPI_TYPE_##ret, name, params)			\
{									\
	struct fgft_call *const c = NULL;				\
	KAPI_RESULT_##ret						\
									\
	r = name args;							\
	if (!ZERO_OR_NULL_PTR(r))					\
		track;							\
	return r;							\
}

#define KAPI_FREE1(name, context)
#define KAPI_FREE6(name, params, args, context, need, untrack, commit)	\
KAPI_EXPORT_NATIVE(void, name, params)					\
{									\
	untrack;							\
	name args;							\
}									\
KAPI_EXPORT(void, name, params)						\
{									\
	KAPI_ENTER(name);						\
									\
	if (!c)								\
		return fgft_n_##name args;				\
	KAPI_ENTER_##context;						\
	need;								\
	commit;								\
}

#define KAPI_PURE(name, ...)
#define KAPI_LOCK(name, context)
#define KAPI_MMIO(name, context)
#define KAPI_READS(name, context)
#define KAPI_WRITES(...)	KAPI_ROW(KAPI_WRAP, __VA_ARGS__)
#define KAPI_UNDO(...)		KAPI_ROW(KAPI_WRAP, __VA_ARGS__)
#define KAPI_TOGGLE(...)	KAPI_ROW(KAPI_WRAP, __VA_ARGS__)
#define KAPI_SLEEP(...)		KAPI_ROW(KAPI_WRAP, __VA_ARGS__)
#define KAPI_ONEWAY(...)	KAPI_ROW(KAPI_WRAP, __VA_ARGS__)
#define KAPI_DEFER(...)		KAPI_ROW(KAPI_DEFER, __VA_ARGS__)
#define KAPI_ALLOC(...)		KAPI_ROW(KAPI_ALLOC, __VA_ARGS__)
#define KAPI_FREE(...)		KAPI_ROW(KAPI_FREE, __VA_ARGS__)
#define KAPI_FORBID(name, ret, params, args)				\
KAPI_EXPORT(KAPI_TYPE_##ret, name, params)				\
{									\
	KAPI_ENTER(name);						\
									\
	if (c)								\
		fgft_abort(c, FGFT_CAUSE_UNCLASSED, _RET_IP_, 0,	\
			   kapi_name);					\
	return name args;						\
}

#include KAPI_TABLE

#undef KAPI_PURE
#undef KAPI_LOCK
#undef KAPI_MMIO
#undef KAPI_READS
#undef KAPI_WRITES
#undef KAPI_UNDO
#undef KAPI_TOGGLE
#undef KAPI_SLEEP
#undef KAPI_ONEWAY
#undef KAPI_DEFER
#undef KAPI_ALLOC
#undef KAPI_FREE
#undef KAPI_FORBID

/* ---- list of the rows ------------------------------------------------------ */

#define KAPI_SOFT_SOFT(function)	true, function
#define KAPI_SOFT_HARD(function)	false, NULL

#define KAPI_LIST(name, class, context, fault)				\
	{ #name, class, KAPI_##context, KAPI_SOFT_##fault(name) },
#define KAPI_LIST_WRAP1(name, class, context)				\
	KAPI_LIST(name, class, context, HARD)
#define KAPI_LIST_WRAP7(name, class, ret, params, args, context, fault, ...) \
	KAPI_LIST(name, class, context, fault)
#define KAPI_LIST_DEFER1	KAPI_LIST_WRAP1
#define KAPI_LIST_DEFER4(name, class, params, args, context, steps)	\
	KAPI_LIST(name, class, context, HARD)
#define KAPI_LIST_ALLOC1	KAPI_LIST_WRAP1
#define KAPI_LIST_ALLOC7(name, class, ret, params, args, context, ...)	\
	KAPI_LIST(name, class, context, HARD)
#define KAPI_LIST_FREE1		KAPI_LIST_WRAP1
#define KAPI_LIST_FREE6(name, class, params, args, context, ...)	\
	KAPI_LIST(name, class, context, HARD)
#define KAPI_LIST_PURE0(name)						\
	KAPI_LIST(name, "PURE", ANY, HARD)
#define KAPI_LIST_PURE1(name, fault)					\
	KAPI_LIST(name, "PURE", ANY, fault)
#define KAPI_LIST_ROW(kind, class, name, ...)				\
	CONCATENATE(kind, COUNT_ARGS(__VA_ARGS__))(name, class, __VA_ARGS__)

#define KAPI_PURE(name, ...)						\
	CONCATENATE(KAPI_LIST_PURE, COUNT_ARGS(__VA_ARGS__))		\
	(name, ##__VA_ARGS__)
#define KAPI_LOCK(name, context)	KAPI_LIST(name, "LOCK", context, HARD)
#define KAPI_MMIO(name, context)	KAPI_LIST(name, "MMIO", context, HARD)
#define KAPI_READS(name, context) KAPI_LIST(name, "READS", context, HARD)
#define KAPI_WRITES(...)	\
	KAPI_LIST_ROW(KAPI_LIST_WRAP, "WRITES", __VA_ARGS__)
#define KAPI_UNDO(...)		\
	KAPI_LIST_ROW(KAPI_LIST_WRAP, "UNDO", __VA_ARGS__)
#define KAPI_TOGGLE(...)	\
	KAPI_LIST_ROW(KAPI_LIST_WRAP, "TOGGLE", __VA_ARGS__)
#define KAPI_SLEEP(...)		\
	KAPI_LIST_ROW(KAPI_LIST_WRAP, "SLEEP", __VA_ARGS__)
#define KAPI_ONEWAY(...)	\
	KAPI_LIST_ROW(KAPI_LIST_WRAP, "ONEWAY", __VA_ARGS__)
#define KAPI_DEFER(...)		\
	KAPI_LIST_ROW(KAPI_LIST_DEFER, "DEFER", __VA_ARGS__)
#define KAPI_ALLOC(...)		\
	KAPI_LIST_ROW(KAPI_LIST_ALLOC, "ALLOC", __VA_ARGS__)
#define KAPI_FREE(...)		\
	KAPI_LIST_ROW(KAPI_LIST_FREE, "FREE", __VA_ARGS__)
#define KAPI_FORBID(name, ret, params, args)				\
	KAPI_LIST(name, "FORBID", ANY, HARD)

static const struct fgft_kapi_row kapi_rows[] = {
#include KAPI_TABLE
};

#endif /* FGFT_KAPI_ROWS_H */
