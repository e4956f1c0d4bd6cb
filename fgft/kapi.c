// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel-function table turned into code, and where a fault inside a kernel
 * function does no harm.
 *
 * Functions of the kernel and of what is linked into it have their wrappers
 * here; those a module exports have theirs in a module of ours beside it, so
 * that fgft.ko needs none of them: kapi/<module>.c.
 */

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/crc32.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dmi.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/highmem.h>
#include <linux/i2c.h>
#include <linux/input.h>
#include <linux/input/mt.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/libps2.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_wakeup.h>
#include <linux/property.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/serio.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/ip6_checksum.h>

#include "compat.h"
#include "kapi.h"
#include "kapi/effects.h"

#define KAPI_TABLE	"kapi/table.h"
#include "kapi_rows.h"

/* ---- faults inside kernel functions ------------------------------------------ */

#define SOFT_MAX	96	/* functions a fault may come from */

/*
 * Written under the mutex, read by faults at any time: a span is empty until its
 * start is right, and empty again before it goes.
 */
static DEFINE_MUTEX(soft_mutex);
static struct fgft_span soft_text[SOFT_MAX];

/*
 * The end of a function is told only in text: "name+0x0/0x40".  Assembler
 * variants of it that alternatives jump to (memcpy, memcpy_erms, memcpy_orig)
 * follow it and count as the same function.
 */
static unsigned long soft_end(const struct fgft_kapi_row *row)
{
	unsigned long start = (unsigned long)row->function;
	unsigned long end = start;
	char text[KSYM_SYMBOL_LEN];
	unsigned long offset, size;
	const char *plus;

	for (;;) {
		sprint_symbol(text, end);
		plus = strchr(text, '+');
		if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, &size) != 2 ||
		    offset)
			return end;
		if (end != start && !strstr(text, row->name))
			return end;
		end += size;
	}
}

static struct fgft_span *soft_free(void)
{
	u32 i;

	for (i = 0; i < SOFT_MAX; i++)
		if (!soft_text[i].size)
			return &soft_text[i];
	return NULL;
}

static int soft_add(const struct fgft_kapi_row *row)
{
	unsigned long start = (unsigned long)row->function;
	struct fgft_span *span = soft_free();

	if (!span)
		return -ENOSPC;
	WRITE_ONCE(span->start, start);
	/* Pairs with the acquire of a fault: it sees no size without its start. */
	smp_store_release(&span->size, soft_end(row) - start);
	return 0;
}

static void soft_remove(const struct fgft_kapi_row *row)
{
	u32 i;

	for (i = 0; i < SOFT_MAX; i++)
		if (soft_text[i].start == (unsigned long)row->function)
			WRITE_ONCE(soft_text[i].size, 0);
}

/**
 * fgft_kapi_add - learn where the functions of SOFT rows end
 * @rows: rows of one table
 * @n: number of them
 *
 * Context: Process; no call uses the rows yet.
 * Return: 0, or -ENOSPC if there are more of them than SOFT_MAX.
 */
int fgft_kapi_add(const struct fgft_kapi_row *rows, u32 n)
{
	int err = 0;
	u32 i;

	mutex_lock(&soft_mutex);
	for (i = 0; i < n && !err; i++)
		if (rows[i].soft)
			err = soft_add(&rows[i]);
	mutex_unlock(&soft_mutex);
	if (err)
		fgft_kapi_remove(rows, n);
	return err;
}

/**
 * fgft_kapi_remove - forget them
 * @rows: as for fgft_kapi_add()
 * @n: number of them
 *
 * Context: Process; no driver that uses the rows is loaded.
 */
void fgft_kapi_remove(const struct fgft_kapi_row *rows, u32 n)
{
	u32 i;

	mutex_lock(&soft_mutex);
	for (i = 0; i < n; i++)
		if (rows[i].soft)
			soft_remove(&rows[i]);
	mutex_unlock(&soft_mutex);
}

int fgft_kapi_init(void)
{
	return fgft_kapi_add(kapi_rows, ARRAY_SIZE(kapi_rows));
}

bool fgft_kapi_recoverable(unsigned long ip)
{
	u32 i;

	for (i = 0; i < SOFT_MAX; i++) {
		/* Pairs with the release of soft_add(). */
		unsigned long size = smp_load_acquire(&soft_text[i].size);

		if (size && ip - soft_text[i].start < size)
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(fgft_kapi_recoverable);

/* ---- checks -------------------------------------------------------------------- */

static bool can_sleep(void)
{
	return !preempt_count() && !irqs_disabled() && !rcu_preempt_depth();
}

static void make_sleepable(struct fgft_call *c, unsigned long ip,
			   const char *what)
{
	if (can_sleep())
		return;
	fgft_lock_publish(c);
	if (!can_sleep())
		fgft_abort(c, FGFT_CAUSE_CONTEXT, ip, 0, what);
}

void kapi_sleeps(struct fgft_call *c, unsigned long ip, const char *what)
{
	make_sleepable(c, ip, what);
	fgft_registers_wait(c);
}

void kapi_gfp(struct fgft_call *c, gfp_t gfp, unsigned long ip,
	      const char *what)
{
	if (gfpflags_allow_blocking(gfp))
		make_sleepable(c, ip, what);
}
