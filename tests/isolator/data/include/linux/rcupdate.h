/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
void k_rcu_lock(void);
#define rcu_read_lock k_rcu_lock
