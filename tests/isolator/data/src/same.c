// SPDX-License-Identifier: GPL-2.0
/* Two entry points with one body, which GCC would like to make one function. */
#include "fake.h"

static int one(struct device *dev, int value)
{
	for (int i = 0; i < value; i++)
		dev->bytes[i] = k_pure(i) + 1;
	dev->id = value;
	dev->flags = value * 3;
	return k_pure(value) + k_pure(value + 7);
}

static int two(struct device *dev, int value)
{
	for (int i = 0; i < value; i++)
		dev->bytes[i] = k_pure(i) + 1;
	dev->id = value;
	dev->flags = value * 3;
	return k_pure(value) + k_pure(value + 7);
}

const struct device_ops ops[] = { { .set = one }, { .set = two } };
