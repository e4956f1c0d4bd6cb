/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
#define __used __attribute__((__used__))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define OPTIMIZER_HIDE_VAR(v) __asm__("" : "=r"(v) : "0"(v))
#define barrier_data(p) __asm__ __volatile__("" : : "r"(p) : "memory")
