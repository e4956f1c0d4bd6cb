// SPDX-License-Identifier: GPL-2.0
/* Functions the kernel is handed, and functions it is not. */
#include "fake.h"

struct own_ops {
	int (*step)(struct device *dev);
};

int elsewhere(int irq, void *data);

static int __init starts(void) { return k_pure(1); }
static void stops(void) { k_pure(2); }
int init_module(void) __attribute__((alias("starts")));
void cleanup_module(void) __attribute__((alias("stops")));

static int opened(struct device *dev) { return ++dev->id; }
static int set(struct device *dev, int value) { return dev->id = value; }
static int handler(int irq, void *data) { return irq + k_pure(3); }
static int (*chosen)(int irq, void *data) = handler;
static int many(int a, int b, int c, int d, int e, int f, int g) { return a + g; }
static int own_step(struct device *dev) { return ++dev->flags; }

const struct device_ops ops = { .open = opened, .set = set, .stop = (void (*)(struct device *))many };
const struct own_ops own = { .step = own_step };

int not_handed(struct device *dev) { return own.step(dev); }

int setup(struct device *dev)
{
	k_request(2, elsewhere, dev);
	return k_request(1, handler, dev) + k_request(3, chosen, dev);
}
