// SPDX-License-Identifier: GPL-2.0
/* Every way a twin may call something. */
#include "fake.h"

int other_unit(struct device *dev);
void k_never(void) __attribute__((error("must not be called")));

static noinline int callee(struct device *dev)
{
	dev->id = 1;
	return dev->flags;
}

int calls_twin(struct device *dev) { return callee(dev) + 1; }
int calls_other_unit(struct device *dev) { return other_unit(dev) + 1; }
int calls_pure(int value) { return k_pure(value) + 1; }
int calls_pure_inline(int value) { return k_pure_inline(value) + 1; }
void calls_wrapper(struct device *dev) { k_set(dev, 1); }
void calls_inline_row(struct device *dev) { k_inline_set(dev, 1); }
void calls_mmio(void *p) { k_write(1, p); }
void *calls_alloc(void) { return k_alloc(8); }
void calls_free(void *p) { k_free(p); }
void *calls_helper_alloc(void) { return helper_zalloc(8); }
void calls_helper_always_inline(struct device *dev) { helper_set_twice(dev, 1); }
int calls_pointer(const struct device_ops *ops, struct device *dev) { return ops->open(dev) + 1; }

void calls_dead(int value)
{
	if (sizeof(value) == 8) {
		k_unclassed(value);
		k_never();
	}
}

int leaf(int value) { return value + 1; }
