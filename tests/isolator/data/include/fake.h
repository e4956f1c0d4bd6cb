/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel in a page: what the tiny drivers of these tests call. */
#ifndef FAKE_H
#define FAKE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;

#define NULL ((void *)0)
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define __init __attribute__((__section__(".init.text")))

struct device {
	int id;
	int flags;
	void *data;
	u8 bytes[32];
};

struct device_ops {
	int (*open)(struct device *dev);
	int (*set)(struct device *dev, int value);
	void (*stop)(struct device *dev);
};

struct dev_pm_ops {
	int (*suspend)(struct device *dev);
};

struct work_struct {
	void (*func)(struct work_struct *work);
};

/* Functions with a row. */
int k_pure(int value);
void *k_alloc(size_t size);
void k_free(void *p);
void k_set(struct device *dev, int value);
void k_spin_lock(int *counter);
void k_spin_unlock(int *counter);
int request_irq(int irq, int (*handler)(int irq, void *data), void *data);
int k_request(int irq, int (*handler)(int irq, void *data), void *data);

static inline void k_write(u32 value, volatile void *addr)
{
	asm volatile("movl %0,%1" : : "r"(value), "m"(*(volatile u32 *)addr) : "memory");
}

static inline u32 k_readl(const volatile void *addr)
{
	u32 value;

	asm volatile("movl %1,%0" : "=r"(value) : "m"(*(volatile u32 *)addr) : "memory");
	return value;
}

static inline void k_inline_set(struct device *dev, int value)
{
	dev->flags = value;
}

int k_unlisted_inside_pure(int value);

/* PURE, with a body the rules for driver code would refuse. */
static __always_inline int k_pure_inline(int value)
{
	int out;

	asm volatile("movl %1,%0 # pure" : "=r"(out) : "r"(value) : "memory");
	return out + k_unlisted_inside_pure(value);
}

/* Exported by the fake kernel, without a row. */
int k_unclassed(int value);

/* Helpers without a row: driver code as far as a twin is concerned. */
static inline void *helper_zalloc(size_t size)
{
	return k_alloc(size);
}

static __always_inline void helper_set_twice(struct device *dev, int value)
{
	k_set(dev, value);
	k_set(dev, value + 1);
}

static __always_inline void helper_atomic_inc(int *counter)
{
	asm volatile("lock; incl %0" : "+m"(*counter) : : "memory");
}

/* PURE; both must be constants when all is inlined. */
static __always_inline void k_key(const int *word, const int branch)
{
	asm volatile("# %c0 %c1" : : "i"(word), "i"(branch));
}

void *memset(void *s, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
char *strcpy(char *d, const char *s);

#endif
