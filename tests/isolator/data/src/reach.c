// SPDX-License-Identifier: GPL-2.0
/* What is reachable from an entry and what is not. */
#include "fake.h"

/* A record of the driver's own: only the driver calls through it. */
struct own_ops {
	int (*step)(struct device *dev);
};

int elsewhere(int irq, void *data);

static noinline int direct(struct device *dev) { return ++dev->id; }
static noinline int by_address(int irq, void *data) { return irq + k_pure(1); }
/* With what the kernel's word "inline" stands for. */
static inline __attribute__((__gnu_inline__)) int own_inline(struct device *dev) { return ++dev->flags; }
static int in_own_ops(struct device *dev) { return ++dev->flags; }
static int in_kernel_ops(struct device *dev) { return --dev->flags; }
static noinline int only_from_probe(struct device *dev) { return ++dev->id; }
static int probe_handler(int irq, void *data) { return irq; }
static noinline int __init in_init(struct device *dev) { return ++dev->flags; }

static const struct own_ops own = { .step = in_own_ops };

int entry(struct device *dev)
{
	const struct own_ops *volatile ops = &own;

	k_request(1, by_address, dev);
	k_request(2, elsewhere, dev);
	return direct(dev) + own_inline(dev) + ops->step(dev);
}

static const struct device_ops kernel_ops = { .open = in_kernel_ops };

static int probe(struct device *dev)
{
	dev->data = (void *)&kernel_ops;
	k_request(2, probe_handler, dev);
	return only_from_probe(dev) + in_init(dev);
}

int init_module(void)
{
	static struct device dev;

	return probe(&dev);
}

int __init external_init(struct device *dev)
{
	return in_init(dev) + 1;
}
