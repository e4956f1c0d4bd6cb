/* SPDX-License-Identifier: GPL-2.0 */
/* RCU of one thread: memory.cc keeps what kfree_rcu is given until a grace period. */
#ifndef SHIM_LINUX_RCUPDATE_H
#define SHIM_LINUX_RCUPDATE_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif
void rcu_read_lock(void);
void rcu_read_unlock(void);
void rcu_barrier(void);
void shim_kfree_rcu(void *object, struct rcu_head *head);
#ifdef __cplusplus
}
#endif

#define kfree_rcu(object, field)	shim_kfree_rcu(object, &(object)->field)

#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
