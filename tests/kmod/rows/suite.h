/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions and a table from the rows of a suite.  Included last by
 * rows_<suite>.c, which defines SUITE and SUITE_FILE.
 *
 * Columns: the row's function; what runs before; the act; the effect; what
 * that is after a commit; what runs after.  Shorter forms leave columns out.
 */

#define NOTHING		do { } while (0)

/* The effect is what the act has found out. */
#define PURE(name, expression, wanted)					\
	ROW(name, CHANGES, 0, NOTHING, OUT(expression), rows.out, wanted, \
	    NOTHING)
/* Nothing is found out but that it came back. */
#define VOID(name, act)							\
	ROW(name, CHANGES, 0, NOTHING, act; OUT(1), rows.out, 1, NOTHING)
#define CHANGES(name, before, act, effect, wanted, after)		\
	ROW(name, CHANGES, 0, before, act, effect, wanted, after)
#define SLEEPS(name, before, act, effect, wanted, after)		\
	ROW(name, CHANGES, ROW_SLEEPS, before, act, effect, wanted, after)
#define PINNED(name, before, act, effect, wanted, after)		\
	ROW(name, CHANGES, ROW_PINNED, before, act, effect, wanted, after)
#define STAYS(name, before, act, effect, wanted, after)			\
	ROW(name, STAYS, 0, before, act, effect, wanted, after)
/* Makes the task wait: a context switch is seen. */
#define WAITS(name, act)						\
	ROW(name, WAITS, ROW_SLEEPS, NOTHING, act, rows.out, rows.out, NOTHING)
#define FORBIDDEN(name, act)						\
	ROW(name, FORBIDDEN, 0, NOTHING, act, rows.out, rows.out, NOTHING)

#define BREAKS(name, act)						\
	ROW(name, BREAKS, 0, NOTHING, act, rows.out, rows.out, NOTHING)

#define ROW(name, kind, flags, before, act, effect, wanted, after)	\
static noinline void act_##name(void)					\
{									\
	act;								\
}									\
									\
static NATIVE void before_##name(void)					\
{									\
	before;								\
}									\
									\
static NATIVE u64 effect_##name(void)					\
{									\
	return (u64)(effect);						\
}									\
									\
static NATIVE u64 wanted_##name(void)					\
{									\
	return (u64)(wanted);						\
}									\
									\
static NATIVE void after_##name(void)					\
{									\
	after;								\
}

#include SUITE_FILE

#undef ROW
#define ROW(name, kind, flags, ...)					\
{									\
	#name, ROW_##kind, flags, act_##name, before_##name,		\
	effect_##name, wanted_##name, after_##name,			\
},

static const struct row_test suite_tests[] = {
#include SUITE_FILE
};

#define SUITE_ENTRY	CONCATENATE(rows_, SUITE)

long SUITE_ENTRY(u32 n);
noinline long SUITE_ENTRY(u32 n)
{
	suite_tests[n].act();
	strike();
	return 0;
}

const struct row_suite CONCATENATE(suite_, SUITE) = {
	.name	= __stringify(SUITE),
	.entry	= __stringify(SUITE_ENTRY),
	.enter	= SUITE_ENTRY,
	.tests	= suite_tests,
	.ntests	= ARRAY_SIZE(suite_tests),
};
