/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
void k_irqs_off(void);
#define local_irq_disable k_irqs_off
