// SPDX-License-Identifier: GPL-2.0
/*
 * Outcomes: what the caller of an entry point may get from the driver, what it
 * gets instead after an abort, and what has to follow then.
 *
 * Written once a subsystem, as tables (class/), and looked up once for each
 * entry point, when its driver is loaded.
 */

#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/limits.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <sound/pcm.h>

#include "fgft.h"

#define NO_ARGUMENT	(-1)

/* ---- tables ------------------------------------------------------------------- */

/* Values that are computed: a function each, with the call's arguments in scope. */
#define ARG(n, type)		((type)args[n])
#define COMPUTED		CONCATENATE(computed_, __LINE__)

/* In frames, within the buffer. */
static long snd_pcm_position(const struct snd_pcm_substream *substream)
{
	const struct snd_pcm_runtime *runtime = substream->runtime;

	if (!runtime || !runtime->status || !runtime->buffer_size)
		return 0;
	return (runtime->status->hw_ptr - runtime->hw_ptr_base) %
	       runtime->buffer_size;
}

#define CLASS_RESULT(table, value)
#define CLASS_RESULT_ARGUMENT(table, n)
#define CLASS_RESULT_TAKEN(table, value)
#define CLASS_RESULT_COMPUTED(table, value)				\
static long COMPUTED(const unsigned long *args)				\
{									\
	return value;							\
}
#include "class/results.def"
#undef CLASS_RESULT
#undef CLASS_RESULT_ARGUMENT
#undef CLASS_RESULT_COMPUTED

struct result_row {
	const char *table;
	long value;
	int argument;			/* returned as it came, or NO_ARGUMENT */
	long (*computed)(const unsigned long *args);
};

static const struct result_row result_rows[] = {
#define CLASS_RESULT(table, value)	{ table, value, NO_ARGUMENT, NULL },
#define CLASS_RESULT_ARGUMENT(table, n)		{ table, 0, n, NULL },
#define CLASS_RESULT_COMPUTED(table, value)				\
	{ table, 0, NO_ARGUMENT, COMPUTED },
#include "class/results.def"
#undef CLASS_RESULT
#undef CLASS_RESULT_ARGUMENT
#undef CLASS_RESULT_COMPUTED
#undef CLASS_RESULT_TAKEN
};

static const struct taken_row {
	const char *table;
	long value;
} taken_rows[] = {
#define CLASS_RESULT(table, value)
#define CLASS_RESULT_ARGUMENT(table, n)
#define CLASS_RESULT_COMPUTED(table, value)
#define CLASS_RESULT_TAKEN(table, value)	{ table, value },
#include "class/results.def"
};

#undef COMPUTED
#define COMPUTED		CONCATENATE(below_, __LINE__)
#define CLASS_RETURNS(table, low, high)
#define CLASS_RETURNS_UP_TO(table, low, n)
#define CLASS_RETURNS_BELOW(table, low, high, value)				\
static long COMPUTED(const unsigned long *args)				\
{									\
	return value;							\
}
#include "class/returns.def"
#undef CLASS_RETURNS
#undef CLASS_RETURNS_UP_TO
#undef CLASS_RETURNS_BELOW

struct returns_row {
	const char *table;
	long low, high;
	int limit;			/* argument that is the highest */
	long (*below)(const unsigned long *args);
};

static const struct returns_row returns_rows[] = {
#define CLASS_RETURNS(table, low, high)					\
	{ table, low, high, NO_ARGUMENT, NULL },
#define CLASS_RETURNS_UP_TO(table, low, n)	{ table, low, 0, n, NULL },
#define CLASS_RETURNS_BELOW(table, low, high, value)				\
	{ table, low, high, NO_ARGUMENT, COMPUTED },
#include "class/returns.def"
};

struct ending_row {
	const char *table;
	enum fgft_ending ending;
};

static const struct ending_row ending_rows[] = {
#define CLASS_ENDING(table, ending)		{ table, FGFT_ENDING_##ending },
#include "class/endings.def"
};

static bool table_is(const char *table, const char *row)
{
	size_t size = strlen(row);

	if (size && row[size - 1] == '.')
		return !strncmp(table, row, size);
	return !strcmp(table, row);
}

/* The first of @n rows for @entry, NULL if there is none; a table comes first. */
static const void *row_find(const void *rows, size_t n, size_t size,
			    const struct fgft_entry *entry)
{
	const void *row;

	for (row = rows; n; n--, row += size)
		if (table_is(entry->table, *(const char * const *)row))
			return row;
	return NULL;
}

/* ---- what the C type says -------------------------------------------------------- */

/* Bounds hold for the low bytes of the result, taken as a signed number. */
static void outcome_by_type(struct fgft_outcome *outcome, u32 ret)
{
	outcome->unused_bits = 0;
	outcome->low = LONG_MIN;
	outcome->high = LONG_MAX;
	switch (ret) {
	case FGFT_RET_INT:
		outcome->unused_bits = 32;
		outcome->low = -MAX_ERRNO;
		outcome->result = -EIO;
		break;
	case FGFT_RET_LONG:
		outcome->low = -MAX_ERRNO;
		outcome->result = -EIO;
		break;
	case FGFT_RET_BOOL:
		outcome->unused_bits = 56;
		outcome->low = 0;
		outcome->high = 1;
		break;
	case FGFT_RET_PTR:
		/* The kernel's half is negative; ERR_PTR()s are its top. */
		outcome->low = (long)PAGE_OFFSET;
		outcome->high = 0;
		break;
	}
}

/**
 * fgft_outcome_find - look an entry point up in the tables
 * @entry: the entry point
 * @outcome: filled in
 *
 * Context: Any.
 */
void fgft_outcome_find(const struct fgft_entry *entry,
		       struct fgft_outcome *outcome)
{
	const struct returns_row *returns =
		row_find(returns_rows, ARRAY_SIZE(returns_rows),
			 sizeof(returns_rows[0]), entry);
	const struct result_row *result =
		row_find(result_rows, ARRAY_SIZE(result_rows),
			 sizeof(result_rows[0]), entry);
	const struct taken_row *taken =
		row_find(taken_rows, ARRAY_SIZE(taken_rows),
			 sizeof(taken_rows[0]), entry);
	const struct ending_row *ending =
		row_find(ending_rows, ARRAY_SIZE(ending_rows),
			 sizeof(ending_rows[0]), entry);

	*outcome = (struct fgft_outcome){
		.limit = NO_ARGUMENT,
		.argument = NO_ARGUMENT,
	};
	outcome_by_type(outcome, entry->ret);
	if (returns && entry->ret != FGFT_RET_VOID) {
		/* Enums are passed in a register's lower half. */
		if (entry->ret == FGFT_RET_UINT)
			outcome->unused_bits = 32;
		outcome->low = returns->low;
		outcome->high = returns->high;
		outcome->limit = returns->limit;
		outcome->below = returns->below;
	}
	if (result) {
		outcome->result = result->value;
		outcome->argument = result->argument;
		outcome->computed = result->computed;
	}
	outcome->taken = taken ? taken->value : outcome->result;
	if (ending)
		outcome->ending = ending->ending;
}

/**
 * fgft_outcome_bounded - is a result out of bounds legal for its arguments?
 * @outcome: of the entry point
 * @args: the call's
 * @value: what it returned, in its own width
 *
 * Context: Any.
 * Return: true if it is.
 */
bool fgft_outcome_bounded(const struct fgft_outcome *outcome,
			  const unsigned long *args, long value)
{
	if (outcome->below)
		return value >= 0 && value < outcome->below(args);
	if (outcome->limit == NO_ARGUMENT)
		return false;
	return value >= outcome->low && value <= (int)args[outcome->limit];
}

/**
 * fgft_outcome_result - what an entry point returns after an abort
 * @outcome: of the entry point
 * @args: the call's
 *
 * Context: Any.
 * Return: the value, in the width of the entry's type.
 */
long fgft_outcome_result(const struct fgft_outcome *outcome,
			 const unsigned long *args)
{
	if (outcome->computed)
		return outcome->computed(args);
	if (outcome->argument != NO_ARGUMENT)
		return args[outcome->argument];
	return outcome->result;
}
