// SPDX-License-Identifier: GPL-2.0
#include "fake.h"

int entry(int value)
{
	return k_unclassed(value) + k_unclassed(value + 1);
}
