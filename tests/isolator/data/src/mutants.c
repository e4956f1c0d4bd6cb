// SPDX-License-Identifier: GPL-2.0
/* Small functions in which one mistake each shows in the result. */
#include "fake.h"

struct pair {
	int one, two;
};

static noinline int subtract(int a, int b)
{
	return a - b;
}

int arithmetic(int x)
{
	int y = x + 7;

	return y;
}

int bounded(int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++)
		sum++;
	return sum;
}

int guarded(struct pair *pair)
{
	if (!pair)
		return -1;
	return 1;
}

int parameters(int a, int b)
{
	return subtract(a, b);
}

int assigned(struct pair *pair)
{
	pair->one = 3;
	return pair->one * 100 + pair->two;
}

int erring(int x)
{
	int err = k_pure(x);

	if (err < 0)
		return err;
	return 100;
}

int freeing(void *p)
{
	k_free(p);
	return 0;
}

int allocating(void)
{
	void *p = k_alloc(64);

	return p ? 1 : 0;
}

int copying(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return to[8];
}

int locking(int *counter)
{
	k_spin_lock(counter);
	k_spin_unlock(counter);
	return *counter;
}

int device(void *registers)
{
	k_write(16, registers);
	return k_readl(registers);
}

int handler(int irq, void *data)
{
	struct pair *pair = data;

	pair->two++;
	return 1;
}

int requesting(void *data)
{
	return request_irq(1, handler, data);
}
