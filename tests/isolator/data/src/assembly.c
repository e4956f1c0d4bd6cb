// SPDX-License-Identifier: GPL-2.0
/* Asm a twin may contain. */
#include "fake.h"

int counter;

void plain_output(int *p) { asm("movl $1,%0" : "=m"(*p)); }
int register_output(int value) { asm("incl %0" : "+r"(value)); return value; }
void listed_output(struct device *dev) { helper_atomic_inc(&dev->id); }
void barrier(void) { asm volatile("" : : : "memory"); }
void relax(void) { asm volatile("pause" : : : "memory"); }
void percpu(void) { asm volatile("incl %%gs:%0" : "+m"(counter)); }

int local_output(void)
{
	int local;

	asm("movl $1,%0" : "=m"(local));
	return local;
}
