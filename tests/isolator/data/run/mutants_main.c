// SPDX-License-Identifier: GPL-2.0
/*
 * mutants_main <number> <function>: calls the function of mutants.c with the
 * mutant awake (0: none) and prints what came of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fgft_fault.h"
#include "runtime.h"

struct pair {
	int one, two;
};

int arithmetic(int x);
int bounded(int n);
int guarded(struct pair *pair);
int parameters(int a, int b);
int assigned(struct pair *pair);
int erring(int x);
int freeing(void *p);
int allocating(void);
int copying(char *to, const char *from, size_t size);
int locking(int *counter);
int device(void *registers);
int handler(int irq, void *data);

static unsigned struck, freed, locks;

int k_pure(int value)
{
	return value;
}

void *k_alloc(size_t size)
{
	return malloc(size);
}

void *fgft_n_k_alloc(size_t size)
{
	return malloc(size);
}

void fgft_n_k_free(void *p)
{
	freed++;
}

void k_spin_lock(int *counter)
{
	*counter += ++locks;
}

void k_spin_unlock(int *counter)
{
	*counter += 100 * locks;
}

/* Twins are linked, but never called. */
#define TWIN_CALLS(name)				\
	void fgft_k_##name(void)			\
	{						\
		abort();				\
	}

TWIN_CALLS(k_alloc)
TWIN_CALLS(k_free)
TWIN_CALLS(k_write)
TWIN_CALLS(request_irq)
TWIN_CALLS(k_spin_lock)
TWIN_CALLS(k_spin_unlock)

int request_irq(int irq, int (*call)(int irq, void *data), void *data)
{
	return call(irq, data);
}

void __fgft_inject_enter(struct fgft_entry *entry)
{
}

void __fgft_inject_leave(void)
{
}

int __fgft_inject_site(u32 site)
{
	return 0;
}

u64 __fgft_mutant(struct fgft_mutants *unit, u32 number, u64 value, u64 aux)
{
	if (unit->armed != number)
		return value;
	struck++;
	/* Recursion and endless loops end here. */
	if (number >> FGFT_MUTANT_SHIFT == FGFT_MUTANT_SET && struck > 1 && aux == 1)
		return 0;
	return fgft_mutant_apply(number, value, aux);
}

int main(int argc, char **argv)
{
	static char to[256], from[256] = "abcdefghX";
	struct pair pair = { 1, 2 };
	unsigned reg = 0;
	int counter = 0, result;
	const char *name;

	if (argc != 3)
		return 2;
	find_unit()->mutants->armed = strtoul(argv[1], NULL, 0);
	name = argv[2];
	result = !strcmp(name, "arithmetic") ? arithmetic(10) :
		 !strcmp(name, "bounded")    ? bounded(5) :
		 !strcmp(name, "guarded")    ? guarded(NULL) :
		 !strcmp(name, "parameters") ? parameters(9, 4) :
		 !strcmp(name, "assigned")   ? assigned(&pair) :
		 !strcmp(name, "erring")     ? erring(-5) :
		 !strcmp(name, "freeing")    ? freeing(&pair) :
		 !strcmp(name, "allocating") ? allocating() :
		 !strcmp(name, "copying")    ? copying(to, from, 8) :
		 !strcmp(name, "locking")    ? locking(&counter) :
		 !strcmp(name, "device")     ? device(&reg) :
		 !strcmp(name, "handler")    ? handler(1, &pair) :
					       -99;
	printf("%d %u %u\n", result, freed, struck);
	return pair.two == 2 ? 0 : pair.two;
}
