/* SPDX-License-Identifier: GPL-2.0 */
/* What checkers.c adds to the table of crash.c. */
#ifndef CRASH_H
#define CRASH_H

void crash_use_after_free(void);
void crash_out_of_bounds(void);
void crash_double_free(void);
void crash_page_poison(void);
void crash_lock_order(void);
void crash_lock_irq(void);
void crash_lock_kept(void);
void crash_lock_in_atomic(void);
void crash_rcu_usage(void);
void crash_list(void);
void crash_leak(void);

#endif /* CRASH_H */
