// SPDX-License-Identifier: GPL-2.0
#include "fake.h"

int entry(void *p)
{
	asm volatile("frob %0" : : "r"(p) : "memory");
	return 0;
}
