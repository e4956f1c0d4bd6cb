// SPDX-License-Identifier: GPL-2.0
/*
 * The runtime in small, for a program of one process: finds the unit through
 * the jump table as fgft.ko does, patches entry points, logs stores and puts
 * memory back.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime.h"

struct record {
	void *address;
	size_t size;
	unsigned char old[256];
};

static struct record records[4096];
static size_t nrecords;
static jmp_buf abandon;
static unsigned long loops;
struct counts counts;

extern const struct jump_entry __start___jump_table[], __stop___jump_table[];

static void *place(const int *relative)
{
	return (char *)relative + *relative;
}

/* The unit whose key is named by a jump entry, and carries the magic. */
struct fgft_unit *find_unit(void)
{
	const struct jump_entry *entry;

	for (entry = __start___jump_table; entry < __stop___jump_table; entry++) {
		struct fgft_unit *unit = (void *)((char *)&entry->key + entry->key);

		if (unit->magic == FGFT_ABI_MAGIC)
			return unit;
	}
	return NULL;
}

struct fgft_entry *find_entry(const char *name)
{
	struct fgft_unit *unit = find_unit();

	for (size_t i = 0; unit && i < unit->nentries; i++)
		if (!strcmp(unit->entries[i].name, name))
			return &unit->entries[i];
	return NULL;
}

/* What static_branch_enable() and _disable() do to the jump entries of a key. */
void switch_entry(const char *name, int on)
{
	static const unsigned char nop[5] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	struct fgft_entry *wanted = find_entry(name);
	const struct jump_entry *entry;
	int patched = 0;

	for (entry = __start___jump_table; entry < __stop___jump_table; entry++) {
		unsigned char *code = place(&entry->code), *target = place(&entry->target);
		int distance = (int)(target - (code + 5));
		unsigned char text[5] = { 0xe9 };

		if ((char *)&entry->key + entry->key != (char *)wanted)
			continue;
		memcpy(text + 1, &distance, sizeof(distance));
		if (memcmp(code, on ? nop : text, 5)) {
			fprintf(stderr, "%s: unexpected text at its jump label\n", name);
			exit(3);
		}
		mprotect((void *)((uintptr_t)code & ~4095UL), 8192,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
		memcpy(code, on ? text : nop, 5);
		patched++;
	}
	if (patched != 1) {
		fprintf(stderr, "%s: %d jump labels\n", name, patched);
		exit(3);
	}
}

static void rollback(void)
{
	while (nrecords) {
		struct record *record = &records[--nrecords];

		memcpy(record->address, record->old, record->size);
	}
}

void fail_call(void)
{
	longjmp(abandon, 1);
}

void __fgft_storen(void *address, size_t size)
{
	struct record *record = &records[nrecords++];

	if (nrecords == sizeof(records) / sizeof(records[0]) || size > sizeof(record->old)) {
		fprintf(stderr, "log overflow\n");
		exit(3);
	}
	counts.stores++;
	record->address = address;
	record->size = size;
	memcpy(record->old, address, size);
}

__attribute__((used)) static void count_stack(void)
{
	counts.stacks++;
}

__attribute__((used)) static void count_loop(void)
{
	if (++loops > 1000)
		fail_call();
}

/* These keep all registers but %rax, %rcx and %rdx, as those of hooks.S do. */
#define HOOK(name, function, size)					\
asm(".text\n"								\
    ".globl " #name "\n"						\
    #name ":\n"								\
    "	pushq %rbp\n	movq %rsp, %rbp\n"				\
    "	pushq %rdi\n	pushq %rsi\n	pushq %r8\n"			\
    "	pushq %r9\n	pushq %r10\n	pushq %r11\n"			\
    "	movl $" #size ", %esi\n"					\
    "	andq $-16, %rsp\n"						\
    "	call " #function "\n"						\
    "	leaq -48(%rbp), %rsp\n"						\
    "	popq %r11\n	popq %r10\n	popq %r9\n"			\
    "	popq %r8\n	popq %rsi\n	popq %rdi\n"			\
    "	popq %rbp\n	ret\n")

HOOK(__fgft_store1, __fgft_storen, 1);
HOOK(__fgft_store2, __fgft_storen, 2);
HOOK(__fgft_store4, __fgft_storen, 4);
HOOK(__fgft_store8, __fgft_storen, 8);
HOOK(__fgft_loop, count_loop, 0);
HOOK(__fgft_stack, count_stack, 0);

void *__fgft_icall(void *target)
{
	struct fgft_unit *unit = find_unit();

	counts.icalls++;
	for (size_t i = 0; i < unit->ntargets; i++)
		if (unit->targets[i].native == target)
			return unit->targets[i].twin;
	fail_call();
	return NULL;
}

/* Called with the entry and a pointer to the six argument registers. */
__attribute__((used)) static long call_twin(struct fgft_entry *entry, const long *a)
{
	long (*twin)(long, long, long, long, long, long) = (void *)entry->twin;
	volatile long result = -5;

	counts.calls++;
	nrecords = 0;
	loops = 0;
	if (setjmp(abandon)) {
		rollback();
		return result;
	}
	return twin(a[0], a[1], a[2], a[3], a[4], a[5]);
}

asm(".text\n"
    ".globl __fgft_enter\n"
    "__fgft_enter:\n"
    "	pushq %r9\n	pushq %r8\n	pushq %rcx\n"
    "	pushq %rdx\n	pushq %rsi\n	pushq %rdi\n"
    "	subq $8, %rsp\n"
    "	movq %rax, %rdi\n"
    "	leaq 8(%rsp), %rsi\n"
    "	call call_twin\n"
    "	addq $56, %rsp\n"
    "	ret\n");
