/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test of every row of the kernel-function table (fgft/kapi/).
 *
 * For each file of the table there is one of the same name here, with a line
 * or two for every row; suite.h makes functions of their columns:
 *
 *	act	calls the row's function, as driver code: isolated
 *	effect	natively, a number for what the function changes
 *	before	natively, what has to be there first
 *	after	natively, clears away what a committed act left
 *
 * run.c runs an act twice, struck by a fault behind it and not, and compares
 * effects.  So an act counts as the test of a row only if its effect shows.
 */
#ifndef ROWS_H
#define ROWS_H

#include <linux/completion.h>
#include <linux/compiler.h>
#include <linux/if_ether.h>
#include <linux/interrupt.h>
#include <linux/libps2.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/serio.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/* What is to be seen of an act. */
enum row_kind {
	ROW_CHANGES,	/* gone after an abort, there after a commit */
	ROW_STAYS,	/* there in both cases: nothing can take it back */
	ROW_WAITS,	/* nothing but that time passes */
	ROW_FORBIDDEN,	/* the call is given up before the function */
	ROW_BREAKS,	/* the call is given up inside, by a BUG() */
};

#define ROW_SLEEPS	0x1	/* given up in atomic context */
#define ROW_BH		0x2	/* bottom halves are off during the call */
#define ROW_PINNED	0x4	/* and until the effect has been looked at */
#define ROW_AGAIN	0x8	/* set up anew between abort and commit */

struct row_test {
	const char *name;	/* the row's function */
	enum row_kind kind;
	u32 flags;		/* ROW_* */
	void (*act)(void);
	void (*before)(void);
	u64 (*effect)(void);
	u64 (*wanted)(void);	/* the effect after a commit */
	void (*after)(void);
};

struct row_suite {
	const char *name;
	const char *entry;
	long (*enter)(u32 n);	/* run act n, and strike */
	const struct row_test *tests;
	u32 ntests;
};

#define ROWS_UNSET	0x5e75e75e7ULL	/* in rows.out: no act has come through */
#define ROWS_BITS	(BIT(3) | BIT(36))
#define ROWS_FILTER	0x1122334455667788ULL	/* in the multicast filter */
#define ROWS_REG	0x08		/* where that is */
#define ROWS_PROTOCOL	0x88b5		/* EtherType for local experiments */

struct input_dev;

/* Static data of the driver, hence what acts may write. */
struct rows {
	bool strike;
	u64 out;		/* what an act found out */
	unsigned long bits[4];
	atomic_t count;
	atomic64_t count64;
	atomic_long_t count_long;
	u64 bytes[16];
	char text[64];
	spinlock_t spin;	/* protects nothing: it is taken and left */
	struct mutex mutex;	/* so is this one */
	rwlock_t rw;		/* nor do these protect anything */
	struct rw_semaphore rwsem;
	struct semaphore sem;
	seqlock_t seq;
	seqcount_t seqcount;
	struct mutex other_mutex;	/* those two are initialised by acts */
	struct rw_semaphore other_rwsem;
	void *p;
	void *q;
	struct page *page;
	dma_addr_t handle;
	struct sk_buff *skb;
	struct sk_buff *skb2;
	struct net_device *netdev;	/* made by an act */
	void __iomem *map;
	u8 byte;
	u16 word;
	u32 dword;
	struct timer_list timer;
	struct work_struct work;
	struct delayed_work delayed;
	struct tasklet_struct tasklet;
	struct completion done;
	struct wait_queue_head queue;
	struct wait_queue_entry entry;
	struct notifier_block block;
	struct input_dev *input;	/* made by an act */
	struct ps2dev ps2;		/* the mouse */
	struct ps2dev other_ps2;
};

extern struct rows rows;

/* What natives know; no act writes it, or only by a way that is not undone. */
struct rows_env {
	u64 base;		/* effect before the act */
	u32 hits;		/* calls of handlers */
	u64 smuggled;
	struct wait_queue_entry smuggler;
	struct wait_queue_head smuggle;
	u64 __user *user;
	struct pci_dev *pdev;
	struct serio *serio;		/* the port of the mouse */
	struct usb_interface *intf;	/* instead of it, for suite usb */
	void __iomem *regs;
	u16 port;
	unsigned int irq;
	struct net_device *dev;
	struct napi_struct *napi;
	struct workqueue_struct *wq;	/* runs one work at a time */
	void *scratch;
};

extern struct rows_env env;
extern struct serio_driver rows_serio_driver;

/*
 * The isolator leaves functions of this kind of section alone.  In a file that
 * is isolated, these are what the kernel would call.
 */
#define NATIVE	__section(".noinstr.rows")

static __always_inline u64 hide(u64 value)
{
	OPTIMIZER_HIDE_VAR(value);
	return value;
}

/* The fault behind an act, or in the middle of it. */
static noinline __maybe_unused void strike(void)
{
	const int *null = (const int *)hide(0);

	if (READ_ONCE(rows.strike))
		READ_ONCE(*null);
}

/* Tell natives a number which survives an abort: a wake-up is not undone. */
#define SMUGGLE(x) \
	__wake_up(&env.smuggle, TASK_NORMAL, 1, (void *)(unsigned long)(x))

#define OUT(x)	(rows.out = (u64)(x))

/* env.c, natively */
int rows_setup(bool usb);
void rows_teardown(void);
void rows_fresh(void);
bool rows_ready(void);
u64 rows_filter(void);
void rows_settle(void);
struct sk_buff *rows_frame(u32 len);
/* The skb an act told of is alive. */
u64 rows_skb_alive(void);

/* run.c */
struct rows_result {
	const struct row_suite *suite;
	const struct row_test *test;
	const char *why;	/* NULL: good */
	u64 is, wanted;
};

#define ROWS_MOST	1024

extern struct rows_result rows_results[ROWS_MOST];
extern u32 rows_nresults;

/* rows_usb.c, natively */
int rows_usb_setup(void);
void rows_usb_teardown(void);

void rows_run_all(const char *only);
int rows_control_write(const char *name, const char *value);
u64 rows_control_number(const char *name);
/* A number in a text file: behind @key, or the file's first if that is empty. */
u64 rows_file_number(const char *path, const char *key);
u64 rows_debugfs_number(const char *path);
/* Ranges of a kind the domain knows, and bytes in them. */
u64 rows_known(const char *kind);

#endif /* ROWS_H */
