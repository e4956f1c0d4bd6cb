// SPDX-License-Identifier: GPL-2.0
/* Entry points of every shape, and the places the kernel finds them. */
#include "fake.h"

struct opaque;

static int opened(struct device *dev)
{
	dev->flags = 1;
	return k_pure(dev->id);
}

static int set(struct device *dev, int value)
{
	if (value < 0)
		return -22;
	for (int i = 0; i < value; i++)
		dev->bytes[i] = k_pure(i);
	dev->id = value;
	return 0;
}

static void stop(struct device *dev)
{
	dev->flags = 0;
}

const struct device_ops ops = { .open = opened, .set = set, .stop = stop };
const struct dev_pm_ops sleepy = { .suspend = opened };

static void work(struct work_struct *work)
{
	work->func = NULL;
}

static int irq(int number, void *data)
{
	struct device *dev = data;

	dev->flags = number;
	return 1;
}

void setup(struct device *dev, struct work_struct *w)
{
	w->func = work;
	k_request(1, irq, dev);
}

u32 get_unsigned(const struct device *dev) { return dev->flags; }
_Bool get_bool(struct opaque *o) { return o != NULL; }
void *get_pointer(u64 value, const char *s, volatile int *p) { return (void *)s + value + *p; }

/* The head of the function is the head of the loop. */
void spin(volatile int *p)
{
	while (!*p)
		;
}

int six(int a, int b, int c, int d, int e, int f) { return a + b + c + d + e + f; }

struct message { int event; };

int frozen(struct device *dev, struct message message)
{
	dev->flags = message.event;
	return 0;
}
