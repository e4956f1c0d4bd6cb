// SPDX-License-Identifier: GPL-2.0
/* A function with a site of each kind. */
#include "fake.h"

static noinline void helper(struct device *dev)
{
	dev->flags = 1;
}

int entry(struct device *dev, int value)
{
	int local = value;

	dev->id = local;
	k_write(value, dev->data);
	helper(dev);
	return 0;
}

int no_entry(struct device *dev)
{
	k_inline_set(dev, 1);
	return 0;
}
