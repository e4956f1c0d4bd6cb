// SPDX-License-Identifier: GPL-2.0
/* A driver whose every entry changes memory in some way, then may fail. */
#include "fake.h"

struct flags {
	u32 a : 3, b : 9, c : 20;
};

struct state {
	struct device device, copy;
	struct flags flags;
	u8 bytes[64];
	u64 counter;
	int locked;
	int (*step)(struct state *state, int value);
};

int total;

static int double_it(struct state *state, int value)
{
	state->counter += 2 * value;
	return value;
}

static int triple_it(struct state *state, int value)
{
	state->counter += 3 * value;
	return value;
}

static noinline void deep(struct state *state, int value)
{
	if (value & 1)
		state->bytes[value & 63]++;
	if (value > 0)
		deep(state, value - 1);
}

/* Every kind of store before the last call; k_pure() fails on 13. */
int update(struct state *state, int value)
{
	total += value;
	state->copy = state->device;
	state->flags.b = value;
	state->flags.c++;
	memset(state->bytes + (value & 15), value, (value & 31) + 1);
	for (int i = 0; i < (value & 63); i++)
		state->bytes[i] ^= i;
	helper_atomic_inc(&state->locked);
	deep(state, value & 15);
	state->step = value & 1 ? double_it : triple_it;
	state->step(state, value);
	strcpy((char *)state->device.bytes, value & 2 ? "even" : "something odd");
	return k_pure(value);
}

/* Runs until the loop budget ends. */
int hang(struct state *state)
{
	state->counter = 0;
	for (;;)
		state->counter++;
	return 0;
}

/* A target nobody takes the address of in reachable code. */
int jump(struct state *state)
{
	state->counter = 99;
	return state->step(state, 1);
}

long sum(long a, int b, short c, char d, u64 e, _Bool f)
{
	total = a;
	return a + b + c + d + e + f;
}
