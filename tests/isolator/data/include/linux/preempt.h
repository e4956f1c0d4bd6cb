/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
void k_preempt_off(void);
#define preempt_disable k_preempt_off
