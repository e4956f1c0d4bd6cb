// SPDX-License-Identifier: GPL-2.0
/* Pages, objects and RCU of the shim: every allocation is counted and may fail. */
#include "shim.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

namespace {

constexpr size_t page_size = 4096;
constexpr unsigned char poison = 0xa5;

enum class Failure { never, after, once, random };

struct Plan {
	Failure kind = Failure::never;
	size_t left = 0;
	unsigned int one_in = 0;
	std::mt19937_64 generator;
};

Plan plan;
size_t tried;
std::set<void *> pages;
std::set<const void *> objects;
std::set<void *> waiting;
size_t readers;

/* A sleeping allocation is a bug where a spinlock is held. */
bool refused(gfp_t gfp)
{
	if ((gfp & __GFP_RECLAIM) && shim::locks_held())
		shim::die("sleeping allocation under a spinlock");
	return shim::allocation_fails();
}

} // namespace

namespace shim {

void die(const char *what)
{
	std::fprintf(stderr, "shim: %s\n", what);
	std::abort();
}

bool allocation_fails()
{
	tried++;
	switch (plan.kind) {
	case Failure::never:
		return false;
	case Failure::after:
		if (!plan.left)
			return true;
		plan.left--;
		return false;
	case Failure::once:
		if (plan.left--)
			return false;
		plan.kind = Failure::never;
		return true;
	case Failure::random:
		return plan.generator() % plan.one_in == 0;
	}
	die("unknown failure plan");
}

void fail_after(size_t count)
{
	plan.kind = Failure::after;
	plan.left = count;
}

void fail_once_after(size_t count)
{
	plan.kind = Failure::once;
	plan.left = count;
}

void fail_randomly(uint64_t seed, unsigned int one_in)
{
	plan.kind = Failure::random;
	plan.one_in = one_in;
	plan.generator.seed(seed);
}

void fail_never()
{
	plan.kind = Failure::never;
}

size_t allocations()
{
	return tried;
}

size_t pages_live()
{
	return pages.size();
}

size_t objects_live()
{
	return objects.size();
}

bool object_alive(const void *object)
{
	return objects.count(object) && !waiting.count(const_cast<void *>(object));
}

size_t objects_waiting()
{
	return waiting.size();
}

void grace_period()
{
	if (readers)
		die("grace period waits for a reader of its own thread");
	for (void *object : waiting) {
		objects.erase(object);
		std::free(object);
	}
	waiting.clear();
}

void free_leaked()
{
	grace_period();
	for (const void *object : objects)
		std::free(const_cast<void *>(object));
	objects.clear();
	for (void *page : pages)
		std::free(page);
	pages.clear();
}

bool in_rcu_reader()
{
	return readers;
}

} // namespace shim

extern "C" {

unsigned long __get_free_page(gfp_t gfp)
{
	void *page;

	if (refused(gfp))
		return 0;
	page = std::aligned_alloc(page_size, page_size);
	if (!page)
		shim::die("the host is out of memory");
	memset(page, poison, page_size);
	pages.insert(page);
	return reinterpret_cast<unsigned long>(page);
}

void free_page(unsigned long address)
{
	void *page = reinterpret_cast<void *>(address);

	if (!pages.erase(page))
		shim::die("free_page of what is no page");
	std::free(page);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *object;

	if (refused(gfp))
		return nullptr;
	object = std::calloc(1, size);
	if (!object)
		shim::die("the host is out of memory");
	objects.insert(object);
	return object;
}

void kfree(const void *object)
{
	if (!object)
		return;
	if (!shim::object_alive(object))
		shim::die("kfree of what is not allocated");
	objects.erase(object);
	std::free(const_cast<void *>(object));
}

void shim_kfree_rcu(void *object, struct rcu_head *head)
{
	if (!shim::object_alive(object))
		shim::die("kfree_rcu of what is not allocated");
	/* As the kernel does: the head is in use until the object is freed. */
	head->next = head;
	waiting.insert(object);
}

void rcu_read_lock(void)
{
	readers++;
}

void rcu_read_unlock(void)
{
	if (!readers)
		shim::die("rcu_read_unlock without rcu_read_lock");
	readers--;
}

void rcu_barrier(void)
{
	if (shim::locks_held())
		shim::die("rcu_barrier under a spinlock");
	shim::grace_period();
}

} // extern "C"
