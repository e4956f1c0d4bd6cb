// SPDX-License-Identifier: GPL-2.0
/*
 * Calls the entries of transaction.c natively, isolated without a fault and
 * isolated with one, from many states; prints the unit's records on the way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

struct state {
	char opaque[512];
};

extern int total;
int update(void *state, int value);
int hang(void *state);
int jump(void *state);
long sum(long a, int b, short c, char d, unsigned long long e, _Bool f);

static int fail_on = -1;

int k_pure(int value)
{
	if (value == fail_on)
		fail_call();
	return value + 1;
}

static int stray(void *state, int value)
{
	return value;
}

#define CHECK(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);		\
			exit(1);							\
		}									\
	} while (0)

static void print_records(void)
{
	struct fgft_unit *unit = find_unit();

	CHECK(unit);
	printf("source %s\n", strrchr(unit->source, '/') + 1);
	for (size_t i = 0; i < unit->nentries; i++) {
		struct fgft_entry *entry = &unit->entries[i];

		printf("entry %s table=%s ret=%u", entry->name, entry->table, entry->ret);
		for (u32 a = 0; a < entry->nargs; a++)
			printf(" %s/%u/%u", entry->args[a].type, entry->args[a].size,
			       entry->args[a].flags);
		printf("\n");
		CHECK(entry->native && entry->twin && entry->native != entry->twin);
		CHECK(!entry->state);
	}
	printf("targets %u\n", (unsigned)unit->ntargets);
	for (size_t i = 0; i < unit->nregs; i++) {
		const struct fgft_reg *reg = &unit->regs[i];

		printf("reg %u:%#x+%u w%u %#llx/%#llx kind=%u\n", reg->bar, reg->offset, reg->count,
		       reg->width, (unsigned long long)reg->mask, (unsigned long long)reg->match,
		       (unsigned)reg->kind);
	}
}

static void randomise(struct state *state, unsigned seed)
{
	srand(seed);
	for (size_t i = 0; i < sizeof(*state); i++)
		state->opaque[i] = rand();
	total = rand();
}

int main(void)
{
	struct state native, isolated, before;
	int total_native, total_before;

	print_records();
	for (int value = 0; value < 200; value++) {
		fail_on = -1;
		randomise(&native, value);
		CHECK(update(&native, value) == value + 1);
		CHECK(counts.calls == 0);
		total_native = total;

		/* Isolated, no fault: the same result and the same memory. */
		switch_entry("update", 1);
		randomise(&isolated, value);
		CHECK(update(&isolated, value) == value + 1);
		CHECK(counts.calls == 1 && counts.stores && counts.icalls == 1);
		CHECK(!memcmp(&native, &isolated, sizeof(native)));
		CHECK(total == total_native);

		/* Isolated, fault at the end: everything is as before. */
		fail_on = value;
		randomise(&isolated, value);
		before = isolated;
		total_before = total;
		CHECK(update(&isolated, value) == -5);
		CHECK(!memcmp(&before, &isolated, sizeof(before)));
		CHECK(total == total_before);
		CHECK(memcmp(&native, &isolated, sizeof(native)));
		switch_entry("update", 0);
		memset(&counts, 0, sizeof(counts));
	}

	switch_entry("hang", 1);
	randomise(&isolated, 1);
	before = isolated;
	CHECK(hang(&isolated) == -5);
	CHECK(!memcmp(&before, &isolated, sizeof(before)));

	/* An unknown target, in every place where the pointer may be. */
	switch_entry("jump", 1);
	for (size_t i = 0; i < sizeof(isolated) / sizeof(void *); i++)
		((void **)&isolated)[i] = (void *)stray;
	before = isolated;
	CHECK(jump(&isolated) == -5);
	CHECK(!memcmp(&before, &isolated, sizeof(before)));

	CHECK(sum(1, -2, 3, -4, 5, 1) == 4);
	switch_entry("sum", 1);
	memset(&counts, 0, sizeof(counts));
	CHECK(sum(10, -20, 30, -40, 50, 1) == 31);
	CHECK(counts.calls == 1 && total == 10);
	printf("done\n");
	return 0;
}
