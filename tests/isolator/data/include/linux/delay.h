/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
void k_sleep(int msecs);
#define msleep k_sleep
