/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test sees of the kernel in user space: counts, and how to make it fail.
 *
 * Misuse by the code under test (a lock released twice, an object freed twice,
 * a tree written without its lock, a sleeping allocation under a lock) ends the
 * test program with a line that begins with "shim: ".
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <cstddef>
#include <cstdint>

namespace shim {

/* Print "shim: @what" and abort. */
[[noreturn]] void die(const char *what);

/* Allocations of any kind ask this first: pages, objects, tree nodes. */
bool allocation_fails();

/* Let the next @count allocations pass and every later one fail. */
void fail_after(size_t count);
/* Let the next @count allocations pass, one fail and all others pass. */
void fail_once_after(size_t count);
/* Fail one allocation in @one_in, chosen by a generator started with @seed. */
void fail_randomly(uint64_t seed, unsigned int one_in);
void fail_never();
/* Allocations tried since the program started, failed ones included. */
size_t allocations();

size_t pages_live();
size_t objects_live();
/* Is @object allocated, and not on its way to be freed? */
bool object_alive(const void *object);
/* Objects given to kfree_rcu that wait for a grace period. */
size_t objects_waiting();
/* Free what waits.  No reader may be inside. */
void grace_period();

/* Free whatever is still allocated; only where the leak has been reported. */
void free_leaked();

bool in_rcu_reader();
size_t locks_held();

/* Entries of any tree that lead to memory freed or about to be. */
size_t stale_entries();
size_t trees_live();

} // namespace shim

#endif
