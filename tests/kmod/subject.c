// SPDX-License-Identifier: GPL-2.0
/* Functions like those of a driver; see subject.h. */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "strike.h"
#include "subject.h"

struct subject subject;
unsigned long *subject_foreign;
void (*subject_not_a_target)(void);

/* In read-only memory, which static data of the module otherwise is not. */
static const u64 subject_constant = 0x600d;

/* ---- results ---------------------------------------------------------------- */

noinline u64 subject_args(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return a + 3 * b + 5 * c + 7 * d + 11 * e + 13 * f;
}

noinline long subject_int(int kind)
{
	strike(kind);
	return 42;
}

noinline unsigned int subject_uint(int kind)
{
	strike(kind);
	return 42;
}

noinline bool subject_bool(int kind)
{
	strike(kind);
	return true;
}

noinline void *subject_ptr(int kind)
{
	strike(kind);
	return &subject;
}

noinline void subject_void(int kind)
{
	subject.w++;
	strike(kind);
}

/* ---- stores ----------------------------------------------------------------- */

/* One of every kind of store the compiler makes. */
static noinline void store_all(struct subject *s, u64 seed)
{
	struct subject copy = { .block = { seed, seed + 1, seed + 2 } };

	s->b = seed;
	s->h = seed + 1;
	s->w = seed + 2;
	s->q = seed + 3;
	s->low = seed;
	s->mid = seed;
	s->high = seed;
	memcpy(s->block, copy.block, sizeof(s->block));
	memset(&s->block[4], seed, 2 * sizeof(s->block[0]));
	s->block[7]++;
}

noinline long subject_stores(struct subject *s, u64 seed, int kind)
{
	store_all(s, seed);
	strike(kind);
	return 0;
}

noinline long subject_outer(int kind_inner, int kind_outer)
{
	subject.q = 1;
	subject_stores(&subject, 2, kind_inner);
	subject.w = 3;
	strike(kind_outer);
	return 0;
}

/* The same word again and again: only the oldest value is the right one. */
noinline long subject_order(int kind)
{
	int i;

	for (i = 0; i < 100; i++)
		WRITE_ONCE(subject.q, i);
	strike(kind);
	return 0;
}

noinline long subject_many(u32 words, int kind)
{
	u32 i;

	for (i = 0; i < words; i++)
		WRITE_ONCE(subject.area[i % 1024], i);
	strike(kind);
	return 0;
}

/* Sizes only known when it runs. */
noinline long subject_copy(const u64 *from, size_t size, int kind)
{
	memcpy(subject.heap, from, size);
	strike(kind);
	return 0;
}

/* It asks whether the runtime refuses the store: KASAN would be first to say it. */
noinline __no_sanitize_address long subject_poke(unsigned long addr, int kind)
{
	WRITE_ONCE(*(u8 *)addr, 0xa5);
	strike(kind);
	return 0;
}

noinline long subject_poke_const(int kind)
{
	u64 *target = (u64 *)&subject_constant;

	OPTIMIZER_HIDE_VAR(target);
	WRITE_ONCE(*target, 0);
	strike(kind);
	return 0;
}

noinline long subject_grant(u64 *value, const u64 *fixed, bool write_fixed)
{
	*value = 1;
	if (write_fixed)
		WRITE_ONCE(*(u64 *)fixed, 1);
	return 0;
}

/* ---- kernel functions ------------------------------------------------------- */

noinline long subject_alloc(u32 words, int kind)
{
	u32 *heap = kmalloc_array(words, sizeof(*heap), GFP_KERNEL);

	if (!heap)
		return -ENOMEM;
	heap[0] = 1;
	heap[words - 1] = 2;
	subject.heap = heap;
	subject.heap_words = words;
	strike(kind);
	return 0;
}

noinline long subject_free(int kind)
{
	kfree(subject.heap);
	subject.heap = NULL;
	strike(kind);
	return 0;
}

noinline long subject_free_twice(int kind)
{
	kfree(subject.heap);
	kfree(subject.heap);
	strike(kind);
	return 0;
}

noinline long subject_drop(struct sk_buff *skb, u32 times, int kind)
{
	u32 i;

	for (i = 0; i < times; i++)
		if (i % 2)
			consume_skb(skb);
		else
			dev_kfree_skb_any(skb);
	strike(kind);
	return 0;
}

noinline long subject_print(const char *text, int kind)
{
	char line[16];

	snprintf(line, sizeof(line), "%3d%% %-*s|%.2s", 7, 4, text, text);
	strike(kind);
	return line[5];
}

noinline long subject_vmalloc(u32 bytes, int kind)
{
	subject.area = vzalloc(bytes);
	if (!subject.area)
		return -ENOMEM;
	subject.area[0] = 1;
	strike(kind);
	return 0;
}

noinline long subject_vfree(int kind)
{
	vfree(subject.area);
	subject.area = NULL;
	strike(kind);
	return 0;
}

noinline long subject_spin(int kind)
{
	spin_lock(&subject.spin);
	subject.q++;
	strike(kind);
	spin_unlock(&subject.spin);
	return 0;
}

/* Let go and taken again, as drivers do around something slow. */
noinline long subject_spin_irq(int kind)
{
	unsigned long flags;

	spin_lock_irqsave(&subject.spin, flags);
	subject.q++;
	spin_unlock_irqrestore(&subject.spin, flags);
	spin_lock_irqsave(&subject.spin, flags);
	subject.q++;
	strike(kind);
	spin_unlock_irqrestore(&subject.spin, flags);
	return 0;
}

noinline long subject_mutex(int kind)
{
	mutex_lock(&subject.mutex);
	subject.q++;
	strike(kind);
	mutex_unlock(&subject.mutex);
	return 0;
}

noinline long subject_leak(int kind)
{
	spin_lock(&subject.spin);
	subject.q++;
	strike(kind);
	return 0;
}

noinline long subject_counters(int kind)
{
	set_bit(1, &subject.bits);
	clear_bit(2, &subject.bits);
	set_bit(3, &subject.bits);	/* is set already */
	atomic_inc(&subject.count);
	atomic_add(10, &subject.count);
	strike(kind);
	return 0;
}

noinline long subject_work(int kind)
{
	schedule_work(&subject.work);
	strike(kind);
	return 0;
}

noinline long subject_complete(int kind)
{
	complete(&subject.done);
	strike(kind);
	return 0;
}

noinline long subject_sleep(u32 msecs, int kind)
{
	subject.q = 1;
	msleep(msecs);
	subject.w = 2;
	strike(kind);
	return 0;
}

/* More than a chunk of the log holds, then time for somebody else. */
noinline long subject_clear(size_t size, u32 msecs, int kind)
{
	memset(subject.area, 0, size);
	subject.q = 1;
	msleep(msecs);
	strike(kind);
	return 0;
}

/* Until somebody sets the flag. */
noinline long subject_wait(int kind)
{
	subject.q = 1;
	while (!READ_ONCE(subject.flag))
		cpu_relax();
	subject.w = 2;
	strike(kind);
	return 0;
}

/* Somebody's completion, used up: it cannot be given back. */
noinline long subject_consume(unsigned int msecs, int kind)
{
	subject.q = 1;
	if (wait_for_completion_timeout(&subject.done,
					msecs_to_jiffies(msecs)))
		subject.q = 2;
	strike(kind);
	return 0;
}

/* Like subject_wait(), so that one such call can be on top of the other. */
noinline long subject_wait_on(const bool *flag, int kind)
{
	subject.h = 1;
	while (!READ_ONCE(*flag))
		cpu_relax();
	subject.b = 2;
	strike(kind);
	return 0;
}

/* Side by side, so that the compiler may make one store of two. */
noinline long subject_limits(struct net_device *dev, int kind)
{
	dev->min_mtu = 100;
	dev->max_mtu = 200;
	strike(kind);
	return 0;
}

/* ---- native helpers ---------------------------------------------------------- */

struct net_device *subject_netdev(int priv)
{
	return alloc_etherdev(priv);
}

void subject_netdev_free(struct net_device *dev)
{
	free_netdev(dev);
}

int subject_setup(void)
{
	subject.heap_words = 16;
	subject.heap = kcalloc(subject.heap_words, sizeof(*subject.heap),
			       GFP_KERNEL);
	subject.area = vzalloc(2 * PAGE_SIZE);
	return subject.heap && subject.area ? 0 : -ENOMEM;
}

void subject_teardown(void)
{
	kfree(subject.heap);
	subject.heap = NULL;
	vfree(subject.area);
	subject.area = NULL;
}
