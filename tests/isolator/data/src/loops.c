// SPDX-License-Identifier: GPL-2.0
/* Loops that need a budget and loops that do not. */
#include "fake.h"

int table[8];

void counted_by_argument(int n) { for (int i = 0; i < n; i++) k_pure(i); }
void short_constant(void) { for (int i = 0; i < 60; i++) k_pure(i); }
void long_constant(void) { for (int i = 0; i < 1000; i++) k_pure(i); }
void polled(volatile int *p) { while (!*p) asm volatile("pause" : : : "memory"); }
void endless(void) { for (;;) asm volatile("pause" : : : "memory"); }

/* The array's size says nothing about n: a driver may get it wrong. */
void inferred(int n)
{
	for (int i = 0; i < n; i++)
		table[i] = k_pure(table[i]);
}

void nested(int n)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			k_pure(i * j);
}

/* Two ways in: no natural loop. */
void irreducible(volatile int *p)
{
	if (*p)
		goto second;
first:
	k_pure(1);
second:
	k_pure(2);
	if (*p < 10)
		goto first;
}
