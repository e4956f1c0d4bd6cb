/* SPDX-License-Identifier: GPL-2.0 */
#define BUG() do { __asm__ __volatile__("ud2"); __builtin_unreachable(); } while (0)
