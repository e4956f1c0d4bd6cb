// SPDX-License-Identifier: GPL-2.0
/* One function a kind of store; external, so each has a twin. */
#include "fake.h"

struct bits {
	u32 before;
	u32 low : 3, high : 7, rest : 22;
	u16 tail;
};

struct wide {
	u64 a, b;
};

int global;
struct device make_device(int id);

void store_byte(u8 *p) { *p = 1; }
void store_half(u16 *p) { *p = 1; }
void store_word(u32 *p) { *p = 1; }
void store_quad(u64 *p) { *p = 1; }
void store_wide(unsigned __int128 *p) { *p = 1; }
void store_global(int value) { global = value; }
void store_volatile(volatile u32 *p) { *p = 1; }
void store_element(u16 *p, long i) { p[i] = 1; }

void store_bitfield(struct bits *bits, int value)
{
	bits->high = value;
}

void store_struct(struct device *to, const struct device *from)
{
	*to = *from;
}

void store_result(struct device *to)
{
	*to = make_device(1);
}

/* Only the second store is left by the time hooks go in. */
void store_dead(int *p)
{
	*p = 1;
	*p = 2;
}

int store_local(int value)
{
	volatile int local[4];

	local[value & 3] = value;
	return local[1];
}

void store_two(struct device *dev)
{
	dev->id = 1;
	k_set(dev, 3);
	dev->data = dev;
}
