/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions like those of a driver, to be called, aborted and looked at.
 *
 * subject.c and device.c are built for isolation; everything else is not and
 * sees what a kernel sees.  Every entry point takes the fault it is to commit
 * as its last argument, after all its effects.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/irqreturn.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

enum strike {
	STRIKE_NONE,
	STRIKE_NULL_LOAD,
	STRIKE_UNMAPPED_LOAD,
	STRIKE_NONCANONICAL,
	STRIKE_WILD_STORE,	/* into subject_foreign */
	STRIKE_DIVIDE,
	STRIKE_BUG,
	STRIKE_LOOP,
	STRIKE_RECURSION,
	STRIKE_TARGET,		/* indirect call of subject_not_a_target */
	STRIKE_ARGUMENT,	/* kfree() of something else */
};

/* Static data of the module, hence of the subject. */
struct subject {
	u8 b;
	u16 h;
	u32 w;
	u64 q;
	u32 low : 3, mid : 7, high : 22;
	u64 block[8];
	unsigned long bits;
	atomic_t count;
	spinlock_t spin;	/* protects nothing: it is taken and left */
	struct mutex mutex;	/* so is this one */
	struct work_struct work;
	struct completion done;
	u32 *heap;
	u32 heap_words;
	u64 *area;		/* vmalloc */
	bool flag;
};

extern struct subject subject;

static inline bool subject_spin_is_free(void)
{
	if (!spin_trylock(&subject.spin))
		return false;
	spin_unlock(&subject.spin);
	return true;
}

/* Memory of somebody else, and a function that is no target; set by tests. */
extern unsigned long *subject_foreign;
extern void (*subject_not_a_target)(void);

u64 subject_args(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
long subject_int(int strike);
unsigned int subject_uint(int strike);
bool subject_bool(int strike);
void *subject_ptr(int strike);
void subject_void(int strike);
long subject_stores(struct subject *s, u64 seed, int strike);
long subject_outer(int strike_inner, int strike_outer);
long subject_order(int strike);
long subject_many(u32 words, int strike);
long subject_copy(const u64 *from, size_t size, int strike);
long subject_poke(unsigned long addr, int strike);
long subject_poke_const(int strike);
long subject_grant(u64 *value, const u64 *fixed, bool write_fixed);
long subject_alloc(u32 words, int strike);
long subject_free(int strike);
long subject_free_twice(int strike);
long subject_drop(struct sk_buff *skb, u32 times, int strike);
long subject_print(const char *text, int strike);
long subject_vmalloc(u32 bytes, int strike);
long subject_vfree(int strike);
long subject_spin(int strike);
long subject_spin_irq(int strike);
long subject_mutex(int strike);
long subject_leak(int strike);
long subject_counters(int strike);
long subject_work(int strike);
long subject_complete(int strike);
long subject_sleep(u32 msecs, int strike);
long subject_clear(size_t size, u32 msecs, int strike);
long subject_wait(int strike);
long subject_consume(unsigned int msecs, int strike);
long subject_wait_on(const bool *flag, int strike);

long subject_limits(struct net_device *dev, int strike);

/* Native helpers: what a driver's probe and remove would do. */
struct net_device *subject_netdev(int priv);
void subject_netdev_free(struct net_device *dev);
int subject_setup(void);
void subject_teardown(void);

/* device.c: QEMU's edu device as a handful of registers. */
struct device_state {
	struct pci_dev *pdev;
	void __iomem *regs;
	spinlock_t lock;	/* around setting and its register */
	u32 setting;		/* what the undescribed register should hold */
	u32 suspends, resumes;
	int suspend_strike;	/* the fault suspend is to commit */
	int resume_error;	/* what resume is to return */
	int probe_error;
	u32 probes;
	u32 suspend_ms, resume_ms;	/* how long they are to take */
	bool suspending, resuming;
};

extern struct device_state device;
extern struct pci_driver device_driver;

/* What device_relaxed() does behind its doorbell. */
enum device_behind {
	DEVICE_BEHIND_NOTHING,
	DEVICE_BEHIND_PLAIN,
	DEVICE_BEHIND_OTHER,
	DEVICE_BEHIND_DELAY,
	DEVICE_BEHIND_SLEEP,
};

long device_plain(u32 value, int strike);
long device_event(u32 value, int strike);
long device_told(int kind);
long device_other(u32 value, int strike);
long device_locked(u32 value, int strike);
long device_outside(int strike);
long device_coherent(size_t made, size_t freed, int strike);
long device_named(struct pci_dev *pdev, u32 value, int strike);
long device_bell(u32 value, bool early, int strike);
long device_bells(u32 first, u32 count, int strike);
long device_fill(u32 first, u32 count, int strike);
long device_pair(u32 set, u32 clear, int strike);
irqreturn_t device_irq(int strike, void *data);
int device_never(void);
long device_relaxed(u32 value, enum device_behind behind, int strike);
u32 device_read_plain(void);
u32 device_read_other(void);
u32 device_read_bell(void);
u32 device_read_mask(void);
void device_write_mask(u32 mask);

#endif /* SUBJECT_H */
