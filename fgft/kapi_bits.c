// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of bit operations and atomic counters.
 *
 * Stores made by another context between ours and the rollback survive it: a
 * bit is put back by an atomic bit operation and only if the call changed it,
 * a counter by the opposite addition.  atomic_set() has no such inverse; its
 * old value returns only while the counter still holds ours.
 */

#include <linux/atomic.h>
#include <linux/bitops.h>

#include "kapi.h"

KAPI_EFFECT(set_bit, set_bit(b, AS(unsigned long *, a)))
KAPI_EFFECT(clear_bit, clear_bit(b, AS(unsigned long *, a)))
KAPI_EFFECT(change_bit, change_bit(b, AS(unsigned long *, a)))

/* The byte the bit is in: words may reach past the object. */
#define NEED_BIT()	NEED(WRITABLE, (u8 *)addr + (nr >> 3), 1)

/* @old: atomic operation with the bit's old value; @changed: did it change? */
#define BIT_VOID(name, operation, changed, inverse)			\
KAPI_EXPORT(void, name, (long nr, volatile unsigned long *addr))	\
{									\
	KAPI_ENTER(name);						\
	bool old;							\
									\
	if (!c)								\
		return name(nr, addr);					\
	NEED_BIT();							\
	old = operation(nr, addr);					\
	if ((changed) && !kapi_on_stack(c, addr))			\
		UNDO(inverse, 0, addr, nr);				\
}

#define BIT_BOOL(name, changed, inverse)				\
KAPI_EXPORT(bool, name, (long nr, volatile unsigned long *addr))	\
{									\
	KAPI_ENTER(name);						\
	bool old;							\
									\
	if (!c)								\
		return name(nr, addr);					\
	NEED_BIT();							\
	old = name(nr, addr);						\
	if ((changed) && !kapi_on_stack(c, addr))			\
		UNDO(inverse, 0, addr, nr);				\
	return old;							\
}

BIT_VOID(set_bit, test_and_set_bit, !old, clear_bit)
BIT_VOID(clear_bit, test_and_clear_bit, old, set_bit)
BIT_VOID(clear_bit_unlock, test_and_clear_bit, old, set_bit)
BIT_VOID(change_bit, test_and_change_bit, old || !old, change_bit)
BIT_BOOL(test_and_set_bit, !old, clear_bit)
BIT_BOOL(test_and_set_bit_lock, !old, clear_bit)
BIT_BOOL(test_and_clear_bit, old, set_bit)
BIT_BOOL(test_and_change_bit, old || !old, change_bit)

/* Not atomic: nobody else writes the word meanwhile, an ordinary store. */
#define WRITE_BIT()	WRITES((u8 *)addr + (nr >> 3), 1)

#define PLAIN_VOID(name)						\
KAPI_EXPORT(void, name, (unsigned long nr, volatile unsigned long *addr)) \
{									\
	KAPI_ENTER(name);						\
									\
	if (c)								\
		WRITE_BIT();						\
	name(nr, addr);							\
}

#define PLAIN_BOOL(name)						\
KAPI_EXPORT(bool, name, (unsigned long nr, volatile unsigned long *addr)) \
{									\
	KAPI_ENTER(name);						\
									\
	if (c)								\
		WRITE_BIT();						\
	return name(nr, addr);						\
}

PLAIN_VOID(___set_bit)
PLAIN_VOID(___clear_bit)
PLAIN_VOID(___change_bit)
PLAIN_BOOL(___test_and_set_bit)
PLAIN_BOOL(___test_and_clear_bit)
PLAIN_BOOL(___test_and_change_bit)

KAPI_EFFECT(atomic_add, atomic_add((int)b, AS(atomic_t *, a)))
KAPI_EFFECT(atomic64_add, atomic64_add((s64)b, AS(atomic64_t *, a)))
KAPI_EFFECT(atomic_set, atomic_cmpxchg(AS(atomic_t *, a), (int)b, (int)c))
KAPI_EFFECT(atomic64_set, atomic64_cmpxchg(AS(atomic64_t *, a), b, c))

#define COUNTER_SET(prefix, value_t)					\
KAPI_EXPORT(void, prefix##_set, (prefix##_t *v, value_t i))		\
{									\
	KAPI_ENTER(prefix##_set);					\
	value_t old;							\
									\
	if (!c)								\
		return prefix##_set(v, i);				\
	NEED(WRITABLE, v, sizeof(*v));					\
	old = prefix##_xchg(v, i);					\
	if (!kapi_on_stack(c, v))					\
		UNDO(prefix##_set, 0, v, i, old);			\
}

/*
 * The record comes after the operation: without memory for it the inverse runs
 * at once.
 */
#define COUNTER_BODY(prefix, operation, delta)				\
	if (!c)								\
		return operation;					\
	NEED(WRITABLE, v, sizeof(*v));					\
	r = operation;							\
	if (!kapi_on_stack(c, v))					\
		UNDO(prefix##_add, 0, v, delta);			\
	return r

#define COUNTER_STEP(prefix, name, result, delta)			\
KAPI_EXPORT(result, prefix##_##name, (prefix##_t *v))			\
{									\
	KAPI_ENTER(prefix##_##name);					\
	result r;							\
									\
	COUNTER_BODY(prefix, prefix##_##name(v), -(delta));		\
}

#define COUNTER_ADD(prefix, value_t, name, result, sign)		\
KAPI_EXPORT(result, prefix##_##name, (value_t i, prefix##_t *v))	\
{									\
	KAPI_ENTER(prefix##_##name);					\
	result r;							\
									\
	COUNTER_BODY(prefix, prefix##_##name(i, v), (s64)(value_t)(sign i)); \
}

/* The same without a result. */
#define COUNTER_VOID(prefix, name, params, operation, delta)		\
KAPI_EXPORT(void, prefix##_##name, params)				\
{									\
	KAPI_ENTER(prefix##_##name);					\
									\
	if (c)								\
		NEED(WRITABLE, v, sizeof(*v));				\
	operation;							\
	if (c && !kapi_on_stack(c, v))					\
		UNDO(prefix##_add, 0, v, (s64)(delta));			\
}

COUNTER_SET(atomic, int)
COUNTER_VOID(atomic, inc, (atomic_t *v), atomic_inc(v), -1)
COUNTER_VOID(atomic, dec, (atomic_t *v), atomic_dec(v), 1)
COUNTER_VOID(atomic, add, (int i, atomic_t *v), atomic_add(i, v), -i)
COUNTER_VOID(atomic, sub, (int i, atomic_t *v), atomic_sub(i, v), i)
COUNTER_STEP(atomic, inc_return, int, 1)
COUNTER_STEP(atomic, dec_return, int, -1)
COUNTER_STEP(atomic, inc_and_test, bool, 1)
COUNTER_STEP(atomic, dec_and_test, bool, -1)
COUNTER_ADD(atomic, int, add_return, int, -)
COUNTER_ADD(atomic, int, sub_return, int, +)
COUNTER_SET(atomic64, s64)
COUNTER_VOID(atomic64, inc, (atomic64_t *v), atomic64_inc(v), -1)
COUNTER_VOID(atomic64, dec, (atomic64_t *v), atomic64_dec(v), 1)
COUNTER_VOID(atomic64, add, (s64 i, atomic64_t *v), atomic64_add(i, v), -i)
COUNTER_VOID(atomic64, sub, (s64 i, atomic64_t *v), atomic64_sub(i, v), i)
